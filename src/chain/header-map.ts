/**
 * Headers by their hashes, in the order in which they came: a table of numbers over the bytes that the rows have,
 * for a string and a place in a `Map` for each took half of the time in which an index is loaded.
 */
import { type HeaderEntry, uint32 } from './header-entry.ts';

export class HeaderMap {
  #entries: HeaderEntry[] = [];
  /** A power of two, at least twice as many as there are entries: one more than the number of one, or 0. */
  #slots = new Int32Array(1024);
  #shift = 22;
  /** Odd, and nobody's business: then nobody can choose hashes that share their slots. */
  readonly #factor: number;

  constructor(salt: number) {
    this.#factor = salt | 1;
  }

  get size(): number {
    return this.#entries.length;
  }

  get entries(): readonly HeaderEntry[] {
    return this.#entries;
  }

  /** @param from where its 32 bytes begin */
  find(hash: Uint8Array, from = 0): HeaderEntry | undefined {
    for (let slot = this.#slotOf(uint32(hash, from)); ; slot = (slot + 1) & (this.#slots.length - 1)) {
      const number = this.#slots[slot]!;
      if (number === 0) return undefined;
      const entry = this.#entries[number - 1]!;
      if (entry.hasHash(hash, from)) return entry;
    }
  }

  add(entry: HeaderEntry): void {
    this.#entries.push(entry);
    if (2 * this.size > this.#slots.length) this.#index(2 * this.#slots.length);
    else this.#place(entry, this.size);
  }

  keep(wanted: (entry: HeaderEntry) => boolean): void {
    this.#entries = this.#entries.filter(wanted);
    this.#index(this.#slots.length);
  }

  #index(slots: number): void {
    this.#slots = new Int32Array(slots);
    this.#shift = Math.clz32(slots) + 1;
    for (const [i, entry] of this.#entries.entries()) this.#place(entry, i + 1);
  }

  #place(entry: HeaderEntry, number: number): void {
    let slot = this.#slotOf(entry.hashStart);
    while (this.#slots[slot] !== 0) slot = (slot + 1) & (this.#slots.length - 1);
    this.#slots[slot] = number;
  }

  /** @param start of a hash, which proof of work leaves to chance */
  #slotOf(start: number): number {
    return Math.imul(start, this.#factor) >>> this.#shift;
  }
}
