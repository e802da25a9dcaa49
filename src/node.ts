/**
 * The composition root: builds every part of a node from what a platform hands in, and wires them in
 * this one place (calls go down, events go up). Owns the order of start and stop; no part's work.
 */
import type { Chain } from './chain/chain.ts';
import type { ScriptVerifier } from './chain/script-verifier.ts';
import type { Storage } from './chain/storage.ts';
import type { NetworkParameters } from './core/parameters/network.ts';
import type { SignatureEngine } from './core/script/signature-engine.ts';
import type { Mempool } from './mempool/mempool.ts';
import type { Miner } from './mining/miner.ts';
import type { NonceSearcher } from './mining/nonce-searcher.ts';
import type { Network } from './network/network.ts';
import type { Transport } from './network/transport.ts';
import type { LoggerControl, RpcContext } from './rpc/context.ts';
import type { Dispatcher } from './rpc/dispatcher.ts';
import type { AdjustableClock, Random } from './seams.ts';
import type { WalletStorage } from './wallet/storage.ts';
import type { WalletManager } from './wallet/wallet-manager.ts';

/** What a person chooses. Absent means Bitcoin Core's default. */
export interface NodeOptions {
  readonly parameters: NetworkParameters;
  readonly chain?: {
    /** Bytes of coins held in memory before they are flushed. */
    readonly cacheBytes?: number;
    readonly checkBlocks?: number;
    readonly checkLevel?: number;
  };
  readonly indexes?: {
    readonly transactions?: boolean;
    readonly filters?: boolean;
    readonly coinStatistics?: boolean;
  };
  readonly mempool?: {
    readonly maximumBytes?: number;
    /** Seconds. */
    readonly expiry?: number;
    /** Satoshis per 1,000 vbytes. */
    readonly minimumRelayFee?: bigint;
    readonly persist?: boolean;
  };
  readonly mining?: {
    /** Threads of the continuous miner; 0 mines on demand only. */
    readonly threads?: number;
    /** Percent of each thread's time. */
    readonly load?: number;
    readonly address?: string;
  };
  readonly wallet?: {
    readonly enabled?: boolean;
    /** Loaded at start besides those that the storage remembers. */
    readonly load?: readonly string[];
  };
}

/** What a platform supplies. */
export interface NodeDependencies {
  readonly clock: AdjustableClock;
  readonly random: Random;
  readonly logger: LoggerControl;
  readonly storage: Storage;
  readonly walletStorage: WalletStorage;
  readonly scriptVerifier: ScriptVerifier;
  readonly signatureEngine: SignatureEngine;
  readonly nonceSearcher: NonceSearcher;
  readonly transports: { readonly ws: Transport; readonly tcp: Transport };
  readonly writeFile: RpcContext['writeFile'];
  /** Told what start-up is doing, in Core's words ("Loading block index…"). */
  readonly onProgress?: (status: string) => void;
}

export interface Node {
  readonly chain: Chain;
  readonly mempool: Mempool;
  readonly miner: Miner;
  readonly network: Network;
  readonly wallets: WalletManager;
  readonly rpc: Dispatcher;
  /** Resolves when the node must end: asked by RPC `stop` (null), or by what went wrong. */
  readonly ended: Promise<Error | null>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export declare function createNode(options: NodeOptions, dependencies: NodeDependencies): Promise<Node>;
