/** All wallets of one node. */
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { Clock, Logger, Random } from '../seams.ts';
import type { ChainSource } from './chain-source.ts';
import type { WalletStorage } from './storage.ts';
import type { Wallet } from './wallet.ts';

export interface WalletManagerOptions {
  /** Satoshis per 1,000 vbytes where the estimator has no data; without it the network's. */
  readonly fallbackFee?: bigint;
  /** Scripts watched beyond the last used one of each ranged descriptor: the gap limit. */
  readonly keypool?: number;
}

export interface WalletDependencies {
  readonly parameters: NetworkParameters;
  readonly chain: ChainSource;
  readonly storage: WalletStorage;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface CreateWalletOptions {
  /** BIP39 words to make the keys from; without them they are drawn. */
  readonly mnemonic?: string;
  readonly passphrase?: string;
  /** Watch-only: no keys are made or accepted. */
  readonly disablePrivateKeys?: boolean;
  /** Without any keys or descriptors. */
  readonly blank?: boolean;
  readonly loadOnStartup?: boolean;
}

export declare class WalletManager {
  static open(options: WalletManagerOptions, dependencies: WalletDependencies): Promise<WalletManager>;
  create(name: string, options?: CreateWalletOptions): Promise<Wallet>;
  load(name: string, loadOnStartup?: boolean): Promise<Wallet>;
  unload(name: string, loadOnStartup?: boolean): Promise<void>;
  /** Names of the loaded wallets. */
  list(): string[];
  get(name: string): Wallet | undefined;
  close(): Promise<void>;
}
