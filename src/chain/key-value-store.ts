/**
 * The seam to an ordered store of byte strings (LevelDB, memory, later IndexedDB). Small on purpose: no
 * held transactions, nothing that IndexedDB could not do. Keys are ordered by their bytes.
 */

export type Operation =
  | { readonly put: Uint8Array; readonly value: Uint8Array }
  | { readonly delete: Uint8Array };

export interface KeyRange {
  readonly gte?: Uint8Array;
  readonly gt?: Uint8Array;
  readonly lt?: Uint8Array;
  readonly lte?: Uint8Array;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** From the one key to the other, both included. */
export type KeySpan = readonly [from: Uint8Array, to: Uint8Array];

/** Every method rejects on a failing disk or a damaged store; nothing here ever throws `Invalid`. */
export interface KeyValueStore {
  /** Bytes of memory that what was read may take, where there is such a bound. */
  readonly cacheBytes?: number;
  get(key: Uint8Array): Promise<Uint8Array | undefined>;
  /** Values in the order of the keys. */
  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>;
  /** Entries in key order, as they were when the first one was asked for. */
  iterate(range: KeyRange): AsyncIterable<readonly [Uint8Array, Uint8Array]>;
  /** All of the operations or none, in order. `sync` returns when they are on the disk, not only in the system's buffers. */
  batch(operations: readonly Operation[], options?: { readonly sync?: boolean }): Promise<void>;
  /**
   * Reads again all that is on the disk, or that answers for these keys rest on: then nothing was lacking in those
   * that were given before, nor was any of former times.
   * @throws CorruptionError if it is not as it was written.
   */
  verify(spans?: readonly KeySpan[]): Promise<void>;
  /** A key that was deleted, whose former entry damage may bring back unseen; of others it is said seldom. */
  wasDeleted(key: Uint8Array): boolean;
  close(): Promise<void>;
}
