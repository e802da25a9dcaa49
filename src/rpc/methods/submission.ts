/** Giving single transactions to the mempool, in earnest or to see what would happen. */
import type { Transaction } from '../../core/transaction/transaction.ts';
import { feeAtRate } from '../../mempool/policy.ts';
import type { AcceptResult, PackageResult } from '../../mempool/results.ts';
import { broadcastTransaction } from '../broadcast.ts';
import { decodeTransaction, WITNESS_FORM } from '../decode.ts';
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

const sendrawtransaction = defineMethod({
  name: 'sendrawtransaction',
  category: 'Rawtransactions',
  description:
    'Submit a raw transaction (serialized, hex-encoded) to local node and network.\n\n' +
    'The transaction will be sent unconditionally to all peers, so using sendrawtransaction\n' +
    "for manual rebroadcast may degrade privacy by leaking the transaction's origin, as\n" +
    'nodes will normally not rebroadcast non-wallet transactions already in their mempool.\n\n' +
    'A specific exception, RPC_TRANSACTION_ALREADY_IN_UTXO_SET, may throw if the transaction cannot be added to the mempool.\n\n' +
    'Related RPCs: createrawtransaction, signrawtransactionwithkey',
  parameters: [
    param.hex('hexstring', 'The hex string of the raw transaction'),
    maxFeeRateParameter,
    maxBurnParameter,
  ],
  results: [result.hex('', 'The transaction hash in hex')],
  examples: ['"signedhex"'],
  async handler([hexstring, maxFeeRate, maxBurn], context) {
    const burnLimit = orDefault(maxBurn, amountFrom, 0n);
    const tx = decodeTransaction(hexstring, WITNESS_FORM);
    if (tx === null)
      throw new RpcError(
        RpcCode.DESERIALIZATION_ERROR,
        'TX decode failed. Make sure the tx has at least one input.',
      );
    checkBurn(tx, burnLimit);
    const rate = orDefault(maxFeeRate, feeRateFrom, DEFAULT_MAX_FEE_RATE);
    await broadcastTransaction(tx, feeAtRate(rate, tx.virtualSize), context);
    return tx.txid;
  },
});

function judgementJson(verdict: AcceptResult, maxFeeRate: bigint): { readonly [key: string]: JsonWritable } {
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
  const limit = feeAtRate(maxFeeRate, entry.virtualSize);
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
function packageJson(txs: readonly Transaction[], judged: PackageResult, maxFeeRate: bigint): JsonWritable {
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

const testmempoolaccept = defineMethod({
  name: 'testmempoolaccept',
  category: 'Rawtransactions',
  description:
    'Returns result of mempool acceptance tests indicating if raw transaction(s) (serialized, hex-encoded) would be accepted by mempool.\n\n' +
    'If multiple transactions are passed in, parents must come before children and package policies apply: the transactions cannot conflict with any mempool transactions or each other.\n\n' +
    "If one transaction fails, other transactions may not be fully validated (the 'allowed' key will be blank).\n\n" +
    'The maximum number of transactions allowed is 25.\n\n' +
    'This checks if transactions violate the consensus or policy rules.\n\n' +
    'See sendrawtransaction call.',
  parameters: [
    param.array('rawtxs', 'An array of hex strings of raw transactions.', [
      param.hex('rawtx', '', { optional: true }),
    ]),
    maxFeeRateParameter,
  ],
  results: [
    result.array(
      '',
      "The result of the mempool acceptance test for each raw transaction in the input array.\nReturns results for each transaction in the same order they were passed in.\nTransactions that cannot be fully validated due to failures in other transactions will not contain an 'allowed' result.",
      [
        result.object('', '', [
          result.hex('txid', 'The transaction hash in hex'),
          result.hex('wtxid', 'The transaction witness hash in hex'),
          result.string(
            'package-error',
            'Package validation error, if any (only possible if rawtxs had more than 1 transaction).',
            {
              optional: true,
            },
          ),
          result.boolean(
            'allowed',
            'Whether this tx would be accepted to the mempool and pass client-specified maxfeerate.',
            {
              optional: true,
            },
          ),
          ...virtualSizeResult.map((field) => ({ ...field, optional: true })),
          feesResult(false),
          result.string('reject-reason', "Rejection reason (only present when 'allowed' is false)", {
            optional: true,
          }),
          result.string(
            'reject-details',
            "Rejection details (only present when 'allowed' is false and rejection details exist)",
            {
              optional: true,
            },
          ),
        ]),
      ],
    ),
  ],
  examples: ['\'["signedhex"]\''],
  async handler([rawtxs, maxFeeRate], { mempool }) {
    const txs = readTransactions(rawtxs);
    const rate = orDefault(maxFeeRate, feeRateFrom, DEFAULT_MAX_FEE_RATE);
    if (txs.length > 1) return packageJson(txs, await mempool.acceptPackage(txs, { testOnly: true }), rate);
    const tx = txs[0]!;
    const verdict = await mempool.accept(tx, { testOnly: true });
    return [{ txid: tx.txid, wtxid: tx.wtxid, ...judgementJson(verdict, rate) }];
  },
});

export const submissionMethods: readonly Method[] = [sendrawtransaction, testmempoolaccept];
