/**
 * Outputs that cost more to spend than they are worth. One such output is allowed where the transaction
 * pays nothing itself and whoever spends from it must take the dust along (ephemeral dust).
 */
import { equalBytes } from '../core/encoding/bytes.ts';
import { Invalid } from '../core/encoding/errors.ts';
import { isUnspendable, isWitnessProgram } from '../core/script/script.ts';
import { sizeOfTxOut, type Transaction, type TxOut } from '../core/transaction/transaction.ts';
import { feeAtRate } from './policy.ts';

/** Bytes of the input that spends an output: outpoint, script length, signature and key, sequence. */
const INPUT_SIZE = 32 + 4 + 1 + 107 + 4;
/** The same with the signature and key in the witness, at a quarter of the weight. */
const WITNESS_INPUT_SIZE = 32 + 4 + 1 + Math.floor(107 / 4) + 4;

/** More than one dust output is never relayed. */
export const MAX_DUST_OUTPUTS = 1;

/** Satoshis below which this output is dust: what it takes to create and spend it. */
export function dustThreshold(output: TxOut, rate: bigint): bigint {
  const { scriptPubKey } = output;
  if (isUnspendable(scriptPubKey)) return 0n;
  const size = sizeOfTxOut(output);
  return feeAtRate(rate, size + (isWitnessProgram(scriptPubKey) === null ? INPUT_SIZE : WITNESS_INPUT_SIZE));
}

/** Indices of the outputs that are dust. */
export function dustOutputs(tx: Transaction, rate: bigint): number[] {
  const dust: number[] = [];
  tx.outputs.forEach((output, i) => {
    if (output.value < dustThreshold(output, rate)) dust.push(i);
  });
  return dust;
}

/** Dust is only for transactions that nobody would mine alone. @throws Invalid */
export function checkDustPaysNothing(tx: Transaction, rate: bigint, fee: bigint, modifiedFee: bigint): void {
  if ((fee !== 0n || modifiedFee !== 0n) && dustOutputs(tx, rate).length > 0)
    throw new Invalid('policy', 'dust', 'tx with dust output must be 0-fee');
}

/**
 * A transaction must spend all dust of its unconfirmed parents, so that it does not stay behind.
 * @throws Invalid
 */
export function checkDustIsSpent(tx: Transaction, parents: Iterable<Transaction>, rate: bigint): void {
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
