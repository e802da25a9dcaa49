/** A KeyValueStore in memory: for tests, the simulation, and nodes that keep nothing. No Node API. */

import type { KeyRange, KeyValueStore, Operation } from '../../chain/key-value-store.ts';
import { fromLatin1, latin1 } from '../../core/encoding/bytes.ts';
import { countLeading } from '../../core/encoding/sorted.ts';

/** As text: a string costs a quarter of the memory of the same bytes in an array, and is compared as they are. */
type Entry = readonly [key: string, value: string];

export class MemoryStore implements KeyValueStore {
  readonly #entries: Map<string, string>;
  /** In key order; made when somebody iterates and dropped at the next write. */
  #sorted: readonly Entry[] | undefined;

  constructor(entries: Iterable<Entry> = []) {
    this.#entries = new Map(entries);
  }

  /** The same content, which goes its own way from now on. */
  copy(): MemoryStore {
    return new MemoryStore(this.#entries);
  }

  #get(key: Uint8Array): Uint8Array | undefined {
    const value = this.#entries.get(latin1(key));
    return value === undefined ? undefined : fromLatin1(value);
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#get(key);
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return keys.map((key) => this.#get(key));
  }

  async *iterate(range: KeyRange): AsyncIterable<readonly [Uint8Array, Uint8Array]> {
    this.#sorted ??= [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
    const sorted = this.#sorted;
    let first = 0;
    if (range.gte !== undefined) first = Math.max(first, countBelow(sorted, range.gte, false));
    if (range.gt !== undefined) first = Math.max(first, countBelow(sorted, range.gt, true));
    let last = sorted.length;
    if (range.lt !== undefined) last = Math.min(last, countBelow(sorted, range.lt, false));
    if (range.lte !== undefined) last = Math.min(last, countBelow(sorted, range.lte, true));
    const count = Math.min(last - first, range.limit ?? Number.POSITIVE_INFINITY);
    for (let i = 0; i < count; i++) {
      const [key, value] = sorted[range.reverse === true ? last - 1 - i : first + i]!;
      yield [fromLatin1(key), fromLatin1(value)];
    }
  }

  async batch(operations: readonly Operation[]): Promise<void> {
    for (const operation of operations) {
      if ('put' in operation) this.#entries.set(latin1(operation.put), latin1(operation.value));
      else this.#entries.delete(latin1(operation.delete));
    }
    this.#sorted = undefined;
  }

  async verify(): Promise<void> {}

  wasDeleted(): boolean {
    return false;
  }

  async close(): Promise<void> {}
}

/** How many entries come before a key, or up to and with it. */
function countBelow(sorted: readonly Entry[], key: Uint8Array, inclusive: boolean): number {
  const text = latin1(key);
  return countLeading(sorted, ([own]) => own < text || (inclusive && own === text));
}
