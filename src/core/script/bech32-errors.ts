/**
 * Finds where a Bech32 text went wrong (Core's bech32::LocateErrors). The checksum is a BCH code over
 * GF(32) whose generator has three consecutive powers of a primitive element of GF(1024) as roots, so
 * one or two wrong characters can be located; corrections are not offered, as they would be guesses.
 */
import { BECH32, BECH32M, CHARSET, GENERATOR } from '../encoding/bech32.ts';

const MAXIMUM_LENGTH = 90;
/** Of what is far too long, so many characters are named. */
const NAMED = 10_000;
const ENCODINGS = [
  { constant: BECH32, name: 'Bech32' },
  { constant: BECH32M, name: 'Bech32m' },
] as const;
/** Order of the multiplicative group of GF(1024). */
const ORDER = 1023;
/** GF(32)'s non-zero elements are the powers of e^33. */
const SUBFIELD_STEP = 33;

interface Bech32Errors {
  readonly message: string;
  /** Indexes into the text. */
  readonly locations: readonly number[];
}

/** Multiplication in GF(32), modulo x^5 + x^3 + 1. */
function multiply32(a: number, b: number): number {
  let product = 0;
  for (let bit = 4; bit >= 0; bit--) {
    product <<= 1;
    if (product & 32) product ^= 41;
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}

/** Powers of e, a root of x^2 + 9x + 23 over GF(32), as 10-bit numbers, and their logarithms. */
const { EXP, LOG } = (() => {
  const exp = new Int16Array(ORDER);
  const log = new Int16Array(ORDER + 1).fill(-1);
  let value = 1;
  for (let power = 0; power < ORDER; power++) {
    exp[power] = value;
    log[value] = power;
    const low = value & 31;
    const high = value >> 5;
    value = ((multiply32(high, 9) ^ low) << 5) | multiply32(high, 23);
  }
  return { EXP: exp, LOG: log };
})();

/** value * e^power in GF(1024). */
function timesPower(value: number, power: number): number {
  return value === 0 ? 0 : EXP[(LOG[value]! + power) % ORDER]!;
}

function polymod(values: readonly number[]): number {
  let checksum = 1;
  for (const value of values) {
    const top = checksum >>> 25;
    checksum = ((checksum & 0x1ffffff) << 5) ^ value;
    GENERATOR.forEach((term, bit) => {
      if ((top >> bit) & 1) checksum ^= term;
    });
  }
  return checksum;
}

/** The error polynomial at e^997, e^998 and e^999. */
function syndromes(residue: number): readonly [number, number, number] {
  const at = (power: number): number => {
    let sum = 0;
    for (let k = 0; k < 6; k++) sum ^= timesPower((residue >> (5 * k)) & 31, (power * k) % ORDER);
    return sum;
  };
  return [at(997), at(998), at(999)];
}

/** Is value / e^(997 * position) an element of GF(32), as the size of an error must be? */
function isErrorValue(logarithm: number, position: number): boolean {
  return (logarithm + (ORDER - 997) * position) % SUBFIELD_STEP === 0;
}

/** Positions counted from the right; empty if it takes more than two errors to explain the residue. */
function errorPositions(residue: number, length: number): readonly number[] {
  const [s0, s1, s2] = syndromes(residue);
  const l0 = LOG[s0]!;
  const l1 = LOG[s1]!;
  const l2 = LOG[s2]!;
  // One error at p: the syndromes are a geometric series with ratio e^p.
  if (l0 >= 0 && l1 >= 0 && l2 >= 0 && (2 * l1 - l2 - l0 + 2 * ORDER) % ORDER === 0) {
    const position = (l1 - l0 + ORDER) % ORDER;
    return position < length && isErrorValue(l0, position) ? [position] : [];
  }
  // Two errors: guess the first, solve for the second, and see whether both are in GF(32).
  for (let first = 0; first < length; first++) {
    const upper = s2 ^ timesPower(s1, first);
    const lower = s1 ^ timesPower(s0, first);
    if (upper === 0 || lower === 0) continue;
    const second = (LOG[upper]! - LOG[lower]! + ORDER) % ORDER;
    if (second >= length || second === first) continue;
    const other = s1 ^ timesPower(s0, second);
    if (other === 0) continue;
    const inverse = ORDER - LOG[EXP[first]! ^ EXP[second]!]!;
    if (!isErrorValue(LOG[lower]! + inverse, second)) continue;
    if (!isErrorValue(LOG[other]! + inverse, first)) continue;
    return first > second ? [first, second] : [second, first];
  }
  return [];
}

function findBadCharacters(text: string): number[] {
  const locations: number[] = [];
  let lower = false;
  let upper = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x61 && code <= 0x7a) {
      if (upper) locations.push(i);
      else lower = true;
    } else if (code >= 0x41 && code <= 0x5a) {
      if (lower) locations.push(i);
      else upper = true;
    } else if (code < 33 || code > 126) locations.push(i);
  }
  return locations;
}

/** @param text one character a byte; one that has no valid Bech32 or Bech32m checksum. */
export function locateBech32Errors(text: string): Bech32Errors {
  if (text.length > MAXIMUM_LENGTH) {
    const length = Math.min(NAMED, text.length - MAXIMUM_LENGTH);
    const locations = Array.from({ length }, (_, i) => MAXIMUM_LENGTH + i);
    return { message: 'Bech32 string too long', locations };
  }
  const bad = findBadCharacters(text);
  if (bad.length > 0) return { message: 'Invalid character or mixed case', locations: bad };
  const separator = text.lastIndexOf('1');
  if (separator < 0) return { message: 'Missing separator', locations: [] };
  if (separator === 0 || separator + 7 > text.length)
    return { message: 'Invalid separator position', locations: [separator] };

  const lowered = text.toLowerCase();
  const values: number[] = [];
  for (let i = separator + 1; i < text.length; i++) {
    const value = CHARSET.indexOf(lowered[i]!);
    if (value < 0) return { message: 'Invalid Base 32 character', locations: [i] };
    values.push(value);
  }
  const prefix = Array.from(lowered.slice(0, separator), (character) => character.charCodeAt(0));
  const expanded = [...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31), ...values];

  // The version may be what is wrong, so both encodings are tried and the fewer errors win.
  let locations: readonly number[] = [];
  let found: string | undefined;
  for (const { constant, name } of ENCODINGS) {
    const residue = polymod(expanded) ^ constant;
    if (residue === 0) return { message: '', locations: [] };
    const possible = errorPositions(residue, values.length).map((position) => text.length - 1 - position);
    if (locations.length === 0 || (possible.length > 0 && possible.length < locations.length)) {
      locations = possible;
      if (possible.length > 0) found = name;
    }
  }
  return { message: found === undefined ? 'Invalid checksum' : `Invalid ${found} checksum`, locations };
}
