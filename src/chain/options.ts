/** What a chain is opened with. Types and defaults only. */
import type { ChainView } from './chain-view.ts';
import type { Position } from './header-entry.ts';

export type ReindexKind = 'blocks' | 'chainstate';

export interface ChainOptions {
  /** Bound of the coin cache in MiB. */
  readonly dbcache?: number;
  /** Coins written in one batch: enough for speed, few enough that nothing else waits long. */
  readonly batchCoins?: number;
  /** In place of the network file's; null verifies all scripts. */
  readonly assumeValid?: string | null;
  readonly minimumChainWork?: bigint;
  /** Seconds, in place of the network file's. */
  readonly maxTipAge?: number;
  /** 0 keeps every block, 1 prunes on demand only, more is the target in MiB. */
  readonly prune?: number;
  /** Bytes of a block file. Core's 128 MiB, but for tests of pruning. */
  readonly blockFileSize?: number;
  /** Blocks checked at start (0: all) and how thoroughly (0 to 4). */
  readonly checkBlocks?: number;
  readonly checkLevel?: number;
  /** Called when the chain knows its blocks, before it connects those that wait: time to subscribe. */
  readonly onLoaded?: (chain: ChainView) => void;
  /** Throws away what the block files can give again: the index and the coins, or the coins only. */
  readonly reindex?: ReindexKind;
}

export const DEFAULT_DBCACHE = 450;
export const DEFAULT_BATCH_COINS = 10_000;
export const DEFAULT_BLOCK_FILE_SIZE = 128 << 20;
export const DEFAULT_CHECK_BLOCKS = 6;
export const DEFAULT_CHECK_LEVEL = 3;

export interface AcceptBlockOptions {
  /** False: the block came unasked, and Core's rules against floods say whether it is stored. */
  readonly requested?: boolean;
  /** Where the block lies in the block files already (reindex). */
  readonly position?: Position;
}
