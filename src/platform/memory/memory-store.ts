/** A KeyValueStore in memory: for tests, the simulation, and nodes that keep nothing. No Node API. */

import type { KeyRange, KeyValueStore, Operation } from '../../chain/key-value-store.ts';
import { compareBytes, latin1 } from '../../core/encoding/bytes.ts';
import { countLeading } from '../../core/encoding/sorted.ts';

type Entry = readonly [key: Uint8Array, value: Uint8Array];

export class MemoryStore implements KeyValueStore {
  readonly #entries: Map<string, Entry>;
  /** In key order; made when somebody iterates and dropped at the next write. */
  #sorted: readonly Entry[] | undefined;

  constructor(entries: Iterable<readonly [string, Entry]> = []) {
    this.#entries = new Map(entries);
  }

  /** The same content, which goes its own way from now on. */
  copy(): MemoryStore {
    return new MemoryStore(this.#entries);
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#entries.get(latin1(key))?.[1];
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return keys.map((key) => this.#entries.get(latin1(key))?.[1]);
  }

  async *iterate(range: KeyRange): AsyncIterable<Entry> {
    this.#sorted ??= [...this.#entries.values()].sort((a, b) => compareBytes(a[0], b[0]));
    const sorted = this.#sorted;
    let first = 0;
    if (range.gte !== undefined) first = Math.max(first, countBelow(sorted, range.gte, false));
    if (range.gt !== undefined) first = Math.max(first, countBelow(sorted, range.gt, true));
    let last = sorted.length;
    if (range.lt !== undefined) last = Math.min(last, countBelow(sorted, range.lt, false));
    if (range.lte !== undefined) last = Math.min(last, countBelow(sorted, range.lte, true));
    const count = Math.min(last - first, range.limit ?? Number.POSITIVE_INFINITY);
    for (let i = 0; i < count; i++) yield sorted[range.reverse === true ? last - 1 - i : first + i]!;
  }

  async batch(operations: readonly Operation[]): Promise<void> {
    for (const operation of operations) {
      if ('put' in operation)
        this.#entries.set(latin1(operation.put), [operation.put.slice(), operation.value.slice()]);
      else this.#entries.delete(latin1(operation.delete));
    }
    this.#sorted = undefined;
  }

  async verify(): Promise<void> {}

  async close(): Promise<void> {}
}

/** How many entries come before a key, or up to and with it. */
const countBelow = (sorted: readonly Entry[], key: Uint8Array, inclusive: boolean): number =>
  countLeading(sorted, ([own]) => compareBytes(own, key) < (inclusive ? 1 : 0));
