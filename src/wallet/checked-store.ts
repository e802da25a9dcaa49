/**
 * A wallet's store that knows when something in it was altered or is gone: each value begins with a tag that binds
 * it to its key, and a record of sums says what there is of each kind, written with every batch. Records of before
 * (version 1) are taken as they are and written anew. What damage means is the wallet's business.
 */
import { concatBytes, equalBytes, toHex, utf8 } from '../core/encoding/bytes.ts';
import { sha256 } from '../core/encoding/hashes.ts';
import { readJson, textOf } from './records.ts';
import type { WalletOperation, WalletStore } from './storage.ts';

const SUMS = 'sums';
const INFO = 'info';
const TAG_BYTES = 8;
/** Of a record's hash, in the sum of its kind. */
const SUM_BYTES = 16;

/** How many records of a kind there are, and the exclusive or of their hashes: the order does not matter. */
interface Sum {
  count: number;
  hash: bigint;
}

export const kindOf = (key: string): string => key.split(':', 1)[0]!;

const hashOf = (key: string, value: Uint8Array): Uint8Array => sha256(concatBytes(utf8(`${key}\0`), value));
const sumPart = (hash: Uint8Array): bigint => BigInt(`0x${toHex(hash.subarray(0, SUM_BYTES))}`);

/** Written before values had tags. */
function isOldInfo(value: Uint8Array | undefined): boolean {
  try {
    return value !== undefined && readJson<{ version?: unknown }>(value).version === 1;
  } catch {
    return false;
  }
}

export interface StoreContents {
  readonly records: Map<string, Uint8Array>;
  /** Kinds of which something was altered or is gone. */
  readonly damaged: Set<string>;
}

export class CheckedStore implements WalletStore {
  readonly #store: WalletStore;
  /** By key, what the record adds to the sum of its kind. */
  readonly #parts = new Map<string, bigint>();
  readonly #sums = new Map<string, Sum>();
  /** What makes the store agree with what was read of it; null if it does. */
  #repairs: WalletOperation[] | null = null;

  constructor(store: WalletStore) {
    this.#store = store;
  }

  /** Everything that is as it was written. Nothing is changed before `repair`. */
  async read(): Promise<StoreContents> {
    const stored: (readonly [key: string, value: Uint8Array, id: Uint8Array])[] = [];
    for await (const [id, value] of this.#store.iterate({})) stored.push([textOf(id), value, id]);
    const records = new Map(stored.map(([key, value]) => [key, value]));
    const damaged = new Set<string>();
    if (!records.has(SUMS) && isOldInfo(records.get(INFO))) {
      records.set(INFO, utf8(JSON.stringify({ ...readJson<object>(records.get(INFO)!), version: 2 })));
      this.#repairs = Array.from(records, ([key, value]) => this.#put(key, value));
      return { records, damaged };
    }
    const repairs: WalletOperation[] = [];
    for (const [key, tagged, id] of stored) {
      const value = tagged.subarray(TAG_BYTES);
      const hash = hashOf(key, value);
      if (equalBytes(tagged.subarray(0, TAG_BYTES), hash.subarray(0, TAG_BYTES))) {
        records.set(key, value);
        if (key !== SUMS) this.#count(key, sumPart(hash));
      } else {
        records.delete(key);
        damaged.add(kindOf(key));
        repairs.push({ delete: id });
      }
    }
    const expected = records.get(SUMS);
    records.delete(SUMS);
    if (expected === undefined) damaged.add(SUMS);
    else this.#compare(readJson(expected), damaged);
    if (damaged.size > 0) this.#repairs = repairs;
    return { records, damaged };
  }

  #compare(expected: Readonly<Record<string, readonly [number, string]>>, damaged: Set<string>): void {
    const found = this.#sumsJson();
    for (const kind of new Set([...Object.keys(expected), ...Object.keys(found)]))
      if (String(expected[kind]) !== String(found[kind])) damaged.add(kind);
  }

  #sumsJson(): Record<string, readonly [number, string]> {
    const present = [...this.#sums].filter(([, { count }]) => count > 0);
    return Object.fromEntries(present.map(([kind, { count, hash }]) => [kind, [count, hash.toString(16)]]));
  }

  /** Takes what was read as all there is, less these. */
  async repair(forget: readonly string[]): Promise<void> {
    if (this.#repairs === null && forget.length === 0) return;
    const operations = [...(this.#repairs ?? []), ...forget.map((key) => this.#delete(key))];
    this.#repairs = null;
    await this.#write(operations, { sync: true });
  }

  #count(key: string, part: bigint | undefined): void {
    const kind = kindOf(key);
    const sum = this.#sums.get(kind) ?? { count: 0, hash: 0n };
    const before = this.#parts.get(key);
    sum.count += Number(part !== undefined) - Number(before !== undefined);
    sum.hash ^= (before ?? 0n) ^ (part ?? 0n);
    this.#sums.set(kind, sum);
    if (part === undefined) this.#parts.delete(key);
    else this.#parts.set(key, part);
  }

  #put(key: string, value: Uint8Array): WalletOperation {
    const hash = hashOf(key, value);
    this.#count(key, sumPart(hash));
    return { put: utf8(key), value: concatBytes(hash.subarray(0, TAG_BYTES), value) };
  }

  #delete(key: string): WalletOperation {
    this.#count(key, undefined);
    return { delete: utf8(key) };
  }

  /**
   * Where a copy of it (as `iterate` shows it) differs: by the tags, without hashing anything.
   * @returns values of the copy; null where it has no such record
   */
  differences(copy: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array | null> {
    const differences = new Map<string, Uint8Array | null>();
    for (const key of this.#parts.keys()) if (!copy.has(key)) differences.set(key, null);
    for (const [key, tagged] of copy) {
      const tag = (this.#parts.get(key) ?? -1n) >> BigInt(8 * (SUM_BYTES - TAG_BYTES));
      if (key !== SUMS && tag !== BigInt(`0x${toHex(tagged.subarray(0, TAG_BYTES))}`))
        differences.set(key, tagged.subarray(TAG_BYTES));
    }
    return differences;
  }

  /** As it is stored, tags and sums included: a copy of all of it is a wallet. */
  iterate(range: Parameters<WalletStore['iterate']>[0]): ReturnType<WalletStore['iterate']> {
    return this.#store.iterate(range);
  }

  /** Keys are text. */
  batch(operations: readonly WalletOperation[], options?: { readonly sync?: boolean }): Promise<void> {
    const tagged = operations.map((operation) =>
      'put' in operation
        ? this.#put(textOf(operation.put), operation.value)
        : this.#delete(textOf(operation.delete)),
    );
    return this.#write(tagged, options);
  }

  #write(operations: readonly WalletOperation[], options?: { readonly sync?: boolean }): Promise<void> {
    const sums = utf8(JSON.stringify(this.#sumsJson()));
    const tag = hashOf(SUMS, sums).subarray(0, TAG_BYTES);
    return this.#store.batch([...operations, { put: utf8(SUMS), value: concatBytes(tag, sums) }], options);
  }

  compact(): Promise<void> {
    return this.#store.compact();
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
