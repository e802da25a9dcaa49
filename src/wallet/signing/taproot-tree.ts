/** BIP341 script trees as descriptors and PSBTs write them: leaves in depth-first order, with their depths. */
import { compareBytes, EMPTY } from '../../core/encoding/bytes.ts';
import { taprootOutputKey } from '../../core/script/signing.ts';
import { controlBlock, hashTapTree, type TapTree } from '../../core/script/taproot.ts';

export const MAX_TAPROOT_DEPTH = 128;

export interface TreeLeafScript {
  readonly depth: number;
  readonly script: Uint8Array;
  readonly leafVersion: number;
}

export interface SpendableLeaf {
  readonly script: Uint8Array;
  readonly leafVersion: number;
  readonly controlBlocks: readonly Uint8Array[];
}

export interface TaprootTree {
  /** 32 bytes */
  readonly internalKey: Uint8Array;
  /** 32 bytes, or empty without scripts. */
  readonly merkleRoot: Uint8Array;
  /** 32 bytes */
  readonly outputKey: Uint8Array;
  readonly leaves: readonly SpendableLeaf[];
  /** As it was built; empty where only single leaves are known. */
  readonly tree: readonly TreeLeafScript[];
}

/** The tree that leaves of these depths make, in this order; null if there is none. */
export function joinLeaves(leaves: readonly TreeLeafScript[]): TapTree | null {
  const stack: { depth: number; tree: TapTree }[] = [];
  for (const { depth, script, leafVersion } of leaves) {
    let current: { depth: number; tree: TapTree } = { depth, tree: { script, leafVersion } };
    while (current.depth > 0 && stack.at(-1)?.depth === current.depth)
      current = { depth: current.depth - 1, tree: [stack.pop()!.tree, current.tree] };
    // What is open and deeper than this can never be joined any more.
    if (stack.length > 0 && stack.at(-1)!.depth >= current.depth) return null;
    stack.push(current);
  }
  return stack.length === 1 && stack[0]!.depth === 0 ? stack[0]!.tree : null;
}

/** @param internalKey 32 bytes. @returns null if it is no key, or the leaves make no tree */
export function buildTaprootTree(
  internalKey: Uint8Array,
  tree: readonly TreeLeafScript[],
): TaprootTree | null {
  const joined = joinLeaves(tree);
  if (joined === null && tree.length > 0) return null;
  const hashed = joined === null ? { root: EMPTY, leaves: [] } : hashTapTree(joined);
  const output = taprootOutputKey(internalKey, hashed.root);
  if (output === null) return null;
  const leaves = hashed.leaves.map((leaf) => ({
    ...leaf,
    controlBlocks: [controlBlock(internalKey, output.parity, leaf)],
  }));
  return { internalKey, merkleRoot: hashed.root, outputKey: output.x, leaves, tree };
}

/** Shorter first, then by bytes: the order in which control blocks are tried and written. */
export function compareControlBlocks(a: Uint8Array, b: Uint8Array): number {
  return a.length - b.length || compareBytes(a, b);
}
