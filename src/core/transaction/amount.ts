/** Amounts: satoshis as `bigint`. */
import { JsonNumber } from '../encoding/json.ts';

/** Satoshis in one bitcoin. */
export const COIN = 100_000_000n;
/** A sanity bound that consensus checks, not the supply (21 million bitcoin). */
export const MAX_MONEY = 21_000_000n * COIN;

export function isMoney(value: bigint): boolean {
  return value >= 0n && value <= MAX_MONEY;
}

/** Satoshis of outputs, or of coins, together. */
export const totalValue = (items: readonly { readonly value: bigint }[]): bigint =>
  items.reduce((sum, { value }) => sum + value, 0n);

/** Satoshis as a number of coins with exactly eight decimals. */
export function formatCoins(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(9, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -8)}.${digits.slice(-8)}`;
}

/** Satoshis that an answer tells as bitcoin. */
export class Amount extends JsonNumber {
  readonly satoshis: bigint;

  constructor(satoshis: bigint) {
    super(formatCoins(satoshis));
    this.satoshis = satoshis;
  }

  override toString(): string {
    return this.text;
  }
}

/** The same with at least two decimals and no more than are needed (Core's FormatMoney). */
export const formatMoney = (value: bigint): string => formatCoins(value).replace(/0{1,6}$/, '');

/** What a user wrote as coins; null if it is none, or more than there can be (Core's ParseMoney). */
export function parseMoney(text: string): bigint | null {
  const [, whole = '', decimals = ''] = /^\s*(\d{0,8})(?:\.(\d{0,8}))?\s*$/.exec(text) ?? [];
  const value = BigInt(`${whole}${decimals.padEnd(8, '0')}`);
  return `${whole}${decimals}` !== '' && isMoney(value) ? value : null;
}

const FIXED_POINT = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?)([0-9]+))?$/;
const FIXED_POINT_BOUND = 10n ** 18n - 1n;

/**
 * Bitcoin Core's ParseFixedPoint: a decimal number times 10^decimals, or null if that is no integer
 * or does not fit below 10^18. Trailing zeros do not count against the digits allowed.
 */
export function parseFixedPoint(text: string, decimals: number): bigint | null {
  const match = FIXED_POINT.exec(text);
  if (match === null) return null;
  const [, sign, whole, fraction = '', exponentSign, exponent = '0'] = match;
  const digits = (whole! + fraction).replace(/^0+/, '');
  const mantissa = digits.replace(/0+$/, '');
  // Nothing has all its fraction as trailing zeros; the exponent counts for it too.
  const zeros = mantissa === '' ? fraction.length : digits.length - mantissa.length;
  // An exponent of seven digits is out of every range, whatever the mantissa of a bounded text.
  const power = exponent.replace(/^0+/, '').length > 9 ? Infinity : Number(exponent);
  const scale = (exponentSign === '-' ? -power : power) - fraction.length + zeros + decimals;
  if (scale < 0 || scale > 17 || mantissa.length + scale > 18) return null;
  const value = BigInt(mantissa) * 10n ** BigInt(scale);
  if (value > FIXED_POINT_BOUND) return null;
  return sign === '-' ? -value : value;
}
