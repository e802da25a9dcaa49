/** Strangers who announce and do not deliver, and others who deliver unasked: over scripted peers in memory. */
import { expect, test } from 'vitest';
import type { Transaction } from '../../src/core/transaction/transaction.ts';
import { compactBlockOf } from '../../src/network/compact-block.ts';
import { ChainBuilder, transaction } from '../support/chain-builder.ts';
import { P2WSH_TRUE, spend } from '../support/pool.ts';
import { emptyChain, type MemoryNode, MemoryWorld, PORT } from './memory-node.ts';
import { Scripted } from './scripted-peer.ts';

/** A node with some blocks, and two transactions of which it has none. */
async function scene(seed: number, connect: readonly string[] = []) {
  const world = new MemoryWorld(seed);
  const builder = new ChainBuilder().mine(110, { coinbase: { scriptPubKey: P2WSH_TRUE } });
  const node = await world.start('10.0.0.1', { blocks: builder.blocks, connect });
  const payment = (): Transaction => spend([builder.takeMature()]);
  const join = async (host: string): Promise<Scripted> => {
    const target = { scheme: 'tcp', host: '10.0.0.1', port: PORT } as const;
    const { signal } = new AbortController();
    const peer = new Scripted(await world.settle(world.net.transport(host).dial(target, signal)));
    await world.pass(1);
    return peer;
  };
  const joinMany = async (count: number): Promise<Scripted[]> => {
    const peers = [];
    for (let i = 0; i < count; i++) peers.push(await join(`10.1.0.${i + 1}`));
    return peers;
  };
  return { world, builder, node, payment, join, joinMany };
}

const tip = (node: MemoryNode) => node.chain.tip.hash;

test('strangers who send a compact block unasked and never answer hold up nothing', async () => {
  const { world, builder, node, payment, joinMany, join } = await scene(41);
  const block = builder.block({ transactions: [payment()] });
  for (const peer of await joinMany(5)) peer.send('cmpctblock', compactBlockOf(block, 1n));
  await world.pass(1);
  const honest = await join('10.2.0.1');
  honest.blocks.push(block);
  honest.announce(block);
  expect(await world.until(() => tip(node) === block.hash, 5)).toBe(true);
});

test('chosen peers that stall give up their places, and one that we dialled has a place of its own', async () => {
  const { world, builder, node, payment, joinMany } = await scene(42, ['10.3.0.1:18444']);
  let dialled: Scripted | undefined;
  await world.net.transport('10.3.0.1').listen('10.3.0.1', PORT, (connection) => {
    dialled = new Scripted(connection);
  });
  expect(await world.until(() => dialled?.heard.some(({ command }) => command === 'verack') === true)).toBe(
    true,
  );
  const strangers = await joinMany(3);
  // Each of them was first with a block, so that it is asked for compact ones.
  for (const peer of [dialled!, ...strangers]) {
    const block = builder.block();
    builder.accept(block);
    peer.blocks.push(block);
    peer.announce(block);
    expect(await world.until(() => tip(node) === block.hash)).toBe(true);
  }
  const chosen = node.network.peers().filter((peer) => peer.highBandwidthTo);
  expect(chosen).toHaveLength(3);
  expect(chosen.some((peer) => !peer.inbound)).toBe(true);
  const block = builder.block({ transactions: [payment()] });
  const asked = () => [dialled!, ...strangers].map((peer) => peer.heardOf('getblocktxn').length);
  for (const peer of strangers) peer.send('cmpctblock', compactBlockOf(block, 2n));
  await world.pass(1);
  // The first is no longer chosen: what it sends counts as a header, and has taken one of two places.
  expect(asked()).toEqual([0, 0, 1, 0]);
  dialled!.send('cmpctblock', compactBlockOf(block, 3n));
  await world.pass(1);
  expect(asked()[0]).toBe(1);
  dialled!.send('blocktxn', { blockHash: block.header.hashBytes, transactions: block.transactions.slice(1) });
  expect(await world.until(() => tip(node) === block.hash, 2)).toBe(true);
});

test('a compact block with nothing missing is taken while all places are', async () => {
  const { world, builder, node, payment, joinMany } = await scene(43);
  const peers = await joinMany(3);
  for (const peer of peers) {
    const block = builder.block();
    builder.accept(block);
    peer.blocks.push(block);
    peer.announce(block);
    expect(await world.until(() => tip(node) === block.hash)).toBe(true);
  }
  const tx = payment();
  const block = builder.block({ transactions: [tx] });
  for (const peer of peers.slice(0, 2)) peer.send('cmpctblock', compactBlockOf(block, 4n));
  await world.pass(1);
  peers[2]!.send('cmpctblock', compactBlockOf(block, 5n, [0, 1]));
  expect(await world.until(() => tip(node) === block.hash, 1)).toBe(true);
});

test('whoever announces a block and keeps it back is passed over in seconds, one after the other', async () => {
  const { world, builder, node, joinMany, join } = await scene(44);
  const block = builder.block();
  const strangers = await joinMany(8);
  for (const peer of strangers) peer.announce(block);
  await world.pass(1);
  const honest = await join('10.2.0.1');
  honest.blocks.push(block);
  honest.announce(block);
  expect(await world.until(() => tip(node) === block.hash, 15)).toBe(true);
});

