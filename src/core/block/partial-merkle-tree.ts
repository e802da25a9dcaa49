/**
 * BIP37's partial Merkle tree: shows that some transactions are in a block. The body of a `merkleblock`
 * message, and of `gettxoutproof`, after the header.
 */
import { equalBytes } from '../encoding/bytes.ts';
import { DecodeError } from '../encoding/errors.ts';
import type { Reader } from '../encoding/reader.ts';
import type { Writer } from '../encoding/writer.ts';
import { hashPair } from './merkle.ts';

/** No block has more transactions: 4,000,000 weight units at 4 * 60 each. */
const MAX_TRANSACTIONS = 16_666;

export interface PartialMerkleTree {
  /** Transactions in the block. */
  readonly transactionCount: number;
  /** In depth-first order; internal byte order. */
  readonly hashes: readonly Uint8Array[];
  /** For each node that was visited: is it, or is there below it, a transaction that is shown? */
  readonly bits: readonly boolean[];
}

/** What a tree shows. */
interface MerkleMatches {
  readonly root: Uint8Array;
  readonly matches: readonly { readonly txid: Uint8Array; readonly index: number }[];
}

const widthAt = (transactionCount: number, height: number): number =>
  Math.ceil(transactionCount / 2 ** height);

function heightOf(transactionCount: number): number {
  let height = 0;
  while (widthAt(transactionCount, height) > 1) height++;
  return height;
}

/** @param shown for each txid of the block, whether the tree is to show it. */
export function buildPartialMerkleTree(
  txids: readonly Uint8Array[],
  shown: readonly boolean[],
): PartialMerkleTree {
  const top = heightOf(txids.length);
  const levels = [txids];
  for (let height = 0; height < top; height++) {
    const level = levels[height]!;
    const width = widthAt(txids.length, height + 1);
    levels.push(
      Array.from({ length: width }, (_, i) => hashPair(level[2 * i]!, level[2 * i + 1] ?? level[2 * i]!)),
    );
  }
  const hashes: Uint8Array[] = [];
  const bits: boolean[] = [];
  const visit = (height: number, at: number): void => {
    const isParent = shown.slice(at * 2 ** height, (at + 1) * 2 ** height).includes(true);
    bits.push(isParent);
    if (height === 0 || !isParent) {
      hashes.push(levels[height]![at]!);
      return;
    }
    visit(height - 1, 2 * at);
    if (2 * at + 1 < widthAt(txids.length, height - 1)) visit(height - 1, 2 * at + 1);
  };
  visit(top, 0);
  return { transactionCount: txids.length, hashes, bits };
}

/**
 * Walks a tree from outside. That the root is a block's, and that the block has this many transactions, is
 * for the caller to check.
 * @throws DecodeError if it is no proof of anything.
 */
export function extractMatches({ transactionCount, hashes, bits }: PartialMerkleTree): MerkleMatches {
  if (transactionCount === 0 || transactionCount > MAX_TRANSACTIONS)
    throw new DecodeError('partial Merkle tree of an impossible number of transactions');
  // Each node has a bit, and only some have a hash.
  if (hashes.length > transactionCount || bits.length < hashes.length)
    throw new DecodeError('partial Merkle tree with too many hashes');
  let usedBits = 0;
  let usedHashes = 0;
  const matches: { txid: Uint8Array; index: number }[] = [];
  const visit = (height: number, at: number): Uint8Array => {
    if (usedBits >= bits.length) throw new DecodeError('partial Merkle tree has too few bits');
    const isParent = bits[usedBits++]!;
    if (height === 0 || !isParent) {
      const hash = hashes[usedHashes++];
      if (hash === undefined) throw new DecodeError('partial Merkle tree has too few hashes');
      if (height === 0 && isParent) matches.push({ txid: hash, index: at });
      return hash;
    }
    const left = visit(height - 1, 2 * at);
    if (2 * at + 1 >= widthAt(transactionCount, height - 1)) return hashPair(left, left);
    const right = visit(height - 1, 2 * at + 1);
    // CVE-2012-2459: two branches cannot be equal, for no two transactions are.
    if (equalBytes(left, right)) throw new DecodeError('partial Merkle tree with equal branches');
    return hashPair(left, right);
  };
  const root = visit(heightOf(transactionCount), 0);
  // Nothing may be left over but the bits that fill the last byte.
  if (Math.ceil(usedBits / 8) !== Math.ceil(bits.length / 8) || usedHashes !== hashes.length)
    throw new DecodeError('partial Merkle tree with unused parts');
  return { root, matches };
}

/** What it proves to be in a block; null where it does not lead to the root. */
export function provedBy(tree: PartialMerkleTree, merkleRoot: Uint8Array): MerkleMatches['matches'] | null {
  try {
    const { root, matches } = extractMatches(tree);
    return equalBytes(root, merkleRoot) ? matches : null;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

export function writePartialMerkleTree(writer: Writer, tree: PartialMerkleTree): void {
  writer.uint32(tree.transactionCount).compactSize(tree.hashes.length);
  for (const hash of tree.hashes) writer.bytes(hash);
  const packed = new Uint8Array(Math.ceil(tree.bits.length / 8));
  tree.bits.forEach((bit, i) => {
    if (bit) packed[i >> 3]! |= 1 << (i & 7);
  });
  writer.varBytes(packed);
}

/** @throws DecodeError */
export function readPartialMerkleTree(reader: Reader): PartialMerkleTree {
  const transactionCount = reader.uint32();
  const hashes = Array.from({ length: reader.count(32) }, () => reader.view(32));
  const packed = reader.varBytes();
  const bits = Array.from({ length: 8 * packed.length }, (_, i) => ((packed[i >> 3]! >> (i & 7)) & 1) === 1);
  return { transactionCount, hashes, bits };
}
