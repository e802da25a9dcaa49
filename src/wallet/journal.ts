/**
 * Writes a wallet's changes without making anyone wait. What is written is what the wallet holds when its
 * turn comes: however often a record changes meanwhile, it is written once, and all in one batch.
 */
import { utf8 } from '../core/encoding/bytes.ts';
import type { WalletStore } from './storage.ts';

export class Journal {
  readonly #store: WalletStore;
  readonly #failed: (error: Error) => void;
  /** By key: what makes the value, or null to delete the record. */
  readonly #pending = new Map<string, (() => Uint8Array) | null>();
  /** The last batch, begun or waiting; after a failure none begins. */
  #last: Promise<void> = Promise.resolve();
  #failure: Error | null = null;
  /** Changes until now. */
  written = 0;

  /** @param failed told once if the disk refuses: what happens from then on is lost with the process */
  constructor(store: WalletStore, failed: (error: Error) => void) {
    this.#store = store;
    this.#failed = failed;
  }

  /** @param value asked when the record is written */
  putJson(key: string, value: () => unknown): void {
    this.#write(key, () => utf8(JSON.stringify(value())));
  }

  putBytes(key: string, value: Uint8Array): void {
    this.#write(key, () => value);
  }

  delete(key: string): void {
    this.#write(key, null);
  }

  #write(key: string, value: (() => Uint8Array) | null): void {
    // What belongs together arrives before the promise gives the batch its turn.
    if (this.#pending.size === 0) {
      this.#last = this.#last.then(() => this.#flush());
      this.#last.catch(() => undefined);
    }
    this.#pending.set(key, value);
    this.written++;
  }

  async #flush(): Promise<void> {
    try {
      const operations = Array.from(this.#pending, ([key, value]) =>
        value === null ? { delete: utf8(key) } : { put: utf8(key), value: value() },
      );
      this.#pending.clear();
      await this.#store.batch(operations, { sync: true });
    } catch (error) {
      this.#failure = error as Error;
      this.#failed(this.#failure);
      throw error;
    }
  }

  /** Why nothing is written any more. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Resolves when all that was written so far is on the disk. @throws Error of a failing disk */
  settled(): Promise<void> {
    return this.#last;
  }

  /** @throws Error of a failing disk; the store is closed all the same */
  async close(): Promise<void> {
    try {
      await this.settled();
    } finally {
      await this.#store.close();
    }
  }
}
