/** Where a node in a tab keeps what it keeps: on the disk, if the browser lets it. */
import type { Storage } from '../../../chain/storage.ts';
import type { Logger } from '../../../seams.ts';
import type { WalletStorage } from '../../../wallet/storage.ts';
import { MemoryStorage } from '../../memory/memory-storage.ts';
import { MemoryWalletStorage } from '../../memory/memory-wallet-storage.ts';
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
  readonly onWallet: () => void;
}

export async function openStorage({
  name,
  fetchAnew,
  inMemory,
  logger,
  onWallet,
}: StorageChoice): Promise<Kept> {
  const root = inMemory ? undefined : await OpfsFolder.root();
  if (root === undefined) {
    if (!inMemory)
      logger.log('warn', 'init', 'This window keeps nothing on a disk: all is gone when it is closed');
    return { kind: 'memory', storage: new MemoryStorage(), walletStorage: new MemoryWalletStorage() };
  }
  const folder = await (await root.folder('penny')).folder(encodeURIComponent(name));
  if (fetchAnew) await forgetChain(folder);
  const storage = await OpfsStorage.open(folder, logger);
  return { kind: 'disk', storage, walletStorage: new OpfsWalletStorage(folder, storage, onWallet) };
}
