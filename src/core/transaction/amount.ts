/** Amounts: satoshis as `bigint`. */

/** Satoshis in one bitcoin. */
export const COIN = 100_000_000n;
/** A sanity bound that consensus checks, not the supply (21 million bitcoin). */
export const MAX_MONEY = 21_000_000n * COIN;

export function isMoney(value: bigint): boolean {
  return value >= 0n && value <= MAX_MONEY;
}
