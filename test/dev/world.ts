/** Nodes that reach each other in memory, each with a clock of its own over one virtual clock, asked by RPC. */
import { afterEach, beforeEach } from 'vitest';
import type { NetworkParameters } from '../../src/core/parameters/network.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import type { Node } from '../../src/node.ts';
import { MemoryNetwork } from '../../src/platform/memory/memory-transport.ts';
import { SeededRandom } from '../../src/simulation/seeded-random.ts';
import { hostOf, SimulatedNode } from '../../src/simulation/simulated-node.ts';
import { VirtualClock } from '../../src/simulation/virtual-clock.ts';

export const START = 1_700_000_000;
/** Of the private key 1. */
export const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const KEY = 'cMahea7zqjxrtgAbB7LSGbcQUr1uX1ojuat9jZodMN87JcbXMTcA';

// biome-ignore lint/suspicious/noExplicitAny: answers have many shapes, and the tests say which
type Answer = any;

export class DevWorld {
  readonly clock = new VirtualClock(START * 1000);
  readonly random = new SeededRandom(7);
  readonly net = new MemoryNetwork({}, { clock: this.clock, random: this.random });
  readonly nodes: Node[] = [];

  /** Each node dials those before it. */
  async start(parameters: NetworkParameters = REGTEST): Promise<Node> {
    const index = this.nodes.length;
    const peers = this.nodes.map((_, i) => `${hostOf(i)}:${parameters.p2pPort}`);
    const { clock, net, random } = this;
    const simulated = new SimulatedNode({ index, parameters, peers, fixed: true }, { clock, net, random });
    const node = await this.settle(simulated.start());
    this.nodes.push(node);
    return node;
  }

  /** A promise that needs the clock to go on. */
  settle<T>(promise: Promise<T>): Promise<T> {
    return this.clock.complete(promise);
  }

  async ask(node: Node, method: string, ...params: readonly unknown[]): Promise<Answer> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method, params });
    const { signal } = new AbortController();
    const { body: answer } = await this.settle(node.rpc.handle(body, { path: '/', user: '', signal }));
    return JSON.parse(answer);
  }

  async call(node: Node, method: string, ...params: readonly unknown[]): Promise<Answer> {
    const { result, error } = await this.ask(node, method, ...params);
    if (error !== undefined) throw new Error(`${method}: ${error.code} ${error.message}`);
    return result;
  }

  /** Spends the reward of a block at this height, which paid ADDRESS and is mature. */
  async pay(node: Node, height = 1, to = ADDRESS, amount = 49.999): Promise<string> {
    const hash = await this.call(node, 'getblockhash', height);
    const [txid] = (await this.call(node, 'getblock', hash)).tx;
    const raw = await this.call(node, 'createrawtransaction', [{ txid, vout: 0 }], [{ [to]: amount }]);
    const { hex } = await this.call(node, 'signrawtransactionwithkey', raw, [KEY]);
    return this.call(node, 'sendrawtransaction', hex);
  }

  async pass(seconds: number): Promise<void> {
    await this.clock.advance(seconds * 1000);
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await this.settle(node.stop());
  }
}

/** A world with one node for each test of a file, and what is mostly asked of that node. */
export function eachWorld() {
  let world: DevWorld;
  beforeEach(async () => {
    world = new DevWorld();
    await world.start();
  });
  afterEach(() => world.stop());
  const first = () => world.nodes[0]!;
  return {
    get world() {
      return world;
    },
    call: (method: string, ...params: readonly unknown[]) => world.call(first(), method, ...params),
    pay: (coins?: number) => world.pay(first(), coins),
    errorOf: async (...words: readonly [string, ...unknown[]]) => (await world.ask(first(), ...words)).error,
  };
}
