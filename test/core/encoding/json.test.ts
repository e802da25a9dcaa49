import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonNumber, JsonObject, type JsonRead } from '../../../src/core/encoding/json.ts';
import { JsonError, JsonReading, readJson } from '../../../src/core/encoding/json-reader.ts';

const bounds = { depth: 512, values: 4_000_000 };

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
    expect(() => readJson(nested(512), bounds)).not.toThrow();
    expect(() => readJson(nested(513), bounds)).toThrow('nested too deep');
    expect(() => readJson(`${'{"a":'.repeat(511)}[1]${'}'.repeat(511)}`, bounds)).not.toThrow();
    expect(() => readJson(`${'{"a":'.repeat(512)}{}${'}'.repeat(512)}`, bounds)).toThrow('nested too deep');
    expect(() => readJson('['.repeat(1_000_000), bounds)).toThrow('nested too deep');
  });

  test('bounds the number of values', () => {
    expect(() => readJson(`[${'0,'.repeat(4_000_001)}0]`, bounds)).toThrow('too many values');
  });

  test('gives out a long array some at a time, and keeps nothing of it', () => {
    const items = Array.from({ length: 5_000 }, (_, i) => [`${i}`, [i % 2 === 0, null]]);
    const reading = new JsonReading(JSON.stringify(items), bounds);
    const taken: JsonRead[] = [];
    while (!reading.advance(100)) {
      const some = reading.takeItems();
      expect(some.length).toBeLessThan(20);
      taken.push(...some);
    }
    expect([...taken, ...(reading.value as readonly JsonRead[])]).toEqual(items);
    expect(taken.length).toBeGreaterThan(4_900);
    const object = new JsonReading(JSON.stringify({ items }), bounds);
    while (!object.advance(100)) expect(object.takeItems()).toEqual([]);
    expect((object.value as JsonObject).get('items')).toHaveLength(items.length);
  });

  test('reads a block of hex in a time that is no obstacle', () => {
    const hex = 'ab'.repeat(4_000_000);
    expect((readJson(`["${hex}"]`) as string[])[0]).toHaveLength(8_000_000);
  });
});
