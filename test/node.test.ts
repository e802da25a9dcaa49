/** The composition root on memory parts: what is wired, kept over a restart, and closed after a failure. */

import { beforeEach, expect, test } from 'vitest';
import { REGTEST } from '../src/core/parameters/presets.ts';
import { decodeAddress } from '../src/core/script/address.ts';
import { nobleEngine } from '../src/core/script/noble-engine.ts';
import { ThreadSearcher } from '../src/mining/thread-searcher.ts';
import {
  createDispatcher,
  createNode,
  type Node,
  type NodeDependencies,
  type NodeOptions,
} from '../src/node.ts';
import { InlineScriptVerifier } from '../src/platform/memory/inline-script-verifier.ts';
import { MemoryStorage } from '../src/platform/memory/memory-storage.ts';
import { MemoryNetwork } from '../src/platform/memory/memory-transport.ts';
import { MemoryWalletStorage } from '../src/platform/memory/memory-wallet-storage.ts';
import { SystemClock } from '../src/platform/node/clock.ts';
import { SeededRandom } from '../src/simulation/seeded-random.ts';
import { NO_FILES } from '../src/simulation/simulated-node.ts';
import { balances } from '../src/wallet/coins.ts';

const clock = new SystemClock();
const logger = { log: () => {}, categories: [], isEnabled: () => false, setEnabled: () => {}, path: '' };
const options: NodeOptions = {
  parameters: REGTEST,
  network: { bind: [], connect: [], addNodes: [], userAgent: '/Penny:test/' },
};

let dependencies: NodeDependencies;
beforeEach(() => {
  const random = new SeededRandom(1);
  dependencies = {
    clock,
    random,
    logger,
    storage: new MemoryStorage(),
    walletStorage: new MemoryWalletStorage(),
    scriptVerifier: new InlineScriptVerifier(nobleEngine, clock),
    searcher: new ThreadSearcher(clock),
    createSearcher: () => new ThreadSearcher(clock),
    transport: new MemoryNetwork({}, { clock, random }).transport('10.0.0.1'),
    files: NO_FILES,
  };
});

async function call(node: Pick<Node, 'rpc'>, method: string): Promise<unknown> {
  const caller = { path: '/', user: '', signal: new AbortController().signal };
  const { body } = await node.rpc.handle(JSON.stringify({ method, id: 1 }), caller);
  const { result, error } = JSON.parse(body);
  return error ?? result;
}

test('a wallet that is not there yet keeps no node from starting', async () => {
  const lines: string[] = [];
  const noting = { ...logger, log: (_level: string, _category: string, text: string) => lines.push(text) };
  const node = await createNode({ ...options, wallet: { load: ['w'] } }, { ...dependencies, logger: noting });
  expect(node.wallets.list()).toEqual([]);
  expect(lines).toContain("Skipping -wallet path that doesn't exist. Wallet w.");
  await node.stop();
});

test('chain, wallets and mempool come back as they were', async () => {
  const few = { ...options, wallet: { keypool: 5 } };
  const first = await createNode(few, dependencies);
  const wallet = await first.wallets.create('w', { loadOnStartup: true });
  const script = decodeAddress(wallet.newAddress('bech32', ''), REGTEST);
  await first.miner.mineBlocks(1, script);
  const { tip } = first.chain;
  await first.stop();

  const second = await createNode(few, dependencies);
  expect(second.chain.tip.hash).toBe(tip.hash);
  expect(second.wallets.list()).toEqual(['w']);
  expect(balances(second.wallets.get('w')!).immature).toBe(5_000_000_000n);
  await second.stop();
  await second.stop();
});

test('RPC warms up until the node serves, and its stop ends the node', async () => {
  const rpc = createDispatcher(dependencies);
  expect(await call({ rpc }, 'getblockcount')).toMatchObject({ code: -28 });
  const node = await createNode(options, { ...dependencies, rpc });
  expect(await call(node, 'getblockcount')).toBe(0);
  expect(await call(node, 'stop')).toBe('Penny stopping');
  expect(await node.ended).toBeNull();
  await node.stop();
});

test('a bug or a failing disk ends the node with the reason', async () => {
  const node = await createNode(options, dependencies);
  node.chain.fatal.emit(new Error('disk full'));
  expect((await node.ended)?.message).toBe('disk full');
  await node.stop();
});

test('what a start opened is closed again if a later part fails', async () => {
  const transport = { ...dependencies.transport, listen: () => Promise.reject(new Error('port is taken')) };
  const network = { ...options.network, bind: ['10.0.0.1:18444'] };
  await expect(createNode({ ...options, network }, { ...dependencies, transport })).rejects.toThrow(
    'port is taken',
  );
  const node = await createNode(options, dependencies);
  await node.stop();
});

test('the first wallet is made once, and loaded from then on', async () => {
  const wanting = { ...options, wallet: { first: 'mine', keypool: 5 } };
  const first = await createNode(wanting, dependencies);
  expect(first.newWallet?.name).toBe('mine');
  await first.wallets.unload('mine', false);
  await first.stop();
  const second = await createNode(wanting, dependencies);
  expect(second.newWallet).toBeNull();
  expect(second.wallets.list()).toEqual(['mine']);
  await second.stop();
});

test('mining needs someone to pay', async () => {
  const mine = { threads: 1, load: 10, blockInterval: 0 };
  await expect(createNode({ ...options, mine }, dependencies)).rejects.toThrow('Mining needs a wallet');
});
