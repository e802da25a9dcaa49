/** BIP341: trees of scripts, their hashes, control blocks and tweaks. */
import { compareBytes, concatBytes, EMPTY } from '../encoding/bytes.ts';
import { taggedHash } from '../encoding/hashes.ts';
import { Writer } from '../encoding/writer.ts';

/** Leaf version of BIP342's tapscript. */
export const TAPSCRIPT_LEAF = 0xc0;
/** First byte of the last witness item that makes it an annex. */
export const ANNEX_TAG = 0x50;
/** The low bit of a control block's first byte is the parity of the output key. */
export const LEAF_VERSION_MASK = 0xfe;

const CONTROL_BASE_SIZE = 33;
const CONTROL_NODE_SIZE = 32;
const CONTROL_MAX_NODES = 128;

export function tapLeafHash(leafVersion: number, script: Uint8Array): Uint8Array {
  const leaf = new Writer(script.length + 8).uint8(leafVersion).varBytes(script).finish();
  return taggedHash('TapLeaf', leaf);
}

/** The children are sorted, so that a path need not tell left from right. */
function tapBranchHash(a: Uint8Array, b: Uint8Array): Uint8Array {
  return compareBytes(a, b) < 0 ? taggedHash('TapBranch', a, b) : taggedHash('TapBranch', b, a);
}

export function hasControlBlockSize(control: Uint8Array): boolean {
  const path = control.length - CONTROL_BASE_SIZE;
  return path >= 0 && path <= CONTROL_NODE_SIZE * CONTROL_MAX_NODES && path % CONTROL_NODE_SIZE === 0;
}

interface ControlBlock {
  readonly leafVersion: number;
  readonly parity: 0 | 1;
  /** 32 bytes */
  readonly internalX: Uint8Array;
  /** Merkle path from the leaf up, 32 bytes a node. */
  readonly path: Uint8Array;
}

/** @param control of a size that hasControlBlockSize accepts */
export function parseControlBlock(control: Uint8Array): ControlBlock {
  const first = control[0]!;
  return {
    leafVersion: first & LEAF_VERSION_MASK,
    parity: (first & 1) as 0 | 1,
    internalX: control.subarray(1, CONTROL_BASE_SIZE),
    path: control.subarray(CONTROL_BASE_SIZE),
  };
}

/** The root that a leaf and its Merkle path (32 bytes a node) lead to. */
export function merkleRootOf(leafHash: Uint8Array, path: Uint8Array): Uint8Array {
  let node = leafHash;
  for (let at = 0; at < path.length; at += CONTROL_NODE_SIZE)
    node = tapBranchHash(node, path.subarray(at, at + CONTROL_NODE_SIZE));
  return node;
}

interface TapLeaf {
  readonly leafVersion: number;
  readonly script: Uint8Array;
}

/** A leaf, or two trees. */
export type TapTree = TapLeaf | readonly [TapTree, TapTree];

export interface TapLeafPlace extends TapLeaf {
  readonly hash: Uint8Array;
  /** Merkle path from the leaf up, 32 bytes a node. */
  readonly path: Uint8Array;
}

/** Root and leaves (in the order of the tree) with their Merkle paths. */
export function hashTapTree(tree: TapTree): { root: Uint8Array; leaves: readonly TapLeafPlace[] } {
  if (!isBranch(tree)) {
    const hash = tapLeafHash(tree.leafVersion, tree.script);
    return { root: hash, leaves: [{ ...tree, hash, path: EMPTY }] };
  }
  const left = hashTapTree(tree[0]);
  const right = hashTapTree(tree[1]);
  const below = (leaf: TapLeafPlace, sibling: Uint8Array) => ({
    ...leaf,
    path: concatBytes(leaf.path, sibling),
  });
  return {
    root: tapBranchHash(left.root, right.root),
    leaves: [
      ...left.leaves.map((leaf) => below(leaf, right.root)),
      ...right.leaves.map((leaf) => below(leaf, left.root)),
    ],
  };
}

function isBranch(tree: TapTree): tree is readonly [TapTree, TapTree] {
  return Array.isArray(tree);
}

/** BIP341's tweak of an internal key; the Merkle root is empty for a key without scripts (BIP86). */
export function taprootTweak(internalX: Uint8Array, merkleRoot: Uint8Array = EMPTY): Uint8Array {
  return taggedHash('TapTweak', internalX, merkleRoot);
}

export function controlBlock(internalX: Uint8Array, parity: 0 | 1, leaf: TapLeafPlace): Uint8Array {
  return concatBytes(Uint8Array.of(leaf.leafVersion | parity), internalX, leaf.path);
}
