/**
 * Blocks from files and into files, in Bitcoin Core's blk format: magic, length, block, with anything in
 * between. Owns the reading; what is a valid block, the chain's door says.
 */
import { Block } from '../core/block/block.ts';
import { HEADER_SIZE } from '../core/block/header.ts';
import { MAX_BLOCK_WEIGHT } from '../core/consensus/limits.ts';
import { DecodeError } from '../core/encoding/errors.ts';
import { Writer } from '../core/encoding/writer.ts';
import { type BlockFiles, blockFileName } from './block-files.ts';
import { FRAME_SIZE } from './block-store.ts';
import type { Chain } from './chain.ts';
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

export interface ImportProgress {
  readonly source: string;
  /** Bytes read of all bytes. */
  readonly done: number;
  readonly total: number;
  /** Blocks that were new. */
  readonly blocks: number;
}

export interface ImportOptions {
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Asked now and then; true ends the import early. What was taken stays. */
  readonly isCancelled?: () => boolean;
}

export interface ImportResult {
  /** Blocks that were new. */
  readonly accepted: number;
  /** Blocks that the chain refused. */
  readonly refused: number;
  /** Blocks whose parent never came. */
  readonly orphans: number;
  /** What was found in each of them, as far as they were read. */
  readonly sources: readonly SourceFindings[];
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
/** Blocks that are with the chain at any time: enough for its pipeline. */
const MIN_BLOCKS_IN_FLIGHT = 4;
/** More of them only up to so many bytes, for what lives long enough costs the garbage collector most. */
const MAX_BYTES_IN_FLIGHT = 512 << 10;
/** And up to this number, where they are small. */
const MAX_BLOCKS_IN_FLIGHT = 128;

interface Found {
  readonly source: BlockSource;
  readonly position: Position;
}

/** Blocks known already are skipped, so that an import that was broken off goes on where it was. */
export async function importBlocks(
  chain: Chain,
  sources: readonly BlockSource[],
  { onProgress, isCancelled = () => false }: ImportOptions = {},
): Promise<ImportResult> {
  const importer = new Importer(chain);
  const total = sources.reduce((sum, { size }) => sum + size, 0);
  const findings: (() => SourceFindings)[] = [];
  const finish = async (): Promise<ImportResult> => ({
    ...(await importer.finish()),
    sources: findings.map((found) => found()),
  });
  let before = 0;
  for (const source of sources) {
    const reader = new RecordReader(source, chain.parameters.magic, isCancelled);
    findings.push(() => reader.findings);
    for (let record = await reader.next(); record !== undefined; record = await reader.next()) {
      const { position, bytes } = record;
      const block = decode(bytes);
      if (block === undefined) reader.reject();
      else await importer.take({ source, position }, block);
      const done = before + position.offset + position.size;
      onProgress?.({ source: source.name, done, total, blocks: importer.submitted });
    }
    before += source.size;
  }
  return finish();
}

class Importer {
  readonly #chain: Chain;
  /** By their parent's hash: blocks that came before it. Where they are, not what they hold. */
  readonly #waiting = new Map<string, Found[]>();
  #blocksInFlight = 0;
  #bytesInFlight = 0;
  /** Called when a block is no longer in flight, or failed with an error that ends the import. */
  #wake: () => void = () => {};
  #error: unknown;
  #accepted = 0;
  #refused = 0;
  submitted = 0;

  constructor(chain: Chain) {
    this.#chain = chain;
  }

  async take(found: Found, block: Block): Promise<void> {
    const { header } = block;
    if (this.#chain.entry(header.hash)?.haveData === true) return;
    if (this.#chain.entry(header.prev) === undefined) {
      const waiting = this.#waiting.get(header.prev) ?? [];
      this.#waiting.set(header.prev, [...waiting, found]);
      return;
    }
    await this.#submit(found, block);
    // The header is in the tree now: those that waited for it can follow, and those that waited for them.
    for (const parents = [header.hash]; parents.length > 0; ) {
      const parent = parents.shift()!;
      for (const next of this.#waiting.get(parent) ?? []) {
        const { offset, size } = next.position;
        const child = Block.decode(await next.source.read(offset, size));
        await this.#submit(next, child);
        parents.push(child.hash);
      }
      this.#waiting.delete(parent);
    }
  }

  async #submit({ source, position }: Found, block: Block): Promise<void> {
    this.submitted++;
    const { length } = block.bytes;
    const options = source.file === undefined ? {} : { position: { ...position, file: source.file } };
    this.#blocksInFlight++;
    this.#bytesInFlight += length;
    const settle = (): void => {
      this.#blocksInFlight--;
      this.#bytesInFlight -= length;
      this.#wake();
    };
    this.#chain.acceptBlock(block, options).then(
      (verdict) => {
        if (!verdict.ok) this.#refused++;
        else if (verdict.new) this.#accepted++;
        settle();
      },
      (error) => {
        this.#error ??= error;
        settle();
      },
    );
    await this.#until(() => !this.#isBusy);
  }

  get #isBusy(): boolean {
    if (this.#blocksInFlight <= MIN_BLOCKS_IN_FLIGHT) return false;
    return this.#bytesInFlight > MAX_BYTES_IN_FLIGHT || this.#blocksInFlight > MAX_BLOCKS_IN_FLIGHT;
  }

  /** One promise at a time, not a race of all: that would note itself at each of them, again and again. */
  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo())
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    if (this.#error !== undefined) throw this.#error;
  }

  async finish(): Promise<Omit<ImportResult, 'sources'>> {
    await this.#until(() => this.#blocksInFlight === 0);
    const orphans = [...this.#waiting.values()].reduce((sum, waiting) => sum + waiting.length, 0);
    return { accepted: this.#accepted, refused: this.#refused, orphans };
  }
}

function decode(bytes: Uint8Array): Block | undefined {
  try {
    return Block.decode(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

interface BlockRecord {
  readonly position: Position;
  readonly bytes: Uint8Array;
}

/** As many gaps are named; of a file that is all rubbish there would be millions. */
const NAMED_GAPS = 3;
const LEAST_PADDING = 64;

/** Every record that could be a block. What is no record (a torn write, zeros) is passed over. */
class RecordReader {
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

/**
 * The chain's own block files, to be read again (reindex).
 * @param starts in which of them, and from where on; default in all from the beginning
 */
export async function ownBlockSources(
  files: BlockFiles,
  starts?: ReadonlyMap<number, number>,
): Promise<BlockSource[]> {
  const sources: BlockSource[] = [];
  for (const file of await files.list()) {
    const start = starts === undefined ? 0 : starts.get(file);
    if (start === undefined) continue;
    const size = await files.size('blk', file);
    const read = (offset: number, length: number) => files.read('blk', file, offset, length);
    sources.push({ name: blockFileName('blk', file), size, start, read, file });
  }
  return sources;
}

/** The active chain as a file of blocks, from the genesis block on, piece by piece. */
export async function* exportBlocks(chain: Chain): AsyncGenerator<Uint8Array> {
  const { magic } = chain.parameters;
  for (let height = 0, entry = chain.entryAt(0); entry !== undefined; entry = chain.entryAt(++height)) {
    const bytes = await chain.readBlockBytes(entry);
    yield new Writer(FRAME_SIZE + bytes.length).bytes(magic).uint32(bytes.length).bytes(bytes).finish();
  }
}
