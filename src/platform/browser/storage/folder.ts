/**
 * Folders and files as the stores of a tab use them. In a worker of a browser they are those of its origin (OPFS), whose
 * files are read and written at once, by one owner at a time. Owns no format.
 */

/** An open file: what is used of the web's FileSystemSyncAccessHandle. */
export interface OpenFile {
  getSize(): number;
  /** @returns bytes read, fewer at the end */
  read(bytes: Uint8Array, options: { readonly at: number }): number;
  /** @returns bytes written, fewer where there is no more room */
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  truncate(size: number): void;
  /** Returns when all is on the disk. */
  flush(): void;
  close(): void;
}

export interface Folder {
  /** Made if need be. */
  folder(name: string): Promise<Folder>;
  /** Made if need be; open once at a time. */
  open(name: string): Promise<OpenFile>;
  names(): Promise<string[]>;
  /** With all that is in it, if it exists. */
  remove(name: string): Promise<void>;
}

/** Writes all of it. @throws Error if there is no room */
export function writeWhole(file: OpenFile, bytes: Uint8Array, at: number): void {
  const written = file.write(bytes, { at });
  if (written !== bytes.length) throw new Error(`disk full, wrote ${written} of ${bytes.length} bytes`);
}

/** Undefined if the file is too short. */
export function readWhole(file: OpenFile, at: number, length: number): Uint8Array | undefined {
  if (at + length > file.getSize()) return undefined;
  const bytes = new Uint8Array(length);
  return file.read(bytes, { at }) === length ? bytes : undefined;
}
