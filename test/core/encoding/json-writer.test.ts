import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonNumber } from '../../../src/core/encoding/json.ts';
import {
  JsonText,
  type JsonWritable,
  joinFields,
  writeJson,
} from '../../../src/core/encoding/json-writer.ts';
import { Amount } from '../../../src/core/transaction/amount.ts';

describe('writing', () => {
  test('is undone by JSON.parse', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'small' }), fc.constantFrom(0, 2), (value, indent) => {
        const written = JSON.parse(writeJson(value as JsonWritable, indent)) as unknown;
        expect(written).toEqual(rounded(JSON.parse(JSON.stringify(value))));
      }),
    );
  });

  /** Doubles are written with 16 digits, as Core does. */
  function rounded(value: unknown): unknown {
    if (typeof value === 'number')
      return Number.isInteger(value) && Math.abs(value) < 1e16 ? value : Number(value.toPrecision(16));
    if (Array.isArray(value)) return value.map(rounded);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)]));
  }

  test('escapes what Core escapes', () => {
    expect(writeJson('\0\b\t\n\f\r\u001f "/\\\u007fé\u0080😀')).toBe(
      '"\\u0000\\b\\t\\n\\f\\r\\u001f \\"/\\\\\\u007fé\u0080😀"',
    );
  });

  test('takes what is written already as it is', () => {
    expect(writeJson({ a: [new JsonText('{"b":1.0}')] })).toBe('{"a":[{"b":1.0}]}');
    const joined = joinFields({ a: 1, left: undefined }, '', '"b":"2"', {}, { c: null });
    expect(writeJson(joined)).toBe('{"a":1,"b":"2","c":null}');
    expect(writeJson(joinFields({}, ''))).toBe('{}');
  });

  test('gives amounts eight digits, always', () => {
    expect(writeJson([0n, 1n, -1n, 100_000_000n, 2_099_999_999_999_999n].map((sat) => new Amount(sat)))).toBe(
      '[0.00000000,0.00000001,-0.00000001,1.00000000,20999999.99999999]',
    );
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (satoshis) => {
        const text = new Amount(satoshis).toString();
        expect(text).toMatch(/^-?\d+\.\d{8}$/);
        expect(BigInt(text.replace('.', ''))).toBe(satoshis);
      }),
    );
  });

  test('prints doubles as %.16g', () => {
    const printed = [
      0.5,
      4.656542373906925e-10,
      1e-5,
      0.0001,
      1e16,
      1.5e300,
      0.1 + 0.2,
      1 / 3,
      -2.5,
      123456.789,
    ];
    expect(writeJson(printed)).toBe(
      '[0.5,4.656542373906925e-10,1e-05,0.0001,1e+16,1.5e+300,0.3,0.3333333333333333,-2.5,123456.789]',
    );
  });

  test('leaves out undefined fields', () => {
    expect(writeJson({ a: undefined, b: null, c: new JsonNumber('1.50'), d: 2n ** 70n })).toBe(
      '{"b":null,"c":1.50,"d":1180591620717411303424}',
    );
  });

  test('indents as Bitcoin Core does', () => {
    expect(writeJson({ a: [1, { b: 'x' }], c: {} }, 2)).toBe(
      '{\n  "a": [\n    1,\n    {\n      "b": "x"\n    }\n  ],\n  "c": {\n  }\n}',
    );
  });
});
