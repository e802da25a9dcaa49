/** Paying from a wallet: sendtoaddress, sendmany, send, settxfee. */
import { toHex } from '../../../core/encoding/bytes.ts';
import { Invalid } from '../../../core/encoding/errors.ts';
import { encodeAddress } from '../../../core/script/address.ts';
import type { Transaction } from '../../../core/transaction/transaction.ts';
import type { PaymentNotes } from '../../../wallet/outbox.ts';
import { Psbt } from '../../../wallet/psbt/psbt.ts';
import { finalize } from '../../../wallet/psbt/roles.ts';
import { fillPsbt } from '../../../wallet/psbt-signing.ts';
import { signWithWallet } from '../../../wallet/solving.ts';
import {
  MAX_FEE,
  type PlannedTransaction,
  planTransaction,
  type Recipient,
  type SpendRequest,
} from '../../../wallet/spend.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { addressScript, outputsFrom, outputsParameter } from '../../construct-transaction.ts';
import { RpcCode, RpcError } from '../../errors.ts';
import { type FeeParameters, feePayersFrom, readFundOptions } from '../../fund-options.ts';
import { Amount, JsonObject, type JsonRead, type JsonWritable } from '../../json.ts';
import { defineMethod, type Method } from '../../method.ts';
import { param } from '../../parameter.ts';
import { refuseAs } from '../../refusals.ts';
import { result } from '../../result.ts';
import {
  confTargetParameter,
  estimateModeParameter,
  feeRateParameter,
  inTurn,
  readFeeRate,
  walletOf,
} from '../../wallet-access.ts';

/** @throws RpcError -4 before anything is planned that could never be signed */
export function requirePrivateKeys(wallet: Wallet): void {
  if (!wallet.hasPrivateKeys)
    throw new RpcError(RpcCode.WALLET_ERROR, 'Error: Private keys are disabled for this wallet');
}

/** @throws RpcError -4 */
export function sign(wallet: Wallet, plan: PlannedTransaction): Transaction {
  const { tx, errors } = signWithWallet(wallet, plan.tx, plan.spent);
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
  const { rate, reason } = refuseAs(RpcCode.WALLET_INSUFFICIENT_FUNDS, () =>
    readFeeRate(wallet, fee.target, fee.mode, fee.rate),
  );
  const request: SpendRequest = {
    recipients,
    feeRate: rate,
    ...(replaceable === undefined ? {} : { replaceable }),
  };
  const plan = refuseAs(RpcCode.WALLET_INSUFFICIENT_FUNDS, () => planTransaction(wallet, request));
  const tx = sign(wallet, plan);
  await broadcast(wallet, tx, notes);
  return verbose ? { txid: tx.txid, fee_reason: reason } : tx.txid;
}

/** Plans for methods that answer -4 whatever is wrong. */
export const planFor = (wallet: Wallet, request: SpendRequest): PlannedTransaction =>
  refuseAs(RpcCode.WALLET_ERROR, () => planTransaction(wallet, request));

/** Recipients in order. @param subtract which of them pay the fee, as `feePayersFrom` reads it */
export function recipientsFrom(
  outputs: JsonRead | undefined,
  subtract: JsonRead | undefined,
  wallet: Wallet,
): Recipient[] {
  const { parameters } = wallet.parts;
  const paid = outputsFrom(outputs, parameters);
  const addresses = paid.map(({ scriptPubKey }) => encodeAddress(scriptPubKey, parameters) ?? '');
  const payers = feePayersFrom(subtract, addresses);
  return paid.map(({ value, scriptPubKey }, i) => ({
    script: scriptPubKey,
    value,
    subtractFee: payers.has(i),
  }));
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
    param.boolean('avoid_reuse', '(only available if avoid_reuse wallet flag is set)', { default: true }),
    feeRateParameter,
    verboseParameter,
  ],
  results: sentResults,
  examples: ['"bcrt1q..." 0.1'],
  handler: inTurn(
    async (
      [address, amount, comment, to, subtractFee, replaceable, target, mode, , rate, verbose],
      wallet,
      context,
    ) => {
      const script = addressScript(address, context.parameters);
      const payment = { replaceable, fee: { target, mode, rate }, notes: notesOf(comment, to), verbose };
      const recipients = [{ script, value: amount, subtractFee }];
      return pay(wallet, { ...payment, recipients });
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
    param.integer('minconf', 'Ignored dummy value', { optional: true }),
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
    async ([dummy, amounts, , comment, subtract, replaceable, target, mode, rate, verbose], wallet) => {
      if (dummy !== '') throw new RpcError(RpcCode.INVALID_PARAMETER, 'Dummy value must be set to ""');
      const recipients = recipientsFrom(amounts, subtract, wallet);
      const payment = {
        replaceable,
        fee: { target, mode, rate },
        notes: notesOf(comment, undefined),
        verbose,
      };
      return pay(wallet, { ...payment, recipients });
    },
  ),
});

const send = defineMethod({
  name: 'send',
  category: 'Wallet',
  description: 'Send a transaction.',
  parameters: [
    outputsParameter,
    confTargetParameter,
    estimateModeParameter,
    feeRateParameter,
    param.any('object', 'options', 'As for walletcreatefundedpsbt, and add_to_wallet, psbt', { default: [] }),
    param.any('number', 'version', 'Transaction version', { default: 2 }),
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
  handler: inTurn(async ([outputs, target, mode, rate, optionsValue], wallet, context) => {
    const options = optionsValue instanceof JsonObject ? optionsValue : new JsonObject([]);
    const read = await readFundOptions(wallet, options, context, { target, mode, rate });
    const recipients = recipientsFrom(outputs, read.subtract, wallet);
    const plan = planFor(wallet, {
      ...read.request,
      recipients,
      addInputs: read.addInputs ?? (read.request.inputs ?? []).length === 0,
    });
    if (read.lockCoins) for (const { prevout } of plan.tx.inputs) wallet.locks.add(prevout, false);
    const wantsPsbt = options.get('psbt') === true;
    const keep = options.get('add_to_wallet') !== false && !wantsPsbt;
    const { tx, errors } = signWithWallet(wallet, plan.tx, plan.spent);
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
      hex: complete && !wantsPsbt ? toHex(tx.bytes) : undefined,
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
    if (rate > MAX_FEE)
      throw new RpcError(
        RpcCode.INVALID_PARAMETER,
        `txfee cannot be more than wallet max tx fee (${new Amount(MAX_FEE)} BTC/kvB)`,
      );
    wallet.payFeeRate = rate;
    return true;
  },
});

export const walletSpendingMethods: readonly Method[] = [sendtoaddress, sendmany, send, settxfee];
