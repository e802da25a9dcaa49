/** Paying more for what waits: bumpfee, psbtbumpfee. */
import type { Txid } from '../../../core/transaction/transaction.ts';
import { bumpFee } from '../../../wallet/bump-fee.ts';
import { Psbt } from '../../../wallet/psbt/psbt.ts';
import { fillPsbt } from '../../../wallet/psbt-signing.ts';
import { signWithWallet } from '../../../wallet/solving.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { outputsFrom, outputsSchema } from '../../construct-transaction.ts';
import { feeFields, readFeeChoice } from '../../fee-choice.ts';
import { btc, group, type RpcContext, refuse, t, walletMethod } from '../../kit.ts';
import { findTransaction, inTurn } from '../../wallet-access.ts';
import { psbtVersionFrom } from '../psbt.ts';

const { conf_target: confTarget, ...otherFeeFields } = feeFields;
const bumpOptions = {
  'conf_target|confTarget': confTarget,
  ...otherFeeFields,
  replaceable: t.flag('May be replaced again (BIP125)', true),
  outputs: t.optional({ ...outputsSchema, help: 'In place of the outputs that the transaction has' }),
  original_change_index: t.optional(
    t.uint32('Index of the output that pays the difference'),
    'found by itself',
  ),
};
const psbtOptions = { ...bumpOptions, psbt_version: t.standard(t.uint32('0, or 2 (BIP370)'), 2) };

const txid = t.hashText<Txid>('Of an unconfirmed transaction of the wallet');
const bumped = {
  origfee: t.amount('Of the transaction that is replaced'),
  fee: t.amount('Of the new one'),
  errors: t.array(t.string()),
};

type BumpOptions = t.HeldFields<typeof bumpOptions>;

async function plan(
  wallet: Wallet,
  txid: Txid,
  options: BumpOptions,
  allowForeign: boolean,
  { parameters }: RpcContext,
) {
  const { replaceable, original_change_index: changeIndex, outputs: told } = options;
  const fee = readFeeChoice(wallet, options, replaceable);
  if (Array.isArray(told) && told.length === 0)
    throw refuse.parameter('Invalid parameter, output argument cannot be an empty array');
  const outputs = told === undefined ? [] : outputsFrom(told, parameters);
  wallet.vault.requireUnlocked();
  const choice = { ...fee, replaceable, outputs, changeIndex, allowForeign };
  return bumpFee(wallet, findTransaction(wallet, txid), choice);
}

function refuseBothTargets(given: Pick<t.UnreadOptions<never>, 'has'>): void {
  if (given.has('confTarget') && given.has('conf_target'))
    throw refuse.parameter(
      'confTarget and conf_target options should not both be set. Use conf_target (confTarget is deprecated).',
    );
}

export const walletBumpingMethods = group('Wallet', {
  bumpfee: walletMethod({
    help:
      'Replaces an unconfirmed transaction of the wallet by one that pays more (BIP125), from its change or from more\n' +
      'coins.',
    parameters: { txid, options: t.unreadOptions(bumpOptions) },
    result: t.object({ txid: t.hex('Of the new transaction'), ...bumped }),
    handler: inTurn(async ({ txid: replaced, options: given }, wallet, context) => {
      if (!wallet.hasPrivateKeys)
        throw refuse.wallet(
          'bumpfee is not available with wallets that have private keys disabled. Use psbtbumpfee instead.',
        );
      refuseBothTargets(given);
      const options = given.read();
      const { plan: planned, oldFee } = await plan(wallet, replaced, options, false, context);
      const { tx, errors } = await signWithWallet(wallet, planned.tx, planned.spent);
      if (errors.size > 0) throw refuse.wallet("Can't sign transaction.");
      const old = findTransaction(wallet, replaced);
      await wallet.outbox.send(tx, { replaces: old.tx.txid, comment: old.comment, to: old.to });
      return { txid: tx.txid, origfee: btc(oldFee), fee: btc(planned.fee), errors: [] };
    }),
  }),

  psbtbumpfee: walletMethod({
    help: 'The same as a PSBT, for who signs elsewhere. Nothing is sent.',
    parameters: { txid, options: t.unreadOptions(psbtOptions) },
    result: t.object({ psbt: t.string('Base64'), ...bumped }),
    handler: inTurn(async ({ txid: replaced, options: given }, wallet, context) => {
      refuseBothTargets(given);
      const options = given.read();
      const version = psbtVersionFrom(options.psbt_version);
      const { plan: planned, oldFee } = await plan(wallet, replaced, options, true, context);
      const psbt = Psbt.fromTransaction(planned.tx, version);
      await fillPsbt(wallet, psbt, { sign: false, finalize: false, derivations: true });
      return { psbt: psbt.encodeBase64(), origfee: btc(oldFee), fee: btc(planned.fee), errors: [] };
    }),
  }),
});
