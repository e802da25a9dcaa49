/** The seam to everything a node keeps: stores, block files, small named blobs. One data directory, one owner. */
import type { Logger } from '../seams.ts';
import type { BlockFiles } from './block-files.ts';
import type { KeyValueStore } from './key-value-store.ts';

export interface Storage {
  /** Opens a store by its path in the data directory (`chainstate`, `indexes/txindex`); once at a time. */
  store(name: string): Promise<KeyValueStore>;
  /** Deletes a store that is not open. */
  destroy(name: string): Promise<void>;
  blockFiles(): Promise<BlockFiles>;
  /** A small file (`mempool.dat`, `peers.dat`, `anchors.dat`); undefined if there is none. */
  readBlob(name: string): Promise<Uint8Array | undefined>;
  /** Replaces a small file as a whole or not at all. */
  writeBlob(name: string, bytes: Uint8Array): Promise<void>;
  /** Gives the data directory free; what was opened must be closed before. */
  close(): Promise<void>;
}

/**
 * Writes a small file that the node can do without: a failure is named and is for the next save to mend.
 * @returns whether it was written
 */
export async function saveSideFile(
  { storage, logger }: { readonly storage: Storage; readonly logger: Logger },
  name: string,
  bytes: Uint8Array,
): Promise<boolean> {
  try {
    await storage.writeBlob(name, bytes);
    return true;
  } catch (error) {
    logger.log('warn', 'storage', `${name} could not be saved: ${(error as Error).message}`);
    return false;
  }
}

/** A store or file that is not as it was written: nothing is read from it any more. */
export class CorruptionError extends Error {
  override readonly name = 'CorruptionError';
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
