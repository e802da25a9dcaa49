/** The seam to everything a node keeps: stores, block files, small named blobs. One data directory, one owner. */
import type { BlockFiles } from './block-files.ts';
import type { KeyValueStore } from './key-value-store.ts';

export interface Storage {
  /** Where it lies, for people; undefined in memory. */
  readonly directory?: string;
  /** Opens a store by its path in the data directory (`chainstate`, `indexes/txindex`); once at a time. */
  store(name: string): Promise<KeyValueStore>;
  /** Deletes a store that is not open, and the small files in its folder. */
  destroy(name: string): Promise<void>;
  /** Gives both another name, which no other has. Absent where there can be no second chainstate. */
  rename?(name: string, to: string): Promise<void>;
  blockFiles(): Promise<BlockFiles>;
  /** A small file (`mempool.dat`, `peers.dat`, `anchors.dat`); undefined if there is none. */
  readBlob(name: string): Promise<Uint8Array | undefined>;
  /** Replaces a small file as a whole or not at all. */
  writeBlob(name: string, bytes: Uint8Array): Promise<void>;
  /** Gives the data directory free; what was opened must be closed before. */
  close(): Promise<void>;
}

/** The disk does not let something be opened, read or written. */
export class DiskError extends Error {
  override readonly name = 'DiskError';

  /** @param what could not be done: "chainstate cannot be written" */
  constructor(what: string, cause: unknown) {
    super(`${what}: ${(cause as Error).message}`, { cause });
  }
}

/** A store or file that is not as it was written: nothing is read from it any more. */
export class CorruptionError extends Error {
  override readonly name = 'CorruptionError';
}

/** The tip's time lies ahead of our clock: either is wrong. Core asks then whether to rebuild. */
export class FutureTipError extends Error {
  override readonly name = 'FutureTipError';

  constructor() {
    super(
      'The block database contains a block which appears to be from the future. ' +
        "This may be due to your computer's date and time being set incorrectly. " +
        "Only rebuild the block database if you are sure that your computer's date and time are correct.\n" +
        'Please restart with -reindex or -reindex-chainstate to recover.',
    );
  }
}

/** What people call a store, and what they can do about damage. */
export interface StoreTitle {
  readonly name: string;
  readonly remedy?: string;
}

export function damaged({ name, remedy }: StoreTitle, reason: string): CorruptionError {
  const wayOut = remedy === undefined ? '' : `: ${remedy}`;
  return new CorruptionError(`${name} is damaged${wayOut} (${reason})`);
}
