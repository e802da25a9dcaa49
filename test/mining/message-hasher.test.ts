import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex, utf8 } from '../../src/core/encoding/bytes.ts';
import { referenceHashes } from '../../src/core/encoding/hashes.ts';
import { DigestHasher } from '../../src/mining/kernel/digest-hasher.ts';
import { MEDIUM_MESSAGE, MessageHasher } from '../../src/mining/kernel/message-hasher.ts';

const hasher = MessageHasher.create()!;
const digestHasher = DigestHasher.create()!;

test('SHA-256 gives the standard answers', () => {
  expect(toHex(hasher.sha256(utf8('')))).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
  expect(toHex(hasher.sha256(utf8('abc')))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

test('SHA-256, once and twice, is that of the reference for every length', () => {
  // Long before short: what the last message left in memory must not show.
  for (let length = MEDIUM_MESSAGE; length >= 0; length--) {
    const data = Uint8Array.from({ length }, (_, i) => 255 - i * 7 + length);
    expect(toHex(hasher.sha256(data)), `${length}`).toBe(toHex(referenceHashes.sha256(data)));
    expect(toHex(hasher.hash256(data)), `${length}`).toBe(toHex(referenceHashes.hash256(data)));
  }
});

test('RIPEMD-160 of a digest is that of the reference', () => {
  expect(toHex(digestHasher.ripemd160(new Uint8Array(32)))).toBe('d1a70126ff7a149ca6f9b638db084480440ff842');
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (digest) => {
      expect(digestHasher.ripemd160(digest)).toEqual(referenceHashes.ripemd160(digest));
    }),
  );
});

test('results are kept when the next message is hashed', () => {
  const first = hasher.hash256(Uint8Array.of(1));
  const kept = first.slice();
  const digest = digestHasher.ripemd160(first);
  const keptDigest = digest.slice();
  hasher.hash256(Uint8Array.of(2));
  digestHasher.ripemd160(kept.fill(9));
  expect(toHex(first)).toBe(toHex(referenceHashes.hash256(Uint8Array.of(1))));
  expect(digest).toEqual(keptDigest);
});
