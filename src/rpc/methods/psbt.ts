/** PSBTs without a wallet: what is in them, and every role that needs no keys of ours. */
import { toHex } from '../../core/encoding/bytes.ts';
import { feeRateOf } from '../../core/transaction/fee-rate.ts';
import { psbtJson } from '../../formats/psbt.ts';
import { analyze, type PsbtAnalysis } from '../../wallet/psbt/analyze.ts';
import { Psbt, type PsbtVersion } from '../../wallet/psbt/psbt.ts';
import { combine, extract, finalize, join } from '../../wallet/psbt/roles.ts';
import { construction, constructTransaction } from '../construct-transaction.ts';
import { btc, group, method, refuse, t } from '../kit.ts';
import { iswitness, readUnsigned } from '../texts.ts';
import { sighashtype } from './sign-raw-transaction.ts';

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
  bip32derivs: t.standard(t.boolean('Add the paths of keys (BIP32)'), true),
  finalize: t.standard(t.boolean('Finish inputs that have all signatures'), true),
};

export function psbtVersionFrom(version: number): PsbtVersion {
  if (version !== 0 && version !== 2) throw refuse.parameter('The PSBT version can only be 2 or 0');
  return version;
}

function analysisJson({ inputs, next, fee, virtualSize, error }: PsbtAnalysis) {
  return {
    inputs:
      inputs.length === 0
        ? undefined
        : inputs.map(({ hasUtxo, isFinal, next: nextOfInput, missing }) => {
            const lacking = missing && {
              pubkeys: missing.publicKeys.length > 0 ? missing.publicKeys.map(toHex) : undefined,
              signatures: missing.signatures.length > 0 ? missing.signatures.map(toHex) : undefined,
              redeemscript: missing.redeemScript === null ? undefined : toHex(missing.redeemScript),
              witnessscript: missing.witnessScript === null ? undefined : toHex(missing.witnessScript),
            };
            const lacksSomething =
              lacking !== null && Object.values(lacking).some((value) => value !== undefined);
            return {
              has_utxo: hasUtxo,
              is_final: isFinal,
              next: nextOfInput,
              missing: lacksSomething ? lacking : undefined,
            };
          }),
    estimated_vsize: virtualSize ?? undefined,
    estimated_feerate: virtualSize === null || fee === null ? undefined : btc(feeRateOf(fee, virtualSize)),
    fee: fee === null ? undefined : btc(fee),
    next,
    error: error ?? undefined,
  };
}

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
    result: t.object({
      inputs: t.optional(
        t.array(
          t.object({
            has_utxo: t.boolean('It is known what is spent'),
            is_final: t.boolean(),
            missing: t.optional(
              t.object({
                pubkeys: t.optional(t.array(t.hex(), 'Hashes of keys whose paths are missing')),
                signatures: t.optional(t.array(t.hex(), 'Hashes of keys whose signatures are missing')),
                redeemscript: t.optional(t.hex('Its hash')),
                witnessscript: t.optional(t.hex('Its hash')),
              }),
            ),
            next: t.optional(t.string('The role that comes next: updater, signer, finalizer')),
          }),
        ),
      ),
      estimated_vsize: t.optional(t.integer('Once it is signed')),
      estimated_feerate: t.optional(t.amount('BTC for 1,000 vbytes')),
      fee: t.optional(t.amount()),
      next: t.string('The role that comes next'),
      error: t.optional(t.string()),
    }),
    handler: ({ psbt: text }) => analysisJson(analyze(Psbt.decodeBase64(text))),
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
      extract: t.standard(t.boolean('The transaction, not the PSBT, if it is complete'), true),
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
      permitsigdata: t.standard(t.boolean('Leave out signatures, instead of refusing them'), false),
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
});
