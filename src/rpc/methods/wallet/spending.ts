/** Paying from a wallet: sendtoaddress, sendmany, send, settxfee. */
import { toHex } from '../../../core/encoding/bytes.ts';
import { Invalid } from '../../../core/encoding/errors.ts';
import type { Transaction } from '../../../core/transaction/transaction.ts';
import type { PaymentNotes } from '../../../wallet/outbox.ts';
import { Psbt } from '../../../wallet/psbt/psbt.ts';
import { finalize } from '../../../wallet/psbt/roles.ts';
import { fillPsbt } from '../../../wallet/psbt-signing.ts';
import { signWithWallet } from '../../../wallet/solving.ts';
import { type PlannedTransaction, planTransaction, type Recipient } from '../../../wallet/spend.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import {
  addressScript,
  constructTransaction,
  inputsSchema,
  outputPairs,
  outputsFrom,
  outputsParameter,
} from '../../construct-transaction.ts';
import type { RpcContext } from '../../context.ts';
import { RpcCode, RpcError } from '../../errors.ts';
import {
  early,
  FUND_OPTIONS,
  feePayersFrom,
  fundTransaction,
  refuseInputWeights,
  weightsOfInputs,
} from '../../fund-options.ts';
import { Amount, JsonObject, type JsonWritable } from '../../json.ts';
import { defineMethod, type Method } from '../../method.ts';
import { param } from '../../parameter.ts';
import { refuseAs } from '../../refusals.ts';
import { result } from '../../result.ts';
import { boolean, long, optional, standard } from '../../schema.ts';
import {
  confTargetParameter,
  estimateModeParameter,
  type FeeParameters,
  feeRateOf,
  feeRateParameter,
  inTurn,
  optionsParameter,
  readFeeChoice,
  readOptions,
  refuseReuse,
  reuseParameter,
  walletOf,
} from '../../wallet-access.ts';

/** @throws RpcError -4, WalletError -13 before anything is planned that cannot be signed */
export function requirePrivateKeys(wallet: Wallet): void {
  if (!wallet.hasPrivateKeys)
    throw new RpcError(RpcCode.WALLET_ERROR, 'Error: Private keys are disabled for this wallet');
  wallet.vault.requireUnlocked();
}

/** @throws RpcError -4 */
export async function sign(wallet: Wallet, plan: PlannedTransaction): Promise<Transaction> {
  const { tx, errors } = await signWithWallet(wallet, plan.tx, plan.spent);
  if (errors.size > 0) throw new RpcError(RpcCode.WALLET_ERROR, 'Signing transaction failed');
  return tx;
}

/** Within the wallet's turn. @throws RpcError -4 with the mempool's reason */
export async function broadcast(wallet: Wallet, tx: Transaction, notes: PaymentNotes = {}): Promise<void> {
  try {
    await wallet.outbox.send(tx, notes);
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    throw new RpcError(RpcCode.WALLET_ERROR, `The transaction was rejected! Reason given: ${error.message}`);
  }
}

/** What sendtoaddress and sendmany have in common. */
interface Payment {
  readonly recipients: readonly Recipient[];
  readonly replaceable: boolean | undefined;
  readonly fee: FeeParameters;
  readonly notes: PaymentNotes;
  readonly verbose: boolean;
}

async function pay(
  wallet: Wallet,
  { recipients, replaceable, fee, notes, verbose }: Payment,
): Promise<JsonWritable> {
  requirePrivateKeys(wallet);
  const choice = readFeeChoice(wallet, fee, replaceable);
  const { plan, reason } = refuseAs(RpcCode.WALLET_INSUFFICIENT_FUNDS, () => {
    const { rate: feeRate, reason } = feeRateOf(wallet, choice);
    const request = { recipients, feeRate, ...(replaceable === undefined ? {} : { replaceable }) };
    return { plan: planTransaction(wallet, request), reason };
  });
  const tx = await sign(wallet, plan);
  await broadcast(wallet, tx, notes);
  return verbose ? { txid: tx.txid, fee_reason: reason } : tx.txid;
}

const notesOf = (comment: string | undefined, to: string | undefined) => ({
  ...(comment === undefined || comment === '' ? {} : { comment }),
  ...(to === undefined || to === '' ? {} : { to }),
});

const commentParameter = param.string('comment', 'A comment used to store what the transaction is for.', {
  optional: true,
});
const replaceableParameter = param.boolean(
  'replaceable',
  'Signal that this transaction can be replaced by a transaction (BIP 125)',
  { hint: 'wallet default' },
);
const verboseParameter = param.boolean(
  'verbose',
  'If true, return extra information about the transaction.',
  { default: false },
);
const sentResults = [
  result.hex('txid', 'The transaction id.', { condition: 'if verbose is not set or set to false' }),
  result.object(
    '',
    '',
    [result.hex('txid', 'The transaction id.'), result.string('fee_reason', 'The transaction fee reason.')],
    { condition: 'if verbose is set to true' },
  ),
];

