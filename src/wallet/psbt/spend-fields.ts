/** Carries what a signer needs out of a PSBT's fields and what it made back into them. */
import { concatBytes, fromHex, toHex } from '../../core/encoding/bytes.ts';
import { hash160 } from '../../core/encoding/hashes.ts';
import { SpendData } from '../signing/spend-data.ts';
import { compareControlBlocks } from '../signing/taproot-tree.ts';
import { INPUT, OUTPUT } from './psbt-fields.ts';
import type { PsbtMap } from './psbt-map.ts';
import {
  decodeOrigin,
  decodeTapKey,
  decodeWitness,
  encodeOrigin,
  encodeTapKey,
  encodeTree,
  encodeWitness,
  orEmpty,
} from './psbt-values.ts';

const PREIMAGES = {
  ripemd160: INPUT.RIPEMD160,
  sha256: INPUT.SHA256,
  hash160: INPUT.HASH160,
  hash256: INPUT.HASH256,
};

export function readSpendData(input: PsbtMap): SpendData {
  const data = new SpendData();
  data.scriptSig = orEmpty(input.get(INPUT.FINAL_SCRIPTSIG));
  data.witness = decodeWitness(input.get(INPUT.FINAL_WITNESS));
  data.complete = data.scriptSig.length > 0 || data.witness.length > 0;
  if (data.complete) return data;
  data.redeemScript = orEmpty(input.get(INPUT.REDEEM_SCRIPT));
  data.witnessScript = orEmpty(input.get(INPUT.WITNESS_SCRIPT));
  for (const { keyData, value } of input.list(INPUT.PARTIAL_SIG))
    data.signatures.set(toHex(hash160(keyData)), { publicKey: keyData, signature: value });
  for (const { keyData, value } of input.list(INPUT.BIP32)) data.addKey(keyData, decodeOrigin(value));
  data.tapKeySignature = orEmpty(input.get(INPUT.TAP_KEY_SIG));
  for (const { keyData, value } of input.list(INPUT.TAP_SCRIPT_SIG)) {
    const [x, leafHash] = [keyData.subarray(0, 32), keyData.subarray(32)];
    data.tapLeafSignatures.set(toHex(keyData), { x, leafHash, signature: value });
  }
  data.tapInternalKey = orEmpty(input.get(INPUT.TAP_INTERNAL_KEY));
  data.tapMerkleRoot = orEmpty(input.get(INPUT.TAP_MERKLE_ROOT));
  for (const leaf of readLeaves(input)) data.addLeaf(leaf);
  for (const { keyData, value } of input.list(INPUT.TAP_BIP32))
    data.tapKeys.set(toHex(keyData), decodeTapKey(keyData, value, 'Input'));
  for (const [kind, type] of Object.entries(PREIMAGES))
    for (const { keyData, value } of input.list(type)) data.preimages.set(`${kind}:${toHex(keyData)}`, value);
  return data;
}

/** Leaf scripts, each with all its control blocks. */
export function readLeaves(
  input: PsbtMap,
): { script: Uint8Array; leafVersion: number; controlBlocks: Uint8Array[] }[] {
  const leaves = new Map<string, { script: Uint8Array; leafVersion: number; controlBlocks: Uint8Array[] }>();
  for (const { keyData, value } of input.list(INPUT.TAP_LEAF)) {
    const leaf = leaves.get(toHex(value));
    if (leaf !== undefined) leaf.controlBlocks.push(keyData);
    else
      leaves.set(toHex(value), {
        script: value.subarray(0, -1),
        leafVersion: value.at(-1)!,
        controlBlocks: [keyData],
      });
  }
  return [...leaves.values()];
}

const setUnlessEmpty = (map: PsbtMap, type: number, value: Uint8Array): void => {
  if (value.length > 0) map.set(type, value);
};

export function writeSpendData(input: PsbtMap, data: SpendData): void {
  if (data.complete) {
    for (const type of [INPUT.PARTIAL_SIG, INPUT.BIP32, INPUT.REDEEM_SCRIPT, INPUT.WITNESS_SCRIPT])
      input.delete(type);
    setUnlessEmpty(input, INPUT.FINAL_SCRIPTSIG, data.scriptSig);
    if (data.witness.length > 0) input.set(INPUT.FINAL_WITNESS, encodeWitness(data.witness));
    return;
  }
  for (const { publicKey, signature } of data.signatures.values())
    input.set(INPUT.PARTIAL_SIG, signature, publicKey);
  setUnlessEmpty(input, INPUT.REDEEM_SCRIPT, data.redeemScript);
  setUnlessEmpty(input, INPUT.WITNESS_SCRIPT, data.witnessScript);
  for (const { publicKey, origin } of data.keys.values())
    input.set(INPUT.BIP32, encodeOrigin(origin), publicKey);
  setUnlessEmpty(input, INPUT.TAP_KEY_SIG, data.tapKeySignature);
  for (const { x, leafHash, signature } of data.tapLeafSignatures.values())
    input.set(INPUT.TAP_SCRIPT_SIG, signature, concatBytes(x, leafHash));
  setUnlessEmpty(input, INPUT.TAP_INTERNAL_KEY, data.tapInternalKey);
  setUnlessEmpty(input, INPUT.TAP_MERKLE_ROOT, data.tapMerkleRoot);
  for (const { script, leafVersion, controlBlocks } of data.tapLeaves.values())
    for (const control of [...controlBlocks].sort(compareControlBlocks))
      input.set(INPUT.TAP_LEAF, concatBytes(script, Uint8Array.of(leafVersion)), control);
  for (const key of data.tapKeys.values()) input.set(INPUT.TAP_BIP32, encodeTapKey(key), key.x);
  for (const [id, preimage] of data.preimages) {
    const [kind, hash] = id.split(':') as [keyof typeof PREIMAGES, string];
    input.set(PREIMAGES[kind], preimage, fromHex(hash));
  }
}

/** What an output may tell about itself to whoever signs. */
export function writeOutputData(output: PsbtMap, data: SpendData): void {
  setUnlessEmpty(output, OUTPUT.REDEEM_SCRIPT, data.redeemScript);
  setUnlessEmpty(output, OUTPUT.WITNESS_SCRIPT, data.witnessScript);
  for (const { publicKey, origin } of data.keys.values())
    output.set(OUTPUT.BIP32, encodeOrigin(origin), publicKey);
  setUnlessEmpty(output, OUTPUT.TAP_INTERNAL_KEY, data.tapInternalKey);
  if (data.tapTree.length > 0) output.set(OUTPUT.TAP_TREE, encodeTree(data.tapTree));
  for (const key of data.tapKeys.values()) output.set(OUTPUT.TAP_BIP32, encodeTapKey(key), key.x);
}
