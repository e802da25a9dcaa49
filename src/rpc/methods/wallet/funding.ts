/** Transactions that a wallet funds or signs for someone: fundrawtransaction, PSBTs, signing. */
import { toHex } from '../../../core/encoding/bytes.ts';
import { Psbt } from '../../../wallet/psbt/psbt.ts';
import { extract, finalize as finalizePsbt } from '../../../wallet/psbt/roles.ts';
import { fillPsbt } from '../../../wallet/psbt-signing.ts';
import { SigningProvider } from '../../../wallet/signing/provider.ts';
import { signTransaction } from '../../../wallet/signing/sign-transaction.ts';
import { providerFor } from '../../../wallet/solving.ts';
import {
  constructTransaction,
  outputPairs,
  outputsParameter,
  presetInputsParameter,
} from '../../construct-transaction.ts';
import { ANY_FORM, decodeTransaction } from '../../decode.ts';
import { RpcCode, RpcError } from '../../errors.ts';
import {
  feePayersFrom,
  fundTransaction,
  PSBT_OPTIONS,
  RAW_OPTIONS,
  refuseInputWeights,
  weightsOfInputs,
} from '../../fund-options.ts';
import { defineMethod, type Method } from '../../method.ts';
import { param } from '../../parameter.ts';
import { previousOutputsParameter, spentOutputs } from '../../previous-outputs.ts';
import { readPsbt } from '../../refusals.ts';
import { result } from '../../result.ts';
import { btc } from '../../values.ts';
import { inTurn, optionsParameter, readOptions, walletOf } from '../../wallet-access.ts';
import { processedResult, psbtVersionFrom } from '../psbt.ts';
import {
  sighashFrom,
  sighashParameter,
  signedJson,
  signedResult,
  transactionFrom,
} from '../sign-raw-transaction.ts';

const fundrawtransaction = defineMethod({
  name: 'fundrawtransaction',
  category: 'Wallet',
  description:
    'If the transaction has no inputs, they will be automatically selected to meet its out value.\n' +
    'It will add at most one change output to the outputs.\n' +
    'No existing outputs will be modified unless "subtractFeeFromOutputs" is specified.\n' +
    'Note that inputs which were signed may need to be resigned after completion since in/outputs have been added.',
  parameters: [
    param.hex('hexstring', 'The hex string of the raw transaction'),
    optionsParameter(RAW_OPTIONS),
    param.boolean('iswitness', 'Whether the transaction hex is a serialized witness transaction.', {
      hint: 'depends on heuristic tests',
    }),
  ],
  results: [
    result.object('', '', [
      result.hex('hex', 'The resulting raw transaction (hex-encoded string)'),
      result.amount('fee', 'Fee in BTC the resulting transaction pays'),
      result.number('changepos', 'The position of the added change output, or -1'),
    ]),
  ],
  examples: ['"rawtransactionhex"'],
  handler: inTurn(async ([hex, given, isWitness], wallet, context) => {
    const forms = isWitness === undefined ? ANY_FORM : { witness: isWitness, plain: !isWitness };
    const tx = decodeTransaction(hex, forms);
    if (tx === null) throw new RpcError(RpcCode.DESERIALIZATION_ERROR, 'TX decode failed');
    const options = readOptions(RAW_OPTIONS, given, context);
    const payers = feePayersFrom(
      options.subtract_fee_from_outputs,
      tx.outputs.map(() => ''),
    );
    const { lockTime } = tx;
    const { input_weights: weights } = options;
    const funding = { draft: tx, lockTime, payers, weights, options, addInputs: true, anyRate: true };
    const plan = await fundTransaction(wallet, funding, context);
    await wallet.settled();
    return { hex: toHex(plan.tx.bytes), fee: btc(plan.fee), changepos: plan.changePosition };
  }),
});

