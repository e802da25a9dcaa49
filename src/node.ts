/**
 * The composition root: builds every part of a node from what a platform hands in, and wires them in
 * this one place (calls go down, events go up). Owns the order of start and stop; no part's work.
 */
import { Chain } from './chain/chain.ts';
import type { ImportProgress } from './chain/import.ts';
import type { ChainOptions } from './chain/options.ts';
import { continueReindex } from './chain/reindex.ts';
import type { ScriptVerifier } from './chain/script-verifier.ts';
import { Signal } from './chain/signal.ts';
import type { Storage } from './chain/storage.ts';
import type { NetworkParameters } from './core/parameters/network.ts';
import { decodeAddress } from './core/script/address.ts';
import { DevParts } from './dev/dev-parts.ts';
import { Subscriptions } from './events/subscriptions.ts';
import type { FilterIndex } from './indexes/filter-index.ts';
import { type IndexKind, openIndexes } from './indexes/table.ts';
import { FeeEstimator } from './mempool/fee-estimator.ts';
import { Mempool } from './mempool/mempool.ts';
import type { MempoolPolicy } from './mempool/policy.ts';
import { METHODS } from './methods.ts';
import { Miner, type MinerOptions } from './mining/miner.ts';
import type { Searchers } from './mining/nonce-searcher.ts';
import type { FilterSource } from './network/context.ts';
import { Network } from './network/network.ts';
import type { NetworkOptions } from './network/options.ts';
import type { Transport } from './network/transport.ts';
import type { LoggerControl, RpcContext } from './rpc/context.ts';
import { Dispatcher } from './rpc/dispatcher.ts';
import type { AdjustableClock, Seams } from './seams.ts';
import type { ChainSource } from './wallet/chain-source.ts';
import type { Scrypt } from './wallet/sealing.ts';
import type { WalletStorage } from './wallet/storage.ts';
import type { Wallet } from './wallet/wallet.ts';
import { WalletManager, type WalletManagerOptions } from './wallet/wallet-manager.ts';
import type { WalletParts } from './wallet/wallet-parts.ts';
import { createChainSource } from './wallet-chain.ts';

/** What a person chooses, each part's in its own words. */
export interface NodeOptions {
  readonly parameters: NetworkParameters;
  readonly chain?: ChainOptions;
  readonly indexes?: { readonly [K in IndexKind]?: boolean };
  readonly mempool?: Partial<MempoolPolicy>;
  /** Keep the mempool over restarts; default true. */
  readonly persistMempool?: boolean;
  /** Stops when blocks from files are taken in. */
  readonly stopAfterImport?: boolean;
  /** Stops when the chain is so high; 0 goes on. */
  readonly stopAtHeight?: number;
  /** Of Bitcoin Core's deprecated forms of answers, those that are still given. */
  readonly deprecatedRpc?: readonly string[];
  readonly network: NetworkOptions;
  /** False makes no connections until RPC `setnetworkactive` does. */
  readonly networkActive?: boolean;
  /** Serve BIP157 filters; needs the filter index. */
  readonly serveFilters?: boolean;
  readonly miner?: MinerOptions;
  /** Mines from the start on; absent mines by RPC only. */
  readonly mine?: MineOptions;
  readonly wallet?: WalletManagerOptions & {
    /** Loaded besides those that the storage remembers. */
    readonly load?: readonly string[];
    /** Made (or loaded, if it is there) where no wallet would be loaded otherwise. */
    readonly first?: string;
  };
}

export interface MineOptions {
  readonly threads: number;
  /** Percent of each thread's time. */
  readonly load: number;
  /** Seconds between blocks on average at the least; 0 does not pace. */
  readonly blockInterval: number;
  /** Paid; default a new address of the first wallet. */
  readonly address?: string;
}

/** What a platform supplies, and closes after the node has stopped. */
export interface NodeDependencies extends Seams, Searchers {
  readonly clock: AdjustableClock;
  readonly logger: LoggerControl;
  readonly storage: Storage;
  readonly walletStorage: WalletStorage;
  /** A faster one than in this thread, for the passphrases of wallets. */
  readonly scrypt?: Scrypt;
  readonly scriptVerifier: ScriptVerifier;
  readonly transport: Transport;
  readonly files: Pick<RpcContext, 'readFile' | 'readPieces' | 'writeFile'>;
  /** Aborted when a start-up that takes long should be given up. */
  readonly signal?: AbortSignal;
  /** Takes in blocks from elsewhere, before the mempool is loaded. */
  readonly importBlocks?: (chain: Chain) => Promise<void>;
  /** Told how far a reindex is. */
  readonly onReindex?: (progress: ImportProgress) => void;
  /** What is published over ZeroMQ; default nothing. */
  readonly zmq?: RpcContext['zmq'];
  /** Told of transactions of wallets. */
  readonly noted?: WalletParts['noted'];
  /** Told of the parts once there are all, before the mempool is loaded and peers come: for what listens to their events. */
  readonly onOpened?: (parts: Parts) => void;
  /** Made before, where a server is to answer while the node still starts. */
  readonly rpc?: Dispatcher;
}

