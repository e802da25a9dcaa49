/**
 * Large files that are read piece by piece: of blocks, as `penny import` reads them, plain or with the mask of the folder
 * that they lie in; of coins.
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { BlockSource } from '../../../chain/record-reader.ts';
import { type BlockMask, maskOf } from './block-mask.ts';

export class FileSource implements BlockSource {
  readonly name: string;
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #mask: BlockMask;

  private constructor(name: string, size: number, handle: FileHandle, mask: BlockMask) {
    this.name = name;
    this.size = size;
    this.#handle = handle;
    this.#mask = mask;
  }

  static async open(path: string): Promise<FileSource> {
    const handle = await open(path, 'r');
    return new FileSource(path, (await handle.stat()).size, handle, await maskOf(path));
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const before = this.#mask.before(offset);
    const bytes = new Uint8Array(before + length);
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await this.#handle.read(bytes, done, bytes.length - done, offset - before + done);
      if (bytesRead === 0) throw new Error(`${this.name} is too short`);
      done += bytesRead;
    }
    return this.#mask.takeOff(bytes).subarray(before);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

const PIECE = 1 << 20;

/** A file from its beginning to its end. @throws the system's error if it cannot be opened */
export async function readPieces(path: string): Promise<{ path: string; pieces: AsyncIterable<Uint8Array> }> {
  const handle = await open(path, 'r').catch((error) => {
    throw Object.assign(error, { path });
  });
  return { path, pieces: handle.createReadStream({ highWaterMark: PIECE }) };
}
