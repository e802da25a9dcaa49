/** PSBTs without a wallet: what is in them, and every role, with what descriptors and the node know. */
import { toHex } from '../../core/encoding/bytes.ts';
import { feeRateOf } from '../../core/transaction/fee-rate.ts';
import type { OutPoint, Txid } from '../../core/transaction/transaction.ts';
import { psbtJson } from '../../formats/psbt.ts';
import { expandAll } from '../../wallet/descriptors/expansions.ts';
import { analyze, type PsbtAnalysis } from '../../wallet/psbt/analyze.ts';
import { Psbt, type PsbtVersion } from '../../wallet/psbt/psbt.ts';
import { combine, extract, finalize, join } from '../../wallet/psbt/roles.ts';
import { addUtxos } from '../../wallet/psbt/updating.ts';
import { fillWith } from '../../wallet/psbt-signing.ts';
import { SigningProvider } from '../../wallet/signing/provider.ts';
import type { Missing } from '../../wallet/signing/spend-data.ts';
import { construction, constructTransaction } from '../construct-transaction.ts';
import { type ScanObject, scanObjects } from '../descriptor-scripts.ts';
import { btc, group, method, type RpcContext, refuse, t } from '../kit.ts';
import { iswitness, readUnsigned } from '../texts.ts';
import { sighashFrom, sighashtype } from './raw-transactions.ts';

const psbt = t.string('Base64');
const txs = t.array(psbt);
export const psbt_version = t.standard(t.integer('0, or 2 (BIP370)'), 2);

/** What methods that update and sign a PSBT answer. */
export const processed = t.object({
  psbt,
  complete: t.boolean('All inputs are signed'),
  hex: t.optional(t.hex('The transaction, if it is complete')),
});
export function processedJson(psbt: Psbt, complete: boolean) {
  const text = psbt.encodeBase64();
  return { psbt: text, complete, hex: complete && finalize(psbt) ? toHex(extract(psbt).bytes) : undefined };
}

/** Parameters of such methods, behind what they sign with. */
export const processing = {
  sighashtype,
  bip32derivs: t.flag('Add the paths of keys (BIP32)', true),
  finalize: t.flag('Finish inputs that have all signatures', true),
};

export function psbtVersionFrom(version: number): PsbtVersion {
  if (version !== 0 && version !== 2) throw refuse.parameter('The PSBT version can only be 2 or 0');
  return version;
}

const some = (hashes: readonly Uint8Array[]) => (hashes.length > 0 ? hashes.map(toHex) : undefined);
const one = (hash: Uint8Array | null) => (hash === null ? undefined : toHex(hash));
const lacking = t.view<[Missing]>()({
  pubkeys: [
    t.optional(t.array(t.hex(), 'Hashes of keys without paths')),
    ({ publicKeys }) => some(publicKeys),
  ],
  signatures: [
    t.optional(t.array(t.hex(), 'Hashes of keys that did not sign')),
    (all) => some(all.signatures),
  ],
  redeemscript: [t.optional(t.hex('Its hash')), ({ redeemScript }) => one(redeemScript)],
  witnessscript: [t.optional(t.hex('Its hash')), ({ witnessScript }) => one(witnessScript)],
});
const analyzedInput = t.view<[NonNullable<PsbtAnalysis['inputs']>[number]]>()({
  has_utxo: [t.boolean('It is known what is spent'), ({ hasUtxo }) => hasUtxo],
  is_final: [t.boolean(), ({ isFinal }) => isFinal],
  missing: [
    t.optional(lacking),
    ({ missing }) => {
      const told = missing && lacking.of(missing);
      return Object.values(told ?? {}).some((value) => value !== undefined) ? told : undefined;
    },
  ],
  next: [t.optional(t.string('The role that comes next: updater, signer, finalizer')), ({ next }) => next],
});
const analysis = t.view<[PsbtAnalysis]>()({
  inputs: [t.optional(t.array(analyzedInput)), ({ inputs }) => inputs?.map((each) => analyzedInput.of(each))],
  estimated_vsize: [t.optional(t.integer('Once it is signed')), ({ virtualSize }) => virtualSize],
  estimated_feerate: [
    t.optional(t.amount('BTC for 1,000 vbytes')),
    ({ virtualSize, fee }) =>
      virtualSize && fee !== undefined ? btc(feeRateOf(fee, virtualSize)) : undefined,
  ],
  fee: [t.optional(t.amount()), ({ fee }) => (fee === undefined ? undefined : btc(fee))],
  next: [t.string('The role that comes next'), ({ next }) => next],
  error: [t.optional(t.string()), ({ error }) => error],
});

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

/** Previous transactions come from the mempool and the index, spent outputs from the chain too. */
const known = ({ mempool, indexes }: RpcContext) => ({
  coins: (outpoints: readonly OutPoint[]) => mempool.coins(outpoints),
  transaction: async (txid: Txid) => mempool.get(txid)?.tx ?? (await indexes.transactions?.find(txid))?.tx,
});

