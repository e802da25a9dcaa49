/** Transactions that a wallet funds or signs for someone: fundrawtransaction, PSBTs, signing. */
import { toHex } from '../../../core/encoding/bytes.ts';
import { Psbt } from '../../../wallet/psbt/psbt.ts';
import { extract, finalize as finalizePsbt } from '../../../wallet/psbt/roles.ts';
import { fillPsbt } from '../../../wallet/psbt-signing.ts';
import { signTransaction } from '../../../wallet/signing/sign-transaction.ts';
import { providerFor } from '../../../wallet/solving.ts';
import { inputsParameter, outputsParameter } from '../../construct-transaction.ts';
import { ANY_FORM, decodeTransaction } from '../../decode.ts';
import { RpcCode, RpcError } from '../../errors.ts';
import {
  completeInputs,
  feePayersFrom,
  fundOptionsParameter,
  presetInputs,
  readFundOptions,
} from '../../fund-options.ts';
import { JsonObject, type JsonRead } from '../../json.ts';
import { defineMethod, type Method } from '../../method.ts';
import { param } from '../../parameter.ts';
import { readPsbt } from '../../refusals.ts';
import { result } from '../../result.ts';
import { btc } from '../../values.ts';
import { inTurn, walletOf } from '../../wallet-access.ts';
import { processedResult, psbtVersionFrom } from '../psbt.ts';
import {
  previousOutputsParameter,
  readPreviousOutputs,
  sighashFrom,
  sighashParameter,
  signedJson,
  signedResult,
  spentOutputs,
  transactionFrom,
} from '../sign-raw-transaction.ts';
import { planFor, recipientsFrom } from './spending.ts';

const objectOr = (value: JsonRead | undefined): JsonObject =>
  value instanceof JsonObject ? value : new JsonObject([]);

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
    fundOptionsParameter,
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
  handler: inTurn(async ([hex, optionsValue, isWitness], wallet, context) => {
    const forms = isWitness === undefined ? ANY_FORM : { witness: isWitness, plain: !isWitness };
    const tx = decodeTransaction(hex, forms);
    if (tx === null) throw new RpcError(RpcCode.DESERIALIZATION_ERROR, 'TX decode failed');
    if (tx.outputs.length === 0)
      throw new RpcError(RpcCode.INVALID_PARAMETER, 'TX must have at least one output');
    const options = objectOr(optionsValue);
    const read = await readFundOptions(wallet, options, context);
    const chosen = tx.inputs.map(({ prevout, sequence }) => ({
      outpoint: prevout,
      sequence,
      weight: undefined,
    }));
    const payers = feePayersFrom(
      read.subtract,
      tx.outputs.map(() => ''),
    );
    const plan = planFor(wallet, {
      ...read.request,
      inputs: await completeInputs(wallet, chosen, options, context),
      recipients: tx.outputs.map(({ value, scriptPubKey }, i) => ({
        script: scriptPubKey,
        value,
        subtractFee: payers.has(i),
      })),
      addInputs: read.addInputs ?? true,
      lockTime: tx.lockTime,
      version: tx.version,
    });
    if (read.lockCoins) for (const { prevout } of plan.tx.inputs) wallet.locks.add(prevout, false);
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
    { ...inputsParameter, required: false },
    outputsParameter,
    param.long('locktime', 'Raw locktime. Non-0 value also locktime-activates inputs', { default: 0 }),
    fundOptionsParameter,
    param.boolean('bip32derivs', 'Include BIP 32 derivation paths for public keys if we know them', {
      default: true,
    }),
    param.long('version', 'Transaction version', { default: 2 }),
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
    async ([inputs, outputs, lockTime, optionsValue, derivations, version, psbtVersion], wallet, context) => {
      const options = objectOr(optionsValue);
      const read = await readFundOptions(wallet, options, context);
      const chosen = await presetInputs(wallet, inputs ?? [], options, context);
      const recipients = recipientsFrom(outputs, read.subtract, wallet);
      const plan = planFor(wallet, {
        ...read.request,
        inputs: chosen,
        recipients,
        addInputs: read.addInputs ?? chosen.length === 0,
        version,
        ...(lockTime === 0 ? {} : { lockTime }),
      });
      if (read.lockCoins) for (const { prevout } of plan.tx.inputs) wallet.locks.add(prevout, false);
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
    const given = readPreviousOutputs(previous, null);
    const spent = await spentOutputs(tx, given, context);
    const own = spent.map(
      (output, i) => output ?? wallet.history.output(tx.inputs[i]!.prevout)?.output ?? null,
    );
    const provider = providerFor(
      wallet,
      own.filter((output) => output !== null),
      true,
    );
    readPreviousOutputs(previous, provider);
    return signedJson(signTransaction(tx, own, provider, sighashFrom(sighash)));
  },
});

export const walletFundingMethods: readonly Method[] = [
  fundrawtransaction,
  walletcreatefundedpsbt,
  walletprocesspsbt,
  signrawtransactionwithwallet,
];
