/** BIP340 by a library that has none, but recovers keys of ECDSA signatures: that computes what BIP340 needs. */
import { concatBytes, equalBytes, fromHex, toHex } from '../../../core/encoding/bytes.ts';
import { taggedHash } from '../../../core/encoding/hashes.ts';
import { nobleEngine } from '../../../core/script/noble-engine.ts';

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** @param recover the key in 33 bytes of a signature (r || s, recovery id 0) over a hash; null if there is none */
export function verifyByRecovery(
  signature: Uint8Array,
  message: Uint8Array,
  publicKeyX: Uint8Array,
  recover: (signature: Uint8Array, hash: Uint8Array) => Uint8Array | null,
): boolean {
  const rx = signature.subarray(0, 32);
  const e = toScalar(taggedHash('BIP0340/challenge', rx, publicKeyX, message)) % ORDER;
  const s = toScalar(signature.subarray(32));
  const px = toScalar(publicKeyX);
  if (s >= ORDER) return false;
  // An ECDSA signature has no zero in it, and none of its numbers reaches the group order.
  if (px >= ORDER || px === 0n || s === 0n || e === 0n)
    return nobleEngine.verifySchnorr(signature, message, publicKeyX);
  // Recovery returns (s' R - z G) / r for the point R with x = r. With R = P, r = px, s' = -e px and
  // z = -s px that is s G - e P: BIP340's R, which must have an even y and the signature's x.
  const recoverable = concatBytes(publicKeyX, fromScalar(((ORDER - e) * px) % ORDER));
  const point = recover(recoverable, fromScalar(((ORDER - s) * px) % ORDER));
  return point !== null && isPoint(point, 2, rx);
}

/** Is this the point with this prefix and x? */
export const isPoint = (point: Uint8Array, prefix: number, x: Uint8Array): boolean =>
  point[0] === prefix && equalBytes(point.subarray(1), x);

/** 32 bytes, big endian. */
const toScalar = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);
const fromScalar = (scalar: bigint): Uint8Array => fromHex(scalar.toString(16).padStart(64, '0'));
