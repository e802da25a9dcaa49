/** PSBTs without a wallet: what is in them, and every role that needs no keys of ours. */
import { toHex } from '../../core/encoding/bytes.ts';
import { outPointText } from '../../core/transaction/transaction.ts';
import { analyze, type PsbtAnalysis } from '../../wallet/psbt/analyze.ts';
import { Psbt, type PsbtVersion } from '../../wallet/psbt/psbt.ts';
import { GLOBAL } from '../../wallet/psbt/psbt-fields.ts';
import { decodeUint32, encodeUint32 } from '../../wallet/psbt/psbt-values.ts';
import { combine, extract, finalize } from '../../wallet/psbt/roles.ts';
import { constructTransaction, inputsParameter, outputsParameter } from '../construct-transaction.ts';
import { ANY_FORM, decodeTransaction } from '../decode.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { psbtJson } from '../formats/psbt.ts';
import type { JsonRead, JsonWritable } from '../json.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { readPsbt } from '../refusals.ts';
import { result } from '../result.ts';
import { btc, stringFrom } from '../values.ts';

const psbtParameter = param.string('psbt', 'A base64 string of a PSBT');
const psbtsParameter = (what: string) =>
  param.array('txs', what, [param.string('psbt', 'A base64 string of a PSBT')]);
const psbtResult = [result.string('', 'The resulting raw transaction (base64-encoded string)')];

/** What methods that update and sign a PSBT answer. */
export const processedResult = [
  result.object('', '', [
    result.string('psbt', 'The base64-encoded partially signed transaction'),
    result.boolean('complete', 'If the transaction has a complete set of signatures'),
    result.hex('hex', 'The hex-encoded network transaction if complete', { optional: true }),
  ]),
];

const psbtVersionParameter = param.integer('psbt_version', 'The PSBT version number to use.', {
  default: 2,
});

export function psbtVersionFrom(version: number): PsbtVersion {
  if (version !== 0 && version !== 2)
    throw new RpcError(RpcCode.INVALID_PARAMETER, 'The PSBT version can only be 2 or 0');
  return version;
}

const decodepsbt = defineMethod({
  name: 'decodepsbt',
  category: 'Rawtransactions',
  description:
    'Return a JSON object representing the serialized, base64-encoded partially signed Bitcoin transaction.',
  parameters: [param.string('psbt', 'The PSBT base64 string')],
  results: [
    result.object('', '', [
      result.any('tx', 'The decoded unsigned transaction (version 0).', { optional: true }),
      result.number('tx_version', 'The version of the transaction (version 2).', { optional: true }),
      result.number('fallback_locktime', 'The locktime to fall back to (version 2).', { optional: true }),
      result.number('input_count', 'The number of inputs (version 2).', { optional: true }),
      result.number('output_count', 'The number of outputs (version 2).', { optional: true }),
      result.boolean('inputs_modifiable', 'Whether inputs can be modified (version 2).', { optional: true }),
      result.boolean('outputs_modifiable', 'Whether outputs can be modified (version 2).', {
        optional: true,
      }),
      result.boolean('has_sighash_single', 'Whether a signature of an input is SIGHASH_SINGLE (version 2).', {
        optional: true,
      }),
      result.array('global_xpubs', '', [
        result.object('', '', [
          result.string('xpub', 'The extended public key this path corresponds to'),
          result.hex('master_fingerprint', 'The fingerprint of the master key'),
          result.string('path', 'The path'),
        ]),
      ]),
      result.number(
        'psbt_version',
        'The PSBT version number. Not to be confused with the unsigned transaction version',
      ),
      result.array('proprietary', 'The global proprietary map', [result.any('', '')]),
      result.keyed('unknown', 'The unknown global fields', [
        result.hex('key', '(key-value pair) An unknown key-value pair'),
      ]),
      result.array('inputs', '', [result.any('', 'What is known of an input')]),
      result.array('outputs', '', [result.any('', 'What is known of an output')]),
      result.amount('fee', 'The transaction fee paid if all UTXOs slots in the PSBT have been filled.', {
        optional: true,
      }),
    ]),
  ],
  examples: ['"psbt"'],
  handler: ([text], { parameters }) => psbtJson(readPsbt(text), parameters),
});

function analysisJson({ inputs, next, fee, virtualSize, error }: PsbtAnalysis): JsonWritable {
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
    estimated_feerate:
      virtualSize === null || fee === null ? undefined : btc((fee * 1000n) / BigInt(virtualSize)),
    fee: fee === null ? undefined : btc(fee),
    next,
    error: error ?? undefined,
  };
}

