/** Folders of the origin's private file system. */
import type { Folder, OpenFile } from './folder.ts';

/** A worker that was killed may hold its files for a moment longer than its lock: so often, and milliseconds between. */
const TRIES = 100;
const PAUSE = 50;

export class OpfsFolder implements Folder {
  readonly #handle: FileSystemDirectoryHandle;

  private constructor(handle: FileSystemDirectoryHandle) {
    this.#handle = handle;
  }

  /** Undefined where a browser has no such file system, or none in this window. */
  static async root(): Promise<OpfsFolder | undefined> {
    try {
      if (!('createSyncAccessHandle' in FileSystemFileHandle.prototype)) return undefined;
      return new OpfsFolder(await navigator.storage.getDirectory());
    } catch {
      return undefined;
    }
  }

  async folder(name: string): Promise<Folder> {
    return new OpfsFolder(await this.#handle.getDirectoryHandle(name, { create: true }));
  }

  async open(name: string): Promise<OpenFile> {
    const file = await this.#handle.getFileHandle(name, { create: true });
    for (let tries = 1; ; tries++)
      try {
        return (await file.createSyncAccessHandle()) as unknown as OpenFile;
      } catch (error) {
        if ((error as Error).name !== 'NoModificationAllowedError') throw error;
        if (tries === TRIES) throw new Error(`the browser still has ${name} in use`, { cause: error });
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
  }

  async names(): Promise<string[]> {
    const names: string[] = [];
    for await (const name of this.#handle.keys()) names.push(name);
    return names.sort();
  }

  async remove(name: string): Promise<void> {
    try {
      await this.#handle.removeEntry(name, { recursive: true });
    } catch (error) {
      if ((error as Error).name !== 'NotFoundError') throw error;
    }
  }
}
