/**
 * Blocks from files and into files, in Bitcoin Core's blk format: magic, length, block, with anything in
 * between. Owns in which order they go to the chain's door, which says what is valid.
 */
import { Block } from '../core/block/block.ts';
import { concatBytes } from '../core/encoding/bytes.ts';
import { DecodeError } from '../core/encoding/errors.ts';
import { type BlockFiles, blockFileName } from './block-files.ts';
import { frameOf } from './block-store.ts';
import type { Chain } from './chain.ts';
import type { Position } from './header-entry.ts';
import { type BlockSource, RecordReader, type SourceFindings } from './record-reader.ts';

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
    const bytes = await chain.blocks.readBlockBytes(entry);
    yield concatBytes(frameOf(magic, bytes), bytes);
  }
}
