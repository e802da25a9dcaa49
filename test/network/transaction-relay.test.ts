import { expect, test } from 'vitest';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { satPerKvB } from '../../src/core/transaction/fee-rate.ts';
import type { Transaction } from '../../src/core/transaction/transaction.ts';
import type { NetworkContext } from '../../src/network/context.ts';
import { decodeEnvelope } from '../../src/network/messages/envelope.ts';
import { InventoryType } from '../../src/network/messages/inventory.ts';
import { TransactionAnnouncer } from '../../src/network/transaction-announcer.ts';
import { TransactionFetcher } from '../../src/network/transaction-fetcher.ts';
import { ChainBuilder } from '../support/chain-builder.ts';
import { silentLogger } from '../support/memory-chain.ts';
import { outputAt, P2WSH_TRUE, spend } from '../support/pool.ts';
import { type MemoryNode, MemoryWorld } from './memory-node.ts';
import { Scripted } from './scripted-peer.ts';

function payableChain(): ChainBuilder {
  return new ChainBuilder().mine(110, { coinbase: { scriptPubKey: P2WSH_TRUE } });
}

/** Nodes in a line, each connected to the one before. */
async function line(world: MemoryWorld, count: number, builder: ChainBuilder): Promise<MemoryNode[]> {
  const nodes: MemoryNode[] = [];
  for (let i = 0; i < count; i++) {
    const connect = nodes.length === 0 ? [] : [nodes.at(-1)!.address];
    nodes.push(await world.start(`10.0.0.${i + 1}`, { blocks: builder.blocks, connect }));
  }
  await world.until(() => nodes.every((node) => node.network.peers().length > 0), 20);
  await world.pass(15);
  return nodes;
}

async function give(world: MemoryWorld, node: MemoryNode, tx: Transaction): Promise<void> {
  const result = await world.settle(node.mempool.accept(tx));
  if (!result.ok) throw result.invalid;
}

test('a transaction reaches every node of a line, and the block that confirms it empties the pools', async () => {
  const world = new MemoryWorld(31);
  const builder = payableChain();
  const nodes = await line(world, 4, builder);
  const tx = spend([builder.takeMature()]);
  await give(world, nodes[0]!, tx);
  expect(await world.until(() => nodes.every((node) => node.mempool.has(tx.txid)))).toBe(true);
  const block = builder.block({ transactions: [tx] });
  await world.settle(nodes[3]!.chain.acceptBlock(block));
  expect(await world.until(() => nodes.every((node) => node.chain.tip.hash === block.hash), 5)).toBe(true);
  expect(nodes.map((node) => node.mempool.graph.size)).toEqual([0, 0, 0, 0]);
});

test('a chain of unconfirmed transactions arrives whole', async () => {
  const world = new MemoryWorld(32);
  const builder = payableChain();
  const nodes = await line(world, 3, builder);
  const txs = [spend([builder.takeMature()])];
  for (let i = 1; i < 10; i++) txs.push(spend([outputAt(txs.at(-1)!)]));
  for (const tx of txs) await give(world, nodes[0]!, tx);
  expect(await world.until(() => nodes.every((node) => node.mempool.graph.size === 10))).toBe(true);
});

test('announcements are delayed at random, and by wtxid', async () => {
  const world = new MemoryWorld(33);
  const builder = payableChain();
  const [first, second] = await line(world, 2, builder);
  const waits: number[] = [];
  for (let i = 0; i < 8; i++) {
    const tx = spend([builder.takeMature()]);
    const start = world.clock.monotonic();
    await give(world, first!, tx);
    expect(await world.until(() => second!.mempool.has(tx.txid))).toBe(true);
    waits.push(world.clock.monotonic() - start);
    await world.pass(1);
  }
  expect(new Set(waits).size).toBe(8);
  expect(Math.max(...waits)).toBeGreaterThan(1_000);
});

test('a peer that wants more fee is not told of less', async () => {
  const world = new MemoryWorld(34);
  const builder = payableChain();
  const [first, second] = await line(world, 2, builder);
  second!.mempool.minimumFeeRate = () => satPerKvB(50_000n);
  await world.pass(3_600);
  const cheap = spend([builder.takeMature()], { fee: 1_000n });
  const dear = spend([builder.takeMature()], { fee: 100_000n });
  await give(world, first!, cheap);
  await give(world, first!, dear);
  expect(await world.until(() => second!.mempool.has(dear.txid))).toBe(true);
  await world.pass(60);
  expect(second!.mempool.has(cheap.txid)).toBe(false);
});

test('our own transaction is announced again to whoever comes later', async () => {
  const world = new MemoryWorld(35);
  const builder = payableChain();
  const first = await world.start('10.0.0.1', { blocks: builder.blocks, connect: [] });
  const tx = spend([builder.takeMature()]);
  await give(world, first, tx);
  first.mempool.unbroadcast.add(tx.txid);
  await world.pass(60);
  const second = await world.start('10.0.0.2', { blocks: builder.blocks, connect: [first.address] });
  expect(await world.until(() => second.mempool.has(tx.txid))).toBe(true);
  expect(first.mempool.unbroadcast.size).toBe(0);
});

test('an orphan waits for its parent', async () => {
  const world = new MemoryWorld(36);
  const builder = payableChain();
  const [first, second] = await line(world, 2, builder);
  const parent = spend([builder.takeMature()]);
  const child = spend([outputAt(parent)]);
  await give(world, first!, parent);
  await give(world, first!, child);
  // As if the announcement of the parent had been lost.
  const announced: string[] = [];
  world.net.observe((from) => announced.push(from));
  expect(await world.until(() => second!.mempool.has(child.txid), 120)).toBe(true);
  expect(second!.mempool.has(parent.txid)).toBe(true);
});

