/**
 * Files that are ones. In their place may lie a folder, a pipe that would be waited on for ever, a device without an
 * end: each is named.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

const { O_NONBLOCK, O_RDONLY } = constants;

/** Bytes: none of those that are read as one piece is so large. */
const LARGEST = 2 ** 30;

/** What the system says where the place of a file, or of a folder, is taken or out of reach by what is no file. */
const CODES = new Set(['EEXIST', 'EIO', 'EISDIR', 'ELOOP', 'ENODEV', 'ENOTDIR', 'ENOTFILE', 'ENXIO']);

/** Is the disk itself at fault, so that what stood there is lost; not its owner, or what the system lacks just now? */
export const isLoss = (error: unknown): boolean => CODES.has((error as NodeJS.ErrnoException).code ?? '');

function requireFile(there: Stats): void {
  if (there.isFile()) return;
  throw Object.assign(new Error(there.isDirectory() ? 'it is a folder' : 'it is no file'), {
    code: 'ENOTFILE',
  });
}

/** @param flags of the system's `open`. @returns a descriptor. @throws the system's error, or `ENOTFILE` */
export function openFile(path: string, flags: number = O_RDONLY): number {
  const descriptor = openSync(path, flags | O_NONBLOCK, 0o600);
  try {
    requireFile(fstatSync(descriptor));
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** At most so many. @throws as `openFile` does */
export function firstBytes(path: string, length: number): Uint8Array {
  const descriptor = openFile(path);
  try {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** All of it. @throws as `openFile` does */
export function readFileWhole(path: string): Buffer {
  const descriptor = openFile(path);
  try {
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** All of it, read by the thread pool. @throws as `openFile` does */
export async function readWholeFile(path: string): Promise<Buffer> {
  const file = await open(path, O_RDONLY | O_NONBLOCK);
  try {
    const there = await file.stat();
    requireFile(there);
    if (there.size > LARGEST) throw Object.assign(new Error('it is too large'), { code: 'EFBIG' });
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Removes what lies in the places of files in which nothing is kept, and is none. */
export function removeOthers(folder: string, names: readonly string[]): void {
  for (const path of names.map((name) => join(folder, name))) {
    try {
      if (statSync(path).isFile()) continue;
    } catch {
      // A link to nowhere or to itself, if it is there at all.
    }
    rmSync(path, { recursive: true, force: true });
  }
}

/** Bytes; none where there is no file. */
export function sizeOfFile(path: string): number {
  try {
    const there = statSync(path);
    return there.isFile() ? there.size : 0;
  } catch (error) {
    if (isLoss(error) || (error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
