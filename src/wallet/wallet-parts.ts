/** What a wallet is handed by its node. */
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { Logger } from '../seams.ts';
import type { ChainSource } from './chain-source.ts';
import type { WalletTransaction } from './history.ts';
import type { WalletPolicy } from './policy.ts';
import type { WalletStore } from './storage.ts';
import type { VaultParts } from './vault.ts';

export interface WalletParts extends VaultParts {
  readonly parameters: NetworkParameters;
  readonly chain: ChainSource;
  readonly logger: Logger;
  readonly store: WalletStore;
  /** Scripts watched beyond the next one. */
  readonly gap: number;
  readonly policy: WalletPolicy;
  /** Told when changes of transactions are on the disk. */
  readonly changed?: (name: string) => void;
  /** Told of transactions that come, are seen in a block (in a rescan too), leave one, or lose against one. */
  readonly noted?: (wallet: string, entry: WalletTransaction) => void;
}
