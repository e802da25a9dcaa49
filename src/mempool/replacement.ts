/**
 * When a transaction may take the place of others that spend the same coins: BIP125's rules 3 to 5 as Core
 * has them now. Signalling is not asked for, and in the place of rule 2 the mempool's fee-rate diagram must
 * become better.
 */
import { Invalid } from '../core/encoding/errors.ts';
import { formatMoney } from '../core/transaction/amount.ts';
import { type FeeRate, feeAt } from '../core/transaction/fee-rate.ts';
import type { Txid } from '../core/transaction/transaction.ts';
import type { Changes } from './changes.ts';
import { improvesDiagram } from './cluster.ts';
import type { MempoolEntry } from './entry.ts';
import { sum, withDescendants } from './graph.ts';
import { FeeInvalid } from './results.ts';

/** Clusters that the direct conflicts of one replacement may be in: they must all be sorted anew. */
const MAX_CONFLICTING_CLUSTERS = 100;

/**
 * Everything that goes if the direct conflicts go.
 * @param wording the reason to give. @throws Invalid if it is too much (rule 5).
 */
export function conflictsWithDescendants(
  conflicts: ReadonlySet<MempoolEntry>,
  txid: Txid,
  wording: string,
): Set<MempoolEntry> {
  const clusters = new Set([...conflicts].map((entry) => entry.cluster)).size;
  if (clusters > MAX_CONFLICTING_CLUSTERS) {
    const limit = `${clusters} > ${MAX_CONFLICTING_CLUSTERS}`;
    const detail = `rejecting replacement ${txid}; too many conflicting clusters (${limit})`;
    throw new Invalid('policy', wording, detail);
  }
  const all = new Set<MempoolEntry>();
  for (const conflict of conflicts) for (const entry of withDescendants(conflict)) all.add(entry);
  return all;
}

/**
 * Rules 3 and 4: a replacement pays at least what it replaces, and for its own bandwidth.
 * @param fee satoshis, modified; @param size vbytes.
 * @throws FeeInvalid
 */
export function checkPaysForReplacement(
  removed: ReadonlySet<MempoolEntry>,
  { fee, size, txid }: { readonly fee: bigint; readonly size: number; readonly txid: Txid },
  rate: FeeRate,
  wording: string,
): void {
  const { fees } = sum(removed);
  if (fee < fees)
    throw new FeeInvalid(
      wording,
      `rejecting replacement ${txid}, less fees than conflicting txs; ${formatMoney(fee)} < ${formatMoney(fees)}`,
    );
  const additional = fee - fees;
  const needed = feeAt(rate, size);
  if (additional < needed)
    throw new FeeInvalid(
      wording,
      `rejecting replacement ${txid}, not enough additional fees to relay; ${formatMoney(additional)} < ${formatMoney(needed)}`,
    );
}

/** Null if miners are better off with the replacement, whatever else they take; otherwise why not. */
export function diagramFailure(changes: Changes): string | null {
  const { before, after } = changes.diagrams();
  return improvesDiagram(after, before) ? null : 'insufficient feerate: does not improve feerate diagram';
}
