import { expect, test } from 'vitest';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { ChainBuilder } from '../support/chain-builder.ts';
import { emptyChain, MemoryWorld, PORT } from './memory-node.ts';
import { Scripted } from './scripted-peer.ts';

test('headers with too little work are not stored', async () => {
  const world = new MemoryWorld(21);
  const { blocks } = emptyChain(300);
  const minimumChainWork = 2n * 1_000n;
  const low = await world.start('10.0.0.1', { blocks, connect: [] });
  const node = await world.start('10.0.0.2', { minimumChainWork, connect: [low.address] });
  await world.pass(30);
  expect(node.chain.bestHeader.height).toBe(0);
});

test('a long chain with enough work is downloaded twice, then stored', async () => {
  const world = new MemoryWorld(22);
  const { blocks } = emptyChain(2_200);
  const minimumChainWork = 2n * 2_100n;
  const full = await world.start('10.0.0.1', { blocks, connect: [], minimumChainWork });
  const node = await world.start('10.0.0.2', { minimumChainWork, connect: [full.address] });
  let presynced = -1;
  expect(
    await world.until(() => {
      presynced = Math.max(presynced, node.network.peers()[0]?.presyncedHeaders ?? -1);
      return node.chain.bestHeader.height === 2_200;
    }, 120),
  ).toBe(true);
  expect(presynced).toBeGreaterThanOrEqual(2_000);
});

test('who comes with a branch long known to be invalid is not sent away, and learns of the better one', async () => {
  const world = new MemoryWorld(23);
  const declared = emptyChain(40);
  const steady = await world.start('10.0.0.1', { blocks: declared.blocks, connect: [] });
  await world.settle(steady.chain.invalidate(declared.blocks[20]!.hash));
  const better = emptyChain(20);
  for (let i = 0; i < 40; i++) {
    const block = better.block({ coinbase: { value: 0n } });
    better.accept(block);
    expect((await world.settle(steady.chain.acceptBlock(block))).ok).toBe(true);
  }
  declared.mine(5);
  const other = await world.start('10.0.0.2', { blocks: declared.blocks, connect: [steady.address] });
  const ids = new Set<number>();
  expect(
    await world.until(() => {
      for (const { id } of other.network.peers()) ids.add(id);
      return other.chain.tip.hash === steady.chain.tip.hash;
    }),
  ).toBe(true);
  await world.pass(30);
  for (const { id } of other.network.peers()) ids.add(id);
  expect(ids.size).toBe(1);
  expect(steady.network.peers()).toHaveLength(1);
});

test('whom we chose, and who follows a branch long known to be invalid, is sent away', async () => {
  const world = new MemoryWorld(24);
  const declared = emptyChain(40);
  const other = await world.start('10.0.0.1', { blocks: declared.blocks, connect: [] });
  const node = await world.start('10.0.0.2', { blocks: declared.blocks });
  await world.settle(node.chain.invalidate(declared.blocks[20]!.hash));
  node.network.addKnownAddress(other.host, PORT, true);
  expect(await world.until(() => other.network.peers().length > 0)).toBe(true);
  await world.pass(5);
  expect(node.network.peers()).toEqual([]);
});

test('what is too new for a clock that is late is asked for again, and what comes before it counts', async () => {
  const world = new MemoryWorld(25);
  const time = world.clock.now() / 1000;
  const lax = { ...REGTEST, maxFutureBlockTime: 10 ** 9 };
  const source = new ChainBuilder(lax).mine(3);
  const dated = (ahead: number) => {
    const block = source.block({ header: { time: time + ahead } });
    source.accept(block);
    return block;
  };
  dated(30);
  dated(100);
  const { blocks } = source;
  const server = await world.start('10.0.0.1', { parameters: lax, blocks, connect: [] });
  const parameters = { ...REGTEST, maxFutureBlockTime: 60 };
  const node = await world.start('10.0.0.2', { parameters, connect: [server.address] });
  await world.pass(20);
  expect(node.chain.height).toBe(4);
  await world.pass(25);
  expect(node.chain.height).toBe(5);
  // A block that is announced: compact, or by its header.
  await world.settle(server.chain.acceptBlock(dated(140)));
  await world.pass(20);
  expect(node.chain.height).toBe(5);
  await world.pass(20);
  expect(node.chain.height).toBe(6);
  expect(node.network.peers()).toHaveLength(1);
});

test('while our headers are old one peer is asked; when they are not any more, all are', async () => {
  const world = new MemoryWorld(26);
  const node = await world.start('10.0.0.1', { connect: [], maxTipAge: 86_400 });
  const peers = [await Scripted.join(world, '10.0.0.2', node), await Scripted.join(world, '10.0.0.3', node)];
  const asked = () => peers.map((peer) => peer.heardOf('getheaders').length);
  expect(asked()).toEqual([1, 0]);
  const block = new ChainBuilder().block({ header: { time: world.clock.seconds() } });
  await world.settle(node.chain.acceptBlock(block, { requested: true }));
  await world.pass(1);
  expect(asked()).toEqual([1, 1]);
});

test('who keeps the headers back stays as long as we have nobody else to ask', async () => {
  const world = new MemoryWorld(27);
  const node = await world.start('10.0.0.1', { connect: [], maxTipAge: 86_400 });
  const only = await Scripted.answer(world, '10.0.0.2', node, 'outbound-full-relay');
  await world.pass(17.5 * 60);
  expect(only.closed).toBe(false);
  const other = await Scripted.answer(world, '10.0.0.3', node, 'outbound-full-relay');
  for (let minute = 0; minute < 18; minute++) {
    for (const { nonce } of only.heardOf('ping')) only.send('pong', { nonce });
    await world.pass(60);
  }
  expect([only.closed, other.heardOf('getheaders').length]).toEqual([true, 1]);
});
