/** The output scripts that have a name: recognising them (Core's Solver) and making them. */

import { concatBytes } from '../encoding/bytes.ts';
import { OP } from './opcodes.ts';
import {
  isMinimalPush,
  isPayToAnchor,
  isPayToScriptHash,
  isPushOnly,
  isWitnessProgram,
  pushData,
  pushNumber,
  ScriptCursor,
  script,
} from './script.ts';
import { decodeScriptNumber } from './script-number.ts';
import { hasKeySize } from './signature-encoding.ts';

/** Names as in RPC results. */
export type ScriptType =
  | 'pubkey'
  | 'pubkeyhash'
  | 'scripthash'
  | 'multisig'
  | 'nulldata'
  | 'witness_v0_keyhash'
  | 'witness_v0_scripthash'
  | 'witness_v1_taproot'
  | 'anchor'
  | 'witness_unknown'
  | 'nonstandard';

export interface Solution {
  readonly type: ScriptType;
  /** The hash, program or key; for multisig all keys; for witness_unknown the program. */
  readonly solutions: readonly Uint8Array[];
  /** Signatures a multisig asks for. */
  readonly required?: number;
  /** Version of a witness program. */
  readonly version?: number;
}

export const MAX_PUBKEYS_PER_MULTISIG = 20;

const NULL_DATA: Solution = Object.freeze({ type: 'nulldata', solutions: [] });
const NONSTANDARD: Solution = Object.freeze({ type: 'nonstandard', solutions: [] });

export function solve(scriptPubKey: Uint8Array): Solution {
  if (isPayToScriptHash(scriptPubKey))
    return { type: 'scripthash', solutions: [scriptPubKey.subarray(2, 22)] };
  const witness = isWitnessProgram(scriptPubKey);
  if (witness !== null) return solveWitnessProgram(witness.version, witness.program);
  if (scriptPubKey[0] === OP.RETURN && isPushOnly(scriptPubKey, 1)) return NULL_DATA;
  const key = matchPubKey(scriptPubKey);
  if (key !== null) return { type: 'pubkey', solutions: [key] };
  if (isPayToPubKeyHash(scriptPubKey))
    return { type: 'pubkeyhash', solutions: [scriptPubKey.subarray(3, 23)] };
  return matchMultisig(scriptPubKey) ?? NONSTANDARD;
}

function solveWitnessProgram(version: number, program: Uint8Array): Solution {
  const solutions = [program];
  if (version === 0 && program.length === 20) return { type: 'witness_v0_keyhash', solutions, version };
  if (version === 0 && program.length === 32) return { type: 'witness_v0_scripthash', solutions, version };
  if (version === 1 && program.length === 32) return { type: 'witness_v1_taproot', solutions, version };
  if (isPayToAnchor(version, program)) return { type: 'anchor', solutions, version };
  return version === 0 ? NONSTANDARD : { type: 'witness_unknown', solutions, version };
}

function isPayToPubKeyHash(bytes: Uint8Array): boolean {
  return (
    bytes.length === 25 &&
    bytes[0] === OP.DUP &&
    bytes[1] === OP.HASH160 &&
    bytes[2] === 20 &&
    bytes[23] === OP.EQUALVERIFY &&
    bytes[24] === OP.CHECKSIG
  );
}

function matchPubKey(bytes: Uint8Array): Uint8Array | null {
  const length = bytes[0];
  if (length !== 33 && length !== 65) return null;
  if (bytes.length !== length + 2 || bytes[length + 1] !== OP.CHECKSIG) return null;
  const key = bytes.subarray(1, length + 1);
  return hasKeySize(key) ? key : null;
}

function matchMultisig(bytes: Uint8Array): Solution | null {
  if (bytes[bytes.length - 1] !== OP.CHECKMULTISIG) return null;
  const cursor = new ScriptCursor(bytes);
  const required = cursor.next() ? smallNumber(cursor) : null;
  if (required === null || required < 1 || required > MAX_PUBKEYS_PER_MULTISIG) return null;
  const solutions: Uint8Array[] = [];
  while (cursor.next() && cursor.data !== null && hasKeySize(cursor.data)) solutions.push(cursor.data);
  const count = smallNumber(cursor);
  if (count === null || count < required || count > MAX_PUBKEYS_PER_MULTISIG) return null;
  if (count !== solutions.length || cursor.position + 1 !== bytes.length) return null;
  return { type: 'multisig', solutions, required };
}

/** The number that the current operation pushes in its shortest form, if it does. */
function smallNumber(cursor: ScriptCursor): number | null {
  const { opcode, data } = cursor;
  if (opcode >= OP.OP_1 && opcode <= OP.OP_16) return opcode - OP.OP_1 + 1;
  if (data === null || data.length > 4 || !isMinimalPush(data, opcode)) return null;
  const number = Number(decodeScriptNumber(data, false));
  return number < 0 || number > MAX_PUBKEYS_PER_MULTISIG ? null : number;
}

/** @param key 33 or 65 bytes */
export function p2pk(key: Uint8Array): Uint8Array {
  return script(key, OP.CHECKSIG);
}

const P2PKH = Uint8Array.of(OP.DUP, OP.HASH160, 20, ...new Uint8Array(20), OP.EQUALVERIFY, OP.CHECKSIG);

/** @param hash 20 bytes: HASH160 of the key */
export function p2pkh(hash: Uint8Array): Uint8Array {
  const bytes = P2PKH.slice();
  bytes.set(hash, 3);
  return bytes;
}

/** @param hash 20 bytes: HASH160 of the redeem script */
export function p2sh(hash: Uint8Array): Uint8Array {
  return script(OP.HASH160, hash, OP.EQUAL);
}

/** BIP141. @param hash 20 bytes: HASH160 of the compressed key */
export function p2wpkh(hash: Uint8Array): Uint8Array {
  return witnessProgramScript(0, hash);
}

/** BIP141. @param hash 32 bytes: SHA-256 of the witness script */
export function p2wsh(hash: Uint8Array): Uint8Array {
  return witnessProgramScript(0, hash);
}

/** BIP341. @param outputKey 32 bytes, the x of the tweaked key */
export function p2tr(outputKey: Uint8Array): Uint8Array {
  return witnessProgramScript(1, outputKey);
}

export function witnessProgramScript(version: number, program: Uint8Array): Uint8Array {
  return concatBytes(pushNumber(version), pushData(program));
}

/** Bare multisig: `required` of the keys, in this order. */
export function multisig(required: number, keys: readonly Uint8Array[]): Uint8Array {
  return concatBytes(
    pushNumber(required),
    ...keys.map(pushData),
    pushNumber(keys.length),
    Uint8Array.of(OP.CHECKMULTISIG),
  );
}