const sendtoaddress = defineMethod({
  name: 'sendtoaddress',
  category: 'Wallet',
  description: 'Send an amount to a given address.',
  parameters: [
    param.string('address', 'The bitcoin address to send to.'),
    param.amount('amount', 'The amount in BTC to send. eg 0.1'),
    commentParameter,
    param.string(
      'comment_to',
      "A comment to store the name of the person or organization to which you're sending the transaction.",
      { optional: true },
    ),
    param.boolean('subtractfeefromamount', 'The fee will be deducted from the amount being sent.', {
      default: false,
    }),
    replaceableParameter,
    confTargetParameter,
    estimateModeParameter,
    reuseParameter,
    feeRateParameter,
    verboseParameter,
  ],
  results: sentResults,
  examples: ['"bcrt1q..." 0.1'],
  handler: inTurn(
    async (
      [address, amount, comment, to, subtractFee, replaceable, target, mode, reuse, rate, verbose],
      wallet,
      context,
    ) => {
      refuseReuse(reuse);
      const script = addressScript(address, context.parameters);
      const fee = { conf_target: target, estimate_mode: mode, fee_rate: rate };
      const payment = { replaceable, fee, notes: notesOf(comment, to), verbose };
      return pay(wallet, { ...payment, recipients: [{ script, value: amount, subtractFee }] });
    },
  ),
});

const sendmany = defineMethod({
  name: 'sendmany',
  category: 'Wallet',
  description: 'Send multiple times. Amounts are double-precision floating point numbers.',
  parameters: [
    param.string('dummy', 'Must be set to "" for backwards compatibility.', { default: '' }),
    param.keyed('amounts', 'The addresses and amounts', [
      param.amount(
        'address',
        'The bitcoin address is the key, the numeric amount (can be string) in BTC is the value',
      ),
    ]),
    param.number('minconf', 'Ignored dummy value', { optional: true }),
    commentParameter,
    param.array(
      'subtractfeefrom',
      'The addresses. The fee will be equally deducted from the amount of each selected address.',
      [param.string('address', 'Subtract fee from this address')],
      { optional: true },
    ),
    replaceableParameter,
    confTargetParameter,
    estimateModeParameter,
    feeRateParameter,
    verboseParameter,
  ],
  results: sentResults,
  examples: ['"" "{\\"bcrt1q...\\":0.01,\\"bcrt1q...\\":0.02}"'],
  handler: inTurn(
    async (
      [dummy, amounts, , comment, subtract, replaceable, target, mode, rate, verbose],
      wallet,
      context,
    ) => {
      if (dummy !== '') throw new RpcError(RpcCode.INVALID_PARAMETER, 'Dummy value must be set to ""');
      const paid = outputsFrom(amounts, context.parameters);
      const payers = feePayersFrom(
        subtract,
        outputPairs(amounts).map(([address]) => address),
      );
      const recipients = paid.map(({ value, scriptPubKey: script }, i) => {
        return { script, value, subtractFee: payers.has(i) };
      });
      const fee = { conf_target: target, estimate_mode: mode, fee_rate: rate };
      const payment = { replaceable, fee, notes: notesOf(comment, undefined), verbose };
      return pay(wallet, { ...payment, recipients });
    },
  ),
});

const SEND_OPTIONS = {
  ...FUND_OPTIONS,
  replaceable: early(FUND_OPTIONS.replaceable),
  max_tx_weight: early(FUND_OPTIONS.max_tx_weight),
  add_to_wallet: standard(boolean('Keep the transaction and send it'), true),
  inputs: optional(early(inputsSchema)),
  locktime: optional(early(long('Lock time')), 'close to the tip'),
  psbt: standard(boolean('Answer a PSBT and send nothing'), false),
};

/** Names that `send` took once, and what they are called now. */
const OUTDATED = [
  ['feeRate', 'fee_rate (sat/vB)'],
  ['changeAddress', 'change_address'],
  ['changePosition', 'change_position'],
  ['lockUnspents', 'lock_unspents'],
  ['subtractFeeFromOutputs', 'subtract_fee_from_outputs'],
] as const;

