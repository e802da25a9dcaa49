/** Giving transactions to the mempool, one or several, in earnest or to see what would happen. */
import { toDisplayHex } from '../../core/encoding/bytes.ts';
import { isUnspendable } from '../../core/script/script.ts';
import type { Transaction, Wtxid } from '../../core/transaction/transaction.ts';
import { feeAtRate } from '../../mempool/policy.ts';
import type { AcceptResult, PackageMemberResult, PackageResult } from '../../mempool/results.ts';
import { broadcastTransaction } from '../broadcast.ts';
import { decodeTransaction, hasValidOperations, WITNESS_FORM } from '../decode.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { virtualSizeResult, virtualSizes } from '../formats/mempool-entry.ts';
import type { JsonRead, JsonWritable } from '../json.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';
import { amountFrom, btc, feeRateFrom, stringFrom } from '../values.ts';

/** Transactions in one package. */
const MAX_PACKAGE_COUNT = 25;
/** Satoshis per 1,000 vbytes that a mistake may cost at most, unless told. */
const DEFAULT_MAX_FEE_RATE = 10_000_000n;

const maxFeeRateParameter = param.any(
  'amount',
  'maxfeerate',
  'Reject transactions whose fee rate is higher than the specified value, expressed in BTC/kvB.\nFee rates larger than 1BTC/kvB are rejected.\nSet to 0 to accept any fee rate.',
  { default: '0.10' },
);
const maxBurnParameter = param.any(
  'amount',
  'maxburnamount',
  "Reject transactions with provably unspendable outputs (e.g. 'datacarrier' outputs that use the OP_RETURN opcode) greater than the specified value, expressed in BTC.\nIf burning funds through unspendable outputs is desired, increase this value.\nThis check is based on heuristics and does not guarantee spendability of outputs.",
  { default: '0.00' },
);
const feesResult = (optional: boolean) =>
  result.object(
    'fees',
    'Transaction fees',
    [
      result.amount('base', 'transaction fee in BTC'),
      result.amount(
        'effective-feerate',
        'the effective feerate in BTC per KvB. May differ from the base feerate if, for example, there are modified fees from prioritisetransaction or a package feerate was used.',
        { optional },
      ),
      result.array(
        'effective-includes',
        'transactions whose fees and vsizes are included in effective-feerate.',
        [result.hex('', 'transaction wtxid in hex')],
        { optional },
      ),
    ],
    { optional: true },
  );

/** A default is the text that the help shows; what the caller gives is JSON. */
const orDefault = <T>(value: JsonRead | undefined, read: (value: JsonRead) => T, standard: T): T =>
  value === undefined || value === null ? standard : read(value);

function readTransactions(list: readonly JsonRead[]): Transaction[] {
  if (list.length === 0 || list.length > MAX_PACKAGE_COUNT)
    throw new RpcError(
      RpcCode.INVALID_PARAMETER,
      `Array must contain between 1 and ${MAX_PACKAGE_COUNT} transactions.`,
    );
  return list.map((item) => {
    const hex = stringFrom(item);
    const tx = decodeTransaction(hex, WITNESS_FORM);
    if (tx === null)
      throw new RpcError(
        RpcCode.DESERIALIZATION_ERROR,
        `TX decode failed: ${hex} Make sure the tx has at least one input.`,
      );
    return tx;
  });
}

/** @throws RpcError -25 if an output that nobody can spend is worth more than this. */
function checkBurn(tx: Transaction, limit: bigint): void {
  for (const { scriptPubKey, value } of tx.outputs)
    if ((isUnspendable(scriptPubKey) || !hasValidOperations(scriptPubKey)) && value > limit)
      throw new RpcError(
        RpcCode.VERIFY_ERROR,
        'Unspendable output exceeds maximum configured by user (maxburnamount)',
      );
}

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
  const packageError =
    judged.invalid?.kind === 'policy' && judged.results.size === 0 ? judged.invalid.message : undefined;
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

export const submissionMethods: readonly Method[] = [sendrawtransaction, testmempoolaccept, submitpackage];
