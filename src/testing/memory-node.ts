/** A node in this process, on memory and virtual time: its RPC without a socket, or with one where that is asked for. */
import { type ClientRequest, createClient, type RpcClient } from '../client/client.ts';
import { satPerKvB } from '../core/transaction/fee-rate.ts';
import { METHODS } from '../methods.ts';
import type { Node } from '../node.ts';
import type { RpcServer } from '../platform/node/rpc/server.ts';
import { type Caller, Dispatcher } from '../rpc/dispatcher.ts';
import {
  type Content,
  NO_LOG,
  SimulatedNode,
  type SimulatedNodeDependencies,
  type SimulatedNodeOptions,
} from '../simulation/simulated-node.ts';
import { memorySocket } from './memory-socket.ts';
import type { Pace } from './pace.ts';

/** Few, since making keys is most of what a wallet costs; more follow as they are used. */
const KEYPOOL = 5;
/** A young chain has no payments to estimate from. */
const FALLBACK_FEE = satPerKvB(10_000n);
const USER = 'penny';

/** Every call is given the time that it takes, whichever way it comes. */
class PacedDispatcher extends Dispatcher {
  readonly #pace: Pace;

  constructor(pace: Pace, dependencies: ConstructorParameters<typeof Dispatcher>[1]) {
    super(METHODS, dependencies);
    this.#pace = pace;
  }

  override handle(body: string | null, caller: Caller): ReturnType<Dispatcher['handle']> {
    return this.#pace.drive(super.handle(body, caller));
  }
}

interface MemoryNodeOptions extends Pick<SimulatedNodeOptions, 'index' | 'parameters'> {
  readonly name: string;
  /** Serves HTTP; 0 takes a free port. */
  readonly rpcPort?: number | undefined;
}

export class MemoryNode {
  readonly name: string;
  readonly rpc: RpcClient;
  readonly #options: MemoryNodeOptions;
  readonly #dependencies: SimulatedNodeDependencies;
  readonly #pace: Pace;
  readonly #simulated: SimulatedNode;
  #server: RpcServer | undefined;
  #port: number;
  readonly #password: string;
  /** Ends the waits of calls when the node stops. */
  #stopping = new AbortController();

  constructor(options: MemoryNodeOptions, dependencies: SimulatedNodeDependencies & { readonly pace: Pace }) {
    this.name = options.name;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#pace = dependencies.pace;
    this.#port = options.rpcPort ?? 0;
    this.#password = Buffer.from(dependencies.random.bytes(16)).toString('hex');
    const wallet = { keypool: KEYPOOL, fallbackFee: FALLBACK_FEE };
    const node = { indexes: { transactions: true }, persistMempool: true, wallet };
    this.#simulated = new SimulatedNode({ ...options, peers: [], fixed: true, node }, dependencies);
    this.rpc = createClient({
      url: `http://${options.name}/`,
      cookie: () => USER,
      exchange: (request) => this.#exchange(request),
      WebSocket: memorySocket(this),
    });
  }

  /** @throws Error where it does not run */
  get node(): Node {
    const { node } = this.#simulated;
    if (node === undefined) throw new Error(`${this.name} does not run`);
    return node;
  }

  get isRunning(): boolean {
    return this.#simulated.node !== undefined;
  }

  /** An IP address of its network. */
  get host(): string {
    return this.#simulated.host;
  }

  /** Whether they have shaken hands. */
  knows({ host }: MemoryNode): boolean {
    const peers = this.#simulated.node?.network.peers() ?? [];
    return peers.some(
      ({ address, bytesReceivedPerMessage: { verack } }) =>
        verack !== undefined && address.startsWith(`${host}:`),
    );
  }

  get http(): { readonly url: string; readonly cookie: string } | null {
    if (this.#server === undefined) return null;
    return { url: `http://127.0.0.1:${this.#port}/`, cookie: `${USER}:${this.#password}` };
  }

  async start(): Promise<void> {
    if (this.isRunning) return;
    const { clock, logger = NO_LOG } = this.#dependencies;
    this.#stopping = new AbortController();
    const rpc = new PacedDispatcher(this.#pace, { clock, logger });
    await this.#pace.drive(this.#simulated.start(rpc));
    if (this.#options.rpcPort !== undefined) await this.#serve(rpc);
  }

  async #serve(dispatcher: Dispatcher): Promise<void> {
    // What most tests do without is not loaded for them.
    const [{ RpcServer }, { Authentication }] = await Promise.all([
      import('../platform/node/rpc/server.ts'),
      import('../platform/node/rpc/authentication.ts'),
    ]);
    const authentication = new Authentication();
    authentication.addPassword(USER, this.#password);
    const { logger = NO_LOG } = this.#dependencies;
    this.#server = new RpcServer(
      {
        bind: [{ host: '127.0.0.1', port: this.#port }],
        allowIp: [],
        allowHost: [],
        allowOrigin: [],
        whitelist: new Map(),
        whitelistDefault: false,
      },
      { dispatcher, authentication, logger },
    );
    this.#port = await this.#server.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#server?.stop();
    this.#server = undefined;
    await this.#pace.drive(this.#simulated.stop());
  }

  /** What is on its disk, which it lets go for that moment. */
  async save(): Promise<Content> {
    const { isRunning } = this;
    if (isRunning) await this.stop();
    const saved = copyOf(this.#simulated.content);
    if (isRunning) await this.start();
    return saved;
  }

  async load(content: Content, isRunning: boolean): Promise<void> {
    await this.stop();
    this.#simulated.content = copyOf(content);
    if (isRunning) await this.start();
  }

  async backup(wallet: string): Promise<Uint8Array> {
    await this.rpc.wallet(wallet).backupwallet('export');
    return (await this.#simulated.content.wallets.readBackup('export'))!;
  }

  /** Has done what is due in the background until the signal, or the end of the node, which is told. */
  attend(signal: AbortSignal, ended: () => void): void {
    const stopping = this.#stopping.signal;
    stopping.addEventListener('abort', ended, { signal });
    const over = AbortSignal.any([signal, stopping]);
    void this.#pace.drive(
      new Promise<void>((resolve) => over.addEventListener('abort', () => resolve())),
      false,
    );
  }

  /** Resolves at the next change of its chain or mempool. */
  changed(): Promise<void> {
    const { chain, mempool } = this.node;
    return new Promise((resolve) => {
      const listener = (): void => {
        for (const end of ends) end();
        resolve();
      };
      const ends = [
        chain.tipChanged.subscribe(listener),
        mempool.added.subscribe(listener),
        mempool.removed.subscribe(listener),
      ];
    });
  }

  async #exchange({ url, body, signal }: ClientRequest): Promise<{ status: number; body: string }> {
    const { node } = this.#simulated;
    // As where nothing listens: a client that was told to tries again.
    if (node === undefined) throw Object.assign(new Error('it does not run'), { code: 'ECONNREFUSED' });
    signal?.throwIfAborted();
    const stopping = this.#stopping.signal;
    const given = signal === undefined ? stopping : AbortSignal.any([signal, stopping]);
    const answer = await node.rpc.handle(body, { path: new URL(url).pathname, user: USER, signal: given });
    signal?.throwIfAborted();
    return answer;
  }
}

const copyOf = ({ storage, wallets }: Content): Content => ({
  storage: storage.copy(),
  wallets: wallets.copy(),
});
