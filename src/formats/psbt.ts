/** PSBTs as Bitcoin Core's decodepsbt shows them. */
import { encodeBase58Check } from '../core/encoding/base58.ts';
import { toDisplayHex, toHex } from '../core/encoding/bytes.ts';
import type { JsonWritable } from '../core/encoding/json-writer.ts';
import { Reader } from '../core/encoding/reader.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { toAssembly } from '../core/script/assembly.ts';
import { sighashName } from '../core/script/sighash-type.ts';
import { solve } from '../core/script/templates.ts';
import { Amount, isMoney } from '../core/transaction/amount.ts';
import { readTxOut, Transaction } from '../core/transaction/transaction.ts';
import { formatSteps, type KeyOrigin } from '../wallet/descriptors/key-path.ts';
import type { Psbt } from '../wallet/psbt/psbt.ts';
import { GLOBAL, INPUT, OUTPUT } from '../wallet/psbt/psbt-fields.ts';
import { PROPRIETARY, type PsbtMap } from '../wallet/psbt/psbt-map.ts';
import {
  decodeOrigin,
  decodeTapKey,
  decodeTree,
  decodeUint32,
  decodeWitness,
  splitKeys,
} from '../wallet/psbt/psbt-values.ts';
import { readLeaves } from '../wallet/psbt/spend-fields.ts';
import { scriptJson } from './script.ts';
import { transactionJson } from './transaction.ts';

type Json = { readonly [key: string]: JsonWritable };

const origin = ({ fingerprint, path }: KeyOrigin) => ({
  master_fingerprint: toHex(fingerprint),
  path: `m${formatSteps(path)}`,
});

/** A list only if it has something. */
const some = <T extends JsonWritable>(list: readonly T[]): readonly T[] | undefined =>
  list.length > 0 ? list : undefined;

/** A value only if it is there. */
function shown<T>(map: PsbtMap, type: number, show: (value: Uint8Array) => T): T | undefined {
  const value = map.get(type);
  return value === undefined ? undefined : show(value);
}

const listed = (map: PsbtMap, type: number, show: (keyData: Uint8Array, value: Uint8Array) => Json) =>
  some(map.list(type).map(({ keyData, value }) => show(keyData, value)));

/** Entries as an object, by their key. */
const byKey = (entries: readonly (readonly [Uint8Array, Uint8Array])[]) =>
  entries.length === 0
    ? undefined
    : Object.fromEntries(entries.map(([key, value]) => [toHex(key), toHex(value)]));

const keyedHex = (map: PsbtMap, type: number) =>
  byKey(map.list(type).map(({ keyData, value }) => [keyData, value]));

const unknown = (map: PsbtMap) => byKey(map.unknown().map(({ key, value }) => [key, value]));

function proprietary(map: PsbtMap): Json[] {
  return map.list(PROPRIETARY).map(({ keyData, value }) => {
    const reader = new Reader(keyData);
    const identifier = toHex(reader.varBytes());
    return { identifier, subtype: reader.compactNumber(), key: `fc${toHex(keyData)}`, value: toHex(value) };
  });
}

/** A redeem or witness script. */
const innerScript = (script: Uint8Array): Json => ({
  asm: toAssembly(script),
  hex: toHex(script),
  type: solve(script).type,
});

const keyPaths = (map: PsbtMap, type: number) =>
  listed(map, type, (keyData, value) => ({ pubkey: toHex(keyData), ...origin(decodeOrigin(value)) }));

const tapKeyPaths = (map: PsbtMap, type: number) =>
  listed(map, type, (keyData, value) => {
    const { origin: path, leafHashes } = decodeTapKey(keyData, value, '');
    return { pubkey: toHex(keyData), ...origin(path), leaf_hashes: [...leafHashes] };
  });

const participants = (map: PsbtMap, type: number) =>
  listed(map, type, (keyData, value) => ({
    aggregate_pubkey: toHex(keyData),
    participant_pubkeys: splitKeys(value).map(toHex),
  }));

const musig = (map: PsbtMap, type: number, name: string) =>
  listed(map, type, (keyData, value) => ({
    participant_pubkey: toHex(keyData.subarray(0, 33)),
    aggregate_pubkey: toHex(keyData.subarray(33, 66)),
    leaf_hash: keyData.length > 66 ? toHex(keyData.subarray(66)) : undefined,
    [name]: toHex(value),
  }));

