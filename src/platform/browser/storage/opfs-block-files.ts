/**
 * BlockFiles in a folder of the origin. Each is opened when it is first used, and stays open: there are few. A file can be
 * open only once, so that all who use them at the same time share them.
 */
import { type BlockFileKind, type BlockFiles, blockFileName } from '../../../chain/block-files.ts';
import { DiskError } from '../../../chain/storage.ts';
import { type Folder, type OpenFile, readWhole, writeWhole } from './folder.ts';

export class OpfsBlockFiles implements BlockFiles {
  readonly #folder: Folder;
  readonly #names: Set<string>;
  #users = 0;
  readonly #open = new Map<string, Promise<OpenFile>>();

  private constructor(folder: Folder, names: Iterable<string>) {
    this.#folder = folder;
    this.#names = new Set(names);
  }

  static async open(folder: Folder): Promise<OpfsBlockFiles> {
    return new OpfsBlockFiles(folder, await folder.names());
  }

  /** One more who closes it. */
  join(): BlockFiles {
    this.#users++;
    return this;
  }

  async list(): Promise<number[]> {
    const numbers = [...this.#names].flatMap((name) => /^blk(\d{5,})\.dat$/.exec(name)?.[1] ?? []);
    return numbers.map(Number).sort((a, b) => a - b);
  }

  /** Opened once, also where several ask at the same time. */
  #file(name: string): Promise<OpenFile> {
    const file = this.#open.get(name) ?? this.#folder.open(name);
    this.#names.add(name);
    this.#open.set(name, file);
    return file;
  }

  /** @throws DiskError */
  async #use<T>(kind: BlockFileKind, file: number, what: string, use: (file: OpenFile) => T): Promise<T> {
    const name = blockFileName(kind, file);
    try {
      return use(await this.#file(name));
    } catch (error) {
      throw new DiskError(`${name} cannot be ${what}`, error);
    }
  }

  #exists(kind: BlockFileKind, file: number): boolean {
    return this.#names.has(blockFileName(kind, file));
  }

  async size(kind: BlockFileKind, file: number): Promise<number> {
    return this.#exists(kind, file) ? this.#use(kind, file, 'read', (open) => open.getSize()) : 0;
  }

  append(kind: BlockFileKind, file: number, parts: readonly Uint8Array[]): Promise<number> {
    return this.#use(kind, file, 'written', (open) => {
      const start = open.getSize();
      let at = start;
      for (const part of parts) {
        writeWhole(open, part, at);
        at += part.length;
      }
      return start;
    });
  }

  async read(kind: BlockFileKind, file: number, offset: number, length: number): Promise<Uint8Array> {
    const tooShort = (): Error => new Error(`${blockFileName(kind, file)} is too short`);
    if (!this.#exists(kind, file)) throw tooShort();
    return this.#use(kind, file, 'read', (open) => {
      const bytes = readWhole(open, offset, length);
      if (bytes === undefined) throw tooShort();
      return bytes;
    });
  }

  async sync(kind: BlockFileKind, file: number): Promise<void> {
    if (this.#exists(kind, file)) await this.#use(kind, file, 'written', (open) => open.flush());
  }

  async truncate(kind: BlockFileKind, file: number, length: number): Promise<void> {
    if ((await this.size(kind, file)) > length)
      await this.#use(kind, file, 'written', (open) => open.truncate(length));
  }

  async remove(kind: BlockFileKind, file: number): Promise<void> {
    const name = blockFileName(kind, file);
    (await this.#open.get(name))?.close();
    this.#open.delete(name);
    this.#names.delete(name);
    await this.#folder.remove(name);
  }

  async close(): Promise<void> {
    if (--this.#users > 0) return;
    for (const file of this.#open.values()) (await file).close();
    this.#open.clear();
  }
}