const walletcreatefundedpsbt = defineMethod({
  name: 'walletcreatefundedpsbt',
  category: 'Wallet',
  description:
    'Creates and funds a transaction in the Partially Signed Transaction format.\n' +
    'Implements the Creator and Updater roles.',
  parameters: [
    presetInputsParameter,
    outputsParameter,
    param.long('locktime', 'Raw locktime. Non-0 value also locktime-activates inputs', { default: 0 }),
    optionsParameter(PSBT_OPTIONS),
    param.boolean('bip32derivs', 'Include BIP 32 derivation paths for public keys if we know them', {
      default: true,
    }),
    param.uint32('version', 'Transaction version', { default: 2 }),
    param.integer('psbt_version', 'The PSBT version number to use.', { default: 2 }),
  ],
  results: [
    result.object('', '', [
      result.string('psbt', 'The resulting raw transaction (base64-encoded string)'),
      result.amount('fee', 'Fee in BTC the resulting transaction pays'),
      result.number('changepos', 'The position of the added change output, or -1'),
    ]),
  ],
  examples: ['"[{\\"txid\\":\\"myid\\",\\"vout\\":0}]" "[{\\"data\\":\\"00010203\\"}]"'],
  handler: inTurn(
    async ([inputs, outputs, lockTime, given, derivations, version, psbtVersion], wallet, context) => {
      refuseInputWeights(given);
      const options = readOptions(PSBT_OPTIONS, given, context);
      const replaceable = options.replaceable ?? wallet.parts.policy.replaceable;
      const draft = constructTransaction(
        { inputs, outputs, locktime: lockTime, replaceable, version },
        context.parameters,
      );
      const payers = feePayersFrom(
        options.subtract_fee_from_outputs,
        outputPairs(outputs).map(([key]) => key),
      );
      const weights = weightsOfInputs(inputs);
      const addInputs = draft.inputs.length === 0;
      const funding = { draft, lockTime, payers, weights, options, addInputs, anyRate: true };
      const plan = await fundTransaction(wallet, funding, context);
      const psbt = Psbt.fromTransaction(plan.tx, psbtVersionFrom(psbtVersion));
      await fillPsbt(wallet, psbt, { sign: false, finalize: false, derivations });
      await wallet.settled();
      return { psbt: psbt.encodeBase64(), fee: btc(plan.fee), changepos: plan.changePosition };
    },
  ),
});

const walletprocesspsbt = defineMethod({
  name: 'walletprocesspsbt',
  category: 'Wallet',
  description:
    'Update a PSBT with input information from our wallet and then sign inputs\n' + 'that we can sign for.',
  parameters: [
    param.string('psbt', 'The transaction base64 string'),
    param.boolean('sign', 'Also sign the transaction when updating (requires wallet to be unlocked)', {
      default: true,
    }),
    sighashParameter,
    param.boolean('bip32derivs', 'Include BIP 32 derivation paths for public keys if we know them', {
      default: true,
    }),
    param.boolean('finalize', 'Also finalize inputs if possible', { default: true }),
  ],
  results: processedResult,
  examples: ['"psbt"'],
  async handler([text, signs, sighash, derivations, finalize], context, request) {
    const wallet = walletOf(context, request);
    await context.mempool.settled();
    const psbt = readPsbt(text);
    const sighashType = sighashFrom(sighash) ?? undefined;
    if (signs) wallet.vault.requireUnlocked();
    const complete = await fillPsbt(wallet, psbt, { sign: signs, finalize, derivations, sighashType });
    const encoded = psbt.encodeBase64();
    const whole = complete && finalize && finalizePsbt(psbt);
    return { psbt: encoded, complete, hex: whole ? toHex(extract(psbt).bytes) : undefined };
  },
});

const signrawtransactionwithwallet = defineMethod({
  name: 'signrawtransactionwithwallet',
  category: 'Wallet',
  description:
    'Sign inputs for raw transaction (serialized, hex-encoded).\n' +
    'The second optional argument (may be null) is an array of previous transaction outputs that\n' +
    'this transaction depends on but may not yet be in the block chain.',
  parameters: [
    param.hex('hexstring', 'The transaction hex string'),
    previousOutputsParameter,
    sighashParameter,
  ],
  results: signedResult,
  examples: ['"myhex"'],
  async handler([hex, previous, sighash], context, request) {
    const wallet = walletOf(context, request);
    await context.mempool.settled();
    const tx = transactionFrom(hex);
    wallet.vault.requireUnlocked();
    const told = new SigningProvider();
    const spent = await spentOutputs(tx, context, previous, { provider: told, required: false });
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
});

export const walletFundingMethods: readonly Method[] = [
  fundrawtransaction,
  walletcreatefundedpsbt,
  walletprocesspsbt,
  signrawtransactionwithwallet,
];
