/** Writes a wallet's changes in the order in which they happened, without making anyone wait. */
import type { WalletOperation, WalletStore } from './storage.ts';

export class Journal {
  readonly #store: WalletStore;
  #pending: WalletOperation[] = [];
  #writing: Promise<void> | null = null;
  #failure: Error | null = null;

  constructor(store: WalletStore) {
    this.#store = store;
  }

  write(...operations: readonly WalletOperation[]): void {
    this.#pending.push(...operations);
    this.#writing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    try {
      while (this.#pending.length > 0) {
        // Let everything that belongs together arrive first.
        await Promise.resolve();
        const operations = this.#pending;
        this.#pending = [];
        await this.#store.batch(operations, { sync: true });
      }
    } catch (error) {
      this.#failure = error as Error;
    } finally {
      this.#writing = null;
    }
  }

  /** Resolves when all that was written so far is on the disk. @throws Error of a failing disk */
  async settled(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
    if (this.#failure !== null) throw this.#failure;
  }

  async close(): Promise<void> {
    await this.settled();
    await this.#store.close();
  }
}
