import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../src/core/encoding/bytes.ts';
import {
  bindHashes,
  hash160,
  hash256,
  hash256Each,
  hash256Pairs,
  inOnePiece,
  referenceHashes,
  ripemd160,
  sha1,
  sha256,
  taggedHash,
} from '../../../src/core/encoding/hashes.ts';
import { MuHash } from '../../../src/core/encoding/muhash.ts';
import { siphash24 } from '../../../src/core/encoding/siphash.ts';

describe('hashes', () => {
  afterEach(() => bindHashes(referenceHashes));
  const data = utf8('penny');
  const node = (name: string, bytes: Uint8Array): string => createHash(name).update(bytes).digest('hex');

  it("are the machine's", () => {
    expect(toHex(sha256(data))).toBe(node('sha256', data));
    expect(toHex(hash256(data))).toBe(node('sha256', sha256(data)));
    expect(toHex(ripemd160(data))).toBe(node('ripemd160', data));
    expect(toHex(sha1(data))).toBe(node('sha1', data));
    expect(toHex(hash160(data))).toBe(node('ripemd160', sha256(data)));
  });

  it('are bound by the platform', () => {
    const fixed = Uint8Array.of(9);
    const one = () => fixed;
    const many = { hash256Each: one, hash256Pairs: one };
    bindHashes({ sha256: one, hash256: one, ripemd160: one, sha1: one, ...many });
    for (const hash of [sha256, hash256, ripemd160, sha1, hash160, hash256Pairs])
      expect(hash(data)).toBe(fixed);
    expect(hash256Each(inOnePiece([data]))).toBe(fixed);
  });

  it('are tagged as in BIP340, each tag by itself', () => {
    const expected = (tag: string): string => {
      const once = sha256(utf8(tag));
      return node('sha256', Uint8Array.from([...once, ...once, 1, 2, 3]));
    };
    for (const tag of ['TapLeaf', 'TapTweak', 'TapLeaf'])
      expect(toHex(taggedHash(tag, Uint8Array.of(1, 2), Uint8Array.of(3)))).toBe(expected(tag));
  });
});

describe('SipHash-2-4', () => {
  const [k0, k1] = [0x0706050403020100n, 0x0f0e0d0c0b0a0908n];
  const count = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

  // From the paper's reference implementation.
  it.each([
    [0, 0x726fdb47dd0e0e31n],
    [1, 0x74f839c593dc67fdn],
    [7, 0xab0200f58b01d137n],
    [8, 0x93f5f5799a932462n],
    [15, 0xa129ca6149be45e5n],
    [16, 0x3f2acc7f57c29bdbn],
    [32, 0x7127512f72f27ccen],
    [63, 0x958a324ceb064572n],
  ])('of %i bytes', (length, expected) => {
    expect(siphash24(k0, k1, count(length))).toBe(expected);
  });

  it('agrees with itself in 64-bit numbers', () => {
    const mask = (1n << 64n) - 1n;
    const slow = (a: bigint, b: bigint, data: Uint8Array): bigint => {
      let [v0, v1, v2, v3] = [
        a ^ 0x736f6d6570736575n,
        b ^ 0x646f72616e646f6dn,
        a ^ 0x6c7967656e657261n,
        b ^ 0x7465646279746573n,
      ];
      const turn = (x: bigint, n: bigint): bigint => ((x << n) | (x >> (64n - n))) & mask;
      const round = (): void => {
        v0 = (v0 + v1) & mask;
        v1 = turn(v1, 13n) ^ v0;
        v0 = turn(v0, 32n);
        v2 = (v2 + v3) & mask;
        v3 = turn(v3, 16n) ^ v2;
        v0 = (v0 + v3) & mask;
        v3 = turn(v3, 21n) ^ v0;
        v2 = (v2 + v1) & mask;
        v1 = turn(v1, 17n) ^ v2;
        v2 = turn(v2, 32n);
      };
      const padded = new Uint8Array(Math.ceil((data.length + 1) / 8) * 8);
      padded.set(data);
      padded[padded.length - 1] = data.length;
      const view = new DataView(padded.buffer);
      for (let at = 0; at < padded.length; at += 8) {
        const word = view.getBigUint64(at, true);
        v3 ^= word;
        round();
        round();
        v0 ^= word;
      }
      v2 ^= 0xffn;
      for (let i = 0; i < 4; i++) round();
      return v0 ^ v1 ^ v2 ^ v3;
    };
    for (let i = 0; i < 300; i++) {
      const seed = createHash('sha512').update(`${i}`).digest();
      const [a, b] = [seed.readBigUInt64LE(0), seed.readBigUInt64LE(8)];
      const data = new Uint8Array(Buffer.concat([seed, seed, seed, seed, seed]).subarray(0, i));
      expect(siphash24(a, b, data)).toBe(slow(a, b, data));
    }
  });
});

describe('MuHash3072', () => {
  const element = (i: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? i : 0));
  const digest = (set: MuHash): string => toHex(set.digest().reverse());

  it("is Core's", () => {
    const set = new MuHash().add(element(0)).add(element(1)).remove(element(2));
    expect(digest(set)).toBe('10d312b100cbd32ada024a6646e40d3482fcff103668d2625f10002a607d5863');
  });

  it('depends on the set only, not on the way to it', () => {
    const one = new MuHash().add(element(1)).add(element(2)).add(element(3)).remove(element(2));
    const other = new MuHash().add(element(3)).add(element(1));
    expect(digest(one)).toBe(digest(other));
    expect(digest(one)).not.toBe(digest(new MuHash().add(element(3))));
    expect(digest(new MuHash().remove(element(5)).add(element(5)))).toBe(digest(new MuHash()));
    // Asking does not change it.
    expect(digest(one)).toBe(digest(other));
  });

  it('is kept and gone on with', () => {
    const set = new MuHash().add(element(7)).remove(element(8));
    const bytes = set.encode();
    expect(bytes).toHaveLength(768);
    const again = MuHash.from(bytes);
    expect(digest(again)).toBe(digest(set));
    expect(digest(again.add(element(8)))).toBe(digest(new MuHash().add(element(7))));
  });

  it('of nothing is the hash of one', () => {
    const one = new Uint8Array(384);
    one[0] = 1;
    expect(new MuHash().digest()).toEqual(sha256(one));
    expect(fromHex(digest(new MuHash()))).toHaveLength(32);
  });
});
