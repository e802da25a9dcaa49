/** BIP152: makes compact blocks, and puts blocks together from them and what the mempool has. No I/O. */
import { Block } from '../core/block/block.ts';
import type { BlockHeader } from '../core/block/header.ts';
import { merkleRoot } from '../core/block/merkle.ts';
import { equalBytes } from '../core/encoding/bytes.ts';
import { sha256 } from '../core/encoding/hashes.ts';
import { Reader } from '../core/encoding/reader.ts';
import { siphash24 } from '../core/encoding/siphash.ts';
import { Writer } from '../core/encoding/writer.ts';
import type { Transaction } from '../core/transaction/transaction.ts';
import type { CompactBlock } from './messages/compact-blocks.ts';

const SHORT_ID_MASK = 0xffffffffffffn;
/** Transactions that fit into a block at most (Core: 4,000,000 weight units of 60 bytes each). */
const MAXIMUM_TRANSACTIONS = Math.floor(4_000_000 / (4 * 60));

/** The function from wtxid (32 bytes, internal order) to short id for one compact block. */
function shortIdFunction(header: BlockHeader, nonce: bigint): (wtxid: Uint8Array) => number {
  const keys = new Reader(sha256(new Writer().bytes(header.bytes).uint64(nonce).finish()));
  const k0 = keys.uint64();
  const k1 = keys.uint64();
  return (wtxid) => Number(siphash24(k0, k1, wtxid) & SHORT_ID_MASK);
}

/** @param prefilled indexes sent in full: by default the coinbase, for nobody has that */
export function compactBlockOf(
  block: Block,
  nonce: bigint,
  prefilled: readonly number[] = [0],
): CompactBlock {
  const shortId = shortIdFunction(block.header, nonce);
  const others = block.transactions.filter((_, index) => !prefilled.includes(index));
  return {
    header: block.header,
    nonce,
    shortIds: others.map((transaction) => shortId(transaction.wtxidBytes)),
    prefilled: prefilled.map((index) => ({ index, transaction: block.transactions[index]! })),
  };
}

/** `invalid`: no honest peer sends it. `collision`: honest, but it cannot be used; ask for the block. */
type PartialResult = PartialBlock | 'invalid' | 'collision';

/** A block with some transactions still missing. */
export class PartialBlock {
  readonly header: BlockHeader;
  readonly #slots: (Transaction | undefined)[];

  private constructor(header: BlockHeader, slots: (Transaction | undefined)[]) {
    this.header = header;
    this.#slots = slots;
  }

  /** @param candidates transactions that the block may contain: the mempool's and others of late */
  static from(compact: CompactBlock, candidates: Iterable<Transaction>): PartialResult {
    const count = compact.shortIds.length + compact.prefilled.length;
    if (count === 0 || count > MAXIMUM_TRANSACTIONS) return 'invalid';
    const slots = new Array<Transaction | undefined>(count).fill(undefined);
    for (const { index, transaction } of compact.prefilled) {
      if (index >= count) return 'invalid';
      slots[index] = transaction;
    }
    const wanted = new Map<number, number>();
    let next = 0;
    for (const id of compact.shortIds) {
      while (slots[next] !== undefined) next++;
      if (wanted.has(id)) return 'collision';
      wanted.set(id, next++);
    }
    fill(slots, wanted, shortIdFunction(compact.header, compact.nonce), candidates);
    return new PartialBlock(compact.header, slots);
  }

  /** Indexes of the transactions to ask for. */
  get missing(): number[] {
    return this.#slots.flatMap((transaction, index) => (transaction === undefined ? [index] : []));
  }

  /**
   * The whole block, given the missing transactions in order. `invalid`: they are too few or too many.
   * `collision`: the Merkle root differs, so a short id matched a wrong transaction, or the peer lies.
   */
  complete(transactions: readonly Transaction[]): Block | 'invalid' | 'collision' {
    const missing = this.missing;
    if (transactions.length !== missing.length) return 'invalid';
    const all = [...this.#slots];
    for (const [i, index] of missing.entries()) all[index] = transactions[i];
    const whole = all as Transaction[];
    const { root } = merkleRoot(whole.map((transaction) => transaction.txidBytes));
    return equalBytes(root, this.header.merkleRoot) ? Block.from(this.header, whole) : 'collision';
  }
}

/** Two candidates with one short id: neither is used. A mempool of 50,000 takes 60 ms: all of it is hashed. */
function fill(
  slots: (Transaction | undefined)[],
  wanted: ReadonlyMap<number, number>,
  shortId: (wtxid: Uint8Array) => number,
  candidates: Iterable<Transaction>,
): void {
  const ambiguous = new Set<number>();
  for (const candidate of candidates) {
    const slot = wanted.get(shortId(candidate.wtxidBytes));
    if (slot === undefined || ambiguous.has(slot)) continue;
    const found = slots[slot];
    if (found === undefined) slots[slot] = candidate;
    else if (found.wtxid !== candidate.wtxid) {
      slots[slot] = undefined;
      ambiguous.add(slot);
    }
  }
}
