import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BlockHeader } from '../../src/core/block/header.ts';
import { targetFromBits } from '../../src/core/block/target.ts';
import { genesisBlock } from '../../src/core/consensus/genesis.ts';
import { fromHex } from '../../src/core/encoding/bytes.ts';
import { MAIN, REGTEST } from '../../src/core/parameters/presets.ts';
import { signed } from '../../src/mining/kernel/assembler.ts';
import { NonceKernel } from '../../src/mining/kernel/nonce-kernel.ts';
import { searchPlainly } from '../../src/mining/thread-searcher.ts';

/** Headers of mainnet blocks 1, 125552 and 481824. */
const REAL = [
  '010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299',
  '0100000081cd02ab7e569e8bcd9317e2fe99f2de44d49ab2b8851ba4a308000000000000e320b6c2fffc8d750423db8b1eb942ae710e951ed797f7affc8892b0f1fc122bc7f5d74df2b9441a42a14695',
].map((hex) => BlockHeader.decode(fromHex(hex)));

const kernels = [true, false].map((simd) => NonceKernel.create(simd)!);

describe.each(kernels.map((kernel) => [kernel.lanes, kernel] as const))(
  'the kernel of %i lanes',
  (_, kernel) => {
    test.each([genesisBlock(MAIN).header, genesisBlock(REGTEST).header, ...REAL])(
      'finds what was found on %#',
      (header) => {
        const { target } = targetFromBits(header.bits);
        const from = Math.max(0, header.nonce - 5_001);
        expect(kernel.search(header.bytes, target, from, 1 << 14)).toBe(
          searchPlainly(header.bytes, target, from, 5_002),
        );
        expect(kernel.search(header.bytes, target, header.nonce, 4)).toBe(header.nonce);
      },
    );

    test('agrees with the plain hash on random headers and targets, to the nonce', () => {
      const header = fc.uint8Array({ minLength: 80, maxLength: 80 });
      const bits = fc.integer({ min: 244, max: 256 });
      const from = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 0xffffffff, 0xfffffffe, 0x7fffffff));
      fc.assert(
        fc.property(header, bits, fc.bigInt(0n, 1n << 244n), from, (bytes, exponent, low, start) => {
          const target = (1n << BigInt(exponent)) - 1n - low;
          expect(kernel.search(bytes, target, start, 400)).toBe(searchPlainly(bytes, target, start, 400));
        }),
        { numRuns: 60 },
      );
    });

    test('goes on after a hash whose first bits are right and whose others are not', () => {
      const bytes = genesisBlock(REGTEST).header.bytes;
      const easy = searchPlainly(bytes, 1n << 254n, 0, 100)!;
      const next = searchPlainly(bytes, 1n << 254n, easy + 1, 100)!;
      // A target whose top 32 bits the first hash meets exactly, and just misses.
      const trial = BlockHeader.from({ ...genesisBlock(REGTEST).header, nonce: easy });
      const hash = BigInt(`0x${trial.hash}`);
      expect(kernel.search(bytes, hash, 0, 400)).toBe(searchPlainly(bytes, hash, 0, 400));
      expect(kernel.search(bytes, hash - 1n, easy, 4)).toBe(searchPlainly(bytes, hash - 1n, easy, 4));
      expect(next).toBeGreaterThan(easy);
    });

    test('finds nothing where there is nothing', () => {
      expect(kernel.search(genesisBlock(MAIN).header.bytes, 0n, 0, 1 << 14)).toBeNull();
    });
  },
);

test('LEB128', () => {
  const cases: [number, number[]][] = [
    [0, [0]],
    [63, [63]],
    [64, [0xc0, 0]],
    [-1, [0x7f]],
    [-64, [0x40]],
    [-65, [0xbf, 0x7f]],
  ];
  for (const [value, bytes] of cases) expect(signed(value)).toEqual(bytes);
  expect(signed(0x80000000)).toEqual([0x80, 0x80, 0x80, 0x80, 0x78]);
});