/** What a node is made of. */
export type Parts = Omit<RpcContext, 'stop'>;

export interface Node extends Parts {
  readonly rpc: Dispatcher;
  /** Resolves when the node should be stopped: with null if RPC `stop` asks, or with what went wrong. */
  readonly ended: Promise<Error | null>;
  /** The first wallet, if this start has made it. */
  readonly newWallet: Wallet | null;
  /** Ends everything in order and saves what is to be kept. Once; never rejects for what had failed before. */
  stop(): Promise<void>;
}

/** Answers "warming up" until a node is attached. */
export function createDispatcher(
  dependencies: ConstructorParameters<typeof Dispatcher>[1],
  { wallet }: Pick<NodeOptions, 'wallet'> = {},
): Dispatcher {
  const methods = Object.entries(METHODS).filter(([, { category }]) => category !== 'Wallet');
  return new Dispatcher(wallet?.disabled ? Object.fromEntries(methods) : METHODS, dependencies);
}

/**
 * Opens, loads and starts everything; resolves when the node serves.
 * @throws what a part throws; what was opened by then is closed again.
 */
export async function createNode(options: NodeOptions, dependencies: NodeDependencies): Promise<Node> {
  const closers: Closers = [];
  try {
    return await assemble(options, dependencies, closers);
  } catch (error) {
    await closeAll(closers, dependencies);
    throw error;
  }
}

type Closers = (() => Promise<void> | void)[];

async function assemble(
  options: NodeOptions,
  dependencies: NodeDependencies,
  closers: Closers,
): Promise<Node> {
  const { parameters } = options;
  const { clock, random, logger, storage, scriptVerifier, transport, signal } = dependencies;
  const seams = { clock, random, logger };
  const startedAt = clock.monotonic();
  const rpc = dependencies.rpc ?? createDispatcher(dependencies, options);
  const progress = (status: string): void => {
    rpc.setWarmUpStatus(status);
    logger.log('info', 'init', status);
  };
  let end: (error: Error | null) => void = () => {};
  const ended = new Promise<Error | null>((resolve) => {
    end = resolve;
  });

  progress('Loading block index…');
  const chain = await Chain.open(options.chain ?? {}, { ...seams, parameters, storage, scriptVerifier });
  closers.push(() => chain.close());
  chain.fatal.subscribe(end);
  const { stopAtHeight = 0 } = options;
  if (stopAtHeight > 0)
    chain.connected.subscribe(({ entry }) => {
      if (entry.height >= stopAtHeight) end(null);
    });
  const mempool = new Mempool(options.mempool ?? {}, chain, dependencies);
  closers.push(() => mempool.close());
  const fees = await FeeEstimator.open(chain, mempool, { storage, logger });
  closers.push(() => fees.save());

  progress('Loading indexes…');
  const indexes = await openIndexes(options.indexes ?? {}, { chain, storage, clock, logger });
  for (const index of Object.values(indexes)) closers.push(() => index.close());
  const filters = options.serveFilters ? filterSource(indexes.filters) : undefined;
  const network = new Network(options.network, { ...seams, chain, mempool, storage, transport, filters });
  const miner = new Miner(options.miner ?? {}, chain, mempool, dependencies);

  progress('Loading wallet…');
  const chainSource = createChainSource({ chain, mempool, fees });
  const walletChanged = new Signal<string>();
  const { wallets, newWallet } = await openWallets(options, dependencies, chainSource, walletChanged);
  closers.push(() => wallets.close());

  const parts = { ...seams, storage, parameters, chain, mempool, fees, miner, network, wallets, indexes };
  const subscriptions = new Subscriptions(parts, random, walletChanged);
  closers.push(async () => subscriptions.close());
  const dev = parameters.devControl ? new DevParts(parts, storage) : undefined;
  if (dev !== undefined) closers.push(() => dev.close());
  const deprecated = new Set(options.deprecatedRpc);
  const { files, zmq = [] } = dependencies;
  const context = { ...parts, ...files, dev, subscriptions, deprecated, startedAt, zmq };
  dependencies.onOpened?.(context);
  const serve = (): void => rpc.attach({ ...context, stop: () => end(null) });

  const startNetwork = async (): Promise<void> => {
    progress('Starting network threads…');
    if (options.networkActive === false) network.setActive(false);
    await network.start();
    closers.push(() => network.stop());
  };
  // It may take hours, in which questions are answered.
  const { importBlocks } = dependencies;
  if (chain.isReindexing || importBlocks !== undefined) serve();
  const isCancelled = () => signal?.aborted === true;
  const { isReindexing } = chain;
  if (isReindexing) await startNetwork();
  const onProgress = dependencies.onReindex ?? (() => {});
  const { refused = 0, orphans = 0 } =
    (await continueReindex(chain, storage, { isCancelled, onProgress })) ?? {};
  if (isReindexing && !chain.isReindexing) logger.log('info', 'reindex', 'Reindexing finished');
  if (refused + orphans > 0)
    logger.log(
      'warn',
      'init',
      `Block files: ${refused} blocks are damaged or invalid, ${orphans} lack their parent`,
    );
  await importBlocks?.(chain);
  if (options.stopAfterImport) end(null);
  if (options.persistMempool === false) mempool.loaded = true;
  else {
    progress('Loading mempool…');
    await mempool.load(storage);
    closers.push(async () => void (await mempool.save(storage)));
  }
  await wallets.start();
  // Only now is it known which blocks indexes and wallets still had to read.
  if (!isReindexing) await chain.pruneIfOver();
  if (!isReindexing) await startNetwork();
  closers.push(() => miner.stop());
  if (options.mine !== undefined && options.mine.threads > 0) await startMining(options.mine, parts);
  serve();
  logger.log('info', 'init', 'Done loading');

  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= closeAll(closers, dependencies);
    return stopping;
  };
  return { ...context, rpc, ended, newWallet, stop };
}

