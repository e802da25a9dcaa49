/**
 * A new file that is there whole or not at all: written under a name that says it is incomplete, synced,
 * and given its own name in the end. No file is ever overwritten. A named pipe is written into.
 */
import { type FileHandle, link, lstat, open, rename, rm, stat } from 'node:fs/promises';

/** Reasons, by the system's code, as a user would say them. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'file already exists',
  EFBIG: 'a file may not become so large here',
  EISDIR: 'it is a directory',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'a part of the path is no folder',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
};

/** What the system says of a file, by its name and in words. */
export class FileError extends Error {
  override readonly name = 'FileError';
  readonly path: string;
  readonly code: string | undefined;

  constructor(path: string, what: string, cause: unknown) {
    const { code, message } = cause as NodeJS.ErrnoException;
    super(`${path} ${what}: ${REASONS[code ?? ''] ?? message}`, { cause });
    this.path = path;
    this.code = code;
  }
}

export class NewFile {
  readonly path: string;
  /** The path itself for a pipe, which has a reader and no content. */
  readonly #beside: string;
  readonly #handle: FileHandle;

  private constructor(path: string, beside: string, handle: FileHandle) {
    this.path = path;
    this.#beside = beside;
    this.#handle = handle;
  }

  /** Before the work: what hinders the file is known at once. @throws FileError */
  static async create(path: string): Promise<NewFile> {
    const beside = `${path}.incomplete`;
    try {
      if (await isPipe(path)) return new NewFile(path, path, await open(path, 'w'));
      await refuseExisting(path);
      // Of an attempt that was killed.
      await rm(beside, { force: true });
      return new NewFile(path, beside, await open(beside, 'wx', 0o600));
    } catch (error) {
      throw new FileError(path, 'cannot be written', error);
    }
  }

  /** @throws FileError, or what the chunks throw; nothing is left of the file then */
  async fill(chunks: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    let theirs: unknown;
    async function* guarded(): AsyncGenerator<Uint8Array> {
      try {
        yield* chunks;
      } catch (error) {
        theirs = error;
        throw error;
      }
    }
    try {
      // Its type does not know of chunks that come one by one.
      await this.#handle.writeFile(
        guarded() as unknown as Uint8Array,
        signal === undefined ? {} : { signal },
      );
      if (this.#beside !== this.path) await this.#handle.sync();
      await this.#handle.close();
      if (this.#beside !== this.path) await giveName(this.#beside, this.path);
    } catch (error) {
      await this.discard();
      if (error === theirs || signal?.aborted === true) throw error;
      throw new FileError(this.path, 'could not be written', error);
    }
  }

  /** Gives it up. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    if (this.#beside !== this.path) await rm(this.#beside, { force: true });
  }
}

/** @throws FileError */
export async function writeNewFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ path: string }> {
  await (await NewFile.create(path)).fill(chunks);
  return { path };
}

const isPipe = (path: string): Promise<boolean> =>
  stat(path).then(
    (there) => there.isFIFO(),
    () => false,
  );

async function refuseExisting(path: string): Promise<void> {
  const there = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return null;
  });
  if (there === null) return;
  const code = there.isDirectory() ? 'EISDIR' : 'EEXIST';
  throw Object.assign(new Error(code), { code });
}

/** A link fails where the name has been taken meanwhile; not every file system has them. */
async function giveName(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    await refuseExisting(to);
    await rename(from, to);
    return;
  }
  await rm(from, { force: true });
}
