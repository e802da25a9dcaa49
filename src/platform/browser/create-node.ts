/** A node on the parts of a browser. Owns which implementation stands behind each seam, and the order of start and stop. */
import type { NetworkParameters } from '../../core/parameters/network.ts';
import type { METHODS } from '../../methods.ts';
import { ThreadSearcher } from '../../mining/thread-searcher.ts';
import { createDispatcher, createNode, type Node } from '../../node.ts';
import type { Dispatcher } from '../../rpc/dispatcher.ts';
import { refuse } from '../../rpc/errors.ts';
import { DIALECT } from '../../rpc/formats/version.ts';
import type { Logger, Timer } from '../../seams.ts';
import { WorkerSearcher } from '../shared/mining/worker-searcher.ts';
import { createVerifier } from '../shared/verification/create-verifier.ts';
import { TabClock } from './clock.ts';
import { bindFastHashes } from './hashes.ts';
import { ConsoleLogger } from './logger.ts';
import { WebTransport } from './network/web-transport.ts';
import { webRandom } from './random.ts';
import { loadSignatureEngine } from './signatures.ts';
import type { Kept } from './storage/open-storage.ts';
import { hasThreads, startSearcher, startVerifier } from './threads.ts';

/** The package's, put in when the script is made. */
declare const PENNY_VERSION: string;

/** A tab is one of many, and the stores keep all of their entries in memory anyway. */
const DBCACHE = 64;
const MEMPOOL_BYTES = 50_000_000;
/** Addresses watched beyond the last one used: to derive Core's thousand of each kind takes a tab seconds. */
const KEYPOOL = 100;
/** Transactions whose scripts are known to be valid. */
const SCRIPT_CACHE = 20_000;

/** Milliseconds: a tab is closed without a word, and what came since the last flush is connected again. */
const FLUSH_INTERVAL = 10_000;

async function loadMethods(): Promise<typeof METHODS> {
  try {
    return (await import('../../methods.ts')).METHODS;
  } catch {
    throw refuse.misc(
      'Methods that are seldom used could not be loaded: what this page is from does not answer',
    );
  }
}

interface TabNodeParts {
  readonly parameters: NetworkParameters;
  readonly peers: readonly string[];
  readonly onlyPeers: boolean;
  readonly threads: number;
}

interface RunningNode {
  readonly node: Node;
  stop(): Promise<void>;
}

/**
 * @param openKept opened first, closed last
 * @param onDispatcher given what answers calls, which it does from now on ("warming up")
 */
export async function startNode(
  { parameters, peers, onlyPeers, threads }: TabNodeParts,
  openKept: (logger: Logger) => Promise<Kept>,
  onDispatcher: (rpc: Dispatcher) => void,
): Promise<RunningNode> {
  bindFastHashes();
  const clock = new TabClock();
  const logger = new ConsoleLogger([]);
  const rpc = createDispatcher({ clock, logger, loadMethods });
  onDispatcher(rpc);
  const engine = await loadSignatureEngine(logger);
  const scriptVerifier = createVerifier(
    { threads, remembered: SCRIPT_CACHE },
    { engine, clock, logger, random: webRandom, startThread: startVerifier },
  );
  const { storage, walletStorage } = await openKept(logger);
  const closeAll = async (): Promise<void> => {
    await scriptVerifier.close();
    await storage.close();
  };
  const none = (): Promise<never> => Promise.reject(new Error('A node in a tab has no files'));
  try {
    const node = await createNode(
      {
        parameters,
        chain: { dbcache: DBCACHE },
        mempool: { maxBytes: MEMPOOL_BYTES },
        wallet: { encryptedOnly: true, keypool: KEYPOOL },
        network: {
          bind: [],
          ...(onlyPeers ? { connect: peers, addNodes: [] } : { addNodes: peers }),
          userAgent: `/Penny:${PENNY_VERSION}(tab)/${DIALECT.name}/`,
        },
      },
      {
        clock,
        random: webRandom,
        logger,
        storage,
        walletStorage,
        scriptVerifier,
        searcher: new ThreadSearcher(clock),
        createSearcher: (count) =>
          hasThreads() ? new WorkerSearcher(count, startSearcher) : new ThreadSearcher(clock),
        transport: new WebTransport(),
        rpc,
        files: { readFile: none, readPieces: none, writeFile: none },
      },
    );
    // The page's server may be gone when they are asked for.
    void rpc.loadMethods().catch(() => {});
    let flushed = node.chain.tip;
    let timer: Timer | undefined;
    const scheduleFlush = (): void => {
      timer = clock.schedule(
        FLUSH_INTERVAL,
        async () => {
          const { tip } = node.chain;
          // A disk that fails stops the node, which tells why.
          if (tip !== flushed) await node.chain.flush().catch(() => {});
          flushed = tip;
          if (timer !== undefined) scheduleFlush();
        },
        'process',
      );
    };
    scheduleFlush();
    const stop = async (): Promise<void> => {
      timer?.cancel();
      timer = undefined;
      await node.stop();
      await closeAll();
    };
    return { node, stop };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
