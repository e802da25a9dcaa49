/**
 * Keys and signatures to make: public keys, ECDSA (RFC6979, low S), BIP340, BIP341 tweaks, recoverable
 * signatures for signed messages. Verifying is the business of a SignatureEngine.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import * as secp from '@noble/secp256k1';
import { concatBytes, EMPTY, equalBytes } from '../encoding/bytes.ts';
import { taprootTweak } from './taproot.ts';

// The library carries no hashes of its own; these are set once, when it is first imported.
secp.hashes.sha256 = nobleSha256;
secp.hashes.hmacSha256 = (key, message) => hmac(nobleSha256, key, message);

const { Point } = secp;
const ORDER = Point.CURVE().n;

/** A 32-byte number from 1 to the group order less 1. */
export function isValidSecret(secret: Uint8Array): boolean {
  return secp.utils.isValidSecretKey(secret);
}

/** 33 or 65 bytes. */
export function publicKeyOf(secret: Uint8Array, compressed = true): Uint8Array {
  return secp.getPublicKey(secret, compressed);
}

/** The 32-byte x of the public key (BIP340). */
export function xOnlyKeyOf(secret: Uint8Array): Uint8Array {
  return publicKeyOf(secret).slice(1);
}

/** Is this a point on the curve, in 33 or 65 bytes (hybrid prefixes included, if their parity is right)? */
export function isValidPublicKey(key: Uint8Array): boolean {
  return parsePublicKey(key) !== null;
}

/** The point of a key as scripts may write it; null if there is none. */
export function parsePublicKey(key: Uint8Array): InstanceType<typeof Point> | null {
  const prefix = key[0];
  const hybrid = (prefix === 6 || prefix === 7) && key.length === 65;
  // Hybrid keys tell the parity of y twice: in the prefix and in y.
  if (hybrid && (key[64]! & 1) !== prefix - 6) return null;
  try {
    return Point.fromBytes(hybrid ? concatBytes(Uint8Array.of(4), key.subarray(1)) : key);
  } catch {
    return null;
  }
}

interface EcdsaOptions {
  /** Repeat with a counter until R takes 32 bytes, as Core signs, which saves a byte. */
  readonly grindLowR?: boolean;
}

/** DER without a hash type. @param hash 32 bytes */
export function signEcdsa(hash: Uint8Array, secret: Uint8Array, options: EcdsaOptions = {}): Uint8Array {
  let compact = secp.sign(hash, secret, { prehash: false });
  for (let counter = 1; options.grindLowR === true && compact[0]! & 0x80; counter++)
    compact = secp.sign(hash, secret, { prehash: false, extraEntropy: counterEntropy(counter) });
  return encodeDer(compact);
}

/** 32 bytes, little endian. */
function counterEntropy(counter: number): Uint8Array {
  const entropy = new Uint8Array(32);
  new DataView(entropy.buffer).setUint32(0, counter, true);
  return entropy;
}

/** Strict DER of 64 bytes r || s. */
export function encodeDer(compact: Uint8Array): Uint8Array {
  const r = derInteger(compact.subarray(0, 32));
  const s = derInteger(compact.subarray(32));
  return concatBytes(Uint8Array.of(0x30, r.length + s.length), r, s);
}

function derInteger(scalar: Uint8Array): Uint8Array {
  let start = 0;
  while (start < 31 && scalar[start] === 0) start++;
  const pad = scalar[start]! & 0x80 ? [0] : [];
  return concatBytes(Uint8Array.of(0x02, 32 - start + pad.length, ...pad), scalar.subarray(start));
}

/** BIP340. @param aux 32 bytes of randomness; zeros make the signature deterministic. */
export function signSchnorr(message: Uint8Array, secret: Uint8Array, aux: Uint8Array): Uint8Array {
  return secp.schnorr.sign(message, secret, aux);
}

/** 65 bytes: 27 + recovery id (+ 4 if the key is written compressed), r, s. */
export function signRecoverable(hash: Uint8Array, secret: Uint8Array, compressed: boolean): Uint8Array {
  const recovered = secp.sign(hash, secret, { prehash: false, format: 'recovered' });
  return concatBytes(Uint8Array.of(27 + recovered[0]! + (compressed ? 4 : 0)), recovered.subarray(1));
}

