/**
 * BlockFiles as `blk?????.dat` and `rev?????.dat` in one directory. Writing and reading are synchronous
 * calls: they end in the system's cache, within less time than a trip to the thread pool takes. Only
 * fdatasync, which waits for the disk, is left to the pool.
 */
import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  readSync,
  statSync,
  writevSync,
} from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BlockFileKind, type BlockFiles, blockFileName } from '../../../chain/block-files.ts';
import { DiskError } from '../../../chain/storage.ts';
import type { BlockMask } from './block-mask.ts';
import { openFile, sizeOfFile } from './regular-file.ts';

interface OpenFile {
  readonly descriptor: number;
  size: number;
}

/** Files kept open for writing; the oldest is closed. */
const OPEN_FILES = 8;
/** Like `a+`. */
const APPENDING = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT;

export class FlatBlockFiles implements BlockFiles {
  readonly #directory: string;
  readonly #mask: BlockMask;
  readonly #open = new Map<string, OpenFile>();

  private constructor(directory: string, mask: BlockMask) {
    this.#directory = directory;
    this.#mask = mask;
  }

  static async open(directory: string, mask: BlockMask): Promise<FlatBlockFiles> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return new FlatBlockFiles(directory, mask);
  }

  #path(kind: BlockFileKind, file: number): string {
    return join(this.#directory, blockFileName(kind, file));
  }

  async list(): Promise<number[]> {
    const names = await readdir(this.#directory);
    const numbers = names.flatMap((name) => /^blk(\d{5,})\.dat$/.exec(name)?.[1] ?? []);
    return numbers.map(Number).sort((a, b) => a - b);
  }

  async size(kind: BlockFileKind, file: number): Promise<number> {
    const path = this.#path(kind, file);
    const open = this.#open.get(path);
    if (open !== undefined) return open.size;
    return sizeOfFile(path);
  }

  async append(kind: BlockFileKind, file: number, parts: readonly Uint8Array[]): Promise<number> {
    try {
      const target = this.#openForWriting(this.#path(kind, file));
      const start = target.size;
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      const written = writevSync(target.descriptor, this.#mask.putOn(parts, start) as Uint8Array[]);
      target.size += written;
      if (written !== length) throw new Error(`disk full, wrote ${written} of ${length} bytes`);
      return start;
    } catch (error) {
      throw new DiskError(`${blockFileName(kind, file)} cannot be written`, error);
    }
  }

  #openForWriting(path: string): OpenFile {
    let file = this.#open.get(path);
    if (file === undefined) {
      const descriptor = openFile(path, APPENDING);
      file = { descriptor, size: fstatSync(descriptor).size };
      this.#open.set(path, file);
      if (this.#open.size > OPEN_FILES) this.#closeOldest();
    }
    return file;
  }

  /** Synced first: nobody will ask for it once the file is closed. */
  #closeOldest(): void {
    const [path, { descriptor }] = this.#open.entries().next().value!;
    this.#open.delete(path);
    fdatasyncSync(descriptor);
    closeSync(descriptor);
  }

  async read(kind: BlockFileKind, file: number, offset: number, length: number): Promise<Uint8Array> {
    const path = this.#path(kind, file);
    const open = this.#open.get(path);
    let descriptor: number | undefined;
    try {
      // A file that was moved away could still be read, until it is closed: better told now.
      if (open !== undefined) statSync(path);
      descriptor = open?.descriptor ?? openFile(path);
      const before = this.#mask.before(offset);
      const bytes = new Uint8Array(before + length);
      for (let done = 0; done < bytes.length; ) {
        const count = readSync(descriptor, bytes, done, bytes.length - done, offset - before + done);
        if (count === 0) throw new Error(`${path} is too short`);
        done += count;
      }
      return this.#mask.takeOff(bytes).subarray(before);
    } catch (error) {
      throw new DiskError(`${blockFileName(kind, file)} cannot be read`, error);
    } finally {
      if (open === undefined && descriptor !== undefined) closeSync(descriptor);
    }
  }

  async sync(kind: BlockFileKind, file: number): Promise<void> {
    const open = this.#open.get(this.#path(kind, file));
    if (open === undefined) return;
    await promisify(fdatasync)(open.descriptor).catch((error) => {
      throw new DiskError(`${blockFileName(kind, file)} cannot be written`, error);
    });
  }

  async truncate(kind: BlockFileKind, file: number, length: number): Promise<void> {
    if ((await this.size(kind, file)) <= length) return;
    try {
      const target = this.#openForWriting(this.#path(kind, file));
      ftruncateSync(target.descriptor, length);
      target.size = length;
    } catch (error) {
      throw new DiskError(`${blockFileName(kind, file)} cannot be written`, error);
    }
  }

  async remove(kind: BlockFileKind, file: number): Promise<void> {
    const path = this.#path(kind, file);
    const open = this.#open.get(path);
    this.#open.delete(path);
    if (open !== undefined) closeSync(open.descriptor);
    await rm(path, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    for (const { descriptor } of this.#open.values()) closeSync(descriptor);
    this.#open.clear();
  }
}
