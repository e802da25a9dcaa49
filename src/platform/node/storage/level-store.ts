/**
 * A KeyValueStore in LevelDB that never answers wrongly without a word: its files are checked before it is opened
 * (`level-check.ts`), that its end is there (`level-seal.ts`), each value as it is read, by a CRC-32C of key and value
 * that lies behind it, and tables once more before LevelDB does without them (`level-held.ts`).
 *
 * The record under the empty key says that values are kept so. In a store of before it is missing, and they get
 * their check values as it is opened.
 */
import { Level } from 'level';
import type { KeyRange, KeySpan, KeyValueStore, Operation } from '../../../chain/key-value-store.ts';
import type { StoreTitle } from '../../../chain/storage.ts';
import { crc32c } from '../../../core/encoding/crc32c.ts';
import { DeletedKeys } from './deleted-keys.ts';
import type { LevelChecks } from './level-check.ts';
import { CheckedFiles } from './level-files.ts';
import { LevelDamage } from './level-format.ts';

/** In Node, `level` is ClassicLevel. */
type Database = Level<Uint8Array, Uint8Array> & {
  compactRange(start: Uint8Array, end: Uint8Array): Promise<void>;
};

/** Entries, and bytes, fetched at once while iterating: a call each is slow, all at once is unbounded. */
const ITERATE_CHUNK = 1000;
const ITERATE_BYTES = 1 << 20;

/** As many keys are read at once, on this thread: 5 us each, where it takes 100 to tell another. */
const READ_HERE = 16;
/** As many by one thread of the pool, of which some read at the same time. */
const READ_TOGETHER = 256;

const CHECK_SIZE = 4;
const FORMAT_KEY = new Uint8Array(0);
const CHECKED_FORMAT = Uint8Array.of(1);
/** Before the last key that has its check value already. */
const UPGRADING = 0;
/** The first key that is not ours. */
const FIRST_KEY = Uint8Array.of(0);
const LAST_KEY = new Uint8Array(64).fill(0xff);

/** Files of an open store come and go: so many looks decide. */
const LOOKS = 5;
/** Milliseconds from a write to the look at what LevelDB has made of the tables: it is done by then, or they go on. */
const LOOK_AFTER = 1000;

/** LevelDB's own. */
const DEFAULT_CACHE = 8 << 20;

export interface LevelOptions {
  /** Bytes of LevelDB's own block cache. */
  readonly cacheSize?: number;
  /** Bytes collected in memory before a table is written. */
  readonly writeBufferSize?: number;
  /** For messages; by default the folder. */
  readonly title?: StoreTitle;
  /** Nothing is kept in it, and another process may have it open. */
  readonly unchecked?: boolean;
  /** Tables are looked at again before they go, and stay on the disk until then. */
  readonly holds?: boolean;
  /** Deleted keys are remembered, 8 bytes each, for `wasDeleted`. */
  readonly remembersDeletions?: boolean;
}

export class LevelStore implements KeyValueStore {
  readonly cacheBytes: number;
  readonly #files: CheckedFiles;
  readonly #database: Database;
  readonly #deleted: DeletedKeys | undefined;
  /** Ever written; of them surely synced; and before it was opened or compacted. */
  #operations = 0;
  #synced = 0;
  #opened = 0;
  #isCompacting = false;
  /** Why nothing is written any more: LevelDB would go on behind a write that is torn. */
  #failure: Error | undefined;
  /** Why nothing is read any more, either. */
  #damage: Error | undefined;
  #nextLook: NodeJS.Timeout | undefined;
  /** The value of one operation with its check value, for LevelDB to copy. */
  #scratch = new Uint8Array(1024);

  private constructor(
    cacheBytes: number,
    files: CheckedFiles,
    database: Database,
    deleted: DeletedKeys | undefined,
  ) {
    this.cacheBytes = cacheBytes;
    this.#files = files;
    this.#database = database;
    this.#deleted = deleted;
  }

  /** @throws StoreLockedError, DiskError, CorruptionError */
  static async open(folder: string, options: LevelOptions = {}): Promise<LevelStore> {
    const { title = { name: folder }, unchecked = false, holds = false, ...more } = options;
    const { remembersDeletions = false, ...levelOptions } = more;
    const files = new CheckedFiles(folder, title, holds);
    const deleted = remembersDeletions ? new DeletedKeys() : undefined;
    let store: LevelStore | undefined;
    try {
      files.prepare(unchecked);
      const operations = unchecked ? 0 : await files.check({ deleted: deleted?.add });
      if (holds) await files.held.begin();
      // LevelDB will empty the logs.
      if (!unchecked && operations !== undefined)
        files.seal.write({ synced: files.seal.read()?.synced ?? 0, opened: operations });
      // It begins to open by itself, so it must not be made before.
      const database = new Level<Uint8Array, Uint8Array>(folder, {
        keyEncoding: 'view',
        valueEncoding: 'view',
        // Hashes do not get smaller, and undoing it took a quarter of reading a coin.
        compression: false,
        ...levelOptions,
      }) as Database;
      store = new LevelStore(levelOptions.cacheSize ?? DEFAULT_CACHE, files, database, deleted);
      await database.open();
      if (!unchecked) await store.#begin(operations);
      await store.#look();
      store.#requireWhole();
      return store;
    } catch (error) {
      await store?.close();
      throw files.explain(error, 'opened');
    }
  }

