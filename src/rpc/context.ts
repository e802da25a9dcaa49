/** What handlers may use: the parts of the running node, handed in once by `node.ts`. */
import type { Chain } from '../chain/chain.ts';
import type { Storage } from '../chain/storage.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { Indexes } from '../indexes/table.ts';
import type { FeeEstimator } from '../mempool/fee-estimator.ts';
import type { Mempool } from '../mempool/mempool.ts';
import type { Miner } from '../mining/miner.ts';
import type { Network } from '../network/network.ts';
import type { AdjustableClock, Logger, Random } from '../seams.ts';
import type { WalletManager } from '../wallet/wallet-manager.ts';

export interface RpcContext {
  readonly parameters: NetworkParameters;
  readonly chain: Chain;
  readonly mempool: Mempool;
  readonly fees: FeeEstimator;
  readonly miner: Miner;
  readonly network: Network;
  readonly wallets: WalletManager;
  readonly indexes: Indexes;
  /** What is published over ZeroMQ (`getzmqnotifications`). */
  readonly zmq: readonly ZmqNotification[];
  /** Who is told of events: what only `events/` knows. */
  readonly subscriptions: object;
  /** Where the network's file says `devControl`: what only the methods of `dev/` know. */
  readonly dev?: object | undefined;
  /** Forms of answers that are kept for those who ask for them at start. */
  readonly deprecated: ReadonlySet<string>;
  readonly storage: Storage;
  readonly clock: AdjustableClock;
  readonly random: Random;
  readonly logger: LoggerControl;
  /** Monotonic milliseconds at which the node started. */
  readonly startedAt: number;
  /** Begins a clean stop and returns at once. */
  stop(): void;
  /** A whole file; relative paths start at the data directory. @throws an Error with the system's `code` */
  readFile(path: string): Promise<Uint8Array>;
  /** The pieces of a file, for `loadtxoutset`. @throws an Error with the system's `code` and `path` if it cannot be opened */
  readPieces(path: string): Promise<{ path: string; pieces: AsyncIterable<Uint8Array> }>;
  /** Writes a file for `dumptxoutset`; refuses to overwrite. */
  writeFile(path: string, chunks: AsyncIterable<Uint8Array>): Promise<{ path: string }>;
}

/** What one publisher sends to one address. */
export type ZmqNotification = {
  /** `pubhashblock` and so on. */
  readonly type: string;
  readonly address: string;
  /** Messages that a subscriber may be behind. */
  readonly hwm: number;
};

/** The log, and which debug categories it shows (RPC `logging`). */
export interface LoggerControl extends Logger {
  readonly categories: readonly string[];
  isEnabled(category: string): boolean;
  setEnabled(category: string, enabled: boolean): void;
  /** Where the log is written, for `getrpcinfo`. */
  readonly path: string;
}
