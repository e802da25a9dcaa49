import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex, utf8 } from '../../../src/core/encoding/bytes.ts';
import { referenceHashes } from '../../../src/core/encoding/hashes.ts';
import { SHORT_MESSAGE, shortSha256 } from '../../../src/core/encoding/short-sha256.ts';
import { nodeHashes } from '../../../src/platform/node/hashes.ts';

test('the short SHA-256 gives the standard answers', () => {
  expect(toHex(shortSha256(utf8('')))).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
  expect(toHex(shortSha256(utf8('abc')))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

test('the short SHA-256 equals the reference for every length it takes', () => {
  for (let length = 0; length <= SHORT_MESSAGE; length++) {
    const data = Uint8Array.from({ length }, (_, i) => 255 - i * 7);
    expect(toHex(shortSha256(data)), `${length}`).toBe(toHex(referenceHashes.sha256(data)));
  }
});

test("the platform's hashes equal the references at any length", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
      for (const name of ['sha256', 'hash256', 'ripemd160', 'sha1'] as const)
        expect(nodeHashes[name](data)).toEqual(referenceHashes[name](data));
    }),
  );
});
