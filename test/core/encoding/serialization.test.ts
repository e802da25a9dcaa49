import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/core/encoding/bytes.ts';
import { DecodeError } from '../../../src/core/encoding/errors.ts';
import { MAX_SIZE, Reader } from '../../../src/core/encoding/reader.ts';
import { compactSizeLength, Writer } from '../../../src/core/encoding/writer.ts';

const read = (hex: string): Reader => new Reader(fromHex(hex));

describe('numbers', () => {
  it('are little endian, but ports', () => {
    const writer = new Writer(1);
    writer.uint8(0xfe).uint16(0x1234).uint16BigEndian(0x1234).uint32(0x89abcdef).int32(-2);
    writer.uint64(0xfedcba9876543210n).int64(-3n);
    const hex = 'fe' + '3412' + '1234' + 'efcdab89' + 'feffffff' + '1032547698badcfe' + 'fdffffffffffffff';
    expect(toHex(writer.finish())).toBe(hex);
    expect(writer.length).toBe(29);
    const reader = read(hex);
    expect(reader.remaining).toBe(29);
    expect([reader.uint8(), reader.uint16(), reader.uint16BigEndian()]).toEqual([0xfe, 0x1234, 0x1234]);
    expect([reader.uint32(), reader.int32()]).toEqual([0x89abcdef, -2]);
    expect([reader.uint64(), reader.int64()]).toEqual([0xfedcba9876543210n, -3n]);
    expect(reader.remaining).toBe(0);
    reader.finish();
  });

  it('are not read beyond the end', () => {
    const short: ((reader: Reader) => unknown)[] = [
      (reader) => reader.uint8(),
      (reader) => reader.uint16(),
      (reader) => reader.uint16BigEndian(),
      (reader) => reader.uint32(),
      (reader) => reader.int32(),
      (reader) => reader.uint64(),
      (reader) => reader.int64(),
      (reader) => reader.view(9),
    ];
    [1, 2, 2, 4, 4, 8, 8, 9].forEach((size, i) => {
      expect(() => short[i]!(new Reader(new Uint8Array(size - 1)))).toThrow(DecodeError);
      expect(() => short[i]!(new Reader(new Uint8Array(size)))).not.toThrow();
      // A window into more bytes ends where it ends.
      expect(() => short[i]!(new Reader(new Uint8Array(99), 50, 50 + size - 1))).toThrow(DecodeError);
    });
  });

  it('are read from a view into other bytes', () => {
    const bytes = fromHex('ffff01020304ffff').subarray(2, 6);
    expect(new Reader(bytes).uint32()).toBe(0x04030201);
    expect(new Reader(bytes, 1, 3).uint16()).toBe(0x0302);
  });
});

describe('CompactSize', () => {
  const rows: [number, string][] = [
    [0, '00'],
    [252, 'fc'],
    [253, 'fdfd00'],
    [0xffff, 'fdffff'],
    [0x10000, 'fe00000100'],
    [MAX_SIZE, 'fe00000002'],
  ];

  it.each(rows)('%i is %s', (value, hex) => {
    expect(toHex(new Writer().compactSize(value).finish())).toBe(hex);
    expect(read(hex).compactSize()).toBe(value);
    expect(read(hex).compactNumber()).toBe(BigInt(value));
    expect(compactSizeLength(value)).toBe(hex.length / 2);
  });

  it('is refused in another form, or too large', () => {
    for (const hex of [
      'fd0000',
      'fdfc00',
      'fe00000000',
      'feffff0000',
      'ff0000000000000000',
      'ffffffffff00000000',
    ]) {
      expect(() => read(hex).compactSize(), hex).toThrow('non-canonical CompactSize');
      expect(() => read(hex).compactNumber(), hex).toThrow('non-canonical CompactSize');
    }
    expect(() => read('fe01000002').compactSize()).toThrow('CompactSize too large');
    expect(() => read('ff0000000001000000').compactSize()).toThrow('CompactSize too large');
    expect(() => read('05').compactSize(4)).toThrow('CompactSize too large');
    expect(read('05').compactSize(5)).toBe(5);
    expect(() => read('ffffffffffffffff').compactSize()).toThrow('end of data');
  });

  it('is a plain number of 64 bits for addrv2', () => {
    expect(read('feffffffff').compactNumber()).toBe(0xffffffffn);
    expect(read('ff0000000001000000').compactNumber()).toBe(0x100000000n);
    expect(read('ffffffffffffffffff').compactNumber()).toBe(0xffffffffffffffffn);
    expect(toHex(new Writer().compactSize(0x100000000n).finish())).toBe('ff0000000001000000');
    expect(toHex(new Writer().compactSize(0xffffffff).finish())).toBe('feffffffff');
    expect(compactSizeLength(0xffffffff)).toBe(5);
    expect(compactSizeLength(0x100000000)).toBe(9);
  });

  it('counts only what can be there', () => {
    expect(read('020000').count(1)).toBe(2);
    expect(read('02000000000000').count(3)).toBe(2);
    expect(() => read('030000').count(1)).toThrow('end of data');
    expect(() => read('0200').count(2)).toThrow('end of data');
    expect(() => read('02000000').count(1, 1)).toThrow('CompactSize too large');
  });

  it('goes before bytes of that length', () => {
    expect(toHex(new Writer().varBytes(fromHex('aabb')).finish())).toBe('02aabb');
    expect(toHex(read('02aabbcc').varBytes())).toBe('aabb');
    expect(() => read('03aabb').varBytes()).toThrow('end of data');
    expect(() => read('02aabb').varBytes(1)).toThrow('CompactSize too large');
  });
});

describe("Core's VARINT", () => {
  it.each([
    [0n, '00'],
    [0x7fn, '7f'],
    [0x80n, '8000'],
    [0xffn, '807f'],
    [0x407fn, 'ff7f'],
    [0x4080n, '808000'],
    [0x1234n, 'a334'],
    [0xffffffffn, '8efefefe7f'],
    [0xffffffffffffffffn, '80fefefefefefefefe7f'],
  ])('%i is %s', (value, hex) => {
    expect(toHex(new Writer().varInt(value).finish())).toBe(hex);
    expect(read(hex).varInt()).toBe(value);
  });

  it('has at most 64 bits, and an end', () => {
    for (const hex of ['80fefefefefefefeff00', '82fefefefefefefefe7f', 'ffffffffffffffffffff7f'])
      expect(() => read(hex).varInt(), hex).toThrow('VARINT too large');
    expect(() => read('8080').varInt()).toThrow('end of data');
  });
});

describe('a writer', () => {
  it('grows, and gives a copy', () => {
    const writer = new Writer(2);
    for (let i = 0; i < 100; i++) writer.uint8(i);
    const bytes = writer.bytes(new Uint8Array(1000)).finish();
    expect(bytes).toHaveLength(1100);
    expect(bytes[99]).toBe(99);
    writer.uint8(7);
    expect(writer.finish()).toHaveLength(1101);
  });
});

describe('a reader', () => {
  it('says where bytes are left over', () => {
    const reader = read('0001');
    reader.uint8();
    expect(() => reader.finish()).toThrow('unexpected data after the end');
  });
});
