/** Where a node in a tab keeps what it keeps: on the disk, if the browser lets it. */
import type { Storage } from '../../../chain/storage.ts';
import type { Logger } from '../../../seams.ts';
import type { WalletStorage } from '../../../wallet/storage.ts';
import { MemoryStorage } from '../../memory/memory-storage.ts';
import { MemoryWalletStorage } from '../../memory/memory-wallet-storage.ts';
import type { TabFiles } from '../tab-files.ts';
import { OpfsFolder } from './opfs-folder.ts';
import { forgetChain, OpfsStorage, OpfsWalletStorage } from './opfs-storage.ts';

export interface Kept {
  readonly kind: 'disk' | 'memory';
  readonly storage: Storage;
  readonly walletStorage: WalletStorage;
}

interface StorageChoice {
  readonly name: string;
  readonly fetchAnew: boolean;
  readonly inMemory: boolean;
  readonly logger: Logger;
  /** Where backups of wallets go, and come from. */
  readonly files: TabFiles;
  readonly onWallet: () => void;
}

export async function openStorage({
  name,
  fetchAnew,
  inMemory,
  logger,
  files,
  onWallet,
}: StorageChoice): Promise<Kept> {
  const root = inMemory ? undefined : await OpfsFolder.root();
  if (root === undefined) {
    if (!inMemory)
      logger.log('warn', 'init', 'This window keeps nothing on a disk: all is gone when it is closed');
    const walletStorage = new MemoryWalletStorage();
    walletStorage.writeBackup = (name, bytes) => files.writeBackup(name, bytes);
    walletStorage.readBackup = (name) => files.readBackup(name);
    return { kind: 'memory', storage: new MemoryStorage(), walletStorage };
  }
  const folder = await (await root.folder('penny')).folder(encodeURIComponent(name));
  if (fetchAnew) await forgetChain(folder);
  const storage = await OpfsStorage.open(folder, logger);
  return { kind: 'disk', storage, walletStorage: new OpfsWalletStorage(folder, storage, files, onWallet) };
}
