/**
 * A KeyValueStore as a log of batches in a file, with its entries in memory: for chains of some hundred thousand coins.
 * When most of the log is of the past, a new one is written, and taken up by one small write at the end.
 *
 * Log: for each batch 4 bytes of length, 4 of a CRC-32C that goes on from that of the batch before (the first from the
 * log's number), and the operations: key, and value with its length + 1, or 0 where the key is deleted.
 * State: two places, written in turn, that say which log it is, and how much of it was synced.
 */
import type { KeyRange, KeyValueStore, Operation } from '../../../chain/key-value-store.ts';
import { CorruptionError, DiskError, damaged, type StoreTitle } from '../../../chain/storage.ts';
import { crc32c } from '../../../core/encoding/crc32c.ts';
import { Reader } from '../../../core/encoding/reader.ts';
import { Writer } from '../../../core/encoding/writer.ts';
import { MemoryStore } from '../../memory/memory-store.ts';
import { type Folder, type OpenFile, readWhole, writeWhole } from './folder.ts';

const HEADER = 8;
const STATE = 'state';
/** Bytes between the two places of the state: a sector that is torn takes one of them. */
const PLACE = 4096;
/** Sequence, log, bytes synced, check value. */
const STATE_SIZE = 28;
/** Bytes by which a log may grow in any case before it is written anew, and of a batch when it is. */
const SMALL_LOG = 1 << 20;

interface State {
  readonly sequence: number;
  readonly log: number;
  readonly synced: number;
}

export class LogStore implements KeyValueStore {
  readonly #folder: Folder;
  readonly #title: StoreTitle;
  readonly #stateFile: OpenFile;
  readonly #memory = new MemoryStore();
  #state: State = { sequence: 0, log: 1, synced: 0 };
  #log!: OpenFile;
  /** Where the next batch goes, and the check value before it. */
  #end = 0;
  #check = 0;
  /** The end when everything in it was of use. */
  #compacted = 0;
  #turn: Promise<unknown> = Promise.resolve();
  /** Why nothing is written any more. */
  #failure: Error | undefined;

  readonly #smallLog: number;

  private constructor(folder: Folder, title: StoreTitle, stateFile: OpenFile, smallLog: number) {
    this.#smallLog = smallLog;
    this.#folder = folder;
    this.#title = title;
    this.#stateFile = stateFile;
  }

  /** @throws CorruptionError, DiskError */
  static async open(folder: Folder, title: StoreTitle, smallLog = SMALL_LOG): Promise<LogStore> {
    const store = new LogStore(folder, title, await folder.open(STATE), smallLog);
    try {
      await store.#begin();
      return store;
    } catch (error) {
      await store.close();
      throw error instanceof CorruptionError ? error : new DiskError(`${title.name} cannot be opened`, error);
    }
  }

