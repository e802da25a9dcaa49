/**
 * The worker of a tab: runs the node if no other tab does, or else shows that one's until it is this one's turn. Owns
 * the lock, and what is told to whom; who calls is `callers.ts`, the node `create-node.ts`.
 */
import { genesisBlock } from '../../core/consensus/genesis.ts';
import { parseNetworkFile } from '../../core/parameters/network-file.ts';
import { MAIN, REGTEST } from '../../core/parameters/presets.ts';
import { Caller } from './callers.ts';
import { startNode } from './create-node.ts';
import type { Reply, Request, TabNodeOptions, TabNodeState } from './protocol.ts';
import { openStorage } from './storage/open-storage.ts';
import { TabFiles } from './tab-files.ts';
import { hasThreads } from './threads.ts';
import { View, Viewers } from './views.ts';

/** Verifying and mining threads, unless one says how many: a page is not the only one on a machine. */
const MOST_THREADS = 4;
const PRESETS = { main: MAIN, regtest: REGTEST };
/** Characters of the genesis block's hash that tell networks of one name apart. */
const HASH = 8;

export async function run(options: TabNodeOptions, port: MessagePort): Promise<void> {
  const tell = (reply: Reply): void => port.postMessage(reply);
  const stopped = new AbortController();
  // Until there is anyone to answer.
  port.onmessage = ({ data }: MessageEvent<Request>) => 'stop' in data && stopped.abort();
  try {
    const { network } = options;
    const parameters = typeof network === 'string' ? PRESETS[network] : parseNetworkFile(network);
    const name = `${options.store ?? parameters.name}-${genesisBlock(parameters).hash.slice(0, HASH)}`;
    const lock = `penny/${name}`;
    const own = () => runOwn({ ...options, parameters, name, lock }, port, tell, stopped);
    const isOwner = await navigator.locks.request(lock, { ifAvailable: true }, async (free) => {
      if (free !== null) await own();
      return free !== null;
    });
    if (!isOwner) {
      const view = await View.open(lock, tell);
      port.onmessage = ({ data }: MessageEvent<Request>) =>
        'stop' in data ? stopped.abort() : view.send(data);
      stopped.signal.addEventListener('abort', () => view.close());
      const { signal } = stopped;
      await navigator.locks
        .request(lock, { signal }, () => {
          view.close();
          return own();
        })
        .catch((error) => {
          if (error !== signal.reason) throw error;
        });
    }
    tell({ state: { phase: 'stopped' } });
  } catch (error) {
    tell({ state: { phase: 'stopped', error: error instanceof Error ? error.message : String(error) } });
  }
}

/** What no part caught is a bug: the node must not go on, but what it holds can still be written. */
function uncaught(): Promise<Error> {
  return new Promise((resolve) => {
    const fail = (event: Event, error: unknown): void => {
      event.preventDefault();
      resolve(error instanceof Error ? error : new Error(String(error)));
    };
    self.addEventListener('error', (event) => fail(event, event.error ?? event.message));
    self.addEventListener('unhandledrejection', (event) => fail(event, event.reason));
  });
}

interface Owned extends TabNodeOptions {
  readonly parameters: typeof MAIN;
  readonly name: string;
  readonly lock: string;
}

/** Until it is stopped. @throws what the node could not be started with, or has failed by */
async function runOwn(
  {
    parameters,
    peers,
    onlyPeers = false,
    name,
    lock,
    fetchAnew = false,
    inMemory = false,
    threads: wanted,
  }: Owned,
  port: MessagePort,
  tell: (reply: Reply) => void,
  stopped: AbortController,
): Promise<void> {
  const threads = hasThreads()
    ? Math.max(1, Math.min(wanted ?? MOST_THREADS, navigator.hardwareConcurrency))
    : 1;
  const files = new TabFiles();
  const viewers = new Viewers(lock, files);
  let page: Caller | undefined;
  const become = (state: TabNodeState): void => {
    tell({ state });
    viewers.become(state);
  };
  become({ phase: 'starting', text: 'Opening what is kept…' });
  let storage: 'disk' | 'memory' = 'memory';
  try {
    const running = await startNode(
      { parameters, peers, onlyPeers, threads },
      async (logger) => {
        const onWallet = () => tell({ persist: true });
        const kept = await openStorage({ name, fetchAnew, inMemory, logger, files, onWallet });
        storage = kept.kind;
        return kept;
      },
      (rpc) => {
        page = new Caller(rpc, files, tell);
        port.onmessage = ({ data }: MessageEvent<Request>) =>
          'stop' in data ? stopped.abort() : page!.take(data);
        viewers.serve(rpc);
      },
    );
    become({ phase: 'running', role: 'owner', storage, threads });
    const asked = new Promise<null>((resolve) => {
      if (stopped.signal.aborted) resolve(null);
      stopped.signal.addEventListener('abort', () => resolve(null));
    });
    const error = await Promise.race([asked, running.node.ended, uncaught()]);
    page?.close();
    viewers.close();
    await running.stop();
    if (error !== null) throw error;
  } finally {
    viewers.close();
  }
}
