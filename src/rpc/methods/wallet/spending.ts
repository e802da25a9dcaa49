/** Paying from a wallet: sendtoaddress, sendmany, send, settxfee. */

import { toHex } from '../../../core/encoding/bytes.ts';
import { satPerKvB } from '../../../core/transaction/fee-rate.ts';
import { chosenRate } from '../../../wallet/fee-rate.ts';
import type { PaymentNotes } from '../../../wallet/outbox.ts';
import { Psbt } from '../../../wallet/psbt/psbt.ts';
import { finalize } from '../../../wallet/psbt/roles.ts';
import { fillPsbt } from '../../../wallet/psbt-signing.ts';
import { signWithWallet } from '../../../wallet/solving.ts';
import { type PlannedTransaction, planTransaction } from '../../../wallet/spend.ts';
import type { Recipient } from '../../../wallet/spend-request.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import {
  addressScript,
  construction,
  constructTransaction,
  outputsFrom,
} from '../../construct-transaction.ts';
import { type FeeParameters, feeFields, readFeeChoice } from '../../fee-choice.ts';
import * as funding from '../../fund-options.ts';
import { btc, group, refuse, t, walletMethod } from '../../kit.ts';
import { refuseAs } from '../../refusals.ts';
import { avoidReuse, avoidsReuse, inTurn } from '../../wallet-access.ts';

/** @throws RpcError -4, WalletError -13 before anything is planned that cannot be signed */
function requirePrivateKeys(wallet: Wallet): void {
  if (!wallet.hasPrivateKeys) throw refuse.wallet('Error: Private keys are disabled for this wallet');
  wallet.vault.requireUnlocked();
}

/** What sendtoaddress and sendmany have in common. */
interface Payment {
  readonly recipients: readonly Recipient[];
  readonly replaceable: boolean | undefined;
  readonly fee: FeeParameters;
  readonly notes: PaymentNotes;
  readonly verbose: boolean;
  readonly avoidsReuse?: boolean;
}

async function pay(wallet: Wallet, payment: Payment) {
  const { recipients, replaceable, fee, notes, verbose, avoidsReuse = false } = payment;
  requirePrivateKeys(wallet);
  const choice = readFeeChoice(wallet, fee, replaceable);
  const { plan, reason } = refuseAs(refuse.wallet_insufficient_funds, () => {
    const { rate: feeRate, reason } = chosenRate(wallet, choice);
    return { plan: planTransaction(wallet, { recipients, feeRate, avoidsReuse, replaceable }), reason };
  });
  const { tx, errors } = await signWithWallet(wallet, plan.tx, plan.spent);
  if (errors.size > 0) throw refuse.wallet('Signing transaction failed');
  await wallet.outbox.send(tx, notes);
  return verbose ? { txid: tx.txid, fee_reason: reason } : tx.txid;
}

const notesOf = (comment?: string, to?: string) => ({ comment: comment || undefined, to: to || undefined });

const comment = t.optional(t.string('What it is for; the wallet keeps it, nobody else sees it'));
const replaceable = t.optional(t.boolean('May be replaced by one that pays more (BIP125)'), '-walletrbf');
const verbose = t.flag();
const sent = t.cases(
  'verbose',
  {
    false: t.hex('txid'),
    true: t.object({ txid: t.hex(), fee_reason: t.string('Where the fee rate comes from') }),
  },
  'false',
);

