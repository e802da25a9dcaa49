import { describe, expect, test } from 'vitest';
import { JsonNumber } from '../../src/core/encoding/json.ts';
import { readJson } from '../../src/core/encoding/json-reader.ts';
import { parseFixedPoint } from '../../src/core/transaction/amount.ts';
import type { RpcContext } from '../../src/rpc/context.ts';
import { RpcError } from '../../src/rpc/errors.ts';
import { integer, object, string, verbosity } from '../../src/rpc/schema.ts';
import {
  amountFrom,
  bigintFrom,
  bytesFrom,
  feeRateFrom,
  hashFrom,
  integerFrom,
  rangeFrom,
  realFrom,
} from '../../src/rpc/values.ts';
import { vectors } from '../support/vectors.ts';

const number = (text: string) => new JsonNumber(text);

function errorOf(action: () => unknown): [number, string] {
  try {
    action();
  } catch (error) {
    if (error instanceof RpcError) return [error.code, error.message];
    throw error;
  }
  throw new Error('no error');
}

describe('amounts', () => {
  const rows = vectors<{ parse: { text: string; sat: string | null }[] }>('rpc/amounts.json');

  test.skipIf(rows === undefined)('are read as Bitcoin Core reads them', () => {
    for (const { text, sat } of rows!.parse) {
      let got: string | null = null;
      try {
        const value = readJson(text);
        got = value instanceof JsonNumber ? amountFrom(value).toString() : null;
      } catch {
        // Not JSON, or no amount: both are refused.
      }
      expect(got, text).toBe(sat);
    }
  });

  test('say what is wrong', () => {
    expect(errorOf(() => amountFrom(true))).toEqual([-3, 'Amount is not a number or string']);
    expect(errorOf(() => amountFrom('1.000000001'))).toEqual([-3, 'Invalid amount']);
    expect(errorOf(() => amountFrom(number('-1')))).toEqual([-3, 'Amount out of range']);
    expect(errorOf(() => amountFrom('21000000.00000001'))).toEqual([-3, 'Amount out of range']);
    expect(amountFrom('0.00000001')).toBe(1n);
    expect(errorOf(() => feeRateFrom(number('1')))[0]).toBe(-8);
  });

  test.each([
    ['0e1000', null],
    ['0e10', null],
    ['0.000e10', null],
    ['0e9', 0n],
    ['0e-8', 0n],
    ['0e-9', null],
    ['0.0e-9', null],
    ['-0', 0n],
    ['-0.0', 0n],
    ['0.000000000000', 0n],
    ['00', null],
    ['01', null],
    ['+1', null],
    ['1.', null],
    ['.5', null],
    ['-.5', null],
    ['1e', null],
    ['1e+', null],
    ['1 ', null],
    ['', null],
    ['-', null],
    ['0x1', null],
    ['1E0', 100_000_000n],
    ['1e+1', 1_000_000_000n],
    ['1e-8', 1n],
    ['10e-9', 1n],
    ['1e-9', null],
    ['0.000000010', 1n],
    ['9.99999999e9', 999_999_999_000_000_000n],
    ['1e10', null],
  ])('as a fixed point %s is %s', (text, expected) => {
    expect(parseFixedPoint(text, 8)).toBe(expected);
  });

  test('an enormous exponent costs nothing', () => {
    expect(parseFixedPoint('1e999999999999999999999', 8)).toBeNull();
    expect(parseFixedPoint('1e-999999999999999999999', 8)).toBeNull();
    expect(parseFixedPoint(`0e${'9'.repeat(100_000)}`, 8)).toBeNull();
    expect(parseFixedPoint(`${'1'.repeat(1_000_000)}`, 8)).toBeNull();
    expect(parseFixedPoint('1.000000000000000000000000000', 8)).toBe(100_000_000n);
  });
});

test('integers have bounds and no fraction', () => {
  expect(integerFrom(number('-2147483648'))).toBe(-(2 ** 31));
  expect(integerFrom(number('-0'))).toBe(0);
  expect(errorOf(() => integerFrom(number('-0'), [0, 9]))).toEqual([-1, 'JSON integer out of range']);
  for (const text of ['2147483648', '1.0', '1e3', '9'.repeat(400)])
    expect(errorOf(() => integerFrom(number(text)))).toEqual([-1, 'JSON integer out of range']);
  expect(errorOf(() => integerFrom('1'))).toEqual([
    -3,
    'JSON value of type string is not of expected type number',
  ]);
  expect(bigintFrom(number('9223372036854775807'))).toBe(2n ** 63n - 1n);
  expect(errorOf(() => bigintFrom(number('9223372036854775808')))[0]).toBe(-1);
  expect(realFrom(number('1.5e3'))).toBe(1500);
  expect(errorOf(() => realFrom(number('1e400')))).toEqual([-1, 'JSON double out of range']);
});

test('hashes and hex name what is wrong with them', () => {
  expect(errorOf(() => hashFrom('zz', 'txid'))).toEqual([-8, "txid must be of length 64 (not 2, for 'zz')"]);
  const bad = 'zz'.repeat(32);
  expect(errorOf(() => hashFrom(bad, 'txid'))).toEqual([
    -8,
    `txid must be hexadecimal string (not '${bad}')`,
  ]);
  expect(hashFrom(`${'00'.repeat(31)}01`, 'txid')[0]).toBe(1);
  expect(errorOf(() => bytesFrom('abc', 'proof'))).toEqual([
    -8,
    "proof must be hexadecimal string (not 'abc')",
  ]);
});

test('fields are checked by name, in the order of their names', () => {
  const read = (text: string, more: boolean) => () =>
    object({ vout: integer(), txid: string() }, '', { more }).read(readJson(text), '', {} as RpcContext);
  expect(errorOf(read('{"txid":1,"vout":"x","more":1}', true))).toEqual([
    -3,
    'JSON value of type number for field txid is not of expected type string',
  ]);
  expect(errorOf(read('{}', true))).toEqual([-3, 'Missing txid']);
  const complete = '{"txid":"","vout":1,"more":1}';
  expect(read(complete, true)()).toEqual({ txid: '', vout: 1 });
  expect(errorOf(read(complete, false))).toEqual([-3, 'Unexpected key more']);
});

test('ranges and verbosity are read in all their forms', () => {
  expect(rangeFrom(readJson('5'))).toEqual([0, 5]);
  expect(rangeFrom(readJson('[2,4]'))).toEqual([2, 4]);
  for (const [text, message] of [
    ['[4,2]', 'Range specified as [begin,end] must not have begin after end'],
    ['[-1,2]', 'Range should be greater or equal than 0'],
    ['2147483648', 'End of range is too high'],
    ['1000000', 'Range is too large'],
    ['"x"', 'Range must be specified as end or as [begin,end]'],
  ] as const)
    expect(
      errorOf(() => rangeFrom(readJson(text))),
      text,
    ).toEqual([-8, message]);
  expect(
    [true, false, number('2')].map((given) => verbosity('', 1).read(given, '', undefined as never)),
  ).toEqual([1, 0, 2]);
});
