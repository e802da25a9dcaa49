/** White paper section 7: the Merkle tree over the transactions of a block. */
import { concatBytes } from '../encoding/bytes.ts';
import { hash256, hash256Pairs } from '../encoding/hashes.ts';

const HASH_SIZE = 32;

interface MerkleRoot {
  /** 32 bytes, internal order; zeros for no leaves. */
  readonly root: Uint8Array;
  /**
   * CVE-2012-2459: somewhere two neighbours were equal, so a list of other transactions (with some
   * repeated at its end) has the same root.
   */
  readonly mutated: boolean;
}

/** Hash of an inner node. */
export function hashPair(left: Uint8Array, right: Uint8Array): Uint8Array {
  return hash256(concatBytes(left, right));
}

/** The leaves one after the other, as all levels are kept: an object for each hash would cost more than to hash. */
function flatten(hashes: readonly Uint8Array[]): Uint8Array {
  const level = new Uint8Array(HASH_SIZE * hashes.length);
  for (let i = 0; i < hashes.length; i++) level.set(hashes[i]!, HASH_SIZE * i);
  return level;
}

/** The level above: neighbours are hashed together, an odd last one with itself. */
function levelAbove(level: Uint8Array): Uint8Array {
  if ((level.length / HASH_SIZE) % 2 === 0) return hash256Pairs(level);
  const even = new Uint8Array(level.length + HASH_SIZE);
  even.set(level);
  even.copyWithin(level.length, level.length - HASH_SIZE, level.length);
  return hash256Pairs(even);
}

/** Are there neighbours that are equal? */
function hasTwins(level: Uint8Array): boolean {
  for (let at = 0; at + 2 * HASH_SIZE <= level.length; at += 2 * HASH_SIZE) {
    let i = at;
    while (i < at + HASH_SIZE && level[i] === level[i + HASH_SIZE]) i++;
    if (i === at + HASH_SIZE) return true;
  }
  return false;
}

/** @param hashes the leaves, 32 bytes each in internal order. */
export function merkleRoot(hashes: readonly Uint8Array[]): MerkleRoot {
  if (hashes.length === 0) return { root: new Uint8Array(32), mutated: false };
  let mutated = false;
  let level = flatten(hashes);
  for (; level.length > HASH_SIZE; level = levelAbove(level)) mutated ||= hasTwins(level);
  return { root: level, mutated };
}

/** The hashes beside the way from leaf `index` to the root, lowest first. */
export function merkleBranch(hashes: readonly Uint8Array[], index: number): Uint8Array[] {
  const branch: Uint8Array[] = [];
  let level = flatten(hashes);
  for (let at = index; level.length > HASH_SIZE; at >>>= 1) {
    const beside = Math.min((at ^ 1) * HASH_SIZE, level.length - HASH_SIZE);
    branch.push(level.slice(beside, beside + HASH_SIZE));
    level = levelAbove(level);
  }
  return branch;
}
