/** What a node in a tab keeps, in one folder of the origin: stores, block files, small blobs, wallets. */
import type { BlockFiles } from '../../../chain/block-files.ts';
import type { KeyValueStore } from '../../../chain/key-value-store.ts';
import { titleOf } from '../../../chain/schema.ts';
import { CorruptionError, type Storage } from '../../../chain/storage.ts';
import { utf8 } from '../../../core/encoding/bytes.ts';
import type { Logger } from '../../../seams.ts';
import type { WalletStorage, WalletStore } from '../../../wallet/storage.ts';
import { damagedWallet } from '../../../wallet/wallet-error.ts';
import type { TabFiles } from '../tab-files.ts';
import type { Folder } from './folder.ts';
import { LogStore } from './log-store.ts';
import { OpfsBlockFiles } from './opfs-block-files.ts';

const BLOCKS = 'blocks';
const STORE = 'store-';
/** Small files are entries of a store: they are replaced as a whole then. */
const BLOBS = 'small-files';

export class OpfsStorage implements Storage {
  readonly #folder: Folder;
  readonly #blobs: LogStore;
  #blocks: Promise<OpfsBlockFiles> | undefined;

  private constructor(folder: Folder, blobs: LogStore) {
    this.#folder = folder;
    this.#blobs = blobs;
  }

  /** A node can do without its small files: it begins anew with them if they are damaged. */
  static async open(folder: Folder, logger: Logger): Promise<OpfsStorage> {
    const open = async () => LogStore.open(await folder.folder(BLOBS), { name: BLOBS });
    const blobs = await open().catch(async (error) => {
      if (!(error instanceof CorruptionError)) throw error;
      logger.log('warn', 'init', `Begun anew: ${error.message}`);
      await folder.remove(BLOBS);
      return open();
    });
    return new OpfsStorage(folder, blobs);
  }

  async store(name: string): Promise<KeyValueStore> {
    return LogStore.open(await this.#folder.folder(folderName(name)), titleOf(name));
  }

  destroy(name: string): Promise<void> {
    return this.#folder.remove(folderName(name));
  }

  async blockFiles(): Promise<BlockFiles> {
    this.#blocks ??= this.#folder.folder(BLOCKS).then((folder) => OpfsBlockFiles.open(folder));
    return (await this.#blocks).join();
  }

  readBlob(name: string): Promise<Uint8Array | undefined> {
    return this.#blobs.get(utf8(name));
  }

  writeBlob(name: string, bytes: Uint8Array): Promise<void> {
    return this.#blobs.batch([{ put: utf8(name), value: bytes }], { sync: true });
  }

  close(): Promise<void> {
    return this.#blobs.close();
  }
}

/** Paths of stores in one folder. */
const folderName = (name: string): string => STORE + name.replaceAll('/', '-');

/** What peers can give again. */
export async function forgetChain(folder: Folder): Promise<void> {
  for (const name of await folder.names())
    if (name === BLOCKS || name.startsWith(STORE)) await folder.remove(name);
}

/** Folders of wallets; no name is a name of a file system's own then, such as `..`. */
const WALLET = 'wallet-';
const STARTUP = 'wallets-at-start';
export class OpfsWalletStorage implements WalletStorage {
  readonly #folder: Folder;
  readonly #storage: Storage;
  readonly #files: TabFiles;
  readonly #onCreate: () => void;

  /** @param storage in the same folder @param onCreate told when there is a wallet more */
  constructor(folder: Folder, storage: Storage, files: TabFiles, onCreate: () => void) {
    this.#folder = folder;
    this.#storage = storage;
    this.#files = files;
    this.#onCreate = onCreate;
  }

  /** @throws WalletError that names what is damaged */
  async open(name: string, create: boolean): Promise<WalletStore> {
    if (create) this.#onCreate();
    else if (!(await this.exists(name))) throw new Error(`there is no wallet ${name}`);
    try {
      return await LogStore.open(await this.#folder.folder(WALLET + name), { name: 'its store' });
    } catch (error) {
      throw error instanceof CorruptionError ? damagedWallet(name, [error.message]) : error;
    }
  }

  async exists(name: string): Promise<boolean> {
    return (await this.list()).includes(name);
  }

  remove(name: string): Promise<void> {
    return this.#folder.remove(WALLET + name);
  }

  writeBackup(name: string, bytes: Uint8Array): Promise<void> {
    return this.#files.writeBackup(name, bytes);
  }

  readBackup(name: string): Promise<Uint8Array | undefined> {
    return this.#files.readBackup(name);
  }

  async list(): Promise<string[]> {
    const names = await this.#folder.names();
    return names.filter((name) => name.startsWith(WALLET)).map((name) => name.slice(WALLET.length));
  }

  /** Of none that is damaged is it forgotten which wallets there are: `listwalletdir` tells. */
  async readStartup(): Promise<string[]> {
    const bytes = await this.#storage.readBlob(STARTUP);
    return bytes === undefined ? [] : (JSON.parse(new TextDecoder().decode(bytes)) as string[]);
  }

  writeStartup(names: readonly string[]): Promise<void> {
    return this.#storage.writeBlob(STARTUP, utf8(JSON.stringify(names)));
  }
}
