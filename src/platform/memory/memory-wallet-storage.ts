/** Wallets that are gone with the process: for tests, and for nodes that are simulated. */
import type { WalletStorage, WalletStore } from '../../wallet/storage.ts';
import { MemoryStore } from './memory-store.ts';

export class MemoryWalletStorage implements WalletStorage {
  readonly #stores = new Map<string, MemoryStore>();
  readonly #backups = new Map<string, Uint8Array>();
  #startup: readonly string[] = [];

  /** The same content, which goes its own way from now on. */
  copy(): MemoryWalletStorage {
    const made = new MemoryWalletStorage();
    for (const [name, store] of this.#stores) made.#stores.set(name, store.copy());
    for (const [path, bytes] of this.#backups) made.#backups.set(path, bytes);
    made.#startup = this.#startup;
    return made;
  }

  async open(name: string, create: boolean): Promise<WalletStore> {
    let store = this.#stores.get(name);
    if (store === undefined) {
      if (!create) throw new Error(`there is no wallet ${name}`);
      store = new MemoryStore();
      this.#stores.set(name, store);
    }
    const opened = store;
    // The content outlives the closing of the wallet, as it would on a disk.
    return {
      iterate: (range) => opened.iterate(range),
      batch: (operations) => opened.batch(operations),
      compact: async () => {},
      close: async () => {},
    };
  }

  async exists(name: string): Promise<boolean> {
    return this.#stores.has(name);
  }

  async remove(name: string): Promise<void> {
    this.#stores.delete(name);
  }

  async writeBackup(path: string, bytes: Uint8Array): Promise<void> {
    this.#backups.set(path, bytes);
  }

  async readBackup(path: string): Promise<Uint8Array | undefined> {
    return this.#backups.get(path);
  }

  async list(): Promise<string[]> {
    return [...this.#stores.keys()];
  }

  async readStartup(): Promise<string[]> {
    return [...this.#startup];
  }

  async writeStartup(names: readonly string[]): Promise<void> {
    this.#startup = names;
  }
}
