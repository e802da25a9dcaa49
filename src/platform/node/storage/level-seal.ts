/**
 * How far a LevelDB store had come when it was last synced, in a file beside it. A store that has less has lost its
 * end, which by itself looks like a crash.
 *
 * Written after the store is on the disk, and never synced: whatever a power cut leaves of it, it never promises
 * more than the store has.
 */
import { closeSync, constants, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c } from '../../../core/encoding/crc32c.ts';
import type { Seal } from './level-check.ts';
import { openFile, readFileWhole } from './regular-file.ts';

/** Two numbers of 8 bytes and their check value. */
const CHECK = 16;
const SIZE = 20;

const IN_PLACE = constants.O_RDWR | constants.O_CREAT;

export class SealFile {
  readonly #path: string;
  readonly #bytes = Buffer.alloc(SIZE);
  #descriptor: number | undefined;

  constructor(folder: string) {
    this.#path = join(folder, 'SEAL');
  }

  /** Undefined without one, or if it cannot be read: it says nothing then. */
  read(): Seal | undefined {
    try {
      const bytes = readFileWhole(this.#path);
      if (bytes.length !== SIZE || bytes.readUInt32LE(CHECK) !== crc32c(bytes.subarray(0, CHECK)))
        return undefined;
      return { synced: Number(bytes.readBigUInt64LE(0)), opened: Number(bytes.readBigUInt64LE(8)) };
    } catch {
      return undefined;
    }
  }

  /** In place, with one call. */
  write({ synced, opened }: Seal): void {
    this.#bytes.writeBigUInt64LE(BigInt(synced), 0);
    this.#bytes.writeBigUInt64LE(BigInt(opened), 8);
    this.#bytes.writeUInt32LE(crc32c(this.#bytes.subarray(0, CHECK)), CHECK);
    this.#descriptor ??= openFile(this.#path, IN_PLACE);
    writeSync(this.#descriptor, this.#bytes, 0, SIZE, 0);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
