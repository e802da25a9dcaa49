/** A file of blocks on disk, as `penny import` reads it. */
import { type FileHandle, open } from 'node:fs/promises';
import type { BlockSource } from '../../../chain/record-reader.ts';

export class FileSource implements BlockSource {
  readonly name: string;
  readonly size: number;
  readonly #handle: FileHandle;

  private constructor(name: string, size: number, handle: FileHandle) {
    this.name = name;
    this.size = size;
    this.#handle = handle;
  }

  static async open(path: string): Promise<FileSource> {
    const handle = await open(path, 'r');
    return new FileSource(path, (await handle.stat()).size, handle);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.#handle.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) throw new Error(`${this.name} is too short`);
      done += bytesRead;
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
