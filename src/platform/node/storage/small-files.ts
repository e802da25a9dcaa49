/** Files small enough to be read and written whole. */
import { open, readFile, rename } from 'node:fs/promises';

export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    const { buffer, byteOffset, byteLength } = await readFile(path);
    // Not a Buffer, whose `slice` does not copy.
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Written beside, synced, and moved over the old one, so that a crash leaves the one or the other. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const beside = `${path}.new`;
  const file = await open(beside, 'w');
  try {
    await file.writeFile(bytes);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
}
