/** Storage in memory. It outlives the node that used it: opening it again finds what was written. */
import type { BlockFiles } from '../../chain/block-files.ts';
import type { KeyValueStore } from '../../chain/key-value-store.ts';
import type { Storage } from '../../chain/storage.ts';
import { MemoryBlockFiles } from './memory-block-files.ts';
import { MemoryStore } from './memory-store.ts';

export class MemoryStorage implements Storage {
  readonly #stores = new Map<string, MemoryStore>();
  readonly #blobs = new Map<string, Uint8Array>();
  #blockFiles = new MemoryBlockFiles();

  /** The same content, which goes its own way from now on. */
  copy(): MemoryStorage {
    const made = new MemoryStorage();
    for (const [name, store] of this.#stores) made.#stores.set(name, store.copy());
    for (const [name, blob] of this.#blobs) made.#blobs.set(name, blob);
    made.#blockFiles = this.#blockFiles.copy();
    return made;
  }

  async store(name: string): Promise<KeyValueStore> {
    const store = this.#stores.get(name) ?? new MemoryStore();
    this.#stores.set(name, store);
    return store;
  }

  async destroy(name: string): Promise<void> {
    this.#stores.delete(name);
    for (const blob of this.#blobs.keys()) if (blob.startsWith(`${name}/`)) this.#blobs.delete(blob);
  }

  async rename(name: string, to: string): Promise<void> {
    this.#stores.set(to, this.#stores.get(name)!);
    this.#stores.delete(name);
    for (const [blob, bytes] of [...this.#blobs]) {
      if (!blob.startsWith(`${name}/`)) continue;
      this.#blobs.set(to + blob.slice(name.length), bytes);
      this.#blobs.delete(blob);
    }
  }

  async blockFiles(): Promise<BlockFiles> {
    return this.#blockFiles;
  }

  async readBlob(name: string): Promise<Uint8Array | undefined> {
    return this.#blobs.get(name);
  }

  async writeBlob(name: string, bytes: Uint8Array): Promise<void> {
    this.#blobs.set(name, bytes.slice());
  }

  async close(): Promise<void> {}
}
