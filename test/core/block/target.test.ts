import { describe, expect, it } from 'vitest';
import { allowedTarget, checkProofOfWork } from '../../../src/core/block/proof-of-work.ts';
import {
  bitsFromTarget,
  difficultyFromBits,
  targetFromBits,
  workFromBits,
} from '../../../src/core/block/target.ts';
import { littleEndianFromBigint } from '../../../src/core/encoding/bytes.ts';

const LIMIT = (1n << 224n) - 1n;

describe('compact targets', () => {
  // Core's arith_uint256 tests: bits, target, packed again.
  it.each([
    [0x00000000, 0n, 0],
    [0x00123456, 0n, 0],
    [0x01003456, 0n, 0],
    [0x02000056, 0n, 0],
    [0x03000000, 0n, 0],
    [0x04000000, 0n, 0],
    [0x00923456, 0n, 0],
    [0x01803456, 0n, 0],
    [0x01123456, 0x12n, 0x01120000],
    [0x02123456, 0x1234n, 0x02123400],
    [0x03123456, 0x123456n, 0x03123456],
    [0x04123456, 0x12345600n, 0x04123456],
    [0x05009234, 0x92340000n, 0x05009234],
    [0x20123456, 0x123456n << 232n, 0x20123456],
    [0x1d00ffff, 0xffffn << 208n, 0x1d00ffff],
    [0x207fffff, 0x7fffffn << 232n, 0x207fffff],
  ])('%i', (bits, target, again) => {
    expect(targetFromBits(bits)).toEqual({ target, negative: false, overflow: false });
    expect(bitsFromTarget(target)).toBe(again);
  });

  it('keep the highest digits only', () => {
    expect(bitsFromTarget(0x80n)).toBe(0x02008000);
    expect(bitsFromTarget(0x7fn)).toBe(0x017f0000);
    expect(bitsFromTarget(0x8000n)).toBe(0x03008000);
    expect(bitsFromTarget(0x800000n)).toBe(0x04008000);
    expect(bitsFromTarget(0x12345678n)).toBe(0x04123456);
    expect(bitsFromTarget(LIMIT)).toBe(0x1d00ffff);
    expect(bitsFromTarget((1n << 256n) - 1n)).toBe(0x2100ffff);
    expect(bitsFromTarget((1n << 255n) - 1n)).toBe(0x207fffff);
  });

  it('may be negative, if there is a number', () => {
    const negative = (bits: number): boolean => targetFromBits(bits).negative;
    expect([0x01fedcba, 0x04923456, 0x03800001].every(negative)).toBe(true);
    expect([0x01803456, 0x04800000, 0x02800000, 0x04123456].some(negative)).toBe(false);
    expect(targetFromBits(0x01fedcba).target).toBe(0x7en);
  });

  it('may be too large for 256 bits', () => {
    const overflow = (bits: number): boolean => targetFromBits(bits).overflow;
    expect([0xff123456, 0x23000001, 0x22000100, 0x21010000].every(overflow)).toBe(true);
    expect([0xff000000, 0x220000ff, 0x2100ffff, 0x207fffff, 0x22000001].some(overflow)).toBe(false);
    expect(targetFromBits(0x220000ff).target).toBe(0xffn << 248n);
    expect(targetFromBits(0x2100ffff).target).toBe(0xffffn << 240n);
  });
});

describe('work', () => {
  it('is the number of hashes to expect', () => {
    expect(workFromBits(0x207fffff)).toBe(2n);
    expect(workFromBits(0x1d00ffff)).toBe(0x100010001n);
    expect(workFromBits(0x01010000)).toBe(1n << 255n);
    expect(workFromBits(0x2100ffff)).toBe(1n);
  });

  it('is nothing for bits that no hash can meet', () => {
    for (const bits of [0, 0x01003456, 0x04923456, 0xff123456]) expect(workFromBits(bits)).toBe(0n);
  });

  it('shows as a difficulty', () => {
    expect(difficultyFromBits(0x1d00ffff)).toBe(1);
    expect(difficultyFromBits(0x207fffff)).toBeCloseTo(4.656542373906925e-10, 20);
    expect(difficultyFromBits(0x1b0404cb)).toBeCloseTo(16307.420938523983, 6);
    expect(difficultyFromBits(0x1c00ffff)).toBe(256);
    expect(difficultyFromBits(0x1e00ffff)).toBe(1 / 256);
  });
});

describe('proof of work', () => {
  const parameters = { powLimit: LIMIT };
  const hash = (value: bigint): Uint8Array => littleEndianFromBigint(value, 32);

  it('is a hash of at most the target', () => {
    const target = 0xffffn << 208n;
    expect(checkProofOfWork(hash(target), 0x1d00ffff, parameters)).toBe(true);
    expect(checkProofOfWork(hash(target + 1n), 0x1d00ffff, parameters)).toBe(false);
    expect(checkProofOfWork(hash(0n), 0x1d00ffff, parameters)).toBe(true);
  });

  it('is nothing for a target that is not allowed', () => {
    for (const bits of [0, 0x1d01ffff, 0x1d80ffff, 0xff123456, 0x1e00ffff]) {
      expect(allowedTarget(bits, parameters), bits.toString(16)).toBeNull();
      expect(checkProofOfWork(hash(0n), bits, parameters)).toBe(false);
    }
    expect(allowedTarget(0x1d00ffff, parameters)).toBe(0xffffn << 208n);
    expect(allowedTarget(0x1d00ffff, { powLimit: 0xffffn << 208n })).toBe(0xffffn << 208n);
    expect(allowedTarget(0x1d00ffff, { powLimit: (0xffffn << 208n) - 1n })).toBeNull();
  });
});
