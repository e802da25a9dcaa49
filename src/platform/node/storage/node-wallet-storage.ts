/**
 * Wallets on disk: a LevelDB store each, in a folder of its own below `wallets`, and which of them are
 * loaded at start, in `settings.json` as Core keeps it.
 */
import { chmod, type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sealedJson, unsealedJson } from '../../../chain/side-files.ts';
import { CorruptionError, DiskError, damaged } from '../../../chain/storage.ts';
import { isBackup } from '../../../wallet/backup.ts';
import type { WalletStorage, WalletStore } from '../../../wallet/storage.ts';
import { damagedWallet, WalletError } from '../../../wallet/wallet-error.ts';
import { LevelStore } from './level-store.ts';
import { firstBytes } from './regular-file.ts';
import { readIfThere, replaceFile } from './small-files.ts';

const SETTINGS = 'settings.json';
/** Every LevelDB store has a file of this name; where others are without it, a wallet is damaged. */
const LEVEL_MARK = 'CURRENT';
const LEVEL_FILE = /^(CURRENT|MANIFEST-\d+|\d+\.(ldb|log))$/;
/** The wallet without a name (Core's default wallet) lies beside the folder of the others. */
const NAMELESS = 'wallet-default';

export class NodeWalletStorage implements WalletStorage {
  readonly #settings: string;
  readonly #nameless: string;
  readonly #wallets: string;
  #settingsWritten: Promise<void> = Promise.resolve();

  /** @param directory of one network. Its folder for wallets is there afterwards, as Bitcoin Core has it. */
  static async open(directory: string): Promise<NodeWalletStorage> {
    const storage = new NodeWalletStorage(directory);
    await makeFolder(storage.#wallets);
    return storage;
  }

  constructor(directory: string) {
    this.#settings = join(directory, SETTINGS);
    this.#nameless = join(directory, NAMELESS);
    this.#wallets = join(directory, 'wallets');
  }

  /** @throws StoreLockedError; WalletError that names what is damaged */
  async open(name: string, create: boolean): Promise<WalletStore> {
    const path = this.#path(name);
    if (!create && !(await this.exists(name))) throw new Error(`there is no wallet ${name}`);
    // LevelDB would begin anew, and remove what it knows nothing of.
    if (!create && !(await filesOf(path)).includes(LEVEL_MARK))
      throw damagedWallet(name, [`its file ${LEVEL_MARK} is missing`]);
    for (const folder of [this.#wallets, path]) await makeFolder(folder);
    await tighten(path);
    const explain = (error: unknown): unknown =>
      error instanceof CorruptionError ? damagedWallet(name, [error.message]) : error;
    const title = { name: 'its store' };
    const store = await LevelStore.open(path, { title }).catch((error) => Promise.reject(explain(error)));
    return {
      async *iterate(range) {
        try {
          yield* store.iterate(range);
        } catch (error) {
          throw explain(error);
        }
      },
      batch: (operations, options) => store.batch(operations, options),
      compact: () => overwriting(path, () => store.compact()),
      close: () => store.close(),
    };
  }

  async exists(name: string): Promise<boolean> {
    return (await filesOf(this.#path(name))).some((file) => LEVEL_FILE.test(file));
  }

  async remove(name: string): Promise<void> {
    await rm(this.#path(name), { recursive: true, force: true });
  }

  async writeBackup(path: string, bytes: Uint8Array): Promise<void> {
    try {
      if (!(await mayReplace(path))) throw new Error('another file');
      await replaceFile(path, bytes);
    } catch {
      throw new WalletError('Error: Wallet backup failed!');
    }
  }

  async readBackup(path: string): Promise<Uint8Array | undefined> {
    try {
      return await readIfThere(path);
    } catch (error) {
      throw new WalletError(`The backup file cannot be read: ${(error as Error).message}`);
    }
  }

  async list(): Promise<string[]> {
    const folders = await filesOf(this.#wallets);
    const names = ['', ...folders.sort()];
    const found = await Promise.all(names.map((name) => this.exists(name)));
    return names.filter((_, i) => found[i]);
  }

  /** @throws CorruptionError if it is damaged: forgetting which wallets to load would look like a loss. */
  async readStartup(): Promise<string[]> {
    const { wallet = [] } = await this.#readSettings();
    if (!Array.isArray(wallet) || !wallet.every((name) => typeof name === 'string'))
      throw damaged({ name: this.#settings }, '"wallet" must be a list of names');
    return wallet;
  }

  /** One after the other: each reads what is there and writes it again. */
  writeStartup(names: readonly string[]): Promise<void> {
    this.#settingsWritten = this.#settingsWritten
      .catch(() => {})
      .then(async () => {
        const settings = { ...(await this.#readSettings()), wallet: names };
        await replaceFile(this.#settings, sealedJson(settings));
      });
    return this.#settingsWritten;
  }

  async #readSettings(): Promise<{ readonly wallet?: unknown }> {
    const bytes = await readIfThere(this.#settings);
    return bytes === undefined ? {} : unsealedJson(this.#settings, bytes);
  }

  #path(name: string): string {
    return name === '' ? this.#nameless : join(this.#wallets, name);
  }
}

/** @throws DiskError */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((error) => {
    throw new DiskError(`the folder ${path} cannot be made`, error);
  });
}

/** Names in a folder; none if there is no such folder. */
async function filesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

/** Wallets of before were readable by others, if the umask let them. */
async function tighten(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  // What is not ours, or no file, is named as it is opened.
  for (const file of await filesOf(folder)) await chmod(join(folder, file), 0o600).catch(() => {});
}

/** Not what somebody else keeps there: nothing, an empty file or a backup. */
async function mayReplace(path: string): Promise<boolean> {
  if (!(await isThere(path))) return true;
  const start = firstBytes(path, 64);
  return start.length === 0 || isBackup(start);
}

/** Overwrites the files that a task removes from a folder. */
async function overwriting(folder: string, task: () => Promise<void>): Promise<void> {
  const files: FileHandle[] = [];
  try {
    for (const name of await filesOf(folder))
      if (LEVEL_FILE.test(name)) files.push(await open(join(folder, name), 'r+'));
    await task();
    for (const file of files) {
      const { nlink, size } = await file.stat();
      if (nlink > 0) continue;
      for (let at = 0; at < size; at += ZEROS.length)
        await file.write(ZEROS, 0, Math.min(ZEROS.length, size - at), at);
      await file.datasync();
    }
  } finally {
    for (const file of files) await file.close();
  }
}

const ZEROS = new Uint8Array(1 << 16);

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
