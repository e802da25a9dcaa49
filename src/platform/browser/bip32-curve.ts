/**
 * What `@scure/bip32` uses of `@noble/curves`, by `@noble/secp256k1`, which the node has anyway: the bundle of a tab puts
 * this in its place, for one library of one curve is enough to send to a page.
 */
import { etc, getPublicKey, Point, utils } from '@noble/secp256k1';

const ORDER = Point.CURVE().n;

/** Numbers modulo the order of the group. */
const Fn = Object.freeze({
  fromBytes: (bytes: Uint8Array): bigint => BigInt(`0x${etc.bytesToHex(bytes)}`),
  toBytes: (value: bigint): Uint8Array => etc.hexToBytes(value.toString(16).padStart(64, '0')),
  create: (value: bigint): bigint => etc.mod(value, ORDER),
  isValid: (value: bigint): boolean => value >= 0n && value < ORDER,
  isValidNot0: (value: bigint): boolean => value > 0n && value < ORDER,
});

export const secp256k1 = Object.freeze({
  getPublicKey,
  utils: { isValidSecretKey: utils.isValidSecretKey },
  Point: { Fn, BASE: Point.BASE, ZERO: Point.ZERO, fromBytes: (bytes: Uint8Array) => Point.fromBytes(bytes) },
});
