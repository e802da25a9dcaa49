/** One real node on memory parts, which can go and come back with what it had. */
import type { NetworkParameters } from '../core/parameters/network.ts';
import { nobleEngine } from '../core/script/noble-engine.ts';
import { ThreadSearcher } from '../mining/thread-searcher.ts';
import { createNode, type Node } from '../node.ts';
import { NodeClock } from '../node-clock.ts';
import { InlineScriptVerifier } from '../platform/memory/inline-script-verifier.ts';
import { MemoryStorage } from '../platform/memory/memory-storage.ts';
import type { MemoryNetwork } from '../platform/memory/memory-transport.ts';
import { MemoryWalletStorage } from '../platform/memory/memory-wallet-storage.ts';
import type { LoggerControl } from '../rpc/context.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { VirtualClock } from './virtual-clock.ts';

const NO_LOG: LoggerControl = {
  log: () => {},
  categories: [],
  isEnabled: () => false,
  setEnabled: () => {},
  path: '',
};

export interface SimulatedNodeOptions {
  readonly index: number;
  readonly parameters: NetworkParameters;
  /** Known from the start: asked for others, or (where `fixed`) the only ones dialled. */
  readonly peers: readonly string[];
  readonly fixed: boolean;
}

export class SimulatedNode {
  readonly index: number;
  readonly host: string;
  /** Undefined while it is away. */
  node: Node | undefined;
  readonly #options: SimulatedNodeOptions;
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #net: MemoryNetwork;
  readonly #storage = new MemoryStorage();

  constructor(
    options: SimulatedNodeOptions,
    dependencies: { clock: VirtualClock; random: SeededRandom; net: MemoryNetwork },
  ) {
    this.index = options.index;
    this.host = hostOf(options.index);
    this.#options = options;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
    this.#net = dependencies.net;
  }

  async start(): Promise<Node> {
    const { parameters, peers, fixed } = this.#options;
    const clock = new NodeClock(this.#clock);
    const searcher = new ThreadSearcher(clock);
    const node = await createNode(
      {
        parameters,
        persistMempool: false,
        network: {
          bind: [`${this.host}:${parameters.p2pPort}`],
          addNodes: [],
          userAgent: '/Penny:simulated/',
          dnsSeed: false,
          ...(fixed ? { connect: peers } : { seeds: peers }),
        },
      },
      {
        clock,
        random: this.#random,
        logger: NO_LOG,
        storage: this.#storage,
        walletStorage: new MemoryWalletStorage(),
        scriptVerifier: new InlineScriptVerifier(nobleEngine, clock),
        searcher,
        createSearcher: () => searcher,
        transport: this.#net.transport(this.host),
        writeFile: () => Promise.reject(new Error('no files are kept here')),
      },
    );
    this.node = node;
    return node;
  }

  async stop(): Promise<void> {
    const { node } = this;
    this.node = undefined;
    await node?.stop();
  }
}

/** The address of a node by its number. */
export function hostOf(index: number): string {
  return `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
}
