/** Real nodes over real WebSockets, on the default network: discovery, payments, kills, restarts. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inSync, TestNode, until } from './support/node-process.ts';

const nodes: TestNode[] = [];
/** Hashes for all blocks of one call: here a block takes 65,536 of them. */
const MAX_TRIES = 1_000_000_000;
let addresses: string[];

async function connected(peers: number, ...among: TestNode[]): Promise<void> {
  await until(`each has ${peers} peers`, async () => {
    const counts = await Promise.all(among.map((node) => node.rpc.getconnectioncount()));
    return counts.every((count) => count >= peers);
  });
}

const options = (node: TestNode): string[] =>
  node === nodes[0] ? [] : [`-addnode=127.0.0.1:${nodes[0]!.peerPort}`];

/** One block more: two branches of equal work would both be right for ever. */
async function agree(): Promise<void> {
  await connected(1, ...nodes);
  await until('all nodes are equally high', async () => {
    const heights = await Promise.all(nodes.map((node) => node.rpc.getblockcount()));
    return new Set(heights).size === 1;
  });
  await nodes[0]!.rpc.generatetoaddress(1, addresses[0]!, MAX_TRIES);
  await inSync(...nodes);
}

beforeAll(async () => {
  for (let i = 0; i < 3; i++) nodes.push(await TestNode.create([], 'penny'));
  await Promise.all(nodes.map((node) => node.start(...options(node))));
  await Promise.all(nodes.map((node) => node.rpc.createwallet('w')));
  addresses = await Promise.all(nodes.map((node) => node.rpc.getnewaddress()));
});
afterAll(() => Promise.all(nodes.map((node) => node.remove())));

test('three nodes find each other from the address of one', async () => {
  await connected(2, ...nodes);
});

test('coins mined by one are paid to another and confirmed on all', async () => {
  const [first, second, third] = nodes as [TestNode, TestNode, TestNode];
  await first.rpc.generatetoaddress(11, addresses[0]!, MAX_TRIES);
  const txid = await first.rpc.sendtoaddress(addresses[1]!, 1.5);
  await until('the payment is in every mempool', async () => {
    const pools = await Promise.all(nodes.map((node) => node.rpc.getrawmempool()));
    return pools.every((pool) => pool.includes(txid));
  });
  await third.rpc.generatetoaddress(1, addresses[2]!, MAX_TRIES);
  await inSync(...nodes);
  expect(Number(await second.rpc.getbalance())).toBe(1.5);
  expect((await first.rpc.gettransaction(txid)).confirmations).toBe(1);
});

test('with the first node gone the others go on, and it catches up when it is back', async () => {
  const [first, second, third] = nodes as [TestNode, TestNode, TestNode];
  expect(await first.stop()).toBe(0);
  await second.rpc.generatetoaddress(3, addresses[1]!, MAX_TRIES);
  await inSync(second, third);
  await first.start();
  await inSync(...nodes);
});

test('nodes killed and restarted in any order converge', async () => {
  for (const order of [
    [2, 0, 1],
    [1, 2, 0],
  ]) {
    for (const i of order) {
      await nodes[i]!.stop('SIGKILL');
      const alive = nodes[(i + 1) % 3]!;
      await alive.rpc.generatetoaddress(1, addresses[(i + 1) % 3]!, MAX_TRIES);
      await nodes[i]!.start(...options(nodes[i]!));
    }
    await agree();
  }
  await Promise.all(nodes.map((node) => node.stop('SIGKILL')));
  for (const node of [nodes[1]!, nodes[0]!, nodes[2]!]) await node.start(...options(node));
  await agree();
  const heights = await Promise.all(nodes.map((node) => node.rpc.getblockcount()));
  expect(new Set(heights).size).toBe(1);
  // A node that mined before it had caught up may have lost its block to another's.
  expect(heights[0]).toBeGreaterThan(15);
});
