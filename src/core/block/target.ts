/**
 * White paper section 4: the target of a block in its compact form ("bits"), and the work it stands
 * for. Owns the arithmetic; which target a block must have is the business of `consensus/difficulty`.
 */

const MAX_HASH = (1n << 256n) - 1n;

interface CompactTarget {
  /** 256-bit number; meaningless if `overflow`. */
  readonly target: bigint;
  /** The sign bit of the compact form is set (and the mantissa is not zero). */
  readonly negative: boolean;
  /** The number does not fit into 256 bits. */
  readonly overflow: boolean;
}

/** Unpacks a compact number: one byte of size, a sign bit, 23 bits of mantissa (Core's SetCompact). */
export function targetFromBits(bits: number): CompactTarget {
  const size = bits >>> 24;
  const mantissa = bits & 0x7fffff;
  const word = size <= 3 ? mantissa >>> (8 * (3 - size)) : mantissa;
  const overflow = word !== 0 && (size > 34 || (word > 0xff && size > 33) || (word > 0xffff && size > 32));
  const target = size <= 3 || overflow ? BigInt(word) : BigInt(word) << BigInt(8 * (size - 3));
  return { target, negative: word !== 0 && (bits & 0x800000) !== 0, overflow };
}

/** Packs a number of up to 256 bits; all but its highest 16 to 23 bits are lost (Core's GetCompact). */
export function bitsFromTarget(target: bigint): number {
  let size = Math.ceil(target.toString(16).length / 2);
  if (target === 0n) size = 0;
  let mantissa = Number(size <= 3 ? target << BigInt(8 * (3 - size)) : target >> BigInt(8 * (size - 3)));
  // The highest bit is the sign: a mantissa that would set it moves down by one byte.
  if ((mantissa & 0x800000) !== 0) {
    mantissa >>>= 8;
    size++;
  }
  return ((size << 24) | mantissa) >>> 0;
}

/** Expected number of hashes to meet the target: 2^256 / (target + 1); 0 for bits that no hash can meet. */
export function workFromBits(bits: number): bigint {
  const { target, negative, overflow } = targetFromBits(bits);
  if (negative || overflow || target === 0n) return 0n;
  return (MAX_HASH - target) / (target + 1n) + 1n;
}

/** Difficulty as RPC shows it: how many times harder than bits 1d00ffff; the same floating-point steps as Core's. */
export function difficultyFromBits(bits: number): number {
  let shift = bits >>> 24;
  let difficulty = 0x0000ffff / (bits & 0x00ffffff);
  for (; shift < 29; shift++) difficulty *= 256;
  for (; shift > 29; shift--) difficulty /= 256;
  return difficulty;
}