const analyzepsbt = defineMethod({
  name: 'analyzepsbt',
  category: 'Rawtransactions',
  description: 'Analyzes and provides information about the current status of a PSBT and its inputs',
  parameters: [psbtParameter],
  results: [
    result.object('', '', [
      result.array(
        'inputs',
        '',
        [
          result.object('', '', [
            result.boolean('has_utxo', 'Whether a UTXO is provided'),
            result.boolean('is_final', 'Whether the input is finalized'),
            result.object(
              'missing',
              'Things that are missing that are required to complete this input',
              [
                result.array(
                  'pubkeys',
                  '',
                  [
                    result.hex(
                      'keyid',
                      'Public key ID, hash160 of the public key, of a public key whose BIP 32 derivation path is missing',
                    ),
                  ],
                  { optional: true },
                ),
                result.array(
                  'signatures',
                  '',
                  [
                    result.hex(
                      'keyid',
                      'Public key ID, hash160 of the public key, of a public key whose signature is missing',
                    ),
                  ],
                  { optional: true },
                ),
                result.hex('redeemscript', 'Hash160 of the redeem script that is missing', {
                  optional: true,
                }),
                result.hex('witnessscript', 'SHA256 of the witness script that is missing', {
                  optional: true,
                }),
              ],
              { optional: true },
            ),
            result.string('next', 'Role of the next person that this input needs to go to', {
              optional: true,
            }),
          ]),
        ],
        { optional: true },
      ),
      result.number('estimated_vsize', 'Estimated vsize of the final signed transaction', { optional: true }),
      result.amount(
        'estimated_feerate',
        'Estimated feerate of the final signed transaction in BTC/kvB. Shown only if all UTXO slots in the PSBT have been filled',
        { optional: true },
      ),
      result.amount(
        'fee',
        'The transaction fee paid. Shown only if all UTXO slots in the PSBT have been filled',
        { optional: true },
      ),
      result.string('next', 'Role of the next person that this psbt needs to go to'),
      result.string('error', 'Error message (if there is one)', { optional: true }),
    ]),
  ],
  examples: ['"psbt"'],
  handler: ([text]) => analysisJson(analyze(readPsbt(text))),
});

const combinepsbt = defineMethod({
  name: 'combinepsbt',
  category: 'Rawtransactions',
  description:
    'Combine multiple partially signed Bitcoin transactions into one transaction.\n' +
    'Implements the Combiner role.',
  parameters: [psbtsParameter('The base64 strings of partially signed transactions')],
  results: psbtResult,
  examples: ['\'["mybase64_1", "mybase64_2", "mybase64_3"]\''],
  handler([texts]) {
    const psbts = texts.map((text) => readPsbt(stringFrom(text)));
    if (psbts.length === 0) throw new RpcError(RpcCode.INVALID_PARAMETER, "Parameter 'txs' cannot be empty");
    const combined = combine(psbts);
    if (combined === null)
      throw new RpcError(RpcCode.INVALID_PARAMETER, 'PSBTs not compatible (different transactions)');
    return combined.encodeBase64();
  },
});

const finalizepsbt = defineMethod({
  name: 'finalizepsbt',
  category: 'Rawtransactions',
  description:
    'Finalize the inputs of a PSBT. If the transaction is fully signed, it will produce a\n' +
    'network serialized transaction which can be broadcast with sendrawtransaction. Otherwise a PSBT will be\n' +
    'created which has the final_scriptSig and final_scriptwitness fields filled for inputs that are complete.\n' +
    'Implements the Finalizer and Extractor roles.',
  parameters: [
    psbtParameter,
    param.boolean(
      'extract',
      'If true and the transaction is complete,\n' +
        '                             extract and return the complete transaction in normal network serialization instead of the PSBT.',
      { default: true },
    ),
  ],
  results: [
    result.object('', '', [
      result.string('psbt', 'The base64-encoded partially signed transaction if not extracted', {
        optional: true,
      }),
      result.hex('hex', 'The hex-encoded network transaction if extracted', { optional: true }),
      result.boolean('complete', 'If the transaction has a complete set of signatures'),
    ]),
  ],
  examples: ['"psbt"'],
  handler([text, wantsTransaction]) {
    const psbt = readPsbt(text);
    const complete = finalize(psbt);
    if (complete && wantsTransaction) return { hex: toHex(extract(psbt).bytes), complete };
    return { psbt: psbt.encodeBase64(), complete };
  },
});

const createpsbt = defineMethod({
  name: 'createpsbt',
  category: 'Rawtransactions',
  description:
    'Creates a transaction in the Partially Signed Transaction format.\n' +
    'Implements the Creator role.\n' +
    "Note that the transaction's inputs are not signed, and\n" +
    'it is not stored in the wallet or transmitted to the network.',
  parameters: [
    inputsParameter,
    outputsParameter,
    param.long('locktime', 'Raw locktime. Non-0 value also locktime-activates inputs', { default: 0 }),
    param.boolean('replaceable', 'Marks this transaction as BIP125-replaceable.', { hint: 'true' }),
    param.uint32('version', 'Transaction version', { default: 2 }),
    psbtVersionParameter,
  ],
  results: [result.string('', 'The resulting raw transaction (base64-encoded string)')],
  examples: ['\'[{"txid":"myid","vout":0}]\' \'[{"data":"00010203"}]\''],
  handler([inputs, outputs, lockTime, replaceable, version, psbtVersion], { parameters }) {
    const wanted = { inputs, outputs, lockTime, replaceable, version };
    const transaction = constructTransaction(wanted, parameters);
    return Psbt.fromTransaction(transaction, psbtVersionFrom(psbtVersion)).encodeBase64();
  },
});

