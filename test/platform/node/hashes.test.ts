import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bindHex, referenceHex, toDisplayHex } from '../../../src/core/encoding/bytes.ts';
import {
  bindHashes,
  hash256Each,
  hash256Pairs,
  inOnePiece,
  referenceHashes,
} from '../../../src/core/encoding/hashes.ts';
import { bindFastHashes, nodeHashes, nodeHex } from '../../../src/platform/node/hashes.ts';

test('hashes and hex are those of the references', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 900 }), fc.nat(20), (bytes, start) => {
      const data = bytes.subarray(Math.min(start, bytes.length));
      const hex = nodeHex.encode(data);
      expect(hex).toBe(referenceHex.encode(data));
      expect(nodeHex.decode(hex)).toEqual(data);
      expect(nodeHex.decode(hex.toUpperCase())).toEqual(data);
      for (const name of ['sha256', 'hash256', 'ripemd160', 'sha1'] as const)
        expect(nodeHashes[name](data)).toEqual(referenceHashes[name](data));
    }),
  );
});

test('hex that is none is known wherever it goes wrong', () => {
  const hex = 'a0'.repeat(400);
  for (const wrong of ['g', ' ', 'é', '\u0161', '😀', ''])
    for (const at of [0, 1, 255, 256, 511, 798, 799]) {
      const text = hex.slice(0, at) + wrong + hex.slice(at + 1);
      expect(nodeHex.decode(text)).toBeNull();
      expect(referenceHex.decode(text)).toBeNull();
    }
});

test('batches, bound once there are many, are those of the reference', () => {
  bindFastHashes();
  try {
    const messages = Array.from({ length: 200 }, (_, i) => new Uint8Array(60 + (i % 70)).fill(i));
    const nodes = new Uint8Array(64 * 100).map((_, i) => i);
    // Before there is a hasher of batches, and with it.
    for (const more of [1 << 16, 0]) {
      for (const some of [messages, messages.slice(0, 3)].map(inOnePiece))
        expect(hash256Each(some)).toEqual(referenceHashes.hash256Each(some));
      expect(hash256Pairs(nodes)).toEqual(referenceHashes.hash256Pairs(nodes));
      hash256Pairs(new Uint8Array(64 * more));
    }
  } finally {
    bindHashes(referenceHashes);
    bindHex(referenceHex);
  }
});

test('display order leaves the bytes as they are', () => {
  const bytes = Buffer.from([1, 2, 3]);
  expect(toDisplayHex(bytes)).toBe('030201');
  expect([...bytes]).toEqual([1, 2, 3]);
});
