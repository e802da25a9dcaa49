import { describe, expect, it } from 'vitest';
import { hashPair, merkleBranch, merkleRoot } from '../../../src/core/block/merkle.ts';
import {
  buildPartialMerkleTree,
  extractMatches,
  type PartialMerkleTree,
  readPartialMerkleTree,
  writePartialMerkleTree,
} from '../../../src/core/block/partial-merkle-tree.ts';
import { concatBytes, fromHex, toHex } from '../../../src/core/encoding/bytes.ts';
import { DecodeError } from '../../../src/core/encoding/errors.ts';
import { hash256 } from '../../../src/core/encoding/hashes.ts';
import { Reader } from '../../../src/core/encoding/reader.ts';
import { Writer } from '../../../src/core/encoding/writer.ts';

const leaf = (i: number): Uint8Array => new Uint8Array(32).fill(i + 1);
const leaves = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => leaf(i));

/** The definition, word by word. */
function slowRoot(level: readonly Uint8Array[]): Uint8Array {
  if (level.length === 1) return level[0]!;
  const above: Uint8Array[] = [];
  for (let i = 0; i < level.length; i += 2)
    above.push(hash256(concatBytes(level[i]!, level[Math.min(i + 1, level.length - 1)]!)));
  return slowRoot(above);
}

describe('a Merkle tree', () => {
  it('has a root', () => {
    expect(merkleRoot([])).toEqual({ root: new Uint8Array(32), mutated: false });
    for (let count = 1; count <= 20; count++)
      expect(merkleRoot(leaves(count))).toEqual({ root: slowRoot(leaves(count)), mutated: false });
  });

  it('shows where its list could be another one (CVE-2012-2459)', () => {
    const six = leaves(6);
    const eight = [...six, six[4]!, six[5]!];
    expect(merkleRoot(eight).root).toEqual(merkleRoot(six).root);
    expect(merkleRoot(eight).mutated).toBe(true);
    expect(merkleRoot([leaf(0), leaf(1), leaf(2), leaf(2)]).mutated).toBe(true);
    expect(merkleRoot([leaf(0), leaf(0), leaf(2), leaf(3)]).mutated).toBe(true);
    // Equal, but not neighbours of one pair.
    expect(merkleRoot([leaf(0), leaf(1), leaf(1), leaf(2)]).mutated).toBe(false);
    expect(merkleRoot([leaf(0), leaf(1), leaf(2), leaf(1)]).mutated).toBe(false);
  });

  it('has a branch for each leaf', () => {
    for (let count = 1; count <= 9; count++)
      for (let index = 0; index < count; index++) {
        let hash = leaf(index);
        let at = index;
        for (const beside of merkleBranch(leaves(count), index)) {
          hash = (at & 1) === 1 ? hashPair(beside, hash) : hashPair(hash, beside);
          at >>= 1;
        }
        expect(hash).toEqual(merkleRoot(leaves(count)).root);
      }
    expect(merkleBranch(leaves(1), 0)).toEqual([]);
    expect(merkleBranch(leaves(5), 0)).toHaveLength(3);
  });
});

describe('a partial Merkle tree', () => {
  const build = (count: number, ...shown: number[]): PartialMerkleTree =>
    buildPartialMerkleTree(
      leaves(count),
      leaves(count).map((_, i) => shown.includes(i)),
    );
  const encode = (tree: PartialMerkleTree): Uint8Array => {
    const writer = new Writer();
    writePartialMerkleTree(writer, tree);
    return writer.finish();
  };
  const again = (tree: PartialMerkleTree): PartialMerkleTree => {
    const reader = new Reader(encode(tree));
    const read = readPartialMerkleTree(reader);
    reader.finish();
    return read;
  };

  it('shows what it is to show, in trees of every size', () => {
    for (let count = 1; count <= 17; count++)
      for (const shown of [[], [0], [count - 1], [0, count - 1], leaves(count).map((_, i) => i)]) {
        const wanted = [...new Set(shown)];
        const { root, matches } = extractMatches(again(build(count, ...wanted)));
        expect(root).toEqual(merkleRoot(leaves(count)).root);
        expect(matches).toEqual(wanted.map((index) => ({ txid: leaf(index), index })));
      }
  });

  it('has no more than it needs', () => {
    const tree = build(7, 2);
    expect(tree.transactionCount).toBe(7);
    // Root, left, its two halves, the two leaves of the second; right.
    expect(tree.bits).toEqual([true, true, false, true, true, false, false]);
    expect(tree.hashes.map(toHex)).toEqual(
      [
        hashPair(leaf(0), leaf(1)),
        leaf(2),
        leaf(3),
        merkleRoot([leaf(4), leaf(5), leaf(6), leaf(6)]).root,
      ].map(toHex),
    );
    expect(toHex(encode(build(1, 0)))).toBe(`0100000001${toHex(leaf(0))}0101`);
    expect(toHex(encode(build(7, 2))).endsWith('011b')).toBe(true);
  });

  const refused = (tree: PartialMerkleTree, why: string): void => {
    expect(() => extractMatches(tree)).toThrow(DecodeError);
    expect(() => extractMatches(tree)).toThrow(why);
  };

  it('is refused with an impossible number of transactions', () => {
    refused({ ...build(7, 2), transactionCount: 0 }, 'impossible number');
    refused({ transactionCount: 16_667, hashes: [leaf(0)], bits: [false] }, 'impossible number');
    const most = extractMatches({ transactionCount: 16_666, hashes: [leaf(0)], bits: [false] });
    expect(most).toEqual({ root: leaf(0), matches: [] });
  });

  it('is refused with too few or too many parts', () => {
    const tree = build(7, 2);
    refused({ ...tree, hashes: leaves(8) }, 'too many hashes');
    refused({ ...tree, bits: tree.bits.slice(0, 3) }, 'too many hashes');
    refused({ ...tree, bits: tree.bits.slice(0, 6) }, 'too few bits');
    refused({ ...tree, hashes: tree.hashes.slice(0, 3) }, 'too few hashes');
    refused({ ...tree, hashes: [...tree.hashes, leaf(9)] }, 'unused parts');
    refused({ ...tree, bits: [...tree.bits, false, false] }, 'unused parts');
    // The byte is full with eight.
    expect(extractMatches({ ...tree, bits: [...tree.bits, false] }).matches).toHaveLength(1);
  });

  it('is refused with equal branches (CVE-2012-2459)', () => {
    const hashes = [leaf(0), leaf(0)];
    refused({ transactionCount: 2, hashes, bits: [true, true, true] }, 'equal branches');
    // An odd last one is hashed with itself: that is no branch.
    expect(extractMatches(build(3, 2)).matches).toHaveLength(1);
  });

  it('is read only as far as it is there', () => {
    const bytes = encode(build(7, 2));
    for (let length = 0; length < bytes.length; length++)
      expect(() => readPartialMerkleTree(new Reader(bytes.subarray(0, length)))).toThrow(DecodeError);
    expect(() => readPartialMerkleTree(new Reader(fromHex('01000000fe00000002')))).toThrow('end of data');
  });
});
