/**
 * The blocks of a file in Bitcoin Core's blk format: magic, length, block, with anything in between. Owns the
 * finding, and what is said of the rest of the file.
 */
import { HEADER_SIZE } from '../core/block/header.ts';
import { MAX_BLOCK_WEIGHT } from '../core/consensus/limits.ts';
import { FRAME_SIZE } from './block-store.ts';
import type { Position } from './header-entry.ts';

/** A file of blocks. */
export interface BlockSource {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Where to begin; default at the beginning. */
  readonly start?: number;
  /** Exactly so many bytes. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Its number, where it is one of the chain's own block files: then its blocks are not written again. */
  readonly file?: number;
}

export interface SourceFindings {
  readonly name: string;
  /** Blocks, known ones and orphans as well. */
  readonly blocks: number;
  /** Bytes that are no blocks and not the zeros with which files are made larger beforehand. */
  readonly skipped: number;
  /** Where the first of them are. */
  readonly gaps: readonly Gap[];
}

interface Gap {
  readonly offset: number;
  readonly size: number;
}

/** Bytes read at once; more than the largest block. */
const WINDOW = 8 << 20;

interface BlockRecord {
  readonly position: Position;
  readonly bytes: Uint8Array;
}

/** As many gaps are named; of a file that is all rubbish there would be millions. */
const NAMED_GAPS = 3;
const LEAST_PADDING = 64;

/** Every record that could be a block. What is no record (a torn write, zeros) is passed over. */
export class RecordReader {
  readonly #source: BlockSource;
  readonly #magic: Uint8Array;
  readonly #isCancelled: () => boolean;
  #start = 0;
  #window: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #last = 0;
  #blocks = 0;
  #skipped = 0;
  readonly #gaps: { readonly offset: number; size: number }[] = [];

  constructor(source: BlockSource, magic: Uint8Array, isCancelled: () => boolean) {
    this.#source = source;
    this.#magic = magic;
    this.#offset = source.start ?? 0;
    this.#isCancelled = isCancelled;
  }

  get findings(): SourceFindings {
    const { name } = this.#source;
    return { name, blocks: this.#blocks, skipped: this.#skipped, gaps: this.#gaps };
  }

  async next(): Promise<BlockRecord | undefined> {
    while (this.#offset < this.#source.size && !this.#isCancelled()) {
      const at = await this.#view();
      const found = this.#findMagic(at);
      if (found !== 0) {
        const isRest = this.#offset + at.length === this.#source.size;
        // The first bytes of a magic may be the last of what is in sight.
        this.#pass(found > 0 ? found : isRest ? at.length : at.length - this.#magic.length + 1, at);
        continue;
      }
      const size = at.length < FRAME_SIZE ? 0 : new DataView(at.buffer, at.byteOffset).getUint32(4, true);
      if (size < HEADER_SIZE || size > MAX_BLOCK_WEIGHT || FRAME_SIZE + size > at.length) {
        this.#pass(1, at);
        continue;
      }
      this.#last = this.#offset;
      this.#blocks++;
      this.#offset += FRAME_SIZE + size;
      const position = { file: 0, offset: this.#last + FRAME_SIZE, size };
      return { position, bytes: at.subarray(FRAME_SIZE, FRAME_SIZE + size) };
    }
    return undefined;
  }

  /** The last record was none: a write that a kill cut short, and the next record begins inside of it. */
  reject(): void {
    this.#blocks--;
    this.#offset = this.#last;
    this.#pass(1, this.#magic);
  }

  #findMagic(bytes: Uint8Array): number {
    const [first] = this.#magic;
    for (let at = bytes.indexOf(first!); at >= 0; at = bytes.indexOf(first!, at + 1)) {
      if (this.#magic.every((byte, i) => bytes[at + i] === byte)) return at;
    }
    return -1;
  }

  /** Goes on behind so many bytes, the first of those that are given. */
  #pass(count: number, bytes: Uint8Array): void {
    const [from, to] = withoutPadding(bytes.subarray(0, count));
    const [offset, size] = [this.#offset + from, to - from];
    this.#offset += count;
    if (size === 0) return;
    this.#skipped += size;
    const last = this.#gaps.at(-1);
    if (last !== undefined && last.offset + last.size === offset) last.size += size;
    else if (this.#gaps.length < NAMED_GAPS) this.#gaps.push({ offset, size });
  }

  /** From the offset on: a frame and the largest block after it, or the rest of the file. */
  async #view(): Promise<Uint8Array> {
    const { size } = this.#source;
    const inWindow = this.#offset - this.#start;
    const enough = inWindow >= 0 && inWindow + FRAME_SIZE + MAX_BLOCK_WEIGHT <= this.#window.length;
    if (!enough && (inWindow < 0 || this.#start + this.#window.length < size)) {
      this.#start = this.#offset;
      this.#window = await this.#source.read(this.#start, Math.min(WINDOW, size - this.#start));
    }
    return this.#window.subarray(this.#offset - this.#start);
  }
}

/** Where something begins and ends that is not the zeros with which files are made larger beforehand. */
function withoutPadding(bytes: Uint8Array): readonly [number, number] {
  let [from, to] = [0, bytes.length];
  while (from < to && bytes[from] === 0) from++;
  while (to > from && bytes[to - 1] === 0) to--;
  // A few zeros are as good rubbish as other bytes.
  if (from < to && from < LEAST_PADDING) from = 0;
  return from < to && bytes.length - to < LEAST_PADDING ? [from, bytes.length] : [from, to];
}
