/**
 * Wallets on disk: a LevelDB store each, in a folder of its own below `wallets`, and which of them are
 * loaded at start, in `settings.json` as Core keeps it.
 */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { WalletStorage, WalletStore } from '../../../wallet/storage.ts';
import { LevelStore } from './level-store.ts';
import { readIfThere, replaceFile } from './small-files.ts';

const SETTINGS = 'settings.json';
/** Every LevelDB store has a file of this name; a folder without it holds no wallet. */
const LEVEL_MARK = 'CURRENT';
/** The wallet without a name (Core's default wallet) lies beside the folder of the others. */
const NAMELESS = 'wallet-default';

export class NodeWalletStorage implements WalletStorage {
  readonly #settings: string;
  readonly #nameless: string;
  readonly #wallets: string;
  #settingsWritten: Promise<void> = Promise.resolve();

  /** @param directory of one network. */
  constructor(directory: string) {
    this.#settings = join(directory, SETTINGS);
    this.#nameless = join(directory, NAMELESS);
    this.#wallets = join(directory, 'wallets');
  }

  /** @throws StoreLockedError, CorruptionError */
  async open(name: string, create: boolean): Promise<WalletStore> {
    if (!create && !(await this.exists(name))) throw new Error(`there is no wallet ${name}`);
    await mkdir(this.#wallets, { recursive: true, mode: 0o700 });
    return LevelStore.open(this.#path(name));
  }

  async exists(name: string): Promise<boolean> {
    return isThere(join(this.#path(name), LEVEL_MARK));
  }

  async remove(name: string): Promise<void> {
    await rm(this.#path(name), { recursive: true, force: true });
  }

  async list(): Promise<string[]> {
    const folders = (await isThere(this.#wallets)) ? await readdir(this.#wallets) : [];
    const names = ['', ...folders.sort()];
    const found = await Promise.all(names.map((name) => this.exists(name)));
    return names.filter((_, i) => found[i]);
  }

  /** @throws Error naming the file if it is damaged: forgetting which wallets to load would look like a loss. */
  async readStartup(): Promise<string[]> {
    const { wallet = [] } = await this.#readSettings();
    if (!Array.isArray(wallet) || !wallet.every((name) => typeof name === 'string'))
      throw new Error(`${this.#settings}: "wallet" must be a list of names`);
    return wallet;
  }

  /** One after the other: each reads what is there and writes it again. */
  writeStartup(names: readonly string[]): Promise<void> {
    this.#settingsWritten = this.#settingsWritten
      .catch(() => {})
      .then(async () => {
        const settings = { ...(await this.#readSettings()), wallet: names };
        await replaceFile(this.#settings, Buffer.from(`${JSON.stringify(settings, null, 2)}\n`));
      });
    return this.#settingsWritten;
  }

  async #readSettings(): Promise<{ readonly wallet?: unknown }> {
    const bytes = await readIfThere(this.#settings);
    if (bytes === undefined) return {};
    try {
      const settings: unknown = JSON.parse(Buffer.from(bytes).toString());
      if (typeof settings === 'object' && settings !== null && !Array.isArray(settings)) return settings;
    } catch {
      // Told below, with the same words as for any other thing that is not an object.
    }
    throw new Error(`${this.#settings} is not a JSON object`);
  }

  #path(name: string): string {
    return name === '' ? this.#nameless : join(this.#wallets, name);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
