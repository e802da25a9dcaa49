/** One real node on memory parts, which can go and come back with what it had. */
import type { NetworkParameters } from '../core/parameters/network.ts';
import { nobleEngine } from '../core/script/noble-engine.ts';
import type { SignatureEngine } from '../core/script/signature-engine.ts';
import { ThreadSearcher } from '../mining/thread-searcher.ts';
import { createNode, type Node, type NodeDependencies, type NodeOptions } from '../node.ts';
import { NodeClock } from '../node-clock.ts';
import { InlineScriptVerifier } from '../platform/memory/inline-script-verifier.ts';
import { MemoryStorage } from '../platform/memory/memory-storage.ts';
import type { MemoryNetwork } from '../platform/memory/memory-transport.ts';
import { MemoryWalletStorage } from '../platform/memory/memory-wallet-storage.ts';
import type { LoggerControl } from '../rpc/context.ts';
import type { Dispatcher } from '../rpc/dispatcher.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { VirtualClock } from './virtual-clock.ts';

export const NO_LOG: LoggerControl = {
  log: () => {},
  categories: [],
  isEnabled: () => false,
  setEnabled: () => {},
  path: '',
};

const refuse = () => Promise.reject(new Error('no files are kept here'));
export const NO_FILES: NodeDependencies['files'] = {
  readFile: refuse,
  readPieces: refuse,
  writeFile: refuse,
};

export interface SimulatedNodeOptions {
  readonly index: number;
  readonly parameters: NetworkParameters;
  /** Known from the start: asked for others, or (where `fixed`) the only ones dialled. */
  readonly peers: readonly string[];
  readonly fixed: boolean;
  /** Where it is to differ from the plainest node. */
  readonly node?: Omit<Partial<NodeOptions>, 'parameters' | 'network'>;
}

/** What was on its disk. */
export interface Content {
  readonly storage: MemoryStorage;
  readonly wallets: MemoryWalletStorage;
}

export interface SimulatedNodeDependencies {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly net: MemoryNetwork;
  readonly content?: Content;
  readonly engine?: SignatureEngine;
  readonly logger?: LoggerControl;
}

export class SimulatedNode {
  readonly index: number;
  readonly host: string;
  /** Undefined while it is away. */
  node: Node | undefined;
  readonly #options: SimulatedNodeOptions;
  readonly #dependencies: SimulatedNodeDependencies;
  content: Content;

  constructor(options: SimulatedNodeOptions, dependencies: SimulatedNodeDependencies) {
    this.index = options.index;
    this.host = hostOf(options.index);
    this.#options = options;
    this.#dependencies = dependencies;
    this.content = dependencies.content ?? {
      storage: new MemoryStorage(),
      wallets: new MemoryWalletStorage(),
    };
  }

  /** @param rpc that shall answer for it, instead of one of its own */
  async start(rpc?: Dispatcher): Promise<Node> {
    const { parameters, peers, fixed, node: wanted } = this.#options;
    const { random, net, engine = nobleEngine, logger = NO_LOG } = this.#dependencies;
    const clock = new NodeClock(this.#dependencies.clock);
    const searcher = new ThreadSearcher(clock);
    const node = await createNode(
      {
        parameters,
        persistMempool: false,
        ...wanted,
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
        random,
        logger,
        storage: this.content.storage,
        walletStorage: this.content.wallets,
        scriptVerifier: new InlineScriptVerifier(engine, clock),
        searcher,
        createSearcher: () => searcher,
        transport: net.transport(this.host),
        ...(rpc && { rpc }),
        files: NO_FILES,
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
