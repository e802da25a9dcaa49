/** PSBTs with what descriptors and the node know: utxoupdatepsbt, descriptorprocesspsbt. */
import { toDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import { isWitnessProgram } from '../../core/script/script.ts';
import type { Txid } from '../../core/transaction/transaction.ts';
import type { Psbt } from '../../wallet/psbt/psbt.ts';
import { INPUT } from '../../wallet/psbt/psbt-fields.ts';
import { encodeOutput } from '../../wallet/psbt/psbt-values.ts';
import { extract, finalize as finalizePsbt } from '../../wallet/psbt/roles.ts';
import { fillWith } from '../../wallet/psbt-signing.ts';
import { SigningProvider } from '../../wallet/signing/provider.ts';
import type { RpcContext } from '../context.ts';
import { scanObject } from '../descriptor-scripts.ts';
import { RpcCode, RpcError } from '../errors.ts';
import type { JsonRead } from '../json.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { readDescriptor, readPsbt } from '../refusals.ts';
import { result } from '../result.ts';
import { processedResult } from './psbt.ts';
import { sighashFrom, sighashParameter } from './sign-raw-transaction.ts';

const descriptorsParameter = param.array(
  'descriptors',
  'Descriptors, or {"desc": a descriptor, "range": up to what index HD chains should be explored}',
  [param.string('', '', { optional: true })],
);

/** Keys and scripts of the descriptors that a caller lists. */
function providerFrom(
  list: readonly JsonRead[] | undefined,
  withSecrets: boolean,
  { parameters }: RpcContext,
): SigningProvider {
  const provider = new SigningProvider();
  for (const item of list ?? []) {
    const { text, begin, end } = scanObject(item);
    const { descriptors, secrets } = readDescriptor(text, parameters);
    for (const descriptor of descriptors)
      for (let index = begin; index <= (descriptor.isRange ? end : begin); index++) {
        const expansion = descriptor.expand(descriptor.isRange ? index : 0, secrets.lookup, withSecrets);
        if (expansion === null)
          throw new RpcError(
            RpcCode.INVALID_ADDRESS_OR_KEY,
            `Cannot derive script without private keys: '${text}'`,
          );
        provider.merge(expansion.provider);
      }
  }
  return provider;
}

/** Previous transactions from the mempool, spent outputs from the chain. */
async function addUtxos(psbt: Psbt, { chain, mempool, indexes }: RpcContext): Promise<void> {
  const outpoints = psbt.inputs.map((_, index) => psbt.outpoint(index));
  const coins = await chain.coins(outpoints);
  for (const [index, input] of psbt.inputs.entries()) {
    if (input.has(INPUT.NON_WITNESS_UTXO)) continue;
    const txid = toDisplayHex(outpoints[index]!.txid) as Txid;
    const previous = mempool.get(txid)?.tx ?? (await indexes.transactions?.find(txid))?.tx;
    if (previous !== undefined) input.set(INPUT.NON_WITNESS_UTXO, previous.bytes);
    const output = coins[index]?.output ?? mempool.output(outpoints[index]!)?.output;
    if (
      input.has(INPUT.WITNESS_UTXO) ||
      output === undefined ||
      isWitnessProgram(output.scriptPubKey) === null
    )
      continue;
    input.set(INPUT.WITNESS_UTXO, encodeOutput(output));
  }
}

const utxoupdatepsbt = defineMethod({
  name: 'utxoupdatepsbt',
  category: 'Rawtransactions',
  description:
    'Updates all segwit inputs and outputs in a PSBT with data from output descriptors, the UTXO set, txindex, or the mempool.',
  parameters: [
    param.string('psbt', 'A base64 string of a PSBT'),
    { ...descriptorsParameter, required: false },
  ],
  results: [result.string('', 'The base64-encoded partially signed transaction with inputs updated')],
  examples: ['"psbt"'],
  async handler([text, descriptors], context) {
    const psbt = readPsbt(text);
    const provider = providerFrom(descriptors, false, context);
    await context.mempool.settled();
    await addUtxos(psbt, context);
    fillWith(psbt, provider, { sign: false, finalize: false, derivations: true });
    return psbt.encodeBase64();
  },
});

const descriptorprocesspsbt = defineMethod({
  name: 'descriptorprocesspsbt',
  category: 'Rawtransactions',
  description:
    'Update all segwit inputs in a PSBT with information from output descriptors, the UTXO set or the mempool. \n' +
    'Then, sign the inputs we are able to with information from the output descriptors. ',
  parameters: [
    param.string('psbt', 'The transaction base64 string'),
    descriptorsParameter,
    sighashParameter,
    param.boolean('bip32derivs', 'Include BIP 32 derivation paths for public keys if we know them', {
      default: true,
    }),
    param.boolean('finalize', 'Also finalize inputs if possible', { default: true }),
  ],
  results: processedResult,
  examples: ['"psbt" "[\\"descriptor1\\", \\"descriptor2\\"]"'],
  async handler([text, descriptors, sighash, derivations, finalize], context) {
    const psbt = readPsbt(text);
    const provider = providerFrom(descriptors, true, context);
    if (!derivations) provider.forgetOrigins();
    await context.mempool.settled();
    await addUtxos(psbt, context);
    const sighashType = sighashFrom(sighash) ?? undefined;
    const complete = fillWith(psbt, provider, { sign: true, finalize, derivations, sighashType });
    const encoded = psbt.encodeBase64();
    return {
      psbt: encoded,
      complete,
      hex: complete && finalizePsbt(psbt) ? toHex(extract(psbt).bytes) : undefined,
    };
  },
});

export const psbtDescriptorMethods: readonly Method[] = [utxoupdatepsbt, descriptorprocesspsbt];