async function openWallets(
  { parameters, wallet = {} }: NodeOptions,
  { clock, random, logger, scrypt, noted, walletStorage: storage }: NodeDependencies,
  chain: ChainSource,
  changed: Signal<string>,
): Promise<{ wallets: WalletManager; newWallet: Wallet | null }> {
  const wallets = await WalletManager.open(wallet, {
    clock,
    random,
    logger,
    parameters,
    chain,
    storage,
    scrypt,
    noted,
    changed: (name) => changed.emit(name),
  });
  if (wallet.disabled) return { wallets, newWallet: null };
  for (const name of wallet.load ?? []) {
    if (wallets.names.includes(name)) continue;
    if (await wallets.exists(name)) await wallets.loadAtStart(name);
    else logger.log('warn', 'wallet', `Skipping -wallet path that doesn't exist. Wallet ${name}.`);
  }
  const idle = (await storage.list()).filter((name) => !wallets.names.includes(name));
  if (idle.length > 0) logger.log('info', 'wallet', `Wallets not loaded at start: ${idle.join(', ')}`);
  const { first } = wallet;
  if (first === undefined || wallets.names.length > 0) return { wallets, newWallet: null };
  if (await wallets.exists(first)) {
    await wallets.loadAtStart(first, true);
    return { wallets, newWallet: null };
  }
  return { wallets, newWallet: await wallets.create(first, { loadOnStartup: true }) };
}

/** @throws AddressError, or Error without a wallet to pay */
async function startMining(
  { address, ...mining }: MineOptions,
  { wallets, parameters, miner }: Pick<RpcContext, 'wallets' | 'parameters' | 'miner'>,
): Promise<void> {
  const wallet = wallets.get(wallets.list()[0] ?? '');
  const paid = address ?? wallet?.newAddress('bech32', 'mining');
  await wallet?.settled();
  if (paid === undefined)
    throw new Error('Mining needs a wallet (-wallet) or an address (-mine-address) to pay');
  miner.start({ ...mining, script: decodeAddress(paid, parameters) });
}

/** The filter index as the network asks it; undefined without one. */
function filterSource(index: FilterIndex | undefined): FilterSource | undefined {
  if (index === undefined) return undefined;
  return {
    filter: async (entry) => (await index.find(entry))?.filter,
    filterHeader: async (entry) => (await index.find(entry))?.header,
  };
}

/** Last opened, first closed; one failure does not keep the rest open. */
async function closeAll(closers: Closers, { logger }: Pick<NodeDependencies, 'logger'>): Promise<void> {
  for (const close of closers.reverse()) {
    try {
      await close();
    } catch (error) {
      logger.log('error', 'init', 'A part did not close cleanly', { error });
    }
  }
}
