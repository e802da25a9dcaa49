/** Giving single transactions to the mempool, in earnest or to see what would happen. */
import { type FeeRate, feeAt } from '../../core/transaction/fee-rate.ts';
import type { Transaction } from '../../core/transaction/transaction.ts';
import type { AcceptResult, PackageResult } from '../../mempool/results.ts';
import { broadcastTransaction } from '../broadcast.ts';
import { decodeTransaction, WITNESS_FORM } from '../decode.ts';
import { undecodable } from '../errors.ts';
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

function judgementJson(verdict: AcceptResult, maxFeeRate: FeeRate) {
  if (!verdict.ok) {
    // The caller may not know that its parent is missing only here: Core gives no reason of consensus then.
    if (verdict.invalid.kind === 'missing') return { allowed: false, 'reject-reason': 'missing-inputs' };
    return {
      allowed: false,
      'reject-reason': verdict.invalid.reason,
      'reject-details': verdict.invalid.message,
    };
  }
  const { entry } = verdict;
  const limit = feeAt(maxFeeRate, entry.virtualSize);
  if (limit > 0n && entry.fee > limit) return { allowed: false, 'reject-reason': 'max-fee-exceeded' };
  return {
    allowed: true,
    ...virtualSizes(entry),
    fees: {
      base: btc(entry.fee),
      'effective-feerate': btc(verdict.effectiveFeeRate),
      'effective-includes': verdict.effectiveIncludes,
    },
  };
}

/** The verdicts on a package, up to the first that stops the caller from going on. */
function packageJson(txs: readonly Transaction[], judged: PackageResult, maxFeeRate: FeeRate) {
  let stopped = false;
  // A member's own failure is told with the member; this one is about the package as such.
  const { invalid } = judged;
  const packageError =
    invalid === null || invalid.reason === 'transaction failed' ? undefined : invalid.message;
  return txs.map((tx) => {
    const identity = { txid: tx.txid, wtxid: tx.wtxid, 'package-error': packageError };
    const verdict = judged.results.get(tx.wtxid);
    if (stopped || verdict === undefined || 'known' in verdict || 'sameTxid' in verdict) return identity;
    const judgement = judgementJson(verdict, maxFeeRate);
    if (verdict.ok && judgement.allowed === false) stopped = true;
    return { ...identity, ...judgement };
  });
}

export const submissionMethods = group('Rawtransactions', {
  sendrawtransaction: method({
    help:
      'Takes a signed transaction into the mempool and announces it to all peers at once: who looks on may\n' +
      'guess that it is yours.',
    parameters: { hexstring: t.hex(), ...limits },
    result: t.hex('txid'),
    example: 'HEX',
    async handler({ hexstring, maxfeerate, maxburnamount }, context) {
      const tx = decodeTransaction(hexstring, WITNESS_FORM);
      if (tx === null) throw undecodable('TX decode failed. Make sure the tx has at least one input.');
      checkBurn(tx, maxburnamount);
      await broadcastTransaction(tx, feeAt(maxfeerate(), tx.virtualSize), context);
      return tx.txid;
    },
  }),

  testmempoolaccept: method({
    help:
      'Whether the mempool would take these transactions, which are not kept or announced.\n' +
      'Several are judged as a package, of 25 at most, parents first.',
    parameters: { rawtxs: t.array(t.hex()), maxfeerate: limits.maxfeerate },
    result: t.array(
      t.object({
        txid: t.hex(),
        wtxid: t.hex(),
        'package-error': t.optional(t.string('What is wrong with the package as such')),
        allowed: t.optional(
          t.boolean('Absent where another one that fails keeps this one from being judged'),
        ),
        vsize_adjusted: t.optional(virtualSize.vsize_adjusted),
        vsize: t.optional(virtualSize.vsize),
        vsize_bip141: t.optional(virtualSize.vsize_bip141),
        fees: t.optional(fees(effectiveRate, effectiveIncludes)),
        'reject-reason': t.optional(t.string()),
        'reject-details': t.optional(t.string()),
      }),
    ),
    example: `'["HEX"]'`,
    async handler({ rawtxs, maxfeerate }, { mempool }) {
      const { txs, limit } = readTransactions(rawtxs, maxfeerate);
      if (txs.length > 1)
        return packageJson(txs, await mempool.acceptPackage(txs, { testOnly: true }), limit);
      const tx = txs[0]!;
      const verdict = await mempool.accept(tx, { testOnly: true });
      return [{ txid: tx.txid, wtxid: tx.wtxid, ...judgementJson(verdict, limit) }];
    },
  }),
});
