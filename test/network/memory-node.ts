/** Real chains, mempools and networks that reach each other in memory, on one virtual clock. */
import { Chain } from '../../src/chain/chain.ts';
import type { ScriptVerifier } from '../../src/chain/script-verifier.ts';
import type { Block } from '../../src/core/block/block.ts';
import type { NetworkParameters } from '../../src/core/parameters/network.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { nobleEngine } from '../../src/core/script/noble-engine.ts';
import { Mempool } from '../../src/mempool/mempool.ts';
import type { MempoolPolicy } from '../../src/mempool/policy.ts';
import type { FilterSource } from '../../src/network/context.ts';
import { Network } from '../../src/network/network.ts';
import type { NetworkOptions } from '../../src/network/options.ts';
import { InlineScriptVerifier } from '../../src/platform/memory/inline-script-verifier.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { MemoryNetwork, type MemoryNetworkOptions } from '../../src/platform/memory/memory-transport.ts';
import type { Logger } from '../../src/seams.ts';
import { SeededRandom } from '../../src/simulation/seeded-random.ts';
import { VirtualClock } from '../../src/simulation/virtual-clock.ts';
import { ChainBuilder } from '../support/chain-builder.ts';
import { silentLogger } from '../support/memory-chain.ts';

export const PORT = REGTEST.p2pPort;
/** Two years after regtest's genesis: no test's chain runs into the future. */
const START = (REGTEST.genesis.time + 2 * 365 * 86_400) * 1000;

export interface MemoryNode {
  readonly host: string;
  /** `host:port` at which it listens. */
  readonly address: string;
  readonly chain: Chain;
  readonly mempool: Mempool;
  readonly network: Network;
  readonly storage: MemoryStorage;
}

export interface NodeSpec extends Partial<NetworkOptions> {
  readonly parameters?: NetworkParameters;
  readonly storage?: MemoryStorage;
  readonly blocks?: readonly Block[];
  readonly minimumChainWork?: bigint;
  /** Seconds; 0, the default, because blocks of tests are old. */
  readonly maxTipAge?: number;
  readonly filters?: FilterSource;
  readonly scriptVerifier?: ScriptVerifier;
  readonly policy?: Partial<MempoolPolicy>;
  readonly logger?: Logger;
}

export class MemoryWorld {
  readonly clock = new VirtualClock(START);
  readonly random: SeededRandom;
  readonly net: MemoryNetwork;
  readonly nodes: MemoryNode[] = [];

  constructor(seed = 1, options: MemoryNetworkOptions = {}) {
    this.random = new SeededRandom(seed);
    this.net = new MemoryNetwork(options, { clock: this.clock, random: this.random.fork() });
  }

  /** Starts a node at `host`; it knows nobody unless told. */
  async start(host: string, spec: NodeSpec = {}): Promise<MemoryNode> {
    const {
      parameters = REGTEST,
      storage = new MemoryStorage(),
      blocks = [],
      minimumChainWork,
      maxTipAge = 0,
      filters,
      policy = {},
      logger = silentLogger,
      scriptVerifier = new InlineScriptVerifier(nobleEngine, this.clock),
      ...options
    } = spec;
    const random = this.random.fork();
    const common = { parameters, clock: this.clock, random, storage, logger };
    const chain = await this.settle(
      Chain.open(
        { maxTipAge, ...(minimumChainWork !== undefined && { minimumChainWork }) },
        { ...common, scriptVerifier },
      ),
    );
    for (const block of blocks) await this.settle(chain.acceptBlock(block, { requested: true }));
    const mempool = new Mempool(policy, chain, { ...common, scriptVerifier });
    const network = new Network(
      { bind: [`${host}:${PORT}`], addNodes: [], userAgent: '/Penny:test/', ...options },
      { ...common, chain, mempool, transport: this.net.transport(host), ...(filters && { filters }) },
    );
    await this.settle(network.start());
    const node = { host, address: `${host}:${PORT}`, chain, mempool, network, storage };
    this.nodes.push(node);
    return node;
  }

  /** A promise that needs the clock to go on. */
  settle<T>(promise: Promise<T>): Promise<T> {
    return this.clock.complete(promise);
  }

  /** Lets time pass until it holds. False if it does not within so many seconds. */
  until(condition: () => boolean, seconds = 60): Promise<boolean> {
    return this.clock.runUntil(condition, this.clock.monotonic() + seconds * 1000);
  }

  async pass(seconds: number): Promise<void> {
    await this.clock.advance(seconds * 1000);
  }
}

/** `count` empty blocks on regtest. */
export function emptyChain(count: number): ChainBuilder {
  return new ChainBuilder().mine(count);
}
