/**
 * `penny/testing`: real nodes for a program's own tests, in the test's process and on virtual time, or in processes
 * of their own. Plain functions for any test runner, and fixtures for Vitest.
 */
import type {
  Dumps,
  Fixtures,
  NetworkOptions,
  NodeOptions,
  NodeSettings,
  TestNetwork,
  TestNode,
} from './api.ts';
import { type Checks, checkOptions, DUMPS, NETWORK, NODE } from './checks.ts';
import { around, fixture } from './fixtures.ts';
import type { LinkedNetwork } from './linked-network.ts';
import type { Pair } from './links.ts';
import { MemoryTestNetwork } from './memory-network.ts';
import { MemoryWorld, parametersOf, START, type WorldOptions, type WorldState } from './memory-world.ts';

export { RpcError } from '../rpc/errors.ts';
export type * from './api.ts';

/** Blocks' time beyond those that make coins mature. */
const SPARE = 20;
/** States by what they were asked as: one is made once, and each test has its own copy. */
const states = new Map<string, Promise<WorldState>>();

/**
 * One node, which answers. Where it is in this process it takes no port, unless asked, and its time stands until it is needed.
 * @throws TypeError for an option that there is not, or that makes no sense
 */
export function startNode(options: NodeOptions = {}): Promise<TestNode> {
  return openNode(options, NODE);
}

async function openNode(options: NodeOptions, checks: Checks): Promise<TestNode> {
  checkOptions(options, checks, 'startNode');
  const { name = 'node1', wallets = {}, rpcPort } = options;
  const network = await openNetwork({ ...options, names: [name], pairs: [], rpcPort }, [{ name, wallets }]);
  return network.nodes[0]!;
}

/** Some nodes that are joined. @throws TypeError, RangeError for an option that there is not, or that makes no sense */
export function startNetwork(options: NetworkOptions = {}): Promise<TestNetwork> {
  return openNodes(options, NETWORK);
}

async function openNodes(options: NetworkOptions, checks: Checks): Promise<TestNetwork> {
  checkOptions(options, checks, 'startNetwork');
  const { nodes = 2, links } = options;
  const settings = typeof nodes === 'number' ? Array.from({ length: nodes }, () => ({})) : nodes;
  const names = settings.map(({ name }: NodeSettings, i) => name ?? `node${i + 1}`);
  if (new Set(names).size < names.length) throw new RangeError(`names of nodes differ: ${names.join(', ')}`);
  const pairs = links ?? everyPair(names.length);
  for (const pair of pairs) {
    const [a = -1, b = -1] = Array.isArray(pair) ? pair : [];
    if (names[a] === undefined || names[b] === undefined || a === b)
      throw new RangeError(
        `a link is between two of the ${names.length} nodes, not ${Array.isArray(pair) ? pair.join(' and ') : String(pair)}`,
      );
  }
  return openNetwork({ ...options, names, pairs }, settings);
}

/** A test's function that is given a node of its own: `test('pays', withNode(async (node) => …))`. */
export function withNode(
  options: NodeOptions & Dumps,
  test: (node: TestNode) => unknown,
): () => Promise<void>;
export function withNode(test: (node: TestNode) => unknown): () => Promise<void>;
export function withNode(
  ...given: [(node: TestNode) => unknown] | [NodeOptions & Dumps, (node: TestNode) => unknown]
): () => Promise<void> {
  const [options, test] = given.length === 1 ? [{}, given[0]] : given;
  return around(() => openNode(options, { ...NODE, ...DUMPS }), options, test);
}

/** The same with a network. */
export function withNetwork(
  options: NetworkOptions & Dumps,
  test: (network: TestNetwork) => unknown,
): () => Promise<void> {
  return around(() => openNodes(options, { ...NETWORK, ...DUMPS }), options, test);
}

/** For Vitest: `test.extend(fixtures({ wallets: { alice: 10 } }))` gives each test a `node`, or a `network`. */
export function fixtures(options: NodeOptions & NetworkOptions & Dumps = {}): Fixtures {
  const checks = { ...NODE, ...NETWORK, ...DUMPS };
  return {
    node: fixture(() => openNode(options, checks), options),
    network: fixture(() => openNodes(options, checks), options),
  };
}

const everyPair = (count: number): Pair[] =>
  Array.from({ length: count }, (_, a) => Array.from({ length: a }, (__, b): Pair => [a, b])).flat();

async function openNetwork(options: WorldOptions, settings: readonly NodeSettings[]): Promise<LinkedNetwork> {
  if (options.process === true)
    return (await import('./process-network.ts')).ProcessTestNetwork.open(options, settings);
  const state = settings.some(({ wallets = {} }) => Object.keys(wallets).length > 0)
    ? await stateOf(options, settings)
    : undefined;
  return new MemoryTestNetwork(await MemoryWorld.open(options, state));
}

function stateOf(options: WorldOptions, settings: readonly NodeSettings[]): Promise<WorldState> {
  const { network, seed, time, names } = options;
  const key = JSON.stringify([network, seed, time, names, settings.map(({ wallets }) => wallets)]);
  let state = states.get(key);
  if (state === undefined) {
    state = makeState({ network, seed, time, names, pairs: everyPair(names.length) }, settings);
    states.set(key, state);
  }
  return state;
}

/** Wallets with coins, in blocks as far apart as they should be, the last of them just now. */
async function makeState(options: WorldOptions, settings: readonly NodeSettings[]): Promise<WorldState> {
  const { coinbaseMaturity, targetSpacing } = parametersOf(options.network);
  const { time = START } = options;
  const world = await MemoryWorld.open({
    ...options,
    time: time - (coinbaseMaturity + SPARE) * targetSpacing,
  });
  const network = new MemoryTestNetwork(world);
  try {
    const [miner] = network.nodes;
    for (let left = miner!.coins.depth; left > 0; left--) {
      await network.advance(targetSpacing);
      await miner!.coins.fill(1);
    }
    for (const [i, { wallets = {} }] of settings.entries())
      for (const [name, coins] of Object.entries(wallets)) {
        const wallet = await network.nodes[i]!.wallet(name);
        if (coins > 0) await miner!.faucet(await wallet.address(), coins);
      }
    await network.advance(time - world.clock.now() / 1_000);
    await miner!.mine();
    await network.inSync();
    return { ...(await world.save()), now: time * 1_000 };
  } finally {
    await world.stop();
  }
}
