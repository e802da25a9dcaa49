import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, fromHex } from '../../../src/core/encoding/bytes.ts';
import { isValidPublicKey } from '../../../src/core/script/signing.ts';
import { isValidXOnlyKey } from '../../../src/core/script/x-only-key.ts';

test('an x is valid exactly where a compressed key of it is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(31), (bytes, zeros) => {
      const x = bytes.map((byte, i) => (i < zeros ? 0 : byte));
      expect(isValidXOnlyKey(x)).toBe(isValidPublicKey(concatBytes(Uint8Array.of(2), x)));
    }),
    { numRuns: 300 },
  );
});

test('the edges of the field', () => {
  const valid = (hex: string) => isValidXOnlyKey(fromHex(hex));
  expect(valid('79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798')).toBe(true);
  expect(valid('00'.repeat(32))).toBe(false);
  expect(valid('ff'.repeat(32))).toBe(false);
  expect(valid('fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f')).toBe(false);
  expect(valid('fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc30')).toBe(false);
  expect(valid('79be667e')).toBe(false);
});
