import { expect, test, vi } from 'vitest';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { decodeEnvelope } from '../../src/network/messages/envelope.ts';
import { decodeBody } from '../../src/network/messages/table.ts';
import { padding } from '../support/chain-builder.ts';
import { emptyChain, MemoryWorld } from './memory-node.ts';

/** Counts the messages of one command sent by a host. */
function countSent(world: MemoryWorld, from: string, command: string): () => number {
  let count = 0;
  world.net.observe((sender, _to, envelope) => {
    if (sender === from && decodeEnvelope(REGTEST.magic, envelope).command === command) count++;
  });
  return () => count;
}

test('blocks come from many peers at once, and none twice', async () => {
  const world = new MemoryWorld(11, { bandwidth: () => 200 });
  const { blocks } = emptyChain(400);
  const sources = [];
  for (let i = 1; i <= 4; i++) sources.push(await world.start(`10.0.0.${i}`, { blocks, connect: [] }));
  const asked = new Map<string, number>();
  const senders = new Set<string>();
  world.net.observe((from, to, envelope) => {
    const { command, payload } = decodeEnvelope(REGTEST.magic, envelope);
    if (command !== 'getdata' || from !== '10.0.1.1') return;
    senders.add(to);
    for (const { hash } of decodeBody('getdata', payload).items) {
      const key = String(hash);
      asked.set(key, (asked.get(key) ?? 0) + 1);
    }
  });
  const fresh = await world.start('10.0.1.1', { connect: sources.map((node) => node.address) });
  expect(await world.until(() => fresh.chain.height === 400)).toBe(true);
  expect(senders.size).toBe(4);
  expect(Math.max(...asked.values())).toBe(1);
});

test('of a peer, at most 16 blocks are in flight', async () => {
  const world = new MemoryWorld(12, { bandwidth: () => 1 });
  const { blocks } = emptyChain(100);
  const source = await world.start('10.0.0.1', { blocks });
  const fresh = await world.start('10.0.0.2', { connect: [source.address] });
  let most = 0;
  await world.until(() => {
    most = Math.max(most, fresh.network.peers()[0]?.inFlight.length ?? 0);
    return fresh.chain.height === 100;
  });
  expect(fresh.chain.height).toBe(100);
  expect(most).toBe(16);
});

test('several blocks of one peer are judged at once, but not too many bytes', async () => {
  const world = new MemoryWorld(16);
  const { blocks } = emptyChain(1).mine(19, { coinbase: { scriptPubKey: padding(900_000) } });
  const source = await world.start('10.0.0.1', { blocks, connect: [] });
  const fresh = await world.start('10.0.0.2', { connect: [source.address] });
  const accept = fresh.chain.acceptBlock.bind(fresh.chain);
  const held: (() => void)[] = [];
  fresh.chain.acceptBlock = async (block, options) => {
    await new Promise<void>((resolve) => void held.push(resolve));
    return accept(block, options);
  };
  // A small one, and as many as pass 4 MiB.
  expect(await world.until(() => held.length === 1 + 5, 30)).toBe(true);
  expect(await world.until(() => held.length > 1 + 5, 30)).toBe(false);
  fresh.chain.acceptBlock = accept;
  for (const release of held) release();
  expect(await world.until(() => fresh.chain.height === 20, 60)).toBe(true);
});

test('while the chain is busy and much waits for its turn, only the nearest blocks are asked for', async () => {
  const world = new MemoryWorld(17);
  const { blocks } = emptyChain(1).mine(25, { coinbase: { scriptPubKey: padding(900_000) } });
  const source = await world.start('10.0.0.1', { blocks, connect: [] });
  const fresh = await world.start('10.0.0.2', { connect: [source.address] });
  const accept = fresh.chain.acceptBlock.bind(fresh.chain);
  // The first one does not arrive at the chain, so that the others wait for it.
  let first = (): void => {};
  let busy = true;
  fresh.chain.acceptBlock = async (block, options) => {
    if (block.hash === blocks[0]!.hash)
      await new Promise<void>((resolve) => {
        first = resolve;
      });
    return accept(block, options);
  };
  vi.spyOn(fresh.chain, 'isConnecting', 'get').mockImplementation(() => busy);
  const stored = (): number => blocks.filter(({ hash }) => fresh.chain.entry(hash)?.haveData).length;
  // The first 16 were asked for at once, and few more until it was known how large they are.
  expect(await world.until(() => stored() >= 15, 30)).toBe(true);
  await world.pass(30);
  expect(stored()).toBeLessThan(15 + 4);
  // It rests: whoever was asked for less may give the more.
  busy = false;
  first();
  expect(await world.until(() => fresh.chain.height === 26, 30)).toBe(true);
});

test('a peer that keeps blocks back is overtaken by another, then let go', async () => {
  const world = new MemoryWorld(13);
  const { blocks } = emptyChain(300);
  const liar = await world.start('10.0.0.1', { blocks, connect: [] });
  const honest = await world.start('10.0.0.2', { blocks, connect: [] });
  // It announces everything and serves nothing.
  liar.chain.blocks.readBlockBytes = () => new Promise(() => {});
  const fresh = await world.start('10.0.0.3', { connect: [liar.address, honest.address] });
  expect(await world.until(() => fresh.chain.height === 300, 30)).toBe(true);
});

test('a restarted node goes on where it stopped', async () => {
  const world = new MemoryWorld(14, { bandwidth: () => 2 });
  const { blocks } = emptyChain(200);
  const source = await world.start('10.0.0.1', { blocks, connect: [] });
  const fresh = await world.start('10.0.0.2', { connect: [source.address] });
  expect(await world.until(() => fresh.chain.height >= 80)).toBe(true);
  await world.settle(fresh.network.stop());
  await world.settle(fresh.chain.close());
  const sent = countSent(world, '10.0.0.1', 'block');
  const kept = fresh.chain.height;
  const again = await world.start('10.0.0.3', { storage: fresh.storage, connect: [source.address] });
  expect(again.chain.height).toBeGreaterThanOrEqual(kept);
  expect(await world.until(() => again.chain.height === 200)).toBe(true);
  // What was under way when it stopped may come again.
  expect(sent()).toBeLessThanOrEqual(200 - kept + 16);
});

test('the chain with the most work wins, whoever brings it', async () => {
  const world = new MemoryWorld(15);
  const common = emptyChain(10);
  const short = emptyChain(10).mine(2, { coinbase: { scriptPubKey: Uint8Array.of(0x52) } });
  common.mine(5);
  const a = await world.start('10.0.0.1', { blocks: short.blocks, connect: [] });
  const b = await world.start('10.0.0.2', { blocks: common.blocks, connect: [a.address] });
  expect(await world.until(() => a.chain.height === 15)).toBe(true);
  expect(a.chain.tip.hash).toBe(b.chain.tip.hash);
});
