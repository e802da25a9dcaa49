/**
 * Blocks and undo data in flat files, in the records of Bitcoin Core's blk and rev files: network magic,
 * length, content; for undo data a checksum behind it. Owns the frames and which file is written to;
 * where a block lies is kept with its header entry.
 */

import { Block } from '../core/block/block.ts';
import { checkBlock } from '../core/consensus/check-block.ts';
import { checkWitnessCommitment } from '../core/consensus/contextual.ts';
import { type BlockUndo, decodeUndo, encodeUndo } from '../core/consensus/undo.ts';
import { concatBytes, equalBytes } from '../core/encoding/bytes.ts';
import { crc32c } from '../core/encoding/crc32c.ts';
import { DecodeError, Invalid } from '../core/encoding/errors.ts';
import { hash256 } from '../core/encoding/hashes.ts';
import { Writer } from '../core/encoding/writer.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { BLOCK_FILE_KINDS, type BlockFileKind, type BlockFiles, blockFileName } from './block-files.ts';
import type { BlockPosition, HeaderEntry, Position } from './header-entry.ts';
import { CorruptionError, damaged } from './storage.ts';

/** Magic and length. */
export const FRAME_SIZE = 8;
const CHECKSUM_SIZE = 32;
/** Bytes that a disk takes at once. */
const PAGE = 4096;

interface BlockStoreOptions {
  readonly parameters: NetworkParameters;
  /** Bytes beyond which a file does not grow. */
  readonly maximumSize: number;
}

/** Where in its file a record ends. */
export const endOf = (kind: BlockFileKind, { offset, size }: Position): number =>
  offset + size + (kind === 'rev' ? CHECKSUM_SIZE : 0);

/** By kind and number of a file: where the last record of these entries ends. */
export function recordEnds(entries: Iterable<HeaderEntry>): Record<BlockFileKind, Map<number, number>> {
  const ends = { blk: new Map<number, number>(), rev: new Map<number, number>() };
  for (const { data: blk, undo: rev } of entries)
    for (const [kind, position] of Object.entries({ blk, rev }) as [BlockFileKind, Position | null][]) {
      if (position === null) continue;
      const end = endOf(kind, position);
      if (end > (ends[kind].get(position.file) ?? 0)) ends[kind].set(position.file, end);
    }
  return ends;
}

export class BlockStore {
  readonly #files: BlockFiles;
  readonly #parameters: NetworkParameters;
  readonly #maximumSize: number;
  #current: number;
  /** The same for blocks up to that of a snapshot, while those above have files of their own (Core's segments). */
  #early: number | undefined;
  /** The highest number of a file. */
  #last: number;
  #sizeOnDisk: number;
  /** Files with bytes that no fdatasync has seen yet. */
  readonly #unsynced = new Map<string, readonly [BlockFileKind, number]>();

  private constructor(
    files: BlockFiles,
    { parameters, maximumSize }: BlockStoreOptions,
    state: { current: number; sizeOnDisk: number },
  ) {
    this.#files = files;
    this.#parameters = parameters;
    this.#maximumSize = maximumSize;
    this.#current = state.current;
    this.#last = state.current;
    this.#sizeOnDisk = state.sizeOnDisk;
  }

  static async open(files: BlockFiles, options: BlockStoreOptions): Promise<BlockStore> {
    const numbers = await files.list();
    const state = { current: numbers.at(-1) ?? 0, sizeOnDisk: 0 };
    for (const file of numbers) state.sizeOnDisk += await sizeOf(files, file);
    return new BlockStore(files, options, state);
  }

  /** Files that are written to are never pruned. */
  isWritten(file: number): boolean {
    return file === this.#current || file === this.#early;
  }

