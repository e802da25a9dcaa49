/**
 * Is a 32-byte x the x of a point on secp256k1 (BIP340)? RPCs ask this of every P2TR output that they
 * show. Only whether a square root exists matters, so the Jacobi symbol answers; on 30-bit limbs it takes
 * 8 us where bigints took 20 and left garbage behind, and a square root takes 160.
 */
import { toHex } from '../encoding/bytes.ts';
import { FIELD_PRIME } from '../transaction/compression.ts';

const LIMBS = 9;
const LIMB_BITS = 30;
const LIMB_MASK = 2 ** LIMB_BITS - 1;

export function isValidXOnlyKey(x: Uint8Array): boolean {
  if (x.length !== 32) return false;
  const value = BigInt(`0x${toHex(x)}`);
  return value < FIELD_PRIME && jacobi((value * value * value + 7n) % FIELD_PRIME) === 1;
}

/** (value/FIELD_PRIME): 1 or -1 for squares and others, 0 for zero. The binary algorithm. */
function jacobi(value: bigint): number {
  let a = limbsOf(value);
  let n = FIELD_LIMBS.slice();
  let length = LIMBS;
  let sign = 1;
  for (;;) {
    const zeros = removeZeros(a, length);
    if (zeros < 0) break;
    // (2/n) is -1 if n is 3 or 5 modulo 8.
    const rest = n[0]! & 7;
    if (zeros & 1 && (rest === 3 || rest === 5)) sign = -sign;
    while (length > 1 && (a[length - 1]! | n[length - 1]!) === 0) length--;
    if (isLess(a, n, length)) {
      const larger = n;
      n = a;
      a = larger;
      // Reciprocity: the sign changes if both are 3 modulo 4.
      if (a[0]! & n[0]! & 2) sign = -sign;
    }
    subtract(a, n, length);
  }
  // What is left in n is the greatest common divisor: 1, as FIELD_PRIME is prime, unless the value was zero.
  return n[0] === 1 ? sign : 0;
}

/** Makes a number odd; returns how many zero bits it ended in (less whole limbs, which are even), or -1 if it is zero. */
function removeZeros(a: Int32Array, length: number): number {
  for (let dropped = 0; a[0] === 0; dropped++) {
    if (dropped === length) return -1;
    a.copyWithin(0, 1);
    a[LIMBS - 1] = 0;
  }
  const zeros = 31 - Math.clz32(a[0]! & -a[0]!);
  if (zeros > 0) shiftRight(a, zeros, length);
  return zeros;
}

/** Least significant first. */
function limbsOf(value: bigint): Int32Array<ArrayBuffer> {
  const words = new Uint32Array(BigUint64Array.of(value, value >> 64n, value >> 128n, value >> 192n).buffer);
  const limbs = new Int32Array(LIMBS);
  for (let i = 0, bit = 0; i < LIMBS; i++, bit += LIMB_BITS) {
    const [word, shift] = [bit >> 5, bit & 31];
    const next = shift > 2 ? words[word + 1]! << (32 - shift) : 0;
    limbs[i] = ((words[word]! >>> shift) | next) & LIMB_MASK;
  }
  return limbs;
}

const FIELD_LIMBS = limbsOf(FIELD_PRIME);

function isLess(a: Int32Array, b: Int32Array, length: number): boolean {
  let i = length - 1;
  while (i > 0 && a[i] === b[i]) i--;
  return a[i]! < b[i]!;
}

/** a -= b, which is not larger. */
function subtract(a: Int32Array, b: Int32Array, length: number): void {
  let carry = 0;
  for (let i = 0; i < length; i++) {
    const difference = a[i]! - b[i]! + carry;
    a[i] = difference & LIMB_MASK;
    carry = difference >> LIMB_BITS;
  }
}

/** @param bits 1 to 29 */
function shiftRight(a: Int32Array, bits: number, length: number): void {
  const last = length - 1;
  for (let i = 0; i < last; i++) a[i] = (a[i]! >> bits) | ((a[i + 1]! << (LIMB_BITS - bits)) & LIMB_MASK);
  a[last]! >>= bits;
}