/** Options of methods that also send. */
export const sendingOptions = {
  add_to_wallet: t.flag('Keep the transaction and send it', true),
  psbt: t.flag('Answer a PSBT and send nothing'),
};
const sendOptions = {
  ...funding.FUND_OPTIONS,
  replaceable: funding.early(funding.FUND_OPTIONS.replaceable),
  max_tx_weight: funding.early(funding.FUND_OPTIONS.max_tx_weight),
  ...sendingOptions,
  inputs: t.optional(funding.early(funding.inputsSchema)),
  locktime: t.optional(funding.early(t.long('A height or a time')), 'close to the tip'),
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
export function readFees(given: { has(name: string): boolean }, beside: FeeParameters) {
  const estimates = given.has('conf_target') || given.has('estimate_mode');
  const isBeside = beside.conf_target !== undefined || beside.estimate_mode !== 'unset';
  if (estimates && isBeside)
    throw refuse.parameter(
      'Pass conf_target and estimate_mode either as arguments or in the options object, but not both',
    );
  if (given.has('fee_rate') && beside.fee_rate !== undefined)
    throw refuse.parameter('Pass the fee_rate either as an argument, or in the options object, but not both');
  for (const [old, now] of OUTDATED)
    if (given.has(old)) throw refuse.parameter(`Use ${now} instead of ${old}`);
  return <O extends FeeParameters>(options: O): O => {
    const { conf_target, estimate_mode } = estimates ? options : beside;
    if (conf_target !== undefined && estimate_mode === 'unset')
      throw refuse.parameter('Specify estimate_mode');
    return { ...options, conf_target, estimate_mode, fee_rate: options.fee_rate ?? beside.fee_rate };
  };
}

/** What methods answer that send what they can sign, and hand out the rest. */
export const finished = t.object({
  complete: t.boolean('All inputs are signed'),
  txid: t.optional(t.hex()),
  hex: t.optional(t.hex('Where it was not sent')),
  psbt: t.optional(t.string('Where it was not sent, or more signatures are needed')),
});

/** Signs a plan, and sends it if that is wanted and all signatures are there. */
export async function finish(wallet: Wallet, plan: PlannedTransaction, keep: boolean) {
  const { tx, errors } = await signWithWallet(wallet, plan.tx, plan.spent);
  const complete = errors.size === 0;
  if (complete && keep) {
    await wallet.outbox.send(tx);
    return { complete, txid: tx.txid };
  }
  const psbt = Psbt.fromTransaction(plan.tx);
  await fillPsbt(wallet, psbt, { sign: true, finalize: false, derivations: true });
  const text = psbt.encodeBase64();
  finalize(psbt);
  const whole = complete && { txid: tx.txid, hex: toHex(tx.bytes) };
  return { complete, ...whole, psbt: text };
}

export const walletSpendingMethods = group('Wallet', {
  sendtoaddress: walletMethod({
    help: 'Pays an address.',
    parameters: {
      address: t.string(),
      amount: t.amount('BTC'),
      comment,
      comment_to: t.optional(t.string('To whom; the wallet keeps it, nobody else sees it')),
      subtractfeefromamount: t.flag('The fee is taken from the amount'),
      replaceable,
      conf_target: feeFields.conf_target,
      estimate_mode: feeFields.estimate_mode,
      avoid_reuse: avoidReuse,
      fee_rate: feeFields.fee_rate,
      verbose,
    },
    result: sent,
    example: 'ADDRESS 0.1',
    handler: inTurn(async (asked, wallet, context) => {
      const recipient = {
        script: addressScript(asked.address, context.parameters),
        value: asked.amount,
        subtractFee: asked.subtractfeefromamount,
      };
      const notes = notesOf(asked.comment, asked.comment_to);
      const avoids = avoidsReuse(wallet, asked.avoid_reuse);
      return pay(wallet, { ...asked, recipients: [recipient], fee: asked, notes, avoidsReuse: avoids });
    }),
  }),

  sendmany: walletMethod({
    help: 'Pays several addresses with one transaction.',
    parameters: {
      dummy: t.standard(t.string('""'), ''),
      amounts: t.unread<Readonly<Record<string, number | string>>>(
        t.record(t.amount('BTC'), 'address'),
        undefined,
        'object',
      ),
      minconf: t.optional(t.number('Without effect')),
      comment,
      subtractfeefrom: t.optional(
        t.unread<readonly (string | number)[]>(
          t.array({ ...t.string('Address, or index'), types: ['string', 'numeric'] }),
          undefined,
          'array',
        ),
        'nobody: the wallet pays the fee',
      ),
      replaceable,
      ...feeFields,
      verbose,
    },
    result: sent,
    example: `"" '{"ADDRESS":0.01,"ADDRESS":0.02}'`,
    handler: inTurn(async (asked, wallet, context) => {
      const { dummy, amounts } = asked;
      if (dummy !== '') throw refuse.parameter('Dummy value must be set to ""');
      const paid = outputsFrom(amounts, context.parameters);
      const payers = funding.payersAmong(amounts, asked.subtractfeefrom);
      const recipients = paid.map(({ value, scriptPubKey: script }, i) => {
        return { script, value, subtractFee: payers.has(i) };
      });
      return pay(wallet, { ...asked, recipients, fee: asked, notes: notesOf(asked.comment) });
    }),
  }),

  send: walletMethod({
    help: 'Pays what is listed, with every choice that there is. What the wallet cannot sign alone comes back as a PSBT.',
    parameters: {
      outputs: construction.outputs,
      ...feeFields,
      options: t.unreadOptions(sendOptions),
      version: construction.version,
    },
    result: finished,
    example: `'{"ADDRESS": 0.1}'`,
    handler: inTurn(async (asked, wallet, context) => {
      const { outputs, version } = asked;
      const merged = readFees(asked.options, asked);
      funding.refuseInputWeights(asked.options);
      const options = merged(asked.options.read());
      const { inputs, locktime: lockTime, psbt: wantsPsbt } = options;
      if (!wantsPsbt) wallet.vault.requireUnlocked();
      const payers = funding.payersAmong(outputs, options.subtract_fee_from_outputs);
      const replaceable = options.replaceable ?? wallet.parts.policy.replaceable;
      const wanted = { inputs, outputs, locktime: lockTime ?? 0, replaceable, version };
      const draft = constructTransaction(wanted, context.parameters);
      const weights = funding.weightsOfInputs(inputs);
      const addInputs = draft.inputs.length === 0;
      const wishes = { draft, lockTime, payers, weights, options, addInputs, anyRate: false };
      const plan = await funding.fundTransaction(wallet, wishes, context);
      return finish(wallet, plan, options.add_to_wallet && !wantsPsbt);
    }),
  }),

  settxfee: walletMethod({
    help: 'Sets the fee rate of this wallet until it is unloaded, in BTC for 1,000 vbytes; 0 estimates again.',
    parameters: { amount: t.amount() },
    result: t.boolean(),
    example: '0.00001',
    handler({ amount: rate }, wallet) {
      const minimum = wallet.parts.chain.minimumFeeRate();
      if (rate > 0n && rate < minimum)
        throw refuse.parameter(`txfee cannot be less than min relay tx fee (${btc(minimum)} BTC/kvB)`);
      const { maximumFee } = wallet.parts.policy;
      if (rate > maximumFee)
        throw refuse.parameter(`txfee cannot be more than wallet max tx fee (${btc(maximumFee)} BTC/kvB)`);
      wallet.payFeeRate = satPerKvB(rate);
      return true;
    },
  }),
});
