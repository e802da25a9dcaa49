/** White paper section 7: the Merkle tree over the transactions of a block. */
import { concatBytes, equalBytes } from '../encoding/bytes.ts';
import { hash256 } from '../encoding/hashes.ts';

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

/** The level above: neighbours are hashed together, an odd last one with itself. */
function levelAbove(level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let i = 0; i < level.length; i += 2) above.push(hashPair(level[i]!, level[i + 1] ?? level[i]!));
  return above;
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