test('far behind, what a dialled peer has is not asked of strangers', async () => {
  const world = new MemoryWorld(45);
  const builder = emptyChain(200);
  const seed = await world.start('10.0.0.2', { blocks: builder.blocks, connect: [] });
  const node = await world.start('10.0.0.1', { connect: [seed.address] });
  const target = { scheme: 'tcp', host: '10.0.0.1', port: PORT } as const;
  const { signal } = new AbortController();
  const dial = () => world.settle(world.net.transport('10.1.0.1').dial(target, signal));
  const strangers = [new Scripted(await dial()), new Scripted(await dial())];
  await world.until(() =>
    strangers.every(({ heard }) => heard.some(({ command }) => command === 'getheaders')),
  );
  for (const peer of strangers) peer.send('headers', { headers: builder.blocks.map(({ header }) => header) });
  expect(await world.until(() => node.chain.height === 200, 20)).toBe(true);
  expect(strangers.flatMap((peer) => peer.heardOf('getdata'))).toEqual([]);
});

test('transactions and blocks are taken unasked; what promises too little work is not', async () => {
  const { world, builder, node, payment, join } = await scene(46);
  const peer = await join('10.2.0.1');
  const tx = payment();
  peer.send('tx', { transaction: tx });
  expect(await world.until(() => node.mempool.has(tx.txid), 5)).toBe(true);
  const old = new ChainBuilder()
    .mine(3, { coinbase: { scriptPubKey: P2WSH_TRUE } })
    .block({ coinbase: { value: 1n } });
  peer.send('block', { block: old });
  const rival = builder.block({ coinbase: { value: 1n } });
  const block = builder.block({ transactions: [tx] });
  peer.send('block', { block });
  expect(await world.until(() => tip(node) === block.hash, 5)).toBe(true);
  // As much work as the tip has: kept, for a branch may grow from it.
  peer.send('block', { block: rival });
  await world.pass(1);
  expect(node.chain.entry(rival.hash)?.haveData).toBe(true);
  expect(node.chain.entry(old.hash)?.haveData).not.toBe(true);
  expect(peer.closed).toBe(false);
  // One that leads nowhere nobody sends who follows the rules.
  peer.send('block', { block: emptyChain(3).block() });
  await world.pass(1);
  expect(peer.closed).toBe(true);
});

test('a branch with as much work as ours is fetched', async () => {
  const { world, builder, node, join } = await scene(47);
  const rival = builder.block({ coinbase: { value: 1n } });
  const block = builder.block();
  await world.settle(node.chain.acceptBlock(block));
  const peer = await join('10.2.0.1');
  peer.blocks.push(rival);
  peer.announce(rival);
  expect(await world.until(() => node.chain.entry(rival.hash)?.haveData === true, 5)).toBe(true);
});

test('who sends a compact block that turns out mutated keeps its connection, and is asked for the block', async () => {
  const { world, builder, node, payment, join } = await scene(48);
  const peer = await join('10.2.0.1');
  const first = builder.block();
  builder.accept(first);
  peer.blocks.push(first);
  peer.announce(first);
  expect(await world.until(() => tip(node) === first.hash)).toBe(true);
  const tx = payment();
  const block = builder.block({ transactions: [tx], commit: true });
  const coinbase = block.transactions[0]!;
  const stripped = transaction(
    coinbase.inputs.map(({ prevout, scriptSig }) => ({ prevout, scriptSig })),
    coinbase.outputs,
  );
  const compact = compactBlockOf(block, 6n, [0, 1]);
  const prefilled = compact.prefilled.map((item, i) =>
    i === 0 ? { index: 0, transaction: stripped } : item,
  );
  peer.blocks.push(block);
  peer.send('cmpctblock', { ...compact, prefilled });
  expect(await world.until(() => tip(node) === block.hash, 5)).toBe(true);
  expect(peer.closed).toBe(false);
});

test('who holds up all that may be asked for has two seconds, the next one four, and so on', async () => {
  const world = new MemoryWorld(49);
  const { blocks } = emptyChain(1_100);
  const lines: string[] = [];
  const logger = { log: (_level: string, _category: string, text: string) => lines.push(text) };
  const node = await world.start('10.0.0.1', { logger });
  const [withheld, ...others] = blocks;
  const peers: Scripted[] = [];
  const tell = (peer: Scripted, count: number) =>
    peer.send('headers', { headers: blocks.slice(0, count).map(({ header }) => header) });
  for (let i = 0; i < 3; i++) {
    const peer = await Scripted.answer(world, `10.1.${i}.1`, node, 'outbound-full-relay');
    peer.blocks.push(...others);
    peers.push(peer);
    tell(peer, 1_024);
  }
  // The window is not full: there is only nothing else.
  await world.pass(10);
  const left = () => peers.filter(({ closed }) => !closed);
  expect([left().length, node.chain.height]).toEqual([3, 0]);
  for (const peer of peers) tell(peer, 1_025);
  const passed: number[] = [];
  for (const count of [2, 1]) {
    const begun = world.clock.monotonic();
    await world.until(() => left().length === count);
    passed.push(Math.round((world.clock.monotonic() - begun) / 1_000));
  }
  expect(passed).toEqual([2, 4]);
  left()[0]!.send('block', { block: withheld! });
  expect(await world.until(() => node.chain.height === 1_025, 5)).toBe(true);
  await world.pass(20);
  expect(left()).toHaveLength(1);
  const told = lines.filter((line) => /stall/i.test(line));
  expect(told).toEqual([
    ...[0, 1].flatMap((id) => [
      `Stall started peer=${id}`,
      `Peer is stalling block download, disconnecting peer=${id}`,
    ]),
    ...[6, 5, 4, 3, 2].map((seconds) => `Decreased stalling timeout to ${seconds} seconds`),
  ]);
});
