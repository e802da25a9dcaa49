import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  Amount,
  JsonNumber,
  JsonObject,
  type JsonRead,
  JsonText,
  type JsonWritable,
} from '../../src/rpc/json.ts';
import { JsonError, readJson } from '../../src/rpc/json-reader.ts';
import { joinFields, writeJson } from '../../src/rpc/json-writer.ts';

/** What was read, in the shapes that JSON.parse gives. */
function plain(value: JsonRead): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (value instanceof JsonObject)
    return Object.fromEntries(value.entries.map(([key, item]) => [key, plain(item)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

describe('reading', () => {
  test('agrees with JSON.parse on whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 3), (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(plain(readJson(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  test('agrees with JSON.parse on what is JSON and what is not', () => {
    const pieces = fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '"a"',
        '\\',
        '\\u00e9',
        '1',
        '-',
        '0',
        '.',
        'e',
        '+5',
        ' ',
        '\n',
        'true',
        'nul',
        'null',
      ],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expect(() => readJson(text)).toThrow(JsonError);
          return;
        }
        expect(plain(readJson(text))).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test('keeps a number as it was written', () => {
    for (const text of ['0.10', '1e-8', '20999999.99999999', '-0', '123456789012345678901234567890'])
      expect(readJson(text)).toEqual(new JsonNumber(text));
  });

  test('remembers a key given twice, and finds the first', () => {
    const object = readJson('{"a":1,"b":2,"a":3}') as JsonObject;
    expect(object.entries.map(([key]) => key)).toEqual(['a', 'b', 'a']);
    expect(object.get('a')).toEqual(new JsonNumber('1'));
    expect(object.get('__proto__')).toBeUndefined();
  });

  test('refuses what Bitcoin Core refuses', () => {
    for (const text of [
      '',
      ' ',
      '01',
      '1.',
      '.5',
      '+1',
      '1e',
      'NaN',
      '[1,]',
      '{"a":1,}',
      '{a:1}',
      "'a'",
      '"\t"',
      '"\\x41"',
      '"\\u12g4"',
      '"a',
      '[1 2]',
      '1 1',
      'tru',
      '[',
      '{"a"',
      '\u00a01',
      '\ufeff1',
      '1\0',
      '"\0"',
      '"\u001f"',
      '-',
      '-a',
      '1.5.5',
      '"\\ud800"',
      '"\\udc00"',
      '"\\udc00\\ud800"',
      '"\\ud800\\ud800\\udc00"',
      '"\\ud83d\\u0078\\ude00"',
      '"\\ud83dé\\ude00"',
      '"\\ud83dx"',
      '"\\ud83d😀"',
      '{"\\uDBFF":1}',
    ])
      expect(() => readJson(text), text).toThrow(JsonError);
  });

  test('joins the halves of a character', () => {
    const text = '["\\ud83d\\ude00", "\\uDBFF\\uDFFF", "\\u0000\\ud7ff\\ue000\u007f"]';
    expect(readJson(text)).toEqual(['😀', '\u{10ffff}', '\0\ud7ff\ue000\u007f']);
    // As Core's reader has it.
    expect(readJson('"\\ud83dx\\n\\ude00"')).toBe('x\n😀');
  });

  test('nests 512 deep and no deeper', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(() => readJson(nested(512))).not.toThrow();
    expect(() => readJson(nested(513))).toThrow('nested too deep');
    expect(() => readJson(`${'{"a":'.repeat(511)}[1]${'}'.repeat(511)}`)).not.toThrow();
    expect(() => readJson(`${'{"a":'.repeat(512)}{}${'}'.repeat(512)}`)).toThrow('nested too deep');
    expect(() => readJson('['.repeat(1_000_000))).toThrow('nested too deep');
  });

  test('bounds the number of values', () => {
    expect(() => readJson(`[${'0,'.repeat(4_000_001)}0]`)).toThrow('too many values');
  });

  test('reads a block of hex in a time that is no obstacle', () => {
    const hex = 'ab'.repeat(4_000_000);
    expect((readJson(`["${hex}"]`) as string[])[0]).toHaveLength(8_000_000);
  });
});

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
