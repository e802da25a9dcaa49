/** Giving transactions to the mempool, single or as a package, in earnest or to see what would happen. */

import type { Invalid } from '../../core/encoding/errors.ts';
import { hasValidOperations, isUnspendable } from '../../core/script/script.ts';
import { MAX_PACKAGE_COUNT } from '../../core/script/standard.ts';
import { type FeeRate, feeAt, satPerKvB } from '../../core/transaction/fee-rate.ts';
import { outPointsOf, type Transaction } from '../../core/transaction/transaction.ts';
import { spendsFrom } from '../../mempool/graph.ts';
import type { Accepted, AcceptResult, PackageMemberResult, PackageResult } from '../../mempool/results.ts';
import { MaximumFeeInvalid } from '../../mempool/results.ts';
import { optionalSize, sizes } from '../formats/mempool-entry.ts';
import { btc, group, method, type RpcContext, type RpcError, refuse, t } from '../kit.ts';
import { readTransaction } from '../texts.ts';
import { feeRateFrom } from '../values.ts';

/** What a mistake may cost at most, unless told. */
const DEFAULT_MAX_FEE_RATE = satPerKvB(10_000_000n);

/** Parameters of the methods that submit. */
const limits = {
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

const fees = <E extends t.Schema, I extends t.Schema>(rate: E, includes: I) =>
  t.object({ base: t.amount(), 'effective-feerate': rate, 'effective-includes': includes });
const effectiveRate = t.amount('BTC for 1,000 vbytes, with deltas, and with those that are paid for');
const effectiveIncludes = t.array(t.hex(), 'wtxids of those that are judged together');

/** @param maxfeerate is read between counting and decoding @throws RpcError -8, -22 */
function readTransactions(
  list: readonly string[],
  maxfeerate: () => FeeRate,
): { readonly txs: Transaction[]; readonly limit: FeeRate } {
  if (list.length === 0 || list.length > MAX_PACKAGE_COUNT)
    throw refuse.parameter(`Array must contain between 1 and ${MAX_PACKAGE_COUNT} transactions.`);
  const limit = maxfeerate();
  return { txs: list.map((hex) => readTransaction(hex, `TX decode failed: ${hex}`)), limit };
}

/** @throws RpcError -25 if an output that nobody can spend is worth more than this. */
function checkBurn(tx: Transaction, limit: bigint): void {
  for (const { scriptPubKey, value } of tx.outputs)
    if ((isUnspendable(scriptPubKey) || !hasValidOperations(scriptPubKey)) && value > limit)
      throw refuse.verify('Unspendable output exceeds maximum configured by user (maxburnamount)');
}

/**
 * A transaction of our own on its way out: through the mempool's door, and announced until some peer has asked for it.
 * @param maxFee satoshis; 0 accepts any fee.
 * @throws RpcError -25, -26 or -27
 */
async function broadcastTransaction(
  tx: Transaction,
  maxFee: bigint,
  { chain, mempool, wallets }: Pick<RpcContext, 'chain' | 'mempool' | 'wallets'>,
): Promise<void> {
  // Announced again until a peer asks for it; one with another witness stays as it is.
  if (!mempool.has(tx.txid)) {
    const verdict = await mempool.accept(tx, { maximumFee: maxFee > 0n ? maxFee : undefined });
    if (!verdict.ok) throw await whyNot(tx, verdict.invalid, chain);
  }
  mempool.unbroadcast.add(tx.txid);
  // Whoever is told that it is sent need not fear that a wallet of ours forgets it.
  await wallets.settled();
}

async function whyNot(tx: Transaction, invalid: Invalid, chain: RpcContext['chain']): Promise<RpcError> {
  if ((await chain.coins(outPointsOf(tx))).some((coin) => coin !== undefined))
    return refuse.verify_already_in_utxo_set('Transaction outputs already in utxo set');
  if (invalid instanceof MaximumFeeInvalid)
    return refuse.verify('Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)');
  return refuse[invalid.kind === 'missing' ? 'verify' : 'verify_rejected'](invalid.message);
}

const acceptedJson = ({ entry, effectiveFeeRate, effectiveIncludes }: Accepted) => ({
  ...sizes.of(entry),
  fees: {
    base: btc(entry.fee),
    'effective-feerate': btc(effectiveFeeRate),
    'effective-includes': effectiveIncludes,
  },
});

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
  return { allowed: true, ...acceptedJson(verdict) };
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

function memberJson(tx: Transaction, verdict: PackageMemberResult | undefined) {
  if (verdict === undefined) return { txid: tx.txid, error: 'package-not-validated' };
  if ('sameTxid' in verdict) return { txid: tx.txid, 'other-wtxid': verdict.sameTxid.wtxid };
  if ('known' in verdict)
    return { txid: tx.txid, ...sizes.of(verdict.known), fees: { base: btc(verdict.known.fee) } };
  if (!verdict.ok) return { txid: tx.txid, error: verdict.invalid.message };
  return { txid: tx.txid, ...acceptedJson(verdict) };
}

/** The last transaction spends from all the others, and these not from each other (Core's rule). */
function isChildWithParents(txs: readonly Transaction[]): boolean {
  const [child, parents] = [txs.at(-1)!, txs.slice(0, -1)];
  return parents.every((tx) => spendsFrom(child, tx) && !parents.some((other) => spendsFrom(tx, other)));
}

export const submissionMethods = group('Rawtransactions', {
  sendrawtransaction: method({
    help:
      'Takes a signed transaction into the mempool and announces it to all peers at once: who looks on may\n' +
      'guess that it is yours.',
    parameters: { hexstring: t.hex(), ...limits },
    result: t.hex('txid'),
    async handler({ hexstring, maxfeerate, maxburnamount }, context) {
      const tx = readTransaction(hexstring);
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
        ...optionalSize,
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
          ...optionalSize,
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
        throw refuse.verify(
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
