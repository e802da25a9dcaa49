/**
 * A header's place in the tree and what is known of its block. Kept small, for there is one for every block there
 * ever was: what the index keeps of it is a row of bytes in memory too, as it was read and as it will be written,
 * and objects are made of it when they are asked for.
 */
import { type BlockHash, BlockHeader, HEADER_SIZE } from '../core/block/header.ts';
import { workFromBits } from '../core/block/target.ts';
import { type HeaderLink, MEDIAN_TIME_SPAN } from '../core/consensus/header-link.ts';
import { equalBytes, toDisplayHex } from '../core/encoding/bytes.ts';

/** Why a block can never be in the active chain: its own fault, or an ancestor's. */
type Failure = 'none' | 'self' | 'ancestor';

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

export const HASH_SIZE = 32;
/** Hash, header, flags (u8), transactions (u32), file (u32), offset and size of block and of undo data, checksum (u32 each). */
export const ROW_SIZE = HASH_SIZE + HEADER_SIZE + 29;
const HEADER = HASH_SIZE;
const PREVIOUS = HEADER + 4;
const TIME = HEADER + 68;
const BITS = HEADER + 72;
const FLAGS = HEADER + HEADER_SIZE;
const TRANSACTIONS = FLAGS + 1;
const FILE = FLAGS + 5;
const DATA = FLAGS + 9;
const UNDO = FLAGS + 17;
const CHECKSUM = FLAGS + 25;

const VALID_SCRIPTS = 1;
const FAILED_SELF = 2;
const FAILED_ANCESTOR = 4;
const HAVE_DATA = 8;
const HAVE_UNDO = 16;
const LACKS_CHECKSUM = 32;

/** Where a row lies: in a page, which is written to the index as a whole. */
export interface Row {
  /** Number of the page. */
  readonly page: number;
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** @param record header and what follows it, if there is anything yet; a checksum that was not known was left out once */
export function rowOf(hash: Uint8Array, record: Uint8Array): Uint8Array {
  const row = new Uint8Array(ROW_SIZE);
  row.set(hash);
  row.set(record, HEADER);
  if (record.length > HEADER_SIZE && record.length < ROW_SIZE - HEADER) row[FLAGS]! |= LACKS_CHECKSUM;
  return row;
}

/** Bits of zero are nobody's: a header was there, and has been forgotten. */
export const isForgotten = ({ bytes, at }: Row): boolean => uint32(bytes, at + BITS) === 0;
export const hasData = (row: Uint8Array): boolean => (row[FLAGS]! & HAVE_DATA) !== 0;
/** Where in a row the hash of the header before it begins. */
export const previousAt = ({ at }: Row): number => at + PREVIOUS;

export class HeaderEntry implements HeaderLink {
  readonly parent: HeaderEntry | null;
  /** An ancestor further down, so that `ancestor` takes O(log n) steps (Core's skip list). */
  readonly #skip: HeaderEntry | null;
  readonly height: number;
  readonly chainWork: bigint;
  /** Number of its page in the index. */
  readonly page: number;
  #bytes: Uint8Array;
  #at: number;
  #hash: BlockHash | undefined;
  /** Computed once: every transaction of the next block is compared with it. */
  #medianTimePast = -1;

  /** Order in which blocks became complete; among equal work the lowest wins. */
  sequence = 0;
  /** Transactions from genesis to here; 0 while a block on the way was never received. */
  chainTransactionCount = 0;

  constructor({ page, bytes, at }: Row, parent: HeaderEntry | null) {
    this.page = page;
    this.#bytes = bytes;
    this.#at = at;
    this.parent = parent;
    this.height = parent === null ? 0 : parent.height + 1;
    this.chainWork = (parent?.chainWork ?? 0n) + this.#work();
    this.#skip = parent === null ? null : parent.ancestor(skipHeight(this.height));
  }

  /** Most blocks have their parent's target, and a division of large numbers takes as long as all the rest. */
  #work(): bigint {
    const { parent, bits } = this;
    if (parent?.bits !== bits) return workFromBits(bits);
    return parent.chainWork - (parent.parent?.chainWork ?? 0n);
  }

  get hash(): BlockHash {
    this.#hash ??= toDisplayHex(this.#view(0, HASH_SIZE)) as BlockHash;
    return this.#hash;
  }

  /** 32 bytes, internal order. */
  get hashBytes(): Uint8Array {
    return this.#view(0, HASH_SIZE);
  }

  /** The first four bytes of its hash. */
  get hashStart(): number {
    return this.#number(0);
  }

