/**
 * The composition root: builds every part of a node from what a platform hands in, and wires them in
 * this one place (calls go down, events go up). Owns the order of start and stop; no part's work.
 */
import { Chain, type ChainOptions } from './chain/chain.ts';
import type { ScriptVerifier } from './chain/script-verifier.ts';
import type { Storage } from './chain/storage.ts';
import type { NetworkParameters } from './core/parameters/network.ts';
import { decodeAddress } from './core/script/address.ts';
import { CoinStatisticsIndex } from './indexes/coin-statistics-index.ts';
import { FilterIndex } from './indexes/filter-index.ts';
import { TransactionIndex } from './indexes/transaction-index.ts';
import { FeeEstimator } from './mempool/fee-estimator.ts';
import { Mempool } from './mempool/mempool.ts';
import type { MempoolPolicy } from './mempool/policy.ts';
import { Miner, type MinerOptions } from './mining/miner.ts';
import type { NonceSearcher } from './mining/nonce-searcher.ts';
import type { FilterSource } from './network/filter-serving.ts';
import { Network, type NetworkOptions } from './network/network.ts';
import type { Transport } from './network/transport.ts';
import type { LoggerControl, RpcContext } from './rpc/context.ts';
import { Dispatcher } from './rpc/dispatcher.ts';
import { METHODS } from './rpc/methods.ts';
import type { AdjustableClock, Random } from './seams.ts';
import type { WalletStorage } from './wallet/storage.ts';
import { WalletManager, type WalletManagerOptions } from './wallet/wallet-manager.ts';
import { createChainSource } from './wallet-chain.ts';