  /** From now on blocks come above a snapshot's, and early ones up to it. @param last file that has some of these */
  divide(last: number): void {
    this.#early = last;
    if (this.#current <= last) this.#current = ++this.#last;
  }

  /** All early blocks are here. */
  unite(): void {
    this.#early = undefined;
  }

  /** Bytes of all files. */
  get sizeOnDisk(): number {
    return this.#sizeOnDisk;
  }

  /** Eighths of a file that all take, 16 MiB of Core's: as they grow by one it is time to prune. */
  get chunks(): number {
    return Math.floor((8 * this.#sizeOnDisk) / this.#maximumSize);
  }

  /** @param position where it lies already, if it does. @param early see `divide` */
  async writeBlock({ bytes }: Block, position?: Position, early = false): Promise<BlockPosition> {
    return { ...(position ?? (await this.#writeBytes(bytes, early))), checksum: crc32c(bytes) };
  }

  async #writeBytes(bytes: Uint8Array, early: boolean): Promise<Position> {
    const isEarly = early && this.#early !== undefined;
    let file = isEarly ? this.#early! : this.#current;
    const size = await this.#files.size('blk', file);
    if (size > 0 && size + FRAME_SIZE + bytes.length > this.#maximumSize) file = ++this.#last;
    if (isEarly) this.#early = file;
    else this.#current = file;
    return this.#append('blk', file, bytes, []);
  }

  /** Where a block is, if the first file begins with it (the genesis block of an index that is rebuilt). */
  async findFirst(block: Block): Promise<BlockPosition | undefined> {
    const size = block.bytes.length;
    if ((await this.#files.size('blk', 0)) < FRAME_SIZE + size) return undefined;
    const found = await this.#files.read('blk', 0, FRAME_SIZE, size);
    if (!equalBytes(found, block.bytes)) return undefined;
    return this.writeBlock(block, { file: 0, offset: FRAME_SIZE, size });
  }

  /** Undo data go into the file of the same number as the block's. */
  async writeUndo(entry: HeaderEntry, undo: BlockUndo): Promise<Position> {
    const bytes = encodeUndo(undo);
    return this.#append('rev', entry.data!.file, bytes, [undoChecksum(entry, bytes)]);
  }

  async #append(
    kind: BlockFileKind,
    file: number,
    content: Uint8Array,
    rest: readonly Uint8Array[],
  ): Promise<Position> {
    const frame = frameOf(this.#parameters.magic, content);
    this.#unsynced.set(`${kind}${file}`, [kind, file]);
    const start = await this.#files.append(kind, file, [frame, content, ...rest]);
    this.#sizeOnDisk += rest.reduce((sum, part) => sum + part.length, FRAME_SIZE + content.length);
    return { file, offset: start + FRAME_SIZE, size: content.length };
  }

  /** The block's bytes as they were received. @throws CorruptionError if they are not the block's. */
  async readBlockBytes(entry: HeaderEntry): Promise<Uint8Array> {
    const bytes = await this.#read('blk', entry, entry.data, 0);
    const { file, checksum } = entry.data!;
    if (!equalBytes(bytes.subarray(0, entry.headerBytes.length), entry.headerBytes))
      throw damagedFile('blk', file, `block ${entry.hash} is not where the index says`);
    if (checksum === undefined ? !this.#isWhole(bytes, entry) : crc32c(bytes) !== checksum)
      throw damagedFile('blk', file, `block ${entry.hash} is not what was stored`);
    return bytes;
  }

  /** By Merkle root and witness commitment, which takes ten times as long: for blocks without a checksum. */
  #isWhole(bytes: Uint8Array, { height }: HeaderEntry): boolean {
    try {
      const block = checkBlock(Block.decode(bytes), this.#parameters, { checkPow: false });
      checkWitnessCommitment(block, height >= this.#parameters.heights.segwit);
      return true;
    } catch (error) {
      if (error instanceof DecodeError || error instanceof Invalid) return false;
      throw error;
    }
  }

  /** Whether some of the block never reached the disk, which is zeros there, or beyond the end: a power cut. */
  async isUnwritten({ data }: HeaderEntry): Promise<boolean> {
    if (data === null || (await this.#files.size('blk', data.file)) < data.offset + data.size) return true;
    const { file, offset, size } = data;
    const bytes = await this.#files.read('blk', file, offset, size);
    for (let at = 0; at < size; at += PAGE - ((offset + at) % PAGE)) {
      const page = bytes.subarray(at, at + PAGE - ((offset + at) % PAGE));
      if (page.every((byte) => byte === 0)) return true;
    }
    return false;
  }

  /** Some bytes of a block, for who knows what they must be. @throws CorruptionError if the block ends before. */
  async readPart(entry: HeaderEntry, offset: number, size: number): Promise<Uint8Array> {
    const { data } = entry;
    if (data !== null && offset + size > data.size)
      throw damagedFile('blk', data.file, `block ${entry.hash} has no ${size} bytes at ${offset}`);
    return this.#read('blk', entry, data && { ...data, offset: data.offset + offset, size }, 0);
  }

  async readBlock(entry: HeaderEntry): Promise<Block> {
    return Block.decode(await this.readBlockBytes(entry));
  }

  /** @throws CorruptionError if the checksum does not fit. */
  async readUndo(entry: HeaderEntry): Promise<BlockUndo> {
    return decodeUndo(await this.readUndoBytes(entry));
  }

  /** The block's undo data as they are stored. @throws CorruptionError if the checksum does not fit. */
  async readUndoBytes(entry: HeaderEntry): Promise<Uint8Array> {
    if (entry.parent === null) return encodeUndo([]);
    const record = await this.#read('rev', entry, entry.undo, CHECKSUM_SIZE);
    const bytes = record.subarray(0, -CHECKSUM_SIZE);
    if (!equalBytes(record.subarray(-CHECKSUM_SIZE), undoChecksum(entry, bytes)))
      throw damagedFile(
        'rev',
        entry.undo!.file,
        `the undo data of block ${entry.hash} have a wrong checksum`,
      );
    return bytes;
  }

  /** Whether the block's undo data can be read: a power cut may keep the index and lose them. */
  async hasUndo(entry: HeaderEntry): Promise<boolean> {
    if (entry.undo === null) return false;
    try {
      await this.readUndo(entry);
      return true;
    } catch (error) {
      if (error instanceof CorruptionError) return false;
      throw error;
    }
  }

  /** @param behind bytes after the content that are read with it. */
  async #read(
    kind: BlockFileKind,
    { hash }: HeaderEntry,
    position: Position | null,
    behind: number,
  ): Promise<Uint8Array> {
    if (position === null) throw new MissingDataError(`data of block ${hash} are not on the disk`);
    const { file, offset, size } = position;
    if ((await this.#files.size(kind, file)) < offset + size + behind)
      throw damagedFile(kind, file, `it ends before the data of block ${hash}`);
    return this.#files.read(kind, file, offset, size + behind);
  }

  /** Returns when all that was written is on the disk. */
  async sync(): Promise<void> {
    for (const [key, [kind, file]] of [...this.#unsynced]) {
      this.#unsynced.delete(key);
      await this.#files.sync(kind, file);
    }
  }

  async remove(file: number): Promise<void> {
    this.#unsynced.delete(`blk${file}`);
    this.#unsynced.delete(`rev${file}`);
    this.#sizeOnDisk -= await this.fileSize(file);
    await this.#files.remove('blk', file);
    await this.#files.remove('rev', file);
  }

  /** Gives up what lies behind the last of these entries' records. */
  async cut(entries: Iterable<HeaderEntry>): Promise<void> {
    const ends = recordEnds(entries);
    for (const file of await this.files()) {
      if (!ends.blk.has(file)) await this.remove(file);
      for (const kind of BLOCK_FILE_KINDS) {
        const excess = (await this.size(kind, file)) - (ends[kind].get(file) ?? 0);
        if (excess <= 0) continue;
        await this.#files.truncate(kind, file, ends[kind].get(file) ?? 0);
        this.#sizeOnDisk -= excess;
      }
    }
    this.#current = Math.max(0, ...ends.blk.keys());
    this.#last = this.#current;
  }

  /** Numbers of the files, ascending. */
  files(): Promise<number[]> {
    return this.#files.list();
  }

  /** Bytes of one file. */
  size(kind: BlockFileKind, file: number): Promise<number> {
    return this.#files.size(kind, file);
  }

  /** Bytes of a file and its undo data. */
  fileSize(file: number): Promise<number> {
    return sizeOf(this.#files, file);
  }

  close(): Promise<void> {
    return this.#files.close();
  }
}

/** What stands before a block or undo data. */
export function frameOf(magic: Uint8Array, content: Uint8Array): Uint8Array {
  return new Writer(FRAME_SIZE).bytes(magic).uint32(content.length).finish();
}

async function sizeOf(files: BlockFiles, file: number): Promise<number> {
  return (await files.size('blk', file)) + (await files.size('rev', file));
}

export function damagedFile(kind: BlockFileKind, file: number, reason: string): CorruptionError {
  return damaged({ name: blockFileName(kind, file), remedy: 'restart with -reindex' }, reason);
}

/** Core's: SHA256d of the previous block's hash and the undo data. */
function undoChecksum(entry: HeaderEntry, bytes: Uint8Array): Uint8Array {
  return hash256(concatBytes(entry.parent!.hashBytes, bytes));
}

/** The block was pruned or never received. */
export class MissingDataError extends Error {
  override readonly name = 'MissingDataError';
}