  /** Whether its hash is the 32 bytes from there on. */
  hasHash(bytes: Uint8Array, from: number): boolean {
    for (let i = 0; i < HASH_SIZE; i++) if (this.#bytes[this.#at + i] !== bytes[from + i]) return false;
    return true;
  }

  get header(): BlockHeader {
    return BlockHeader.decode(this.headerBytes);
  }

  get headerBytes(): Uint8Array {
    return this.#view(HEADER, HEADER_SIZE);
  }

  get time(): number {
    return this.#number(TIME);
  }

  get bits(): number {
    return this.#number(BITS);
  }

  get failed(): Failure {
    if (this.#is(FAILED_SELF)) return 'self';
    return this.#is(FAILED_ANCESTOR) ? 'ancestor' : 'none';
  }

  set failed(failed: Failure) {
    this.#mark(FAILED_SELF, failed === 'self');
    this.#mark(FAILED_ANCESTOR, failed === 'ancestor');
  }

  /** The block was connected once: its scripts and amounts are valid. */
  get validScripts(): boolean {
    return this.#is(VALID_SCRIPTS);
  }

  set validScripts(valid: boolean) {
    this.#mark(VALID_SCRIPTS, valid);
  }

  /** Transactions in the block; 0 while the block was never received. */
  get transactionCount(): number {
    return this.#number(TRANSACTIONS);
  }

  set transactionCount(count: number) {
    this.#write(TRANSACTIONS, count);
  }

  get haveData(): boolean {
    return this.#is(HAVE_DATA);
  }

  get haveUndo(): boolean {
    return this.#is(HAVE_UNDO);
  }

  /** Where the block is; null if we do not have it (or no longer). */
  get data(): BlockPosition | null {
    if (!this.haveData) return null;
    const { file, offset, size } = this.#position(DATA);
    return { file, offset, size, checksum: this.#is(LACKS_CHECKSUM) ? undefined : this.#number(CHECKSUM) };
  }

  set data(position: BlockPosition | null) {
    const { checksum } = position ?? {};
    this.#place(HAVE_DATA, DATA, position);
    this.#write(CHECKSUM, checksum ?? 0);
    this.#mark(LACKS_CHECKSUM, position !== null && checksum === undefined);
  }

  /** Where its undo data are, in a file of the same number; null as above. */
  get undo(): Position | null {
    return this.haveUndo ? this.#position(UNDO) : null;
  }

  set undo(position: Position | null) {
    this.#place(HAVE_UNDO, UNDO, position);
  }

  /** What the index keeps. */
  get row(): Uint8Array {
    return this.#view(0, ROW_SIZE);
  }

  /** As a row says, with undo data where they are now: a reindex writes them anew. @returns false if all was so */
  restore(row: Uint8Array): boolean {
    if (equalBytes(this.row, row)) return false;
    const { undo } = this;
    this.row.set(row);
    if (this.haveUndo) this.undo = undo;
    return true;
  }

  /** Leaves its page, where zeros stay; whoever still holds it holds what it was. */
  leave(): void {
    const { row } = this;
    this.#bytes = row.slice();
    this.#at = 0;
    row.fill(0);
  }

  #view(from: number, size: number): Uint8Array {
    return this.#bytes.subarray(this.#at + from, this.#at + from + size);
  }

  #number(at: number): number {
    return uint32(this.#bytes, this.#at + at);
  }

  #write(at: number, value: number): void {
    for (let i = 0; i < 4; i++) this.#bytes[this.#at + at + i] = value >>> (8 * i);
  }

  #is(flag: number): boolean {
    return (this.#bytes[this.#at + FLAGS]! & flag) !== 0;
  }

  #mark(flag: number, on: boolean): void {
    if (on) this.#bytes[this.#at + FLAGS]! |= flag;
    else this.#bytes[this.#at + FLAGS]! &= ~flag;
  }

  #position(at: number): Position {
    return { file: this.#number(FILE), offset: this.#number(at), size: this.#number(at + 4) };
  }

  #place(flag: number, at: number, position: Position | null): void {
    this.#mark(flag, position !== null);
    this.#write(at, position?.offset ?? 0);
    this.#write(at + 4, position?.size ?? 0);
    if (position !== null) this.#write(FILE, position.file);
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

  /** It is that block, or built on it. */
  descendsFrom(other: HeaderEntry): boolean {
    return this.height >= other.height && this.ancestor(other.height) === other;
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

export const uint32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
