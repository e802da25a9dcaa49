/** What a transaction pays for its size, and the rates that nodes relay at by custom. */

/** Satoshis per 1,000 vbytes. */
export type FeeRate = bigint & { readonly __brand: 'FeeRate' };

export const satPerKvB = (satoshis: bigint): FeeRate => satoshis as FeeRate;

/** Below it nothing is relayed. */
export const MIN_RELAY_FEE_RATE = satPerKvB(100n);
/** What a replacement must pay more, and by which the minimum of a full mempool rises. */
export const INCREMENTAL_RELAY_FEE_RATE = satPerKvB(100n);
/** The rate by which dust is told. */
export const DUST_RELAY_FEE_RATE = satPerKvB(3000n);
/** Blocks: the longest wait that is estimated. */
export const LONGEST_TARGET = 1008;

/** Satoshis that `size` vbytes cost, rounded up. */
export function feeAt(rate: FeeRate, size: number): bigint {
  const exact = rate * BigInt(size);
  return exact > 0n ? (exact + 999n) / 1000n : exact / 1000n;
}

/** Rounded down. */
export function feeRateOf(fee: bigint, size: number): FeeRate {
  return satPerKvB(size === 0 ? 0n : (fee * 1000n) / BigInt(size));
}

export const higherRate = (a: FeeRate, b: FeeRate): FeeRate => (a > b ? a : b);

/** For people: satoshis per vbyte. */
export const formatFeeRate = (rate: FeeRate): string =>
  `${rate / 1000n}.${String(rate % 1000n).padStart(3, '0')} sat/vB`;