  async #begin(operations: number | undefined): Promise<void> {
    this.#operations = operations ?? 0;
    const format = await this.#database.get(FORMAT_KEY);
    if (format?.[0] !== CHECKED_FORMAT[0]) await this.#upgrade(format?.subarray(1));
    this.#opened = this.#operations;
    this.#sealAt(this.#operations);
  }

  #sealAt(operations: number): void {
    this.#synced = Math.max(this.#synced, operations);
    if (this.#isCompacting) this.#opened = this.#synced;
    this.#files.seal.write({ synced: this.#synced, opened: this.#opened });
  }

  /** A kill in between leaves it to the next start to go on. */
  async #upgrade(after: Uint8Array = FORMAT_KEY): Promise<void> {
    const iterator = this.#database.iterator({ gt: after, highWaterMarkBytes: ITERATE_BYTES });
    try {
      for (;;) {
        const entries = await iterator.nextv(ITERATE_CHUNK);
        const last = entries.at(-1)?.[0];
        const batch = this.#database.batch();
        for (const [key, value] of entries) batch.put(key, this.#checked(key, value));
        batch.put(FORMAT_KEY, last === undefined ? CHECKED_FORMAT : Uint8Array.of(UPGRADING, ...last));
        await batch.write({ sync: true });
        this.#operations += entries.length + 1;
        if (last === undefined) return;
      }
    } finally {
      await iterator.close();
    }
  }

  verify(spans?: readonly KeySpan[]): Promise<void> {
    return this.#check({ spans });
  }

  async #check(checks: LevelChecks): Promise<void> {
    for (let looks = 1; ; looks++)
      try {
        await this.#files.check(checks);
        break;
      } catch (error) {
        if (!(error instanceof LevelDamage) || looks === LOOKS) throw this.#files.explain(error, 'read');
      }
    // What is not there any more may have been damaged.
    await this.#look();
    this.#requireWhole();
  }

  #requireWhole(): void {
    if (this.#damage !== undefined) throw this.#damage;
  }

  /** At tables that LevelDB has made or does without. @returns whether there were some */
  async #look(): Promise<boolean> {
    if (!this.#files.holds || this.#damage !== undefined) return false;
    try {
      return await this.#files.held.look();
    } catch (error) {
      if (!(error instanceof LevelDamage)) return false;
      this.#damage = this.#files.explain(error, 'read');
      this.#failure ??= this.#damage;
      return true;
    }
  }

  #lookLater(): void {
    if (!this.#files.holds || this.#nextLook !== undefined) return;
    this.#nextLook = setTimeout(async () => {
      this.#nextLook = undefined;
      if (await this.#look()) this.#lookLater();
    }, LOOK_AFTER).unref();
  }

  wasDeleted(key: Uint8Array): boolean {
    return this.#deleted?.mayHave(key) ?? false;
  }

  /** Only what may still hide something is remembered then. */
  async #forgetDeletions(): Promise<void> {
    const deleted = this.#deleted!;
    deleted.begin();
    await this.#check({ deleted: deleted.add });
    deleted.end();
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    this.#requireWhole();
    try {
      return this.#unchecked(key, await this.#database.get(key));
    } catch (error) {
      throw this.#files.explain(error, 'read');
    }
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    this.#requireWhole();
    try {
      if (keys.length <= READ_HERE)
        return keys.map((key) => this.#unchecked(key, this.#database.getSync(key)));
      const parts: Promise<(Uint8Array | undefined)[]>[] = [];
      for (let i = 0; i < keys.length; i += READ_TOGETHER)
        parts.push(this.#database.getMany(keys.slice(i, i + READ_TOGETHER) as Uint8Array[]));
      const values = parts.length === 1 ? await parts[0]! : (await Promise.all(parts)).flat();
      return values.map((value, i) => this.#unchecked(keys[i]!, value));
    } catch (error) {
      throw this.#files.explain(error, 'read');
    }
  }

  async *iterate(range: KeyRange): AsyncIterable<readonly [Uint8Array, Uint8Array]> {
    const from = range.gt === undefined && range.gte === undefined ? { gte: FIRST_KEY } : {};
    this.#requireWhole();
    // The iterator sees the store as it is when it is made.
    const iterator = this.#database.iterator({ ...range, ...from, highWaterMarkBytes: ITERATE_BYTES });
    try {
      for (;;) {
        const entries = await iterator.nextv(ITERATE_CHUNK);
        if (entries.length === 0) return;
        for (const [key, value] of entries) yield [plain(key, key.length), this.#unchecked(key, value)!];
      }
    } catch (error) {
      throw this.#files.explain(error, 'read');
    } finally {
      await iterator.close();
    }
  }

  /** A chained batch: its operations go to native memory one by one, five times as fast as an array of objects. */
  async batch(operations: readonly Operation[], options: { readonly sync?: boolean } = {}): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    // LevelDB may begin to copy.
    if (this.#nextLook === undefined && (await this.#look())) this.#requireWhole();
    const before = this.#operations;
    const sync = options.sync === true;
    try {
      const batch = this.#database.batch();
      for (const operation of operations) {
        if ('put' in operation) batch.put(operation.put, this.#checked(operation.put, operation.value));
        else {
          this.#deleted?.add(operation.delete);
          batch.del(operation.delete);
        }
      }
      // A batch of nothing would not be written, and what was before it not be synced.
      if (sync && operations.length === 0) batch.put(FORMAT_KEY, CHECKED_FORMAT);
      const { length } = batch;
      await batch.write({ sync });
      this.#operations += length;
      // At least so many: of those that were under way at the same time some may come after it.
      if (sync) this.#sealAt(before + length);
      this.#lookLater();
      if (this.#deleted?.isFull === true) await this.#forgetDeletions();
    } catch (error) {
      this.#failure = this.#files.explain(error, 'written');
      throw this.#failure;
    }
  }

  /**
   * Writes everything anew, without what was replaced or deleted. LevelDB leaves a table alone that nothing from
   * above is merged into: so the first and the last entry are written again when all is in tables, and sink.
   */
  async compact(): Promise<void> {
    // LevelDB empties the log, as it does when it is opened.
    this.#isCompacting = true;
    this.#sealAt(this.#synced);
    for (const isInTables of [false, true]) {
      // A batch of nothing writes the first, which says that values are checked.
      if (isInTables) for (const end of [[], await this.#last()]) await this.batch(end, { sync: true });
      await this.#database.compactRange(FORMAT_KEY, LAST_KEY);
    }
    this.#isCompacting = false;
    await this.batch([], { sync: true });
  }

  /** The last entry of all, to be put again. */
  async #last(): Promise<Operation[]> {
    const iterator = this.#database.iterator({ gte: FIRST_KEY, limit: 1, reverse: true });
    const entries = await iterator.all();
    return entries.map(([key, value]) => ({ put: key, value: this.#unchecked(key, value)! }));
  }

  async close(): Promise<void> {
    clearTimeout(this.#nextLook);
    await this.#database.close();
    // Nothing is compacted any more.
    await this.#look();
    if (this.#files.holds && this.#damage === undefined) await this.#files.held.end();
    this.#files.seal.close();
  }

  /** The value and its check value, until the next call. */
  #checked(key: Uint8Array, value: Uint8Array): Uint8Array {
    const { length } = value;
    if (this.#scratch.length < length + CHECK_SIZE) this.#scratch = new Uint8Array(2 * length + CHECK_SIZE);
    const scratch = this.#scratch;
    scratch.set(value);
    const check = crc32c(value, crc32c(key));
    scratch[length] = check;
    scratch[length + 1] = check >>> 8;
    scratch[length + 2] = check >>> 16;
    scratch[length + 3] = check >>> 24;
    return scratch.subarray(0, length + CHECK_SIZE);
  }

  /** The value that was put. */
  #unchecked(key: Uint8Array, stored: Uint8Array | undefined): Uint8Array | undefined {
    if (stored === undefined) return undefined;
    const end = stored.length - CHECK_SIZE;
    const value = plain(stored, Math.max(0, end));
    const check = crc32c(value, crc32c(key));
    if (
      end < 0 ||
      stored[end] !== (check & 0xff) ||
      stored[end + 1] !== ((check >>> 8) & 0xff) ||
      stored[end + 2] !== ((check >>> 16) & 0xff) ||
      stored[end + 3] !== check >>> 24
    )
      throw new LevelDamage(`a record has a wrong checksum in ${this.#files.folder}`);
    return value;
  }
}

/** LevelDB gives Buffers, whose `slice` is none. */
const plain = ({ buffer, byteOffset }: Uint8Array, length: number): Uint8Array =>
  new Uint8Array(buffer, byteOffset, length);