function inputJson(map: PsbtMap, version: number, parameters: NetworkParameters): Json {
  const previous = map.get(INPUT.NON_WITNESS_UTXO);
  const output = map.get(INPUT.WITNESS_UTXO);
  const utxo = output === undefined ? undefined : readTxOut(new Reader(output));
  const sighash = shown(map, INPUT.SIGHASH, decodeUint32);
  const scriptSig = map.get(INPUT.FINAL_SCRIPTSIG);
  const v2 = version >= 2;
  return {
    non_witness_utxo: previous && transactionJson(Transaction.decode(previous), parameters),
    witness_utxo: utxo && {
      amount: new Amount(utxo.value),
      scriptPubKey: scriptJson(utxo.scriptPubKey, parameters),
    },
    partial_signatures: keyedHex(map, INPUT.PARTIAL_SIG),
    sighash: sighash === undefined ? undefined : (sighashName(sighash & 255) ?? ''),
    redeem_script: shown(map, INPUT.REDEEM_SCRIPT, innerScript),
    witness_script: shown(map, INPUT.WITNESS_SCRIPT, innerScript),
    bip32_derivs: keyPaths(map, INPUT.BIP32),
    final_scriptSig: scriptSig && { asm: toAssembly(scriptSig, true), hex: toHex(scriptSig) },
    final_scriptwitness: some(decodeWitness(map.get(INPUT.FINAL_WITNESS)).map(toHex)),
    ripemd160_preimages: keyedHex(map, INPUT.RIPEMD160),
    sha256_preimages: keyedHex(map, INPUT.SHA256),
    hash160_preimages: keyedHex(map, INPUT.HASH160),
    hash256_preimages: keyedHex(map, INPUT.HASH256),
    previous_txid: v2 ? toDisplayHex(map.get(INPUT.PREVIOUS_TXID)!) : undefined,
    previous_vout: v2 ? shown(map, INPUT.OUTPUT_INDEX, decodeUint32) : undefined,
    sequence: v2 ? shown(map, INPUT.SEQUENCE, decodeUint32) : undefined,
    time_locktime: shown(map, INPUT.TIME_LOCK, decodeUint32),
    height_locktime: shown(map, INPUT.HEIGHT_LOCK, decodeUint32),
    taproot_key_path_sig: shown(map, INPUT.TAP_KEY_SIG, toHex),
    taproot_script_path_sigs: listed(map, INPUT.TAP_SCRIPT_SIG, (keyData, value) => ({
      pubkey: toHex(keyData.subarray(0, 32)),
      leaf_hash: toHex(keyData.subarray(32)),
      sig: toHex(value),
    })),
    taproot_scripts: some(
      readLeaves(map).map(({ script, leafVersion, controlBlocks }) => ({
        script: toHex(script),
        leaf_ver: leafVersion,
        control_blocks: controlBlocks.map(toHex),
      })),
    ),
    taproot_bip32_derivs: tapKeyPaths(map, INPUT.TAP_BIP32),
    taproot_internal_key: shown(map, INPUT.TAP_INTERNAL_KEY, toHex),
    taproot_merkle_root: shown(map, INPUT.TAP_MERKLE_ROOT, toHex),
    musig2_participant_pubkeys: participants(map, INPUT.MUSIG_PARTICIPANTS),
    musig2_pubnonces: musig(map, INPUT.MUSIG_NONCE, 'pubnonce'),
    musig2_partial_sigs: musig(map, INPUT.MUSIG_SIG, 'partial_sig'),
    proprietary: some(proprietary(map)),
    unknown: unknown(map),
  };
}

function outputJson(psbt: Psbt, index: number, parameters: NetworkParameters): Json {
  const map = psbt.outputs[index]!;
  const { value, scriptPubKey } = psbt.outputAt(index);
  const tree = map.get(OUTPUT.TAP_TREE);
  return {
    redeem_script: shown(map, OUTPUT.REDEEM_SCRIPT, innerScript),
    witness_script: shown(map, OUTPUT.WITNESS_SCRIPT, innerScript),
    bip32_derivs: keyPaths(map, OUTPUT.BIP32),
    amount: psbt.version >= 2 ? new Amount(value) : undefined,
    script: psbt.version >= 2 ? scriptJson(scriptPubKey, parameters) : undefined,
    taproot_internal_key: shown(map, OUTPUT.TAP_INTERNAL_KEY, toHex),
    taproot_tree:
      tree &&
      decodeTree(tree).map(({ depth, leafVersion, script }) => ({
        depth,
        leaf_ver: leafVersion,
        script: toHex(script),
      })),
    taproot_bip32_derivs: tapKeyPaths(map, OUTPUT.TAP_BIP32),
    musig2_participant_pubkeys: participants(map, OUTPUT.MUSIG_PARTICIPANTS),
    proprietary: some(proprietary(map)),
    unknown: unknown(map),
  };
}

function versionFields(psbt: Psbt, parameters: NetworkParameters) {
  if (psbt.version < 2)
    return { tx: transactionJson(Transaction.from(psbt.unsignedTransaction()!), parameters) };
  const modifiable = psbt.global.get(GLOBAL.TX_MODIFIABLE)?.[0];
  const flag = (bit: number): boolean | undefined =>
    modifiable === undefined ? undefined : (modifiable & bit) !== 0;
  return {
    tx_version: psbt.transactionVersion,
    fallback_locktime: shown(psbt.global, GLOBAL.FALLBACK_LOCKTIME, decodeUint32),
    input_count: psbt.inputs.length,
    output_count: psbt.outputs.length,
    inputs_modifiable: flag(1),
    outputs_modifiable: flag(2),
    has_sighash_single: flag(4),
  };
}

/** Satoshis, if every input's amount is known. */
function feeOf(psbt: Psbt): bigint | undefined {
  let fee = 0n;
  for (const index of psbt.inputs.keys()) {
    const utxo = psbt.utxo(index);
    if (utxo === null || !isMoney(utxo.value) || !isMoney(fee + utxo.value)) return undefined;
    fee += utxo.value;
  }
  for (const index of psbt.outputs.keys()) fee -= psbt.outputAt(index).value;
  return fee;
}

export function psbtJson(psbt: Psbt, parameters: NetworkParameters) {
  const fee = feeOf(psbt);
  return {
    ...versionFields(psbt, parameters),
    global_xpubs: psbt.global
      .list(GLOBAL.XPUB)
      .map(({ keyData, value }) => ({ xpub: encodeBase58Check(keyData), ...origin(decodeOrigin(value)) })),
    psbt_version: psbt.version,
    proprietary: proprietary(psbt.global),
    unknown: unknown(psbt.global) ?? {},
    inputs: psbt.inputs.map((map) => inputJson(map, psbt.version, parameters)),
    outputs: psbt.outputs.map((_, index) => outputJson(psbt, index, parameters)),
    fee: fee === undefined ? undefined : new Amount(fee),
  };
}
