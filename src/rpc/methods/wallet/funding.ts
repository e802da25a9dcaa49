/** Transactions that a wallet funds or signs for someone: fundrawtransaction, PSBTs, signing. */
import { toHex } from '../../../core/encoding/bytes.ts';
import { Psbt } from '../../../wallet/psbt/psbt.ts';
import { fillPsbt } from '../../../wallet/psbt-signing.ts';
import { SigningProvider } from '../../../wallet/signing/provider.ts';
import { signTransaction } from '../../../wallet/signing/sign-transaction.ts';
import { providerFor } from '../../../wallet/solving.ts';
import { construction, constructTransaction } from '../../construct-transaction.ts';
import * as funding from '../../fund-options.ts';
import { btc, group, t, walletMethod } from '../../kit.ts';
import { previousOutputs, spentOutputs } from '../../previous-outputs.ts';
import { iswitness, readTransaction, readUnsigned } from '../../texts.ts';
import { inTurn } from '../../wallet-access.ts';
import { processed, processedJson, processing, psbt_version, psbtVersionFrom } from '../psbt.ts';
import { sighashFrom, sighashtype, signed, signedJson } from '../raw-transactions.ts';

const funded = { fee: t.amount(), changepos: t.integer('Index of the change; -1 for none') };

export const walletFundingMethods = group('Wallet', {
  fundrawtransaction: walletMethod({
    help: 'Adds coins and change to a transaction, so that it pays for itself. It is not signed.',
    parameters: {
      hexstring: t.hex(),
      options: t.deferred(t.options(funding.RAW_OPTIONS)),
      iswitness,
    },
    result: t.object({ hex: t.hex(), ...funded }),
    handler: inTurn(async ({ hexstring, options: given, iswitness: witness }, wallet, context) => {
      const tx = readUnsigned(hexstring, witness);
      const options = given();
      const payers = funding.feePayersFrom(
        options.subtract_fee_from_outputs,
        tx.outputs.map(() => ''),
      );
      const { lockTime } = tx;
      const weights = funding.weighed(options.input_weights);
      const wishes = { draft: tx, lockTime, payers, weights, options, addInputs: true, anyRate: true };
      const plan = await funding.fundTransaction(wallet, wishes, context);
      return { hex: toHex(plan.tx.bytes), fee: btc(plan.fee), changepos: plan.changePosition };
    }),
  }),

  walletcreatefundedpsbt: walletMethod({
    help: 'A PSBT that pays what is listed, with coins and change of the wallet. It is not signed.',
    parameters: {
      inputs: t.optional(funding.inputsSchema),
      outputs: construction.outputs,
      locktime: construction.locktime,
      options: t.unreadOptions(funding.PSBT_OPTIONS),
      bip32derivs: processing.bip32derivs,
      version: construction.version,
      psbt_version,
    },
    result: t.object({ psbt: t.string('Base64'), ...funded }),
    example: `'[]' '[{"ADDRESS":0.01}]'`,
    handler: inTurn(async (asked, wallet, context) => {
      const { inputs, outputs, locktime, options: given, version } = asked;
      funding.refuseInputWeights(given);
      const options = given.read();
      const replaceable = options.replaceable ?? wallet.parts.policy.replaceable;
      const draft = constructTransaction(
        { inputs, outputs, locktime, replaceable, version },
        context.parameters,
      );
      const payers = funding.payersAmong(outputs, options.subtract_fee_from_outputs);
      const weights = funding.weightsOfInputs(inputs);
      const addInputs = draft.inputs.length === 0;
      const wishes = { draft, lockTime: locktime, payers, weights, options, addInputs, anyRate: true };
      const plan = await funding.fundTransaction(wallet, wishes, context);
      const psbt = Psbt.fromTransaction(plan.tx, psbtVersionFrom(asked.psbt_version));
      await fillPsbt(wallet, psbt, { sign: false, finalize: false, derivations: asked.bip32derivs });
      return { psbt: psbt.encodeBase64(), fee: btc(plan.fee), changepos: plan.changePosition };
    }),
  }),

  walletprocesspsbt: walletMethod({
    help: 'Adds to a PSBT what the wallet knows, and signs what it can.',
    parameters: {
      psbt: t.string('Base64'),
      sign: t.flag('', true),
      ...processing,
    },
    result: processed,
    async handler({ sign, finalize, bip32derivs: derivations, ...asked }, wallet, context) {
      await context.mempool.settled();
      const psbt = Psbt.decodeBase64(asked.psbt);
      const sighashType = sighashFrom(asked.sighashtype) ?? undefined;
      if (sign) wallet.vault.requireUnlocked();
      return processedJson(psbt, await fillPsbt(wallet, psbt, { sign, finalize, derivations, sighashType }));
    },
  }),

  signrawtransactionwithwallet: walletMethod({
    help: 'Signs the inputs of a transaction that the wallet has keys for.',
    parameters: { hexstring: t.hex(), prevtxs: previousOutputs, sighashtype },
    result: signed,
    async handler({ hexstring, prevtxs, sighashtype: sighash }, wallet, context) {
      await context.mempool.settled();
      const tx = readTransaction(hexstring);
      wallet.vault.requireUnlocked();
      const told = new SigningProvider();
      const spent = await spentOutputs(tx, context, prevtxs, { provider: told, required: false });
      const own = spent.map(
        (output, i) => output ?? wallet.history.output(tx.inputs[i]!.prevout)?.output ?? null,
      );
      const provider = providerFor(
        wallet,
        own.filter((output) => output !== null),
        true,
      );
      provider.merge(told);
      return signedJson(await signTransaction(tx, own, provider, sighashFrom(sighash)), own);
    },
  }),
});