const converttopsbt = defineMethod({
  name: 'converttopsbt',
  category: 'Rawtransactions',
  description:
    'Converts a network serialized transaction to a PSBT. This should be used only with createrawtransaction and fundrawtransaction\n' +
    'createpsbt and walletcreatefundedpsbt should be used for new applications.',
  parameters: [
    param.hex('hexstring', 'The hex string of a raw transaction'),
    param.boolean(
      'permitsigdata',
      'If true, any signatures in the input will be discarded and conversion\n' +
        '                              will continue. If false, RPC will fail if any signatures are present.',
      { default: false },
    ),
    param.boolean(
      'iswitness',
      'Whether the transaction hex is a serialized witness transaction.\n' +
        'If iswitness is not present, heuristic tests will be used in decoding.',
      { hint: 'depends on heuristic tests' },
    ),
    psbtVersionParameter,
  ],
  results: psbtResult,
  examples: ['"rawtransaction"'],
  handler([hex, permitSignatures, isWitness, psbtVersion]) {
    const forms = isWitness === undefined ? ANY_FORM : { witness: isWitness, plain: !isWitness };
    const transaction = decodeTransaction(hex, forms);
    if (transaction === null) throw new RpcError(RpcCode.DESERIALIZATION_ERROR, 'TX decode failed');
    const signed = transaction.inputs.some(
      ({ scriptSig, witness }) => scriptSig.length > 0 || witness.length > 0,
    );
    if (signed && !permitSignatures)
      throw new RpcError(
        RpcCode.DESERIALIZATION_ERROR,
        'Inputs must not have scriptSigs and scriptWitnesses',
      );
    return Psbt.fromTransaction(transaction, psbtVersionFrom(psbtVersion)).encodeBase64();
  },
});

/** One PSBT with the inputs and outputs of all; the caller chose the version. */
function join(psbts: readonly Psbt[]): Psbt {
  const seen = new Set<string>();
  for (const psbt of psbts)
    for (const index of psbt.inputs.keys()) {
      const id = outPointText(psbt.outpoint(index));
      if (seen.has(id)) throw new RpcError(RpcCode.INVALID_PARAMETER, `Input ${id} exists in multiple PSBTs`);
      seen.add(id);
    }
  const [first] = psbts;
  const global = first!.global.clone();
  for (const other of psbts) global.merge(other.global);
  const lockTimes = psbts.map(({ global: map }) =>
    decodeUint32(map.get(GLOBAL.FALLBACK_LOCKTIME) ?? encodeUint32(0)),
  );
  global.set(GLOBAL.TX_VERSION, encodeUint32(Math.max(...psbts.map((psbt) => psbt.transactionVersion))));
  global.set(GLOBAL.FALLBACK_LOCKTIME, encodeUint32(Math.min(...lockTimes)));
  const all = <K extends 'inputs' | 'outputs'>(key: K) =>
    psbts.flatMap((psbt) => psbt[key].map((map) => map.clone()));
  return new Psbt(first!.version, global, all('inputs'), all('outputs'));
}

const joinpsbts = defineMethod({
  name: 'joinpsbts',
  category: 'Rawtransactions',
  description:
    'Joins multiple distinct PSBTs with different inputs and outputs into one PSBT with inputs and outputs from all of the PSBTs\n' +
    'No input in any of the PSBTs can be in more than one of the PSBTs.',
  parameters: [psbtsParameter('The base64 strings of partially signed transactions')],
  results: psbtResult,
  examples: ['\'["psbt1", "psbt2"]\''],
  handler([texts]) {
    if (texts.length <= 1)
      throw new RpcError(RpcCode.INVALID_PARAMETER, 'At least two PSBTs are required to join PSBTs.');
    const psbts = texts.map((text: JsonRead) => readPsbt(stringFrom(text)));
    if (psbts.some(({ version }) => version !== psbts[0]!.version))
      throw new RpcError(RpcCode.INVALID_PARAMETER, 'PSBTs of different versions cannot be joined');
    return join(psbts).encodeBase64();
  },
});

export const psbtMethods: readonly Method[] = [
  decodepsbt,
  analyzepsbt,
  combinepsbt,
  finalizepsbt,
  createpsbt,
  converttopsbt,
  joinpsbts,
];