/** What says how much to pay stands beside the options or in them. @throws RpcError */
function readSendOptions(given: JsonObject, beside: FeeParameters, context: RpcContext) {
  const refuse = (text: string): RpcError => new RpcError(RpcCode.INVALID_PARAMETER, text);
  const estimates = given.has('conf_target') || given.has('estimate_mode');
  const isBeside = beside.conf_target !== undefined || beside.estimate_mode !== 'unset';
  if (estimates && isBeside)
    throw refuse(
      'Pass conf_target and estimate_mode either as arguments or in the options object, but not both',
    );
  if (given.has('fee_rate') && beside.fee_rate !== undefined)
    throw refuse('Pass the fee_rate either as an argument, or in the options object, but not both');
  for (const [old, now] of OUTDATED) if (given.has(old)) throw refuse(`Use ${now} instead of ${old}`);
  refuseInputWeights(given);
  const options = readOptions(SEND_OPTIONS, given, context);
  const fee = estimates ? options : beside;
  const merged = {
    ...options,
    conf_target: fee.conf_target,
    estimate_mode: fee.estimate_mode,
    fee_rate: options.fee_rate ?? beside.fee_rate,
  };
  if (merged.conf_target !== undefined && merged.estimate_mode === 'unset')
    throw refuse('Specify estimate_mode');
  return merged;
}

const send = defineMethod({
  name: 'send',
  category: 'Wallet',
  description: 'Send a transaction.',
  parameters: [
    outputsParameter,
    confTargetParameter,
    estimateModeParameter,
    feeRateParameter,
    optionsParameter(SEND_OPTIONS),
    param.uint32('version', 'Transaction version', { default: 2 }),
  ],
  results: [
    result.object('', '', [
      result.boolean('complete', 'If the transaction has a complete set of signatures'),
      result.hex(
        'txid',
        'The transaction id for the send. Only 1 transaction is created regardless of the number of addresses.',
        { optional: true },
      ),
      result.hex('hex', 'If add_to_wallet is false, the hex-encoded raw transaction with signature(s)', {
        optional: true,
      }),
      result.string(
        'psbt',
        'If more signatures are needed, or if add_to_wallet is false, the base64-encoded (partially) signed transaction',
        { optional: true },
      ),
    ]),
  ],
  examples: ['\'{"bcrt1q...": 0.1}\''],
  handler: inTurn(async ([outputs, target, mode, rate, given, version], wallet, context) => {
    const fee = { conf_target: target, estimate_mode: mode, fee_rate: rate };
    const options = readSendOptions(given ?? new JsonObject([]), fee, context);
    const { inputs, locktime: lockTime, psbt: wantsPsbt } = options;
    if (!wantsPsbt) wallet.vault.requireUnlocked();
    const payers = feePayersFrom(
      options.subtract_fee_from_outputs,
      outputPairs(outputs).map(([key]) => key),
    );
    const replaceable = options.replaceable ?? wallet.parts.policy.replaceable;
    const wanted = { inputs, outputs, locktime: lockTime ?? 0, replaceable, version };
    const draft = constructTransaction(wanted, context.parameters);
    const weights = weightsOfInputs(inputs);
    const addInputs = draft.inputs.length === 0;
    const funding = { draft, lockTime, payers, weights, options, addInputs, anyRate: false };
    const plan = await fundTransaction(wallet, funding, context);
    const keep = options.add_to_wallet && !wantsPsbt;
    const { tx, errors } = await signWithWallet(wallet, plan.tx, plan.spent);
    const complete = errors.size === 0;
    if (complete && keep) {
      await broadcast(wallet, tx);
      return { complete, txid: tx.txid };
    }
    const psbt = Psbt.fromTransaction(plan.tx);
    await fillPsbt(wallet, psbt, { sign: true, finalize: false, derivations: true });
    const text = psbt.encodeBase64();
    finalize(psbt);
    await wallet.settled();
    return {
      complete,
      txid: complete ? tx.txid : undefined,
      hex: complete ? toHex(tx.bytes) : undefined,
      psbt: text,
    };
  }),
});

const settxfee = defineMethod({
  name: 'settxfee',
  category: 'Wallet',
  description:
    'Set the transaction fee rate in BTC/kvB for this wallet. Overrides the global -paytxfee command line parameter.\n' +
    'Can be deactivated by passing 0 as the fee. In that case automatic fee selection will be used by default.',
  parameters: [param.amount('amount', 'The transaction fee rate in BTC/kvB')],
  results: [result.boolean('', 'Returns true if successful')],
  examples: ['0.00001'],
  handler([rate], context, request) {
    const wallet = walletOf(context, request);
    const minimum = wallet.parts.chain.minimumFeeRate();
    if (rate > 0n && rate < minimum)
      throw new RpcError(
        RpcCode.INVALID_PARAMETER,
        `txfee cannot be less than min relay tx fee (${new Amount(minimum)} BTC/kvB)`,
      );
    const { maximumFee } = wallet.parts.policy;
    if (rate > maximumFee)
      throw new RpcError(
        RpcCode.INVALID_PARAMETER,
        `txfee cannot be more than wallet max tx fee (${new Amount(maximumFee)} BTC/kvB)`,
      );
    wallet.payFeeRate = rate;
    return true;
  },
});

export const walletSpendingMethods: readonly Method[] = [sendtoaddress, sendmany, send, settxfee];