/** The public key that made such a signature, in the form its header byte tells; null if there is none. */
export function recoverPublicKey(hash: Uint8Array, signature: Uint8Array): Uint8Array | null {
  const header = signature[0];
  if (signature.length !== 65 || header === undefined || header < 27 || header > 34) return null;
  const recovered = concatBytes(Uint8Array.of((header - 27) & 3), signature.subarray(1));
  try {
    const key = secp.recoverPublicKey(recovered, hash, { prehash: false });
    return header >= 31 ? key : Point.fromBytes(key).toBytes(false);
  } catch {
    return null;
  }
}

interface TweakedKey {
  /** 32 bytes */
  readonly x: Uint8Array;
  readonly parity: 0 | 1;
}

/** Key + tweak * G, both keys in 33 bytes; null if key or tweak is out of range or the sum is at infinity. */
export type TweakKey = (publicKey: Uint8Array, tweak: Uint8Array) => Uint8Array | null;

/** The last point that was read: a wallet makes thousands of children of one key. */
let lastKey: Uint8Array = EMPTY;
let lastPoint: InstanceType<typeof Point> | null = null;

export const referenceTweakKey: TweakKey = (publicKey, tweak) => {
  if (!equalBytes(publicKey, lastKey)) {
    lastPoint = publicKey.length === 33 ? parsePublicKey(publicKey) : null;
    lastKey = publicKey.slice();
  }
  const scalar = secp.etc.bytesToNumberBE(tweak);
  if (lastPoint === null || scalar >= ORDER) return null;
  const sum = scalar === 0n ? lastPoint : lastPoint.add(Point.BASE.multiply(scalar));
  return sum.is0() ? null : sum.toBytes(true);
};

let boundTweakKey = referenceTweakKey;

/** Replaces the implementation for this thread: making keys is most of what a wallet computes. */
export function bindTweakKey(tweak: TweakKey): void {
  boundTweakKey = tweak;
}

export const tweakKey: TweakKey = (publicKey, tweak) => boundTweakKey(publicKey, tweak);

/** lift_x(internalX) + tweak * G; null if x or tweak is out of range or the sum is at infinity. */
export function tweakPublicKey(
  internalX: Uint8Array,
  tweak: Uint8Array,
  add: TweakKey = boundTweakKey,
): TweakedKey | null {
  const sum = add(concatBytes(Uint8Array.of(2), internalX), tweak);
  return sum === null ? null : { x: sum.slice(1), parity: sum[0] === 3 ? 1 : 0 };
}

/** The output key of an internal key and a script tree's root (empty: no scripts, BIP86); null if x is no key. */
export function taprootOutputKey(internalX: Uint8Array, merkleRoot: Uint8Array = EMPTY): TweakedKey | null {
  return tweakPublicKey(internalX, taprootTweak(internalX, merkleRoot));
}

/** The secret of a key that `tweakKey` makes; null where there is none. */
export function addToSecret(secret: Uint8Array, tweak: Uint8Array): Uint8Array | null {
  const scalar = secp.etc.bytesToNumberBE(tweak);
  const sum = (secp.etc.bytesToNumberBE(secret) + scalar) % ORDER;
  return scalar >= ORDER || sum === 0n ? null : secp.etc.numberToBytesBE(sum);
}

/** The secret of the tweaked key (BIP341's taproot_tweak_seckey). @throws RangeError if it would be zero. */
export function tweakSecret(secret: Uint8Array, tweak: Uint8Array): Uint8Array {
  const own = secp.etc.bytesToNumberBE(secret);
  const even = publicKeyOf(secret)[0] === 2 ? own : ORDER - own;
  const scalar = secp.etc.bytesToNumberBE(tweak);
  const sum = (even + scalar) % ORDER;
  if (scalar >= ORDER || sum === 0n) throw new RangeError('tweak out of range');
  return secp.etc.numberToBytesBE(sum);
}
