/**
 * Where wallets are kept, as the wallet needs it: one key-value store a wallet. The shapes are those
 * of `KeyValueStore` in `chain`, stated here because the wallet imports nothing but `core`.
 */

export type WalletOperation =
  | { readonly put: Uint8Array; readonly value: Uint8Array }
  | { readonly delete: Uint8Array };

export interface WalletStore {
  iterate(range: {
    readonly gte?: Uint8Array;
    readonly lt?: Uint8Array;
  }): AsyncIterable<readonly [Uint8Array, Uint8Array]>;
  batch(operations: readonly WalletOperation[], options?: { readonly sync?: boolean }): Promise<void>;
  /** Writes everything anew, so that nothing which was deleted or replaced is left in a file. */
  compact(): Promise<void>;
  close(): Promise<void>;
}

export interface WalletStorage {
  /** Opens (and where `create` is set, makes) the store of this wallet. The name was checked. */
  open(name: string, create: boolean): Promise<WalletStore>;
  exists(name: string): Promise<boolean>;
  /** Deletes a wallet whose making failed. */
  remove(name: string): Promise<void>;
  /** Readable by its owner only; over an older backup only. @throws WalletError if it cannot be written there */
  writeBackup(path: string, bytes: Uint8Array): Promise<void>;
  /** Undefined if there is none. @throws WalletError if it cannot be read */
  readBackup(path: string): Promise<Uint8Array | undefined>;
  /** Names of all wallets on disk. */
  list(): Promise<string[]>;
  /** Names of the wallets to load at start (Core keeps them in settings.json). */
  readStartup(): Promise<string[]>;
  writeStartup(names: readonly string[]): Promise<void>;
}
