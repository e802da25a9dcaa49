/** Whom a node dials by itself, keeps, and lets go. */
import { expect, test } from 'vitest';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { decodeEnvelope } from '../../src/network/messages/envelope.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { emptyChain, type MemoryNode, MemoryWorld, PORT } from './memory-node.ts';

const MINUTE = 60;

/** Nodes that dial nobody, each in a group of its own, and one that was told of them all. */
async function amongMany(world: MemoryWorld, count: number, storage = new MemoryStorage()) {
  const { blocks } = emptyChain(3);
  const others: MemoryNode[] = [];
  for (let i = 1; i <= count; i++) others.push(await world.start(`10.${i}.0.1`, { blocks, connect: [] }));
  const node = await world.start('10.0.0.1', { blocks, storage });
  for (const { host } of others) node.network.addKnownAddress(host, PORT, false);
  const ofType = (type: string) =>
    node.network.peers().filter(({ connectionType }) => connectionType === type);
  expect(
    await world.until(
      () => ofType('outbound-full-relay').length === 8 && ofType('block-relay-only').length === 2,
    ),
  ).toBe(true);
  return { node, others, ofType };
}

test('one peer more is dialled while no block comes, and the least useful goes when one does', async () => {
  const world = new MemoryWorld(51);
  const { node, others, ofType } = await amongMany(world, 12);
  await world.pass(25 * MINUTE);
  expect(ofType('outbound-full-relay')).toHaveLength(8);
  await world.pass(25 * MINUTE);
  const full = ofType('outbound-full-relay');
  expect(full).toHaveLength(9);
  const giver = others.find(({ address }) => address === full[3]!.address)!;
  const [block] = emptyChain(4).blocks.slice(3);
  await world.settle(giver.chain.acceptBlock(block!));
  expect(await world.until(() => node.chain.height === 4)).toBe(true);
  await world.pass(15 * MINUTE);
  const left = ofType('outbound-full-relay').map(({ address }) => address);
  expect(left).toHaveLength(8);
  expect(left).toContain(giver.address);
});

test('a peer that we chose and that stays behind is asked once more, and then let go', async () => {
  const deaf = '10.0.0.2';
  const world = new MemoryWorld(52, {
    drop: (_, to, envelope) =>
      to === deaf &&
      ['headers', 'inv', 'cmpctblock'].includes(decodeEnvelope(REGTEST.magic, envelope).command),
  });
  const { blocks } = emptyChain(20);
  const node = await world.start('10.0.0.1', { blocks, connect: [] });
  const asked: number[] = [];
  for (const [host, type] of [
    [deaf, 'outbound-full-relay'],
    ['10.0.0.3', 'outbound-full-relay'],
  ] as const) {
    const { address } = await world.start(host, { connect: [] });
    expect(await world.settle(node.network.connections.dialAs(address, type))).toBe(true);
  }
  await world.pass(1);
  world.net.observe((from, to, envelope) => {
    if (from === node.host && to === deaf && decodeEnvelope(REGTEST.magic, envelope).command === 'getheaders')
      asked.push(world.clock.monotonic());
  });
  await world.pass(15 * MINUTE);
  expect(node.network.peers()).toHaveLength(2);
  await world.pass(30 * MINUTE);
  expect(asked.length).toBeGreaterThanOrEqual(1);
  // The one that has caught up with us stays.
  expect(node.network.peers().map(({ address }) => address)).toEqual([`10.0.0.3:${PORT}`]);
});

test('block-relay-only peers of the last run are dialled first, once', async () => {
  const world = new MemoryWorld(53);
  const storage = new MemoryStorage();
  const { node, ofType } = await amongMany(world, 12, storage);
  await world.pass(5);
  const anchors = ofType('block-relay-only').map(({ address }) => address);
  await world.settle(node.network.stop());
  const again = await world.start('10.0.0.1', { storage });
  expect(await world.until(() => again.network.peers().length >= 2)).toBe(true);
  const first = again.network.peers().filter(({ connectionType }) => connectionType === 'block-relay-only');
  expect(first.map(({ address }) => address).sort()).toEqual(anchors.sort());
  // Had they made us crash, they would not do so again: the file holds none while we run.
  const kept = (await storage.readBlob('anchors.dat'))!;
  await world.settle(again.network.stop());
  expect((await storage.readBlob('anchors.dat'))!.length).toBeGreaterThan(kept.length);
});
