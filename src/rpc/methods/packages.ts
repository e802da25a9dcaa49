/** submitpackage: a child that pays for its parents. */
import { toDisplayHex } from '../../core/encoding/bytes.ts';
import type { Transaction } from '../../core/transaction/transaction.ts';
import type { PackageMemberResult } from '../../mempool/results.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { virtualSize, virtualSizes } from '../formats/mempool-entry.ts';
import { group, method } from '../method.ts';
import * as t from '../schema.ts';
import {
  checkBurn,
  effectiveIncludes,
  effectiveRate,
  fees,
  limits,
  readTransactions,
} from '../submission.ts';
import { btc } from '../values.ts';

function memberJson(tx: Transaction, verdict: PackageMemberResult | undefined) {
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

export const packageMethods = group('Rawtransactions', {
  submitpackage: method({
    help:
      'Sends a transaction with its unconfirmed parents, which it may pay for. What is accepted stays, even if\n' +
      'the rest is refused.',
    parameters: {
      package: t.array(t.hex(), 'Transactions; parents first, which must not depend on each other'),
      ...limits,
    },
    result: t.object({
      package_msg: t.string('success, or what is wrong with the package'),
      'tx-results': t.record(
        t.object({
          txid: t.hex(),
          'other-wtxid': t.optional(t.hex('In the mempool, with another witness: this one was passed over')),
          vsize_adjusted: t.optional(virtualSize.vsize_adjusted),
          vsize: t.optional(virtualSize.vsize),
          vsize_bip141: t.optional(virtualSize.vsize_bip141),
          fees: t.optional(fees(t.optional(effectiveRate), t.optional(effectiveIncludes))),
          error: t.optional(t.string()),
        }),
        'wtxid',
      ),
      'replaced-transactions': t.array(t.hex(), 'txids'),
    }),
    example: `'["PARENT", "CHILD"]'`,
    async handler({ package: list, maxfeerate, maxburnamount }, { mempool, wallets }) {
      const { txs, limit } = readTransactions(list, maxfeerate);
      for (const tx of txs) checkBurn(tx, maxburnamount);
      if (txs.length > 1 && !isChildWithParents(txs))
        throw new RpcError(
          RpcCode.VERIFY_ERROR,
          'package topology disallowed. not child-with-parents or parents depend on each other.',
        );
      const judged = await mempool.acceptPackage(txs, { maximumFeeRate: limit > 0n ? limit : undefined });
      for (const tx of txs) if (mempool.has(tx.txid)) mempool.unbroadcast.add(tx.txid);
      await wallets.settled();
      const replaced = [...judged.results.values()].flatMap((verdict) =>
        'replaced' in verdict ? verdict.replaced.map((tx) => tx.txid) : [],
      );
      return {
        package_msg: judged.invalid === null ? 'success' : judged.invalid.message,
        'tx-results': Object.fromEntries(
          txs.map((tx) => [tx.wtxid, memberJson(tx, judged.results.get(tx.wtxid))]),
        ),
        'replaced-transactions': replaced,
      };
    },
  }),
});
