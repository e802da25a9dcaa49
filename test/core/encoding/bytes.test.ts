import { describe, expect, it } from 'vitest';
import * as bytes from '../../../src/core/encoding/bytes.ts';
import { DecodeError, Invalid } from '../../../src/core/encoding/errors.ts';

const { fromHex, toHex } = bytes;

describe('hex', () => {
  it('is read in both cases and written in lower case', () => {
    expect([...fromHex('00ff10AbcDeF')]).toEqual([0, 255, 16, 0xab, 0xcd, 0xef]);
    expect(toHex(Uint8Array.of(0, 255, 16, 0xab))).toBe('00ff10ab');
    expect(fromHex('')).toEqual(new Uint8Array(0));
  });

  it('is refused with an odd length or another character', () => {
    for (const text of [
      '0',
      '000',
      '0g',
      'g0',
      '0x',
      ' 0',
      '0é',
      '\u{130}0',
      '/0',
      ':0',
      '@0',
      'G0',
      '`0',
      '0/',
    ])
      expect(() => fromHex(text), text).toThrow(DecodeError);
  });

  it('is recognised as Core does', () => {
    expect(['00', 'abCD09'].every(bytes.isHex)).toBe(true);
    expect(['', '0', '000', '0g', ' 00'].some(bytes.isHex)).toBe(false);
  });

  it('is reversed for display', () => {
    expect(bytes.toDisplayHex(Uint8Array.of(1, 2, 3))).toBe('030201');
    expect([...bytes.fromDisplayHex('030201')]).toEqual([1, 2, 3]);
    const hashes = [1, 2, 3].map((n) => Uint8Array.from({ length: 32 }, (_, i) => n * i));
    expect(bytes.displayHexEach(bytes.concatBytes(...hashes))).toEqual(hashes.map(bytes.toDisplayHex));
    expect(bytes.displayHexEach(bytes.EMPTY)).toEqual([]);
  });
});

describe('bytes', () => {
  it('are joined', () => {
    expect([...bytes.concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))]).toEqual([
      1, 2, 3,
    ]);
    expect(bytes.concatBytes()).toEqual(bytes.EMPTY);
  });

  it('are compared', () => {
    const of = (...values: number[]): Uint8Array => Uint8Array.from(values);
    expect(bytes.equalBytes(of(1, 2), of(1, 2))).toBe(true);
    expect(bytes.equalBytes(of(1, 2), of(1, 3))).toBe(false);
    expect(bytes.equalBytes(of(2, 1), of(1, 1))).toBe(false);
    expect(bytes.equalBytes(of(1), of(1, 0))).toBe(false);
    expect(bytes.equalBytes(of(), of())).toBe(true);
    expect(Math.sign(bytes.compareBytes(of(1, 2), of(1, 3)))).toBe(-1);
    expect(Math.sign(bytes.compareBytes(of(2), of(1, 3)))).toBe(1);
    expect(Math.sign(bytes.compareBytes(of(1), of(1, 0)))).toBe(-1);
    expect(Math.sign(bytes.compareBytes(of(1, 0), of(1)))).toBe(1);
    expect(bytes.compareBytes(of(1, 0), of(1, 0))).toBe(0);
  });

  it('are numbers, little endian', () => {
    expect(bytes.bigintFromLittleEndian(Uint8Array.of(1, 2))).toBe(0x201n);
    expect(bytes.bigintFromLittleEndian(bytes.EMPTY)).toBe(0n);
    expect([...bytes.littleEndianFromBigint(0x201n, 4)]).toEqual([1, 2, 0, 0]);
  });

  it('are text', () => {
    const text = 'a\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff} é€😀';
    expect(toHex(bytes.utf8(text))).toBe(Buffer.from(text, 'utf8').toString('hex'));
    expect(bytes.latin1(Uint8Array.of(0x61, 0xe9, 0))).toBe('aé\0');
  });
});

describe('Invalid', () => {
  it('reads as Core logs it', () => {
    expect(new Invalid('consensus', 'bad-cb-amount').message).toBe('bad-cb-amount');
    expect(new Invalid('policy', 'dust', 'why').message).toBe('dust, why');
    expect(new Invalid('policy', 'dust', 'why')).toMatchObject({
      name: 'Invalid',
      kind: 'policy',
      detail: 'why',
    });
    expect(new DecodeError('x').name).toBe('DecodeError');
  });
});
