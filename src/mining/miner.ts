/** White paper sections 4 and 6: searches for blocks, continuously or on demand. */
import type { Chain } from '../chain/chain.ts';
import type { Block } from '../core/block/block.ts';
import type { BlockHash } from '../core/block/header.ts';
import type { Mempool } from '../mempool/mempool.ts';
import type { Clock, Logger } from '../seams.ts';
import type { NonceSearcher } from './nonce-searcher.ts';

export interface MinerDependencies {
  readonly chain: Chain;
  readonly mempool: Mempool;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For `mineBlocks`; in this thread. */
  readonly searcher: NonceSearcher;
  /** For continuous mining. */
  readonly createSearcher: (threads: number) => NonceSearcher;
}
export interface MinerOptions {
  readonly maxWeight?: number;
  readonly reservedWeight?: number;
  readonly minimumFeeRate?: bigint;
}
export interface MiningOptions {
  readonly threads: number;
  /** Percent of each thread's time, 1 to 100. */
  readonly load: number;
  /** A scriptPubKey to pay, asked for each new template. */
  readonly script: () => Promise<Uint8Array>;
  /** Seconds; blocks come no faster than this on average, however easy they are (0: no pacing). */
  readonly blockInterval?: number;
}
declare const later: never;
export class Miner {
  constructor(_options: MinerOptions, _dependencies: MinerDependencies) {}
  /** Null while not mining continuously. */
  get mining(): Omit<MiningOptions, 'script'> | null {
    return later;
  }
  /** Hashes a second, counted over the last seconds. */
  get hashRate(): number {
    return later;
  }
  /** Blocks found since the start. */
  get blocksFound(): number {
    return later;
  }
  /** Weight and number of transactions (without the coinbase) of the last template; null before the first. */
  get lastTemplate(): { readonly weight: number; readonly transactions: number } | null {
    return later;
  }
  start(_options: MiningOptions): void {}
  stop(): Promise<void> {
    return later;
  }
  /** Mines on demand. Ends early after `maxTries` hashes in all. */
  mineBlocks(_count: number, _script: Uint8Array, _maxTries?: number): Promise<BlockHash[]> {
    return later;
  }
  /** A block of exactly these transactions (generateblock), solved and, if `submit`, connected. @throws Invalid */
  mineBlock(_script: Uint8Array, _transactions: Block['transactions'], _submit: boolean): Promise<Block> {
    return later;
  }
}