test('of what was replaced, only what is small is kept for compact blocks', async () => {
  const world = new MemoryWorld(38);
  const builder = payableChain();
  const { chain, mempool } = await world.start('10.0.0.1', { blocks: builder.blocks, connect: [] });
  const { clock, random } = world;
  const peers = { ready: () => [] };
  const options = {};
  const context = { chain, mempool, clock, random, options, peers, logger: silentLogger };
  const announcer = new TransactionAnnouncer(context as unknown as NetworkContext);
  const fetcher = new TransactionFetcher(context as unknown as NetworkContext, announcer);
  const sizes = [1, 800];
  const replaced = sizes.map((outputs) => {
    const coin = builder.takeMature();
    return { coin, tx: spend([coin], { outputs, fee: 10_000n }) };
  });
  for (const { coin, tx } of replaced)
    for (const each of [tx, spend([coin], { fee: 100_000n })])
      expect((await world.settle(mempool.accept(each))).ok).toBe(true);
  expect([...fetcher.extra()]).toEqual([replaced[0]!.tx]);
});

test('of many who announce a transaction, one is asked', async () => {
  const world = new MemoryWorld(39, { latency: () => 1_000 });
  const builder = payableChain();
  const { blocks } = builder;
  const sources: MemoryNode[] = [];
  for (let i = 1; i <= 4; i++) sources.push(await world.start(`10.0.0.${i}`, { blocks, connect: [] }));
  const node = await world.start('10.0.1.1', { blocks, connect: sources.map(({ address }) => address) });
  await world.pass(15);
  let received = 0;
  world.net.observe((_from, to, envelope) => {
    if (to === node.host && decodeEnvelope(REGTEST.magic, envelope).command === 'tx') received++;
  });
  const txs = Array.from({ length: 5 }, () => spend([builder.takeMature()]));
  for (const tx of txs) for (const source of sources) await give(world, source, tx);
  expect(await world.until(() => txs.every((tx) => node.mempool.has(tx.txid)))).toBe(true);
  await world.pass(60);
  expect(received).toBe(txs.length);
});

test('a confirmed transaction is not asked for, also while a better header is known', async () => {
  let slow = false;
  const world = new MemoryWorld(40, { latency: (from) => (slow && from === '10.0.0.2' ? 40_000 : 10) });
  const builder = payableChain();
  const known = builder.blocks.length;
  const [first, second] = await line(world, 2, builder);
  const tx = spend([builder.takeMature()]);
  builder.accept(builder.block({ transactions: [tx] }));
  builder.mine(1);
  const [block, next] = builder.blocks.slice(known);
  // The second node knows of the block long before the first one hears of it.
  slow = true;
  second!.chain.acceptHeaders([block!.header, next!.header]);
  expect((await world.settle(second!.chain.acceptBlock(block!))).ok).toBe(true);
  expect(second!.chain.bestHeader.hash).toBe(next!.hash);
  let announced = false;
  let asked = false;
  world.net.observe((from, _to, envelope) => {
    const { command, payload } = decodeEnvelope(REGTEST.magic, envelope);
    if (command === 'inv' && from === first!.host) announced = true;
    const wants = [...payload].join().includes([...tx.wtxidBytes].join());
    if (command === 'getdata' && from === second!.host && wants) asked = true;
  });
  await give(world, first!, tx);
  await world.pass(35);
  expect([announced, asked]).toEqual([true, false]);
});

test('no peer is told of a lower fee than the least that is relayed', async () => {
  const world = new MemoryWorld(32);
  const first = await world.start('10.0.0.1', {
    policy: { minimumRelayFeeRate: satPerKvB(500n) },
    connect: [],
  });
  const second = await world.start('10.0.0.2', { connect: [first.address] });
  const told = (): bigint | undefined => second.network.peers()[0]?.minimumFeeFilter;
  expect(await world.until(() => (told() ?? 0n) > 0n)).toBe(true);
  expect(told()).toBe(500n);
});

test('who announces an orphan that another gave is asked for its parents, too; what is invalid costs nobody a connection', async () => {
  const world = new MemoryWorld(39);
  const builder = payableChain();
  const node = await world.start('10.0.0.1', { blocks: builder.blocks, connect: [] });
  const [first, second] = [
    await Scripted.join(world, '10.0.0.2', node, { wtxidRelay: true }),
    await Scripted.join(world, '10.0.0.3', node, { wtxidRelay: true }),
  ];
  const parent = spend([builder.takeMature()]);
  const child = spend([outputAt(parent)]);
  first.send('tx', { transaction: child });
  await world.pass(1);
  second.send('inv', { items: [{ type: InventoryType.WTX, hash: child.wtxidBytes }] });
  await world.pass(1);
  expect(Array.from(node.network.orphans(), ({ tx, peers }) => [tx.txid, [...peers]])).toEqual([
    [child.txid, [0, 1]],
  ]);
  await world.pass(120);
  const asked = (peer: Scripted) =>
    peer.heardOf('getdata').flatMap(({ items }) => items.map(({ hash }) => hash));
  expect([asked(first), asked(second)]).toEqual([[parent.txidBytes], [parent.txidBytes]]);
  first.send('tx', { transaction: spend([builder.takeMature()], { fee: -1n }) });
  await world.pass(1);
  expect(first.closed).toBe(false);
});
