/**
 * Reads JSON values as Bitcoin Core's helpers of the same purpose do (rpc/util.cpp, univalue): same
 * ranges, same errors. For what lies inside objects and arrays; a method's own parameters are read
 * from their declaration.
 */
import { fromDisplayHex, fromHex, isHex } from '../core/encoding/bytes.ts';
import { JsonNumber, JsonObject, type JsonRead } from '../core/encoding/json.ts';
import { Amount, COIN, isMoney, parseFixedPoint } from '../core/transaction/amount.ts';
import { type FeeRate, satPerKvB } from '../core/transaction/fee-rate.ts';
import { type RpcError, refuse } from './errors.ts';

/** UniValue's name of a value's type. */
export function typeName(value: JsonRead | undefined): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (value instanceof JsonNumber) return 'number';
  return value instanceof JsonObject ? 'object' : 'array';
}

function wrongType(value: JsonRead | undefined, expected: string): RpcError {
  const text = `JSON value of type ${typeName(value)} is not of expected type ${expected}`;
  return refuse.type(text);
}

const typed =
  <T extends JsonRead>(type: string, is: (value: JsonRead | undefined) => value is T) =>
  (value: JsonRead | undefined): T => {
    if (is(value)) return value;
    throw wrongType(value, type);
  };
export const stringFrom = typed('string', (value) => typeof value === 'string');
export const booleanFrom = typed('bool', (value) => typeof value === 'boolean');
export const objectFrom = typed('object', (value) => value instanceof JsonObject);
export const arrayFrom = typed('array', (value): value is readonly JsonRead[] => Array.isArray(value));

/** @param most elements */
export function listFrom(value: JsonRead | undefined, name: string, most: number): readonly JsonRead[] {
  const list = arrayFrom(value);
  if (list.length > most) throw refuse.parameter(`${name}: at most ${most}, not ${list.length}`);
  return list;
}

export const INT32 = [-(2 ** 31), 2 ** 31 - 1] as const;
/** The upper bound as a double has it. */
export const INT64 = [-(2 ** 63), 2 ** 63] as const;

/** An integer within bounds (int32 unless told). */
export function integerFrom(value: JsonRead | undefined, bounds: readonly [number, number] = INT32): number {
  if (!(value instanceof JsonNumber)) throw wrongType(value, 'number');
  // What has no sign may have no minus, not even before a zero.
  const digits = bounds[0] < 0 ? /^-?[0-9]{1,20}$/ : /^[0-9]{1,20}$/;
  const number = digits.test(value.text) ? Number(value.text) : Number.NaN;
  if (!(number >= bounds[0] && number <= bounds[1])) throw refuse.misc('JSON integer out of range');
  return number === 0 ? 0 : number;
}

export function bigintFrom(value: JsonRead | undefined): bigint {
  if (!(value instanceof JsonNumber)) throw wrongType(value, 'number');
  const number = /^-?[0-9]{1,20}$/.test(value.text) ? BigInt(value.text) : undefined;
  if (number === undefined || BigInt.asIntN(64, number) !== number)
    throw refuse.misc('JSON integer out of range');
  return number;
}

export function realFrom(value: JsonRead | undefined): number {
  if (!(value instanceof JsonNumber)) throw wrongType(value, 'number');
  const number = Number(value.text);
  if (!Number.isFinite(number)) throw refuse.misc('JSON double out of range');
  return number;
}

/** Bitcoin as a number or string to satoshis, exactly. */
export function amountFrom(value: JsonRead | undefined, decimals = 8): bigint {
  if (!(value instanceof JsonNumber) && typeof value !== 'string')
    throw refuse.type('Amount is not a number or string');
  const satoshis = parseFixedPoint(typeof value === 'string' ? value : value.text, decimals);
  if (satoshis === null) throw refuse.type('Invalid amount');
  if (!isMoney(satoshis)) throw refuse.type('Amount out of range');
  return satoshis;
}

/** From bitcoin per 1,000 vbytes. */
export function feeRateFrom(value: JsonRead | undefined): FeeRate {
  const rate = satPerKvB(amountFrom(value));
  if (rate >= COIN) throw refuse.parameter('Fee rates larger than or equal to 1BTC/kvB are not accepted');
  return rate;
}

/** 32 bytes in internal order of a hash in display order. `name` is what errors call it. */
export function hashFrom(value: JsonRead | undefined, name: string): Uint8Array {
  const text = stringFrom(value);
  if (text.length !== 64)
    throw refuse.parameter(`${name} must be of length 64 (not ${text.length}, for '${text}')`);
  if (!isHex(text)) throw notHexadecimal(name, text);
  return fromDisplayHex(text);
}

/** The same hash as lower-case text in display order, branded as its caller needs. */
export function hashTextFrom<T extends string>(value: JsonRead | undefined, name: string): T {
  hashFrom(value, name);
  return (value as string).toLowerCase() as T;
}

export function bytesFrom(value: JsonRead | undefined, name: string): Uint8Array {
  const text = typeof value === 'string' ? value : '';
  if (!isHex(text)) throw notHexadecimal(name, text);
  return fromHex(text);
}

function notHexadecimal(name: string, text: string): RpcError {
  return refuse.parameter(`${name} must be hexadecimal string (not '${text}')`);
}

/** A range of descriptor indexes, both ends included. */
export function rangeFrom(value: JsonRead | undefined): readonly [number, number] {
  const [begin, end] = parseRange(value);
  if (begin < 0) throw refuse.parameter('Range should be greater or equal than 0');
  if (end < 0 || end >= 2 ** 31) throw refuse.parameter('End of range is too high');
  if (end >= begin + 1_000_000) throw refuse.parameter('Range is too large');
  return [begin, end];
}

function parseRange(value: JsonRead | undefined): readonly [number, number] {
  if (value instanceof JsonNumber) return [0, integerFrom(value, INT64)];
  const pair = typeName(value) === 'array' ? (value as readonly JsonRead[]) : [];
  if (pair.length !== 2 || !pair.every((end) => end instanceof JsonNumber))
    throw refuse.parameter('Range must be specified as end or as [begin,end]');
  const [begin, end] = [integerFrom(pair[0]!, INT64), integerFrom(pair[1]!, INT64)];
  if (begin > end) throw refuse.parameter('Range specified as [begin,end] must not have begin after end');
  return [begin, end];
}

/** Satoshis as bitcoin in the answer. */
export const btc = (satoshis: bigint): Amount => new Amount(satoshis);
