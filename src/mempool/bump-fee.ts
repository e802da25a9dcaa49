/**
 * What whoever spends unconfirmed outputs must pay beyond its own fee, so that what it depends on is mined at its
 * rate. Pure over the graph; what would be replaced counts as gone.
 */
import { type FeeRate, feeAt } from '../core/transaction/fee-rate.ts';
import { type OutPoint, WITNESS_SCALE_FACTOR } from '../core/transaction/transaction.ts';
import { linearize } from './cluster.ts';
import type { MempoolEntry } from './entry.ts';
import { sum, type TransactionGraph, withAncestors, withDescendants } from './graph.ts';

/** Satoshis, of all these outputs together: an ancestor that several share is paid for once. */
export function bumpFeeOf(
  graph: Pick<TransactionGraph, 'creator' | 'spender'>,
  outpoints: readonly OutPoint[],
  rate: FeeRate,
): bigint {
  const parents = new Set(outpoints.flatMap(({ txid }) => graph.creator(txid) ?? []));
  if (parents.size === 0) return 0n;
  const replaced = new Set<MempoolEntry>();
  for (const outpoint of outpoints) {
    const spender = graph.spender(outpoint);
    if (spender !== undefined) for (const entry of withDescendants(spender)) replaced.add(entry);
  }
  /** What pays less than the rate, with what helps it. */
  const slow = new Set<MempoolEntry>();
  for (const { chunks, entries } of new Set(Array.from(parents, ({ cluster }) => cluster))) {
    const left =
      replaced.size === 0 ? chunks : linearize(new Set([...entries].filter((e) => !replaced.has(e))));
    for (const { fee, weight, entries } of left)
      if (fee < feeAt(rate, Math.ceil(weight / WITNESS_SCALE_FACTOR)))
        for (const entry of entries) slow.add(entry);
  }
  const paidFor = [...parents].flatMap((parent) => [...withAncestors(parent)].filter((e) => slow.has(e)));
  const { size, fees } = sum(new Set(paidFor));
  const bump = feeAt(rate, size) - fees;
  return bump > 0n ? bump : 0n;
}
