/** Amounts: satoshis as `bigint`. */

/** Satoshis in one bitcoin. */
export const COIN = 100_000_000n;
/** A sanity bound that consensus checks, not the supply (21 million bitcoin). */
export const MAX_MONEY = 21_000_000n * COIN;

export function isMoney(value: bigint): boolean {
  return value >= 0n && value <= MAX_MONEY;
}

/** Satoshis as a number of coins, at least two decimals and no more than are needed (Core's FormatMoney). */
export function formatMoney(value: bigint): string {
  const magnitude = value < 0n ? -value : value;
  const decimals = (magnitude % COIN)
    .toString()
    .padStart(8, '0')
    .replace(/0{1,6}$/, '');
  return `${value < 0n ? '-' : ''}${magnitude / COIN}.${decimals}`;
}

/** What a user wrote as coins; null if it is none, or more than there can be (Core's ParseMoney). */
export function parseMoney(text: string): bigint | null {
  const [, whole = '', decimals = ''] = /^\s*(\d{0,8})(?:\.(\d{0,8}))?\s*$/.exec(text) ?? [];
  const value = BigInt(`${whole}${decimals.padEnd(8, '0')}`);
  return `${whole}${decimals}` !== '' && isMoney(value) ? value : null;
}