  async #begin(): Promise<void> {
    const state = this.#readState();
    if (state !== undefined) this.#state = state;
    const names = await this.#folder.names();
    const [former, next] = [nameOf(this.#state.log), nameOf(this.#state.log + 1)];
    // The place that took up the next log is damaged: the former one goes after that was written.
    if (state !== undefined && !names.includes(former) && names.includes(next))
      this.#state = { ...state, log: state.log + 1, synced: 0 };
    const own = nameOf(this.#state.log);
    for (const name of names) {
      if (name === STATE || name === own) continue;
      if (state === undefined) throw damaged(this.#title, `its ${STATE} cannot be read`);
      if (!names.includes(own)) throw damaged(this.#title, `its ${own} is missing`);
      await this.#folder.remove(name);
    }
    this.#log = await this.#folder.open(own);
    const size = this.#log.getSize();
    if (state === undefined) {
      if (size > 0) throw damaged(this.#title, `its ${STATE} cannot be read`);
      this.#writeState({});
    }
    this.#check = this.#state.log;
    for (const { end, check, operations } of this.#batches(size)) {
      await this.#memory.batch(operations);
      [this.#end, this.#check] = [end, check];
    }
    if (this.#end < this.#state.synced) throw this.#damage(this.#end);
    // What a kill has left of a batch.
    if (this.#end < size) this.#log.truncate(this.#end);
    this.#compacted = this.#end;
  }

  #damage(at: number): CorruptionError {
    return damaged(this.#title, `${nameOf(this.#state.log)} is not what was written from byte ${at} on`);
  }

  *#batches(size: number): Iterable<{ end: number; check: number; operations: Operation[] }> {
    const bytes = readWhole(this.#log, 0, size) ?? new Uint8Array(0);
    const view = new DataView(bytes.buffer);
    let check = this.#state.log;
    for (let at = 0; at + HEADER < size; ) {
      const length = view.getUint32(at, true);
      const end = at + HEADER + length;
      if (length === 0 || end > size) return;
      check = crc32c(bytes.subarray(at + HEADER, end), check);
      if (check !== view.getUint32(at + 4, true)) return;
      yield { end, check, operations: readOperations(new Reader(bytes, at + HEADER, end)) };
      at = end;
    }
  }

  #readState(): State | undefined {
    const places = [0, PLACE].flatMap((at) => {
      const bytes = readWhole(this.#stateFile, at, STATE_SIZE);
      if (bytes === undefined) return [];
      const view = new DataView(bytes.buffer);
      const [sequence, log, synced] = [0, 8, 16].map((field) => view.getFloat64(field)) as [
        number,
        number,
        number,
      ];
      const isWhole = view.getUint32(24) === crc32c(bytes.subarray(0, 24));
      return isWhole ? [{ sequence, log, synced }] : [];
    });
    return places.sort((a, b) => b.sequence - a.sequence)[0];
  }

  /** Not synced itself, unless another log is taken up: it never promises more than the log has. */
  #writeState(changed: Partial<State>): void {
    const state = { ...this.#state, ...changed, sequence: this.#state.sequence + 1 };
    const bytes = new Uint8Array(STATE_SIZE);
    const view = new DataView(bytes.buffer);
    for (const [i, value] of [state.sequence, state.log, state.synced].entries())
      view.setFloat64(8 * i, value);
    view.setUint32(24, crc32c(bytes.subarray(0, 24)));
    writeWhole(this.#stateFile, bytes, (state.sequence % 2) * PLACE);
    this.#state = state;
  }

  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#memory.get(key);
  }

  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return this.#memory.getMany(keys);
  }

  iterate(range: KeyRange): AsyncIterable<readonly [Uint8Array, Uint8Array]> {
    return this.#memory.iterate(range);
  }

  batch(operations: readonly Operation[], options: { readonly sync?: boolean } = {}): Promise<void> {
    const bytes = encode(operations);
    return this.#inTurn(async () => {
      if (operations.length > 0) this.#append(bytes);
      if (options.sync) {
        this.#log.flush();
        this.#writeState({ synced: this.#end });
      }
      await this.#memory.batch(operations);
      if (this.#end > this.#smallLog + 2 * this.#compacted) await this.#compact();
    });
  }

  /** One write after the other; none behind one that failed. @throws DiskError */
  #inTurn(write: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(async () => {
      if (this.#failure !== undefined) throw this.#failure;
      try {
        await write();
      } catch (error) {
        this.#failure = new DiskError(`${this.#title.name} cannot be written`, error);
        throw this.#failure;
      }
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** @param bytes with room for a header in front */
  #append(bytes: Uint8Array): void {
    const check = crc32c(bytes.subarray(HEADER), this.#check);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint32(0, bytes.length - HEADER, true);
    view.setUint32(4, check, true);
    writeWhole(this.#log, bytes, this.#end);
    this.#end += bytes.length;
    this.#check = check;
  }

  /** Writes everything anew, so that nothing which was deleted or replaced is left in a file. */
  compact(): Promise<void> {
    return this.#inTurn(async () => {
      const size = this.#end;
      const old = await this.#compact(false);
      for (let at = 0; at < size; at += SMALL_LOG)
        writeWhole(old, new Uint8Array(Math.min(SMALL_LOG, size - at)), at);
      old.flush();
      await this.#drop(old, this.#state.log - 1);
    });
  }

  async #compact(drops = true): Promise<OpenFile> {
    const [old, log] = [this.#log, this.#state.log + 1];
    this.#log = await this.#folder.open(nameOf(log));
    this.#log.truncate(0);
    this.#end = 0;
    this.#check = log;
    let operations: Operation[] = [];
    let size = 0;
    for await (const [put, value] of this.#memory.iterate({})) {
      operations.push({ put, value });
      size += put.length + value.length;
      if (size < this.#smallLog) continue;
      this.#append(encode(operations));
      [operations, size] = [[], 0];
    }
    if (operations.length > 0) this.#append(encode(operations));
    this.#log.flush();
    this.#writeState({ log, synced: this.#end });
    this.#stateFile.flush();
    this.#compacted = this.#end;
    if (drops) await this.#drop(old, log - 1);
    return old;
  }

  async #drop(file: OpenFile, log: number): Promise<void> {
    file.close();
    await this.#folder.remove(nameOf(log));
  }

  /** @throws CorruptionError */
  async verify(): Promise<void> {
    await this.#turn;
    let good = { end: 0, check: this.#state.log };
    for (const { end, check } of this.#batches(this.#end)) good = { end, check };
    if (good.end !== this.#end || good.check !== this.#check) throw this.#damage(good.end);
  }

  /** What is read lies in memory. */
  wasDeleted(): boolean {
    return false;
  }

  async close(): Promise<void> {
    await this.#turn;
    // What is synced is missed if it is not there.
    if (this.#failure === undefined && this.#end > this.#state.synced) await this.batch([], { sync: true });
    this.#failure ??= new Error('it is closed');
    this.#log?.close();
    this.#stateFile.close();
  }
}

const nameOf = (log: number): string => `log-${log}`;

function encode(operations: readonly Operation[]): Uint8Array {
  const writer = new Writer(1024).bytes(new Uint8Array(HEADER));
  for (const operation of operations) {
    if ('put' in operation)
      writer
        .varBytes(operation.put)
        .compactSize(operation.value.length + 1)
        .bytes(operation.value);
    else writer.varBytes(operation.delete).compactSize(0);
  }
  return writer.finish();
}

function readOperations(reader: Reader): Operation[] {
  const operations: Operation[] = [];
  while (reader.remaining > 0) {
    const key = reader.varBytes(reader.remaining);
    const length = Number(reader.compactNumber());
    if (length === 0) operations.push({ delete: key });
    else operations.push({ put: key, value: reader.view(length - 1) });
  }
  return operations;
}
