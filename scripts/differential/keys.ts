/** A few keys, good and bad, and signatures by them, well written and not. */
import { concatBytes, EMPTY, fromHex } from '../../src/core/encoding/bytes.ts';
import {
  publicKeyOf,
  recoverPublicKey,
  signEcdsa,
  signSchnorr,
  xOnlyKeyOf,
} from '../../src/core/script/signing.ts';
import { secretOf } from '../../test/support/spends.ts';
import type { Draw } from './draw.ts';

export interface Key {
  readonly secret: Uint8Array;
  /** As a script has it: compressed mostly, and 32 bytes in a tapscript. */
  readonly bytes: Uint8Array;
}

const SECRETS = Array.from({ length: 6 }, (_, i) => secretOf(i + 1));
const COMPRESSED = SECRETS.map((secret) => publicKeyOf(secret));
const UNCOMPRESSED = SECRETS.map((secret) => publicKeyOf(secret, false));
const X_ONLY = SECRETS.map((secret) => xOnlyKeyOf(secret));
const ORDER = BigInt('0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141');

export function drawKey(draw: Draw, tapscript: boolean): Key {
  const at = draw.below(SECRETS.length);
  const secret = SECRETS[at]!;
  if (tapscript)
    return {
      secret,
      bytes: draw.weighted([
        [20, () => X_ONLY[at]!],
        [1, () => COMPRESSED[at]!],
        [1, () => EMPTY],
        [1, () => draw.bytes(draw.between(1, 70))],
        [1, () => new Uint8Array(32)],
      ])(),
    };
  return {
    secret,
    bytes: draw.weighted([
      [30, () => COMPRESSED[at]!],
      [4, () => UNCOMPRESSED[at]!],
      [1, () => concatBytes(Uint8Array.of(6 + (UNCOMPRESSED[at]![64]! & 1)), UNCOMPRESSED[at]!.subarray(1))],
      [1, () => concatBytes(Uint8Array.of(7 - (UNCOMPRESSED[at]![64]! & 1)), UNCOMPRESSED[at]!.subarray(1))],
      [1, () => concatBytes(Uint8Array.of(draw.between(0, 8)), COMPRESSED[at]!.subarray(1))],
      [1, () => concatBytes(Uint8Array.of(2), new Uint8Array(32).fill(255))],
      [1, () => draw.bytes(draw.one([0, 1, 20, 32, 33, 64, 65]))],
    ])(),
  };
}

export const plainKey = (draw: Draw): Key & { readonly x: Uint8Array } => {
  const at = draw.below(SECRETS.length);
  return { secret: SECRETS[at]!, bytes: COMPRESSED[at]!, x: X_ONLY[at]! };
};

const HASH_TYPES = [0x01, 0x02, 0x03, 0x81, 0x82, 0x83];

/** Mostly ALL; now and then another, or none that is known. */
export const drawHashType = (draw: Draw): number =>
  draw.weighted([
    [14, () => 1],
    [6, () => draw.one(HASH_TYPES)],
    [1, () => draw.one([0, 4, 0x41, 0x80, 0x84, 0xff])],
  ])();

const AUX = new Uint8Array(32);
const ONE = fromHex('01');
const GENERATOR_X = fromHex('79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798');

/** An ECDSA signature with its hash type, spoilt now and then. @param hash of the type */
export function ecdsa(draw: Draw, secret: Uint8Array, hash: Uint8Array, type: number): Uint8Array {
  const der = signEcdsa(hash, secret);
  const last = Uint8Array.of(type);
  return draw.weighted([
    [60, () => concatBytes(der, last)],
    [2, () => EMPTY],
    [1, () => concatBytes(signEcdsa(hash, draw.one(SECRETS)), last)],
    [1, () => concatBytes(highS(der), last)],
    [1, () => concatBytes(padded(der), last)],
    [1, () => concatBytes(der, EMPTY)],
    [1, () => concatBytes(der, ONE, last)],
    [1, () => last],
    [1, () => draw.bytes(draw.between(1, 75))],
  ])();
}

/** Well written, by nobody yet: x of the generator is that of some point, and any s will do. */
export function madeUpSignature(draw: Draw): Uint8Array {
  const s = draw.bytes(32);
  s[0] = 1;
  return concatBytes(derOf(GENERATOR_X, s), Uint8Array.of(draw.one(HASH_TYPES)));
}

/** The key for which that is a signature of the hash. */
export function keyOfSignature(hash: Uint8Array, signature: Uint8Array): Uint8Array {
  const [r, s] = numbersOf(signature.subarray(0, -1));
  return recoverPublicKey(hash, concatBytes(Uint8Array.of(31), r, s)) ?? EMPTY;
}

/** @param type 0 is left out */
export function schnorr(draw: Draw, secret: Uint8Array, hash: Uint8Array | null, type: number): Uint8Array {
  // Of a hash type that signs nothing.
  const signature = hash === null ? draw.bytes(64) : signSchnorr(hash, secret, AUX);
  const suffix = type === 0 ? EMPTY : Uint8Array.of(type);
  return draw.weighted([
    [40, () => concatBytes(signature, suffix)],
    [2, () => EMPTY],
    [1, () => concatBytes(signature, Uint8Array.of(draw.below(256)))],
    [1, () => signature.subarray(1)],
    [1, () => draw.bytes(draw.one([1, 63, 64, 65, 66]))],
  ])();
}

/** The two numbers of a strict DER signature. */
function numbersOf(der: Uint8Array): [Uint8Array, Uint8Array] {
  const length = der[3]!;
  return [der.subarray(4, 4 + length), der.subarray(6 + length)];
}

function derOf(r: Uint8Array, s: Uint8Array): Uint8Array {
  const body = concatBytes(Uint8Array.of(2, r.length), r, Uint8Array.of(2, s.length), s);
  return concatBytes(Uint8Array.of(0x30, body.length), body);
}

function highS(der: Uint8Array): Uint8Array {
  const [r, s] = numbersOf(der);
  const number = BigInt(`0x${Buffer.from(s).toString('hex')}`);
  const other = (ORDER - number).toString(16).padStart(66, '0');
  return derOf(r, fromHex(other));
}

function padded(der: Uint8Array): Uint8Array {
  const [r, s] = numbersOf(der);
  return derOf(concatBytes(Uint8Array.of(0), r), s);
}
