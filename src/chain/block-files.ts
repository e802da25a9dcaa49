/**
 * The seam to the flat files that hold blocks (`blk`) and undo data (`rev`), as Bitcoin Core numbers
 * them. Owns no format: `block-store.ts` does.
 */

export const BLOCK_FILE_KINDS = ['blk', 'rev'] as const;
export type BlockFileKind = (typeof BLOCK_FILE_KINDS)[number];

export function blockFileName(kind: BlockFileKind, file: number): string {
  return `${kind}${String(file).padStart(5, '0')}.dat`;
}

export interface BlockFiles {
  /** Numbers of the `blk` files there are, ascending. */
  list(): Promise<number[]>;
  /** Bytes in a file; 0 if it does not exist. */
  size(kind: BlockFileKind, file: number): Promise<number>;
  /** Adds the parts at the end of a file, which is made if need be; returns the offset at which they start. */
  append(kind: BlockFileKind, file: number, parts: readonly Uint8Array[]): Promise<number>;
  /** Exactly `length` bytes. Rejects if the file is too short. */
  read(kind: BlockFileKind, file: number, offset: number, length: number): Promise<Uint8Array>;
  /** Returns when everything appended to the file is on the disk (fdatasync). */
  sync(kind: BlockFileKind, file: number): Promise<void>;
  /** Gives up what lies behind `length` bytes of a file that is longer. */
  truncate(kind: BlockFileKind, file: number, length: number): Promise<void>;
  /** Deletes a file, if it exists. */
  remove(kind: BlockFileKind, file: number): Promise<void>;
  close(): Promise<void>;
}
