/**
 * How ECDSA signatures and public keys may be written in a script: strict DER (BIP66), the lax DER that
 * history needs, low S (BIP146), hash types, key prefixes. No curve arithmetic.
 */
import { fromHex } from '../encoding/bytes.ts';
import { ScriptFailure } from './errors.ts';
import { ScriptFlag } from './flags.ts';
import { SIGHASH } from './sighash-type.ts';

/** Order of the group, big endian. */
const GROUP_ORDER = fromHex('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141');
const HALF_ORDER = fromHex('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0');

/**
 * BIP66: `30 <total> 02 <length R> <R> 02 <length S> <S> <hash type>`, both numbers positive and as
 * short as they can be.
 */
export function isStrictDer(signature: Uint8Array): boolean {
  const size = signature.length;
  if (size < 9 || size > 73) return false;
  if (signature[0] !== 0x30 || signature[1] !== size - 3) return false;
  const lengthR = signature[3]!;
  if (5 + lengthR >= size) return false;
  const lengthS = signature[5 + lengthR]!;
  if (lengthR + lengthS + 7 !== size) return false;
  return isDerInteger(signature, 2, lengthR) && isDerInteger(signature, 4 + lengthR, lengthS);
}

/** Tag, length (known to fit) and a positive number without needless zeros. */
function isDerInteger(bytes: Uint8Array, at: number, length: number): boolean {
  if (bytes[at] !== 0x02 || length === 0) return false;
  const first = bytes[at + 2]!;
  if (first & 0x80) return false;
  return !(length > 1 && first === 0 && (bytes[at + 3]! & 0x80) === 0);
}

/**
 * The DER that OpenSSL took before BIP66, as libsecp256k1's `ecdsa_signature_parse_der_lax` reads it:
 * lengths may be over-long, numbers padded or negative-looking, and what follows S is ignored.
 * @returns 64 bytes r || s, all zero where a number does not fit or is not below the group order
 *   (which no key verifies); null where there is no signature at all.
 */
export function parseLaxDer(der: Uint8Array): Uint8Array | null {
  let at = 0;
  if (der[at++] !== 0x30) return null;
  if (at === der.length) return null;
  const total = der[at++]!;
  // The length itself is never looked at. Where it leads beyond the end, no integer follows.
  if (total & 0x80) at += total - 0x80;
  const compact = new Uint8Array(64);
  let overflow = false;
  for (let end = 32; end <= 64; end += 32) {
    const integer = readLaxInteger(der, at);
    if (integer === null) return null;
    let { start } = integer;
    at = integer.end;
    while (start < at && der[start] === 0) start++;
    if (at - start > 32) overflow = true;
    else for (let from = start, to = end - (at - start); from < at; ) compact[to++] = der[from++]!;
  }
  if (overflow || !isBelowOrder(compact, 0) || !isBelowOrder(compact, 32)) return new Uint8Array(64);
  return compact;
}

/** Where an integer's bytes are; null if it is not one. */
function readLaxInteger(der: Uint8Array, position: number): { start: number; end: number } | null {
  let at = position;
  if (at === der.length || der[at++] !== 0x02) return null;
  if (at === der.length) return null;
  let length = der[at++]!;
  if (length & 0x80) {
    let width = length - 0x80;
    if (width > der.length - at) return null;
    while (width > 0 && der[at] === 0) {
      at++;
      width--;
    }
    if (width >= 4) return null;
    length = 0;
    for (; width > 0; width--) length = length * 256 + der[at++]!;
  }
  if (length > der.length - at) return null;
  return { start: at, end: at + length };
}

/** The 32 bytes from here on, as a number. */
function isBelowOrder(bytes: Uint8Array, at: number): boolean {
  return compareAt(bytes, at, GROUP_ORDER) < 0;
}

function compareAt(bytes: Uint8Array, at: number, bound: Uint8Array): number {
  for (let i = 0; i < 32; i++) if (bytes[at + i] !== bound[i]) return bytes[at + i]! - bound[i]!;
  return 0;
}

/** BIP146. @param compact 64 bytes as parseLaxDer gives them. */
export function isLowS(compact: Uint8Array): boolean {
  return compareAt(compact, 32, HALF_ORDER) <= 0;
}

/** ALL, NONE or SINGLE, with or without ANYONECANPAY, as the last byte. */
function hasDefinedHashType(signature: Uint8Array): boolean {
  const base = signature[signature.length - 1]! & ~SIGHASH.ANYONECANPAY;
  return base >= SIGHASH.ALL && base <= SIGHASH.SINGLE;
}

/** @throws ScriptFailure SIG_DER, SIG_HIGH_S or SIG_HASHTYPE, as far as the flags ask. */
export function checkSignatureEncoding(signature: Uint8Array, flags: number): void {
  // Empty is not DER, but the compact way to give a signature that fails.
  if (signature.length === 0) return;
  const { DERSIG, LOW_S, STRICTENC } = ScriptFlag;
  if (flags & (DERSIG | LOW_S | STRICTENC) && !isStrictDer(signature)) throw new ScriptFailure('SIG_DER');
  if (flags & LOW_S && !isLowS(parseLaxDer(signature.subarray(0, -1))!))
    throw new ScriptFailure('SIG_HIGH_S');
  if (flags & STRICTENC && !hasDefinedHashType(signature)) throw new ScriptFailure('SIG_HASHTYPE');
}

/** Is this a signature that STRICTENC accepts? (Core asks so before it shows a hash type in `asm`.) */
export function isStandardSignature(signature: Uint8Array): boolean {
  return signature.length === 0 || (isStrictDer(signature) && hasDefinedHashType(signature));
}

function isCompressedKey(key: Uint8Array): boolean {
  return key.length === 33 && (key[0] === 2 || key[0] === 3);
}

export function isCompressedOrUncompressedKey(key: Uint8Array): boolean {
  return isCompressedKey(key) || (key.length === 65 && key[0] === 4);
}

/**
 * @param isWitness in a script of witness version 0
 * @throws ScriptFailure PUBKEYTYPE or WITNESS_PUBKEYTYPE, as far as the flags ask.
 */
export function checkKeyEncoding(key: Uint8Array, flags: number, isWitness: boolean): void {
  if (flags & ScriptFlag.STRICTENC && !isCompressedOrUncompressedKey(key))
    throw new ScriptFailure('PUBKEYTYPE');
  if (isWitness && flags & ScriptFlag.WITNESS_PUBKEYTYPE && !isCompressedKey(key))
    throw new ScriptFailure('WITNESS_PUBKEYTYPE');
}

/** Length fits the prefix, the hybrid prefixes 6 and 7 included (Core's CPubKey::ValidSize). */
export function hasKeySize(key: Uint8Array): boolean {
  const prefix = key[0];
  if (prefix === 2 || prefix === 3) return key.length === 33;
  return (prefix === 4 || prefix === 6 || prefix === 7) && key.length === 65;
}