/** What a person chooses, each part's in its own words. */
export interface NodeOptions {
  readonly parameters: NetworkParameters;
  readonly chain?: ChainOptions;
  readonly indexes?: {
    readonly transactions?: boolean;
    readonly filters?: boolean;
    readonly coinStatistics?: boolean;
  };
  readonly mempool?: Partial<MempoolPolicy>;
  /** Keep the mempool over restarts; default true. */
  readonly persistMempool?: boolean;
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
export interface NodeDependencies {
  readonly clock: AdjustableClock;
  readonly random: Random;
  readonly logger: LoggerControl;
  readonly storage: Storage;
  readonly walletStorage: WalletStorage;
  readonly scriptVerifier: ScriptVerifier;
  /** In this thread, for blocks on demand. */
  readonly searcher: NonceSearcher;
  /** For continuous mining. */
  readonly createSearcher: (threads: number) => NonceSearcher;
  readonly transport: Transport;
  readonly writeFile: RpcContext['writeFile'];
  /** Made before, where a server is to answer while the node still starts. */
  readonly rpc?: Dispatcher;
}

export interface Node extends Omit<RpcContext, 'stop'> {
  readonly rpc: Dispatcher;
  /** Resolves when the node should be stopped: with null if RPC `stop` asks, or with what went wrong. */
  readonly ended: Promise<Error | null>;
  /** Mines without pause from now on. @throws AddressError, or Error without a wallet to pay. */
  mine(options: MineOptions): void;
  /** Ends everything in order and saves what is to be kept. Once; never rejects for what had failed before. */
  stop(): Promise<void>;
}

/** Answers "warming up" until a node is attached. */
export function createDispatcher(dependencies: Pick<NodeDependencies, 'clock' | 'logger'>): Dispatcher {
  return new Dispatcher(METHODS, dependencies);
}

/**
 * Opens, loads and starts everything; resolves when the node serves.
 * @throws what a part throws; what was opened by then is closed again.
 */
export async function createNode(options: NodeOptions, dependencies: NodeDependencies): Promise<Node> {
  const closers: (() => Promise<void> | void)[] = [];
  try {
    return await assemble(options, dependencies, closers);
  } catch (error) {
    await closeAll(closers, dependencies);
    throw error;
  }
}

async function assemble(
  options: NodeOptions,
  dependencies: NodeDependencies,
  closers: (() => Promise<void> | void)[],
): Promise<Node> {
  const { parameters } = options;
  const { clock, random, logger, storage, scriptVerifier } = dependencies;
  const startedAt = clock.monotonic();
  const rpc = dependencies.rpc ?? createDispatcher(dependencies);
  const progress = (status: string): void => {
    rpc.setWarmUpStatus(status);
    logger.log('info', 'init', status);
  };

  let end: (error: Error | null) => void = () => {};
  const ended = new Promise<Error | null>((resolve) => {
    end = resolve;
  });

  progress('Loading block index…');
  const chain = await Chain.open(options.chain ?? {}, { ...dependencies, parameters });
  closers.push(() => chain.close());
  chain.fatal.subscribe(end);

  const mempool = new Mempool(options.mempool ?? {}, { chain, clock, random, scriptVerifier, logger });
  closers.push(() => mempool.close());
  const fees = await FeeEstimator.open({ chain, mempool, storage, logger });
  closers.push(() => fees.save(storage));

  progress('Loading indexes…');
  const wanted = options.indexes ?? {};
  const following = { chain, storage, logger, clock };
  const indexes = {
    ...(wanted.transactions && { transactions: await TransactionIndex.open(following) }),
    ...(wanted.filters && { filters: await FilterIndex.open(following) }),
    ...(wanted.coinStatistics && { coinStatistics: await CoinStatisticsIndex.open(following) }),
  };
  for (const index of Object.values(indexes)) closers.push(() => index.close());

  const filters = options.serveFilters ? filterSource(indexes.filters) : undefined;
  const network = new Network(options.network, {
    ...dependencies,
    chain,
    mempool,
    ...(filters && { filters }),
  });

  progress('Loading wallet…');
  const wallets = await WalletManager.open(options.wallet ?? {}, {
    parameters,
    chain: createChainSource({ chain, mempool, fees }),
    storage: dependencies.walletStorage,
    clock,
    random,
    logger,
  });
  closers.push(() => wallets.close());
  for (const name of options.wallet?.load ?? []) {
    if (wallets.get(name) === undefined) await wallets.load(name);
  }

  if (options.persistMempool !== false) {
    progress('Loading mempool…');
    await mempool.load(storage);
    closers.push(() => mempool.save(storage));
  }

  progress('Starting network threads…');
  if (options.networkActive === false) network.setActive(false);
  await network.start();
  closers.push(() => network.stop());

  const miner = new Miner(options.miner ?? {}, { ...dependencies, chain, mempool });
  closers.push(() => miner.stop());
  const mine = ({ address, ...mining }: MineOptions): void => {
    const paid = address ?? wallets.get(wallets.list()[0] ?? '')?.newAddress('bech32', 'mining');
    if (paid === undefined) throw new Error('Mining needs a wallet or an address to pay');
    const script = decodeAddress(paid, parameters);
    miner.start({ ...mining, script: () => Promise.resolve(script) });
  };
  if (options.mine !== undefined && options.mine.threads > 0) mine(options.mine);

  const context: Omit<RpcContext, 'stop'> = {
    parameters,
    chain,
    mempool,
    fees,
    miner,
    network,
    wallets,
    indexes,
    storage,
    clock,
    logger,
    startedAt,
    writeFile: dependencies.writeFile,
  };
  rpc.attach({ ...context, stop: () => end(null) });
  logger.log('info', 'init', 'Done loading');

  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= closeAll(closers, dependencies);
    return stopping;
  };
  return { ...context, rpc, ended, mine, stop };
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
async function closeAll(
  closers: (() => Promise<void> | void)[],
  { logger }: Pick<NodeDependencies, 'logger'>,
): Promise<void> {
  for (const close of closers.reverse()) {
    try {
      await close();
    } catch (error) {
      logger.log('error', 'init', 'A part did not close cleanly', { error });
    }
  }
}
