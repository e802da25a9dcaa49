/** Files small enough to be read and written whole. Owns the order of the writes to one file. */
import { constants } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DiskError, damaged, type StoreTitle } from '../../../chain/storage.ts';
import { isLoss, readWholeFile } from './regular-file.ts';

/** Like `w`, but no pipe is waited on. */
const ANEW = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK;

/** @throws CorruptionError if it is no file, DiskError */
export async function readIfThere(
  path: string,
  title: StoreTitle = { name: path },
): Promise<Uint8Array | undefined> {
  try {
    const { buffer, byteOffset, byteLength } = await readWholeFile(path);
    // Not a Buffer, whose `slice` does not copy.
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw isLoss(error) ? damaged(title, message) : new DiskError(`${path} cannot be read`, error);
  }
}

interface Write {
  bytes: Uint8Array;
  begun: boolean;
  done: Promise<void>;
}

/** The last write asked for, by path. */
const writes = new Map<string, Write>();

/**
 * Written beside, synced, and moved over the old one, so that a crash leaves the one or the other; readable by its
 * owner only. Writes of one file follow one another, and those asked for while one is under way are one more
 * write, of what came last.
 */
export function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const last = writes.get(path);
  if (last?.begun === false) {
    last.bytes = bytes;
    return last.done;
  }
  const write: Write = { bytes, begun: false, done: last?.done ?? Promise.resolve() };
  write.done = write.done
    .catch(() => {})
    .then(() => {
      write.begun = true;
      return replace(path, write.bytes);
    })
    .finally(() => {
      if (writes.get(path) === write) writes.delete(path);
    });
  writes.set(path, write);
  return write.done;
}

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const beside = `${path}.new`;
  try {
    const file = await open(beside, ANEW, 0o600);
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw error;
  }
}

/** Removes what a crash left beside; nobody may be writing in the folder. */
export async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory))
    if (/\.(dat|json|cookie)\.new$/.test(name))
      await rm(join(directory, name), { recursive: true, force: true });
}