export const psbtMethods = group('Rawtransactions', {
  decodepsbt: method({
    help: 'A partially signed transaction (BIP174, BIP370) in words.',
    parameters: { psbt },
    result: t.object({
      tx: t.optional(t.anything('The transaction without signatures; version 0')),
      tx_version: t.optional(t.integer('Version 2, as what follows')),
      fallback_locktime: t.optional(t.integer()),
      input_count: t.optional(t.integer()),
      output_count: t.optional(t.integer()),
      inputs_modifiable: t.optional(t.boolean()),
      outputs_modifiable: t.optional(t.boolean()),
      has_sighash_single: t.optional(t.boolean()),
      global_xpubs: t.array(t.object({ xpub: t.string(), master_fingerprint: t.hex(), path: t.string() })),
      psbt_version: t.integer(),
      proprietary: t.array(t.anything()),
      unknown: t.record(t.hex(), 'key'),
      inputs: t.array(t.anything('What is known of an input')),
      outputs: t.array(t.anything('What is known of an output')),
      fee: t.optional(t.amount('If the amount of each input is known')),
    }),
    handler: ({ psbt: text }, { parameters }) => psbtJson(Psbt.decodeBase64(text), parameters),
  }),

  analyzepsbt: method({
    help: 'What a partially signed transaction still lacks, and who must see it next.',
    parameters: { psbt },
    result: analysis,
    handler: ({ psbt: text }, { mempool }) =>
      analysis.of(analyze(Psbt.decodeBase64(text), mempool.policy.bytesPerSigOp)),
  }),

  combinepsbt: method({
    help: 'One PSBT with what several copies hold (the Combiner).',
    parameters: { txs },
    result: psbt,
    example: `'["PSBT", "PSBT"]'`,
    handler({ txs: texts }) {
      const psbts = texts.map((text) => Psbt.decodeBase64(text));
      if (psbts.length === 0) throw refuse.parameter("Parameter 'txs' cannot be empty");
      const combined = combine(psbts);
      if (combined === null) throw refuse.parameter('PSBTs not compatible (different transactions)');
      return combined.encodeBase64();
    },
  }),

  finalizepsbt: method({
    help: 'Finishes the inputs that have all signatures, and gives the transaction if all have (Finalizer, Extractor).',
    parameters: {
      psbt,
      extract: t.flag('The transaction, not the PSBT, if it is complete', true),
    },
    result: t.object({ psbt: t.optional(psbt), hex: t.optional(t.hex()), complete: t.boolean() }),
    handler({ psbt: text, extract: wantsTransaction }) {
      const given = Psbt.decodeBase64(text);
      const complete = finalize(given);
      if (complete && wantsTransaction) return { hex: toHex(extract(given).bytes), complete };
      return { psbt: given.encodeBase64(), complete };
    },
  }),

  createpsbt: method({
    help: 'A PSBT that spends and pays what is listed (the Creator). Nobody learns of it.',
    parameters: { ...construction, psbt_version },
    result: psbt,
    example: `'[{"txid":"TXID","vout":0}]' '[{"ADDRESS":0.01}]'`,
    handler({ psbt_version: version, ...wanted }, { parameters }) {
      const transaction = constructTransaction(wanted, parameters);
      return Psbt.fromTransaction(transaction, psbtVersionFrom(version)).encodeBase64();
    },
  }),

  converttopsbt: method({
    help: 'A PSBT of a transaction.',
    parameters: {
      hexstring: t.hex(),
      permitsigdata: t.flag('Leave out signatures, instead of refusing them'),
      iswitness,
      psbt_version,
    },
    result: psbt,
    handler({ hexstring, permitsigdata, iswitness: witness, psbt_version: version }) {
      const transaction = readUnsigned(hexstring, witness);
      const signed = transaction.inputs.some(
        ({ scriptSig, witness }) => scriptSig.length > 0 || witness.length > 0,
      );
      if (signed && !permitsigdata) throw refuse.text('Inputs must not have scriptSigs and scriptWitnesses');
      return Psbt.fromTransaction(transaction, psbtVersionFrom(version)).encodeBase64();
    },
  }),

  joinpsbts: method({
    help: 'One PSBT with the inputs and outputs of several, which must not share any input.',
    parameters: { txs },
    result: psbt,
    example: `'["PSBT", "PSBT"]'`,
    handler({ txs: texts }, { random }) {
      if (texts.length <= 1) throw refuse.parameter('At least two PSBTs are required to join PSBTs.');
      const psbts = texts.map((text) => Psbt.decodeBase64(text));
      return join(psbts, random).encodeBase64();
    },
  }),

  utxoupdatepsbt: method({
    help: 'Adds to a PSBT what the node and descriptors know of what it spends.',
    parameters: { psbt: t.string('Base64'), descriptors: t.optional(scanObjects) },
    result: t.string('Base64'),
    async handler({ psbt: text, descriptors }, context) {
      const provider = providerFrom(descriptors?.() ?? [], false, context);
      const psbt = Psbt.decodeBase64(text);
      await context.mempool.settled();
      await addUtxos(psbt, provider, known(context));
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
      await addUtxos(psbt, provider, known(context));
      const sighashType = sighashFrom(asked.sighashtype) ?? undefined;
      const complete = fillWith(psbt, provider, { sign: true, finalize, derivations, sighashType });
      return processedJson(psbt, complete);
    },
  }),
});
