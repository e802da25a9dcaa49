/** What the methods that submit transactions have in common: limits on fees and burns, transactions in hex. */
import { isUnspendable } from '../core/script/script.ts';
import { MAX_PACKAGE_COUNT } from '../core/script/standard.ts';
import { type FeeRate, satPerKvB } from '../core/transaction/fee-rate.ts';
import type { Transaction } from '../core/transaction/transaction.ts';
import { decodeTransaction, hasValidOperations, WITNESS_FORM } from './decode.ts';
import { invalidParameter, RpcCode, RpcError, undecodable } from './errors.ts';
import * as t from './schema.ts';
import { feeRateFrom } from './values.ts';

/** What a mistake may cost at most, unless told. */
const DEFAULT_MAX_FEE_RATE = satPerKvB(10_000_000n);

/** Parameters of the methods that submit. */
export const limits = {
  maxfeerate: t.deferred(
    t.standard(
      t.custom<number | string, FeeRate>(
        t.amount('BTC for 1,000 vbytes that a mistake may cost at most; 0 for any'),
        feeRateFrom,
      ),
      DEFAULT_MAX_FEE_RATE,
    ),
  ),
  maxburnamount: t.standard(t.amount('BTC that outputs nobody can spend may hold'), 0n),
};

export const fees = <E extends t.Schema, I extends t.Schema>(rate: E, includes: I) =>
  t.object({ base: t.amount(), 'effective-feerate': rate, 'effective-includes': includes });
export const effectiveRate = t.amount('BTC for 1,000 vbytes, with deltas, and with those that are paid for');
export const effectiveIncludes = t.array(t.hex(), 'wtxids of those that are judged together');

/** @param maxfeerate is read between counting and decoding @throws RpcError -8, -22 */
export function readTransactions(
  list: readonly string[],
  maxfeerate: () => FeeRate,
): { readonly txs: Transaction[]; readonly limit: FeeRate } {
  if (list.length === 0 || list.length > MAX_PACKAGE_COUNT)
    throw invalidParameter(`Array must contain between 1 and ${MAX_PACKAGE_COUNT} transactions.`);
  const limit = maxfeerate();
  const txs = list.map((hex) => {
    const tx = decodeTransaction(hex, WITNESS_FORM);
    if (tx === null) throw undecodable(`TX decode failed: ${hex} Make sure the tx has at least one input.`);
    return tx;
  });
  return { txs, limit };
}

/** @throws RpcError -25 if an output that nobody can spend is worth more than this. */
export function checkBurn(tx: Transaction, limit: bigint): void {
  for (const { scriptPubKey, value } of tx.outputs)
    if ((isUnspendable(scriptPubKey) || !hasValidOperations(scriptPubKey)) && value > limit)
      throw new RpcError(
        RpcCode.VERIFY_ERROR,
        'Unspendable output exceeds maximum configured by user (maxburnamount)',
      );
}
