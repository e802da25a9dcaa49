/** White paper section 7: the Merkle tree over the transactions of a block. */
import { concatBytes, equalBytes } from '../encoding/bytes.ts';
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

/** Hashes of one level, one after the other; an odd last one is there twice. */
function flatLevel(hashes: readonly Uint8Array[]): Uint8Array {
  const level = new Uint8Array(32 * (hashes.length + (hashes.length % 2)));
  for (const [i, hash] of hashes.entries()) level.set(hash, 32 * i);
  if (hashes.length % 2 === 1) level.copyWithin(level.length - 32, level.length - 64, level.length - 32);
  return level;
}

const hashesOf = (level: Uint8Array): Uint8Array[] =>
  Array.from({ length: level.length / 32 }, (_, i) => level.slice(32 * i, 32 * (i + 1)));

/** The level above: neighbours are hashed together, an odd last one with itself. */
function levelAbove(level: readonly Uint8Array[]): Uint8Array[] {
  return hashesOf(hash256Pairs(flatLevel(level)));
}

/** @param hashes the leaves, 32 bytes each in internal order. */
export function merkleRoot(hashes: readonly Uint8Array[]): MerkleRoot {
  if (hashes.length === 0) return { root: new Uint8Array(32), mutated: false };
  let level = hashes;
  let mutated = false;
  while (level.length > 1) {
    for (let i = 0; i + 1 < level.length; i += 2) mutated ||= equalBytes(level[i]!, level[i + 1]!);
    level = levelAbove(level);
  }
  return { root: level[0]!, mutated };
}

/** The hashes beside the way from leaf `index` to the root, lowest first. */
export function merkleBranch(hashes: readonly Uint8Array[], index: number): Uint8Array[] {
  const branch: Uint8Array[] = [];
  let level = hashes;
  for (let at = index; level.length > 1; at >>>= 1) {
    branch.push(level[at ^ 1] ?? level[at]!);
    level = levelAbove(level);
  }
  return branch;
}
