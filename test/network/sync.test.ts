import { expect, test } from 'vitest';
import { emptyChain, MemoryWorld } from './memory-node.ts';

test('a node that dials another catches up with it', async () => {
  const world = new MemoryWorld();
  const builder = emptyChain(150);
  const full = await world.start('10.0.0.1', { blocks: builder.blocks });
  const fresh = await world.start('10.0.0.2', { addNodes: [full.address] });
  expect(await world.until(() => fresh.chain.height === 150)).toBe(true);
  expect(fresh.chain.tip.hash).toBe(full.chain.tip.hash);
  const [peer] = fresh.network.peers();
  expect(peer).toMatchObject({
    inbound: false,
    connectionType: 'manual',
    version: 70016,
    startingHeight: 150,
  });
});

test('a new block reaches every node of a line', async () => {
  const world = new MemoryWorld();
  const builder = emptyChain(5);
  const nodes = [await world.start('10.0.0.1', { blocks: builder.blocks })];
  for (let i = 2; i <= 5; i++)
    nodes.push(
      await world.start(`10.0.0.${i}`, {
        addNodes: [nodes.at(-1)!.address],
        connect: [nodes.at(-1)!.address],
      }),
    );
  expect(await world.until(() => nodes.every((node) => node.chain.height === 5))).toBe(true);
  for (let i = 0; i < 3; i++) {
    const block = builder.block();
    builder.accept(block);
    await world.settle(nodes[0]!.chain.acceptBlock(block));
    expect(await world.until(() => nodes.every((node) => node.chain.tip.hash === block.hash), 5)).toBe(true);
  }
});
