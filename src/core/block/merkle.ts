/** White paper section 7: the Merkle tree over the transactions of a block. */
import { concatBytes } from '../encoding/bytes.ts';
import { hash256, hash256Pairs } from '../encoding/hashes.ts';

export interface MerkleRoot {
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

/** The leaves one after the other. Levels stay so: an object for each hash took longer than to hash it. */
function flatten(hashes: readonly Uint8Array[]): Uint8Array {
  const level = new Uint8Array(32 * hashes.length);
  for (let i = 0; i < hashes.length; i++) level.set(hashes[i]!, 32 * i);
  return level;
}

/** The level above: neighbours are hashed together, an odd last one with itself. */
function levelAbove(level: Uint8Array): Uint8Array {
  if (level.length % 64 === 0) return hash256Pairs(level);
  return hash256Pairs(concatBytes(level, level.subarray(-32)));
}

function hasEqualNeighbours(level: Uint8Array): boolean {
  for (let at = 0; at + 64 <= level.length; at += 64) {
    let i = at;
    while (i < at + 32 && level[i] === level[i + 32]) i++;
    if (i === at + 32) return true;
  }
  return false;
}

/** @param hashes the leaves, 32 bytes each in internal order. */
export function merkleRoot(hashes: readonly Uint8Array[]): MerkleRoot {
  if (hashes.length === 0) return { root: new Uint8Array(32), mutated: false };
  let mutated = false;
  let level = flatten(hashes);
  while (level.length > 32) {
    mutated ||= hasEqualNeighbours(level);
    level = levelAbove(level);
  }
  return { root: level, mutated };
}

/** The hashes beside the way from leaf `index` to the root, lowest first. */
export function merkleBranch(hashes: readonly Uint8Array[], index: number): Uint8Array[] {
  const branch: Uint8Array[] = [];
  let level = flatten(hashes);
  for (let at = index; level.length > 32; at >>>= 1) {
    const beside = 32 * (at ^ 1) < level.length ? at ^ 1 : at;
    branch.push(level.slice(32 * beside, 32 * beside + 32));
    level = levelAbove(level);
  }
  return branch;
}
