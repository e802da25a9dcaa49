/** PSBTs with what descriptors and the node know: utxoupdatepsbt, descriptorprocesspsbt. */
import { toDisplayHex } from '../../core/encoding/bytes.ts';
import { isWitnessProgram } from '../../core/script/script.ts';
import { solve } from '../../core/script/templates.ts';
import type { Txid } from '../../core/transaction/transaction.ts';
import { expandAll } from '../../wallet/descriptors/expansions.ts';
import { Psbt } from '../../wallet/psbt/psbt.ts';
import { INPUT } from '../../wallet/psbt/psbt-fields.ts';
import { encodeOutput } from '../../wallet/psbt/psbt-values.ts';
import { fillWith } from '../../wallet/psbt-signing.ts';
import { SigningProvider } from '../../wallet/signing/provider.ts';
import { type ScanObject, scanObjects } from '../descriptor-scripts.ts';
import { group, method, type RpcContext, t } from '../kit.ts';
import { processed, processedJson, processing } from './psbt.ts';
import { sighashFrom } from './sign-raw-transaction.ts';

/** Keys and scripts of the descriptors that a caller lists. */
function providerFrom(
  list: readonly ScanObject[],
  withSecrets: boolean,
  { parameters }: RpcContext,
): SigningProvider {
  const provider = new SigningProvider();
  for (const { desc, range } of list)
    for (const expansion of expandAll(desc, parameters, range, withSecrets))
      provider.merge(expansion.provider);
  return provider;
}

/** Also inside P2SH, as far as that is known. */
function isSegwit(script: Uint8Array, provider: SigningProvider): boolean {
  const { type, solutions } = solve(script);
  const inner = type === 'scripthash' ? provider.scriptByHash(solutions[0]!) : script;
  return inner !== undefined && isWitnessProgram(inner) !== null;
}

/** Previous transactions from the mempool, spent outputs from the chain. */
async function addUtxos(
  psbt: Psbt,
  provider: SigningProvider,
  { mempool, indexes }: RpcContext,
): Promise<void> {
  const outpoints = psbt.inputs.map((_, index) => psbt.outpoint(index));
  const coins = await mempool.coins(outpoints);
  for (const [index, input] of psbt.inputs.entries()) {
    if (input.has(INPUT.NON_WITNESS_UTXO)) continue;
    const txid = toDisplayHex(outpoints[index]!.txid) as Txid;
    const previous = mempool.get(txid)?.tx ?? (await indexes.transactions?.find(txid))?.tx;
    if (previous !== undefined) input.set(INPUT.NON_WITNESS_UTXO, previous.bytes);
    const output = coins[index]?.output;
    if (input.has(INPUT.WITNESS_UTXO) || output === undefined || !isSegwit(output.scriptPubKey, provider))
      continue;
    input.set(INPUT.WITNESS_UTXO, encodeOutput(output));
  }
}

export const psbtDescriptorMethods = group('Rawtransactions', {
  utxoupdatepsbt: method({
    help: 'Adds to a PSBT what the node and descriptors know of what it spends.',
    parameters: { psbt: t.string('Base64'), descriptors: t.optional(scanObjects) },
    result: t.string('Base64'),
    async handler({ psbt: text, descriptors }, context) {
      const provider = providerFrom(descriptors?.() ?? [], false, context);
      const psbt = Psbt.decodeBase64(text);
      await context.mempool.settled();
      await addUtxos(psbt, provider, context);
      fillWith(psbt, provider, { sign: false, finalize: false, derivations: true });
      return psbt.encodeBase64();
    },
  }),

  descriptorprocesspsbt: method({
    help: 'The same, and signs with the private keys of the descriptors.',
    parameters: { psbt: t.string('Base64'), descriptors: scanObjects, ...processing },
    result: processed,
    example: `PSBT '["DESCRIPTOR"]'`,
    async handler({ descriptors, finalize, ...asked }, context) {
      const { bip32derivs: derivations } = asked;
      const psbt = Psbt.decodeBase64(asked.psbt);
      const provider = providerFrom(descriptors(), true, context);
      if (!derivations) provider.forgetOrigins();
      await context.mempool.settled();
      await addUtxos(psbt, provider, context);
      const sighashType = sighashFrom(asked.sighashtype) ?? undefined;
      const complete = fillWith(psbt, provider, { sign: true, finalize, derivations, sighashType });
      return processedJson(psbt, complete);
    },
  }),
});
