/** submitpackage: a child that pays for its parents. */
import { toDisplayHex } from '../../core/encoding/bytes.ts';
import type { Transaction, Wtxid } from '../../core/transaction/transaction.ts';
import type { PackageMemberResult } from '../../mempool/results.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { virtualSizeResult, virtualSizes } from '../formats/mempool-entry.ts';
import type { JsonWritable } from '../json.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';
import {
  checkBurn,
  DEFAULT_MAX_FEE_RATE,
  feesResult,
  maxBurnParameter,
  maxFeeRateParameter,
  orDefault,
  readTransactions,
} from '../submission.ts';
import { amountFrom, btc, feeRateFrom } from '../values.ts';

function memberJson(tx: Transaction, verdict: PackageMemberResult | undefined): JsonWritable {
  if (verdict === undefined) return { txid: tx.txid, error: 'package-not-validated' };
  if ('sameTxid' in verdict) return { txid: tx.txid, 'other-wtxid': verdict.sameTxid.wtxid };
  if ('known' in verdict)
    return { txid: tx.txid, ...virtualSizes(verdict.known), fees: { base: btc(verdict.known.fee) } };
  if (!verdict.ok) return { txid: tx.txid, error: verdict.invalid.message };
  return {
    txid: tx.txid,
    ...virtualSizes(verdict.entry),
    fees: {
      base: btc(verdict.entry.fee),
      'effective-feerate': btc(verdict.effectiveFeeRate),
      'effective-includes': verdict.effectiveIncludes,
    },
  };
}

/** The last transaction spends from all the others, and these not from each other (Core's rule). */
function isChildWithParents(txs: readonly Transaction[]): boolean {
  const child = txs.at(-1)!;
  const parents = new Set(txs.slice(0, -1).map((tx) => tx.txid as string));
  const spends = (tx: Transaction): Set<string> =>
    new Set(tx.inputs.map((input) => toDisplayHex(input.prevout.txid)));
  const spentByChild = spends(child);
  if (![...parents].every((txid) => spentByChild.has(txid))) return false;
  return txs.slice(0, -1).every((tx) => [...spends(tx)].every((txid) => !parents.has(txid)));
}

const submitpackage = defineMethod({
  name: 'submitpackage',
  category: 'Rawtransactions',
  description:
    'Submit a package of raw transactions (serialized, hex-encoded) to local node.\n' +
    'The package will be validated according to consensus and mempool policy rules. If any transaction passes, it will be accepted to mempool.\n' +
    'This RPC is experimental and the interface may be unstable.\n' +
    'Warning: successful submission does not mean the transactions will propagate throughout the network.',
  parameters: [
    param.array(
      'package',
      'An array of raw transactions.\nThe package must consist of a transaction with (some, all, or none of) its unconfirmed parents. A single transaction is permitted.\nNone of the parents may depend on each other. Parents that are already in mempool do not need to be present in the package.\nThe package must be topologically sorted, with the child being the last element in the array if there are multiple elements.',
      [param.hex('rawtx', '', { optional: true })],
    ),
    maxFeeRateParameter,
    maxBurnParameter,
  ],
  results: [
    result.object('', '', [
      result.string(
        'package_msg',
        'The transaction package result message. "success" indicates all transactions were accepted into or are already in the mempool.',
      ),
      result.keyed(
        'tx-results',
        'The transaction results keyed by wtxid. An entry is returned for every submitted wtxid.',
        [
          result.object('wtxid', 'transaction wtxid', [
            result.hex('txid', 'The transaction hash in hex'),
            result.hex(
              'other-wtxid',
              'The wtxid of a different transaction with the same txid but different witness found in the mempool. This means the submitted transaction was ignored.',
              {
                optional: true,
              },
            ),
            ...virtualSizeResult.map((field) => ({ ...field, optional: true })),
            feesResult(true),
            result.string(
              'error',
              'Error string if rejected from mempool, or "package-not-validated" when the package aborts before any per-tx processing.',
              {
                optional: true,
              },
            ),
          ]),
        ],
      ),
      result.array('replaced-transactions', 'List of txids of replaced transactions', [
        result.hex('', 'The transaction id'),
      ]),
    ]),
  ],
  examples: ['\'["raw-parent-tx-1", "raw-parent-tx-2", "raw-child-tx"]\''],
  async handler([rawtxs, maxFeeRate, maxBurn], { mempool }) {
    const txs = readTransactions(rawtxs);
    const maximumFeeRate = orDefault(maxFeeRate, feeRateFrom, DEFAULT_MAX_FEE_RATE);
    const burnLimit = orDefault(maxBurn, amountFrom, 0n);
    for (const tx of txs) checkBurn(tx, burnLimit);
    if (txs.length > 1 && !isChildWithParents(txs))
      throw new RpcError(
        RpcCode.VERIFY_ERROR,
        'package topology disallowed. not child-with-parents or parents depend on each other.',
      );
    const judged = await mempool.acceptPackage(txs, { maximumFeeRate });
    for (const tx of txs) if (mempool.has(tx.txid)) mempool.unbroadcast.add(tx.txid);
    const replaced = [...judged.results.values()].flatMap((verdict) =>
      'replaced' in verdict ? verdict.replaced.map((tx) => tx.txid) : [],
    );
    return {
      package_msg: judged.invalid === null ? 'success' : judged.invalid.message,
      'tx-results': Object.fromEntries(
        txs.map((tx): [Wtxid, JsonWritable] => [tx.wtxid, memberJson(tx, judged.results.get(tx.wtxid))]),
      ),
      'replaced-transactions': replaced,
    };
  },
});

export const packageMethods: readonly Method[] = [submitpackage];
