/** BIP327: one key for several, which only all of them together can sign for. */
import * as secp from '@noble/secp256k1';
import { concatBytes, equalBytes } from '../encoding/bytes.ts';
import { taggedHash } from '../encoding/hashes.ts';
import { parsePublicKey } from './signing.ts';

const { Point } = secp;
const ORDER = Point.CURVE().n;

/**
 * 33 bytes; null where there is no such key. The order counts: BIP390 sorts before.
 * @param keys 33 bytes each, at least one
 */
export function aggregateKeys(keys: readonly Uint8Array[]): Uint8Array | null {
  const list = taggedHash('KeyAgg list', concatBytes(...keys));
  // The first key that differs from the first may stay as it is, which spares a multiplication.
  const second = keys.find((key) => !equalBytes(key, keys[0]!));
  let sum = Point.ZERO;
  for (const key of keys) {
    const point = parsePublicKey(key);
    if (point === null) return null;
    const plain = second !== undefined && equalBytes(key, second);
    const hash = taggedHash('KeyAgg coefficient', concatBytes(list, key));
    const factor = plain ? 1n : secp.etc.bytesToNumberBE(hash) % ORDER;
    sum = sum.add(factor === 0n ? Point.ZERO : point.multiply(factor));
  }
  return sum.is0() ? null : sum.toBytes();
}
