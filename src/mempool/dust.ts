/**
 * Outputs that cost more to spend than they are worth. One such output is allowed where the transaction
 * pays nothing itself and whoever spends from it must take the dust along (ephemeral dust).
 */
import { equalBytes } from '../core/encoding/bytes.ts';
import { Invalid } from '../core/encoding/errors.ts';
import { dustThreshold } from '../core/script/standard.ts';
import type { FeeRate } from '../core/transaction/fee-rate.ts';
import type { Transaction } from '../core/transaction/transaction.ts';

/** More than one dust output is never relayed. */
export const MAX_DUST_OUTPUTS = 1;

/** Indices of the outputs that are dust. */
export function dustOutputs(tx: Transaction, rate: FeeRate): number[] {
  const dust: number[] = [];
  tx.outputs.forEach((output, i) => {
    if (output.value < dustThreshold(output.scriptPubKey, rate)) dust.push(i);
  });
  return dust;
}

/** Dust is only for transactions that nobody would mine alone. @throws Invalid */
export function checkDustPaysNothing(tx: Transaction, rate: FeeRate, fee: bigint, modifiedFee: bigint): void {
  if ((fee !== 0n || modifiedFee !== 0n) && dustOutputs(tx, rate).length > 0)
    throw new Invalid('policy', 'dust', 'tx with dust output must be 0-fee');
}

/**
 * A transaction must spend all dust of its unconfirmed parents, so that it does not stay behind.
 * @throws Invalid
 */
export function checkDustIsSpent(tx: Transaction, parents: Iterable<Transaction>, rate: FeeRate): void {
  for (const parent of parents)
    for (const vout of dustOutputs(parent, rate)) {
      const spends = tx.inputs.some(
        ({ prevout }) => prevout.vout === vout && equalBytes(prevout.txid, parent.txidBytes),
      );
      if (!spends)
        throw new Invalid(
          'policy',
          'missing-ephemeral-spends',
          `tx ${tx.txid} (wtxid=${tx.wtxid}) did not spend parent's ephemeral dust`,
        );
    }
}
