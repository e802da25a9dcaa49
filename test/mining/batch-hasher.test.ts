import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes } from '../../src/core/encoding/bytes.ts';
import { hash256, inOnePiece, referenceHashes } from '../../src/core/encoding/hashes.ts';
import { BatchHasher } from '../../src/mining/kernel/batch-hasher.ts';

const hasher = BatchHasher.create()!;

function expectHashes(messages: readonly Uint8Array[]): void {
  const piece = inOnePiece(messages);
  expect(hasher.hashEach(piece, hash256)).toEqual(concatBytes(...messages.map(hash256)));
  expect(referenceHashes.hash256Each(piece)).toEqual(concatBytes(...messages.map(hash256)));
}

test('hashes messages of every length as the reference does, in order', () => {
  const messages = Array.from({ length: 300 }, (_, i) => new Uint8Array(i).map((_, j) => i * 31 + j * 7));
  const shuffled = [...messages.keys()]
    .sort((a, b) => ((a * 7919) % 300) - ((b * 7919) % 300))
    .map((i) => messages[i]!);
  expectHashes(shuffled);
});

test('hashes what is too long for its memory by the plain hash', () => {
  const messages = [16_000, 17_000, 100_000, 5].map((length) => new Uint8Array(length).fill(length));
  expectHashes(messages);
});

test('agrees with the reference on random batches, whatever was hashed before', () => {
  const batch = fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 12 });
  fc.assert(fc.property(batch, expectHashes));
  const node = fc.uint8Array({ minLength: 64, maxLength: 64 });
  fc.assert(
    fc.property(fc.array(node, { maxLength: 9 }), (nodes) => {
      const flat = concatBytes(...nodes);
      expect(hasher.hashPairs(flat)).toEqual(referenceHashes.hash256Pairs(flat));
    }),
  );
});
