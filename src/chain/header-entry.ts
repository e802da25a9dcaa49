/**
 * A header's place in the tree and what is known of its block. Kept small, for there is one for every
 * block there ever was: the 80 bytes lie in slabs, and the header object is made when asked for.
 */
import { type BlockHash, BlockHeader, HEADER_SIZE } from '../core/block/header.ts';
import { workFromBits } from '../core/block/target.ts';
import { type HeaderLink, MEDIAN_TIME_SPAN } from '../core/consensus/header-link.ts';
import { fromDisplayHex } from '../core/encoding/bytes.ts';

/** Why a block can never be in the active chain: its own fault, or an ancestor's. */
export type Failure = 'none' | 'self' | 'ancestor';

/** Where a record lies in the block files, behind its magic and length. */
export interface Position {
  readonly file: number;
  readonly offset: number;
  /** Bytes of the record's content. */
  readonly size: number;
}

export interface BlockPosition extends Position {
  /** CRC-32C of the block as it was judged; undefined in an index of before. */
  readonly checksum?: number | undefined;
}

const SLAB_HEADERS = 1024;

/** Hands out room for headers, 1,024 at a time. */
export class HeaderSlabs {
  #slab = new Uint8Array(0);
  #used = SLAB_HEADERS;

  /** A copy of the header's bytes, in a slab at an offset. */
  add(bytes: Uint8Array): { slab: Uint8Array; offset: number } {
    if (this.#used === SLAB_HEADERS) {
      this.#slab = new Uint8Array(SLAB_HEADERS * HEADER_SIZE);
      this.#used = 0;
    }
    const offset = this.#used++ * HEADER_SIZE;
    this.#slab.set(bytes, offset);
    return { slab: this.#slab, offset };
  }
}

export class HeaderEntry implements HeaderLink {
  readonly hash: BlockHash;
  readonly parent: HeaderEntry | null;
  /** An ancestor further down, so that `ancestor` takes O(log n) steps (Core's skip list). */
  readonly #skip: HeaderEntry | null;
  readonly height: number;
  readonly time: number;
  readonly bits: number;
  readonly chainWork: bigint;
  readonly #slab: Uint8Array;
  readonly #offset: number;
  /** Computed once: every transaction of the next block is compared with it. */
  #medianTimePast = -1;

  /** Order in which blocks became complete; among equal work the lowest wins. */
  sequence = 0;
  failed: Failure = 'none';
  /** The block was connected once: its scripts and amounts are valid. */
  validScripts = false;
  /** Transactions in the block; 0 while the block was never received. */
  transactionCount = 0;
  /** Transactions from genesis to here; 0 while a block on the way was never received. */
  chainTransactionCount = 0;
  /** Where the block and its undo data are; null if we do not have them (or no longer). */
  data: BlockPosition | null = null;
  undo: Position | null = null;

  constructor(header: BlockHeader, hash: BlockHash, parent: HeaderEntry | null, slabs: HeaderSlabs) {
    const { slab, offset } = slabs.add(header.bytes);
    this.#slab = slab;
    this.#offset = offset;
    this.hash = hash;
    this.parent = parent;
    this.height = parent === null ? 0 : parent.height + 1;
    this.time = header.time;
    this.bits = header.bits;
    const work = workFromBits(header.bits);
    this.chainWork = parent === null ? work : parent.chainWork + work;
    this.#skip = parent === null ? null : parent.ancestor(skipHeight(this.height));
  }

  get header(): BlockHeader {
    return BlockHeader.decode(this.#slab.subarray(this.#offset, this.#offset + HEADER_SIZE));
  }

  get headerBytes(): Uint8Array {
    return this.#slab.subarray(this.#offset, this.#offset + HEADER_SIZE);
  }

  /** 32 bytes, internal order. */
  get hashBytes(): Uint8Array {
    return fromDisplayHex(this.hash);
  }

  get haveData(): boolean {
    return this.data !== null;
  }

  get haveUndo(): boolean {
    return this.undo !== null;
  }

  get medianTimePast(): number {
    if (this.#medianTimePast < 0) this.#medianTimePast = this.#computeMedianTimePast();
    return this.#medianTimePast;
  }

  #computeMedianTimePast(): number {
    const times: number[] = [];
    for (let at: HeaderEntry | null = this; at !== null && times.length < MEDIAN_TIME_SPAN; at = at.parent)
      times.push(at.time);
    times.sort((a, b) => a - b);
    return times[times.length >> 1]!;
  }

  ancestor(height: number): HeaderEntry {
    if (height < 0 || height > this.height) throw new RangeError(`no ancestor at height ${height}`);
    let at: HeaderEntry = this;
    while (at.height > height) {
      const skip = at.#skip;
      const to = skipHeight(at.height);
      const parentTo = skipHeight(at.height - 1);
      // Take the skip unless the parent's would bring us further without passing the goal (Core's GetAncestor).
      if (skip !== null && (to === height || (to > height && !(parentTo < to - 2 && parentTo >= height))))
        at = skip;
      else at = at.parent!;
    }
    return at;
  }
}

/** Where the skip pointer of a height leads: any rule that mixes short and long jumps will do; this is Core's. */
function skipHeight(height: number): number {
  if (height < 2) return 0;
  const clearLowest = (n: number): number => n & (n - 1);
  return height & 1 ? clearLowest(clearLowest(height - 1)) + 1 : clearLowest(height);
}

/** The last block that two branches share. */
export function forkOf(a: HeaderEntry, b: HeaderEntry): HeaderEntry {
  let left = a.ancestor(Math.min(a.height, b.height));
  let right = b.ancestor(left.height);
  while (left !== right) {
    left = left.parent!;
    right = right.parent!;
  }
  return left;
}
