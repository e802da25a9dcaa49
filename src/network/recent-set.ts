/**
 * Remembers at least the last `capacity` items given to it, and at most twice as many: what Core does
 * with rolling Bloom filters, without false positives.
 */
export class RecentSet<T> {
  readonly #capacity: number;
  #young = new Set<T>();
  #old = new Set<T>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  has(item: T): boolean {
    return this.#young.has(item) || this.#old.has(item);
  }

  add(item: T): void {
    if (this.#young.has(item)) return;
    if (this.#young.size >= this.#capacity) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(item);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
