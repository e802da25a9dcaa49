import { expect, test, vi } from 'vitest';
import { emptyChain, MemoryWorld } from './memory-node.ts';

vi.setConfig({ testTimeout: 30_000 });

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
