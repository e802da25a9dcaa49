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
  #writing: Promise<void> | null = null;
  #failure: Error | null = null;

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
    this.#pending.set(key, value);
    if (this.#failure === null) this.#writing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    try {
      while (this.#pending.size > 0) {
        // Let everything that belongs together arrive first.
        await Promise.resolve();
        const operations = Array.from(this.#pending, ([key, value]) =>
          value === null ? { delete: utf8(key) } : { put: utf8(key), value: value() },
        );
        this.#pending.clear();
        await this.#store.batch(operations, { sync: true });
      }
    } catch (error) {
      this.#failure ??= error as Error;
      this.#failed(this.#failure);
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
