/** The seam to everything a node keeps: stores, block files, small named blobs. One data directory, one owner. */
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

/** A store or file that does not make sense; the node asks for `--reindex`. */
export class CorruptionError extends Error {
  override readonly name = 'CorruptionError';
}
