import { expect, test } from 'vitest';
import { type MemoryNode, MemoryWorld, PORT } from './memory-node.ts';

/** Nodes that can be reached from the first one. */
function connectedFrom(start: MemoryNode, nodes: readonly MemoryNode[]): number {
  const seen = new Set([start]);
  const queue = [start];
  for (let node = queue.shift(); node !== undefined; node = queue.shift())
    for (const other of nodes) {
      const linked = node.network.peers().some((peer) => !peer.inbound && peer.address === other.address);
      const back = other.network.peers().some((peer) => !peer.inbound && peer.address === node!.address);
      if ((linked || back) && !seen.has(other)) {
        seen.add(other);
        queue.push(other);
      }
    }
  return seen.size;
}

test('three nodes find each other from one', async () => {
  const world = new MemoryWorld(3);
  const first = await world.start('127.0.0.1');
  const second = await world.start('127.0.0.2', { addNodes: [first.address] });
  const third = await world.start('127.0.0.3', { addNodes: [first.address] });
  const linked = (a: MemoryNode, b: MemoryNode): boolean =>
    a.network.peers().some((peer) => peer.address === b.address && peer.version > 0);
  expect(await world.until(() => linked(second, third) || linked(third, second), 60)).toBe(true);
});

test('who had nobody to dial dials whom it hears of at once', async () => {
  const world = new MemoryWorld(8);
  const first = await world.start('127.0.0.1');
  const second = await world.start('127.0.0.2');
  await world.pass(1);
  second.network.addKnownAddress(first.host, PORT, false);
  expect(await world.until(() => first.network.peers().length === 1, 2)).toBe(true);
});

test('ten nodes that know one end up in a graph that survives the loss of that one', async () => {
  const world = new MemoryWorld(4);
  const first = await world.start('127.0.0.1');
  const others: MemoryNode[] = [];
  for (let i = 2; i <= 10; i++) others.push(await world.start(`127.0.0.${i}`, { seeds: [first.address] }));
  const all = [first, ...others];
  await world.pass(180);
  for (const node of others) expect(node.network.peers().length).toBeGreaterThanOrEqual(4);
  expect(connectedFrom(others[0]!, all)).toBe(10);
  await world.settle(first.network.stop());
  await world.pass(120);
  expect(connectedFrom(others[0]!, others)).toBe(9);
});

test('nodes on one host are told apart by port', async () => {
  const world = new MemoryWorld(5);
  const first = await world.start('127.0.0.1', { bind: ['127.0.0.1:21001'] });
  const second = await world.start('127.0.0.1', { bind: ['127.0.0.1:21002'], seeds: ['127.0.0.1:21001'] });
  const third = await world.start('127.0.0.1', { bind: ['127.0.0.1:21003'], seeds: ['127.0.0.1:21001'] });
  const knows = (node: MemoryNode, port: number): boolean =>
    node.network.peers().some((peer) => peer.address === `127.0.0.1:${port}` && !peer.inbound);
  expect(await world.until(() => knows(second, 21003) || knows(third, 21002), 90)).toBe(true);
  const ports = first.network.knownAddresses(0).map((known) => known.port);
  expect(ports).toEqual(expect.arrayContaining([21002, 21003]));
});

test('a node that dials itself notices, and does not do it again', async () => {
  const world = new MemoryWorld(6);
  const node = await world.start('127.0.0.1');
  node.network.addKnownAddress('127.0.0.1', 18_444, false);
  await world.pass(30);
  expect(node.network.peers()).toEqual([]);
});

test('known addresses outlast a restart', async () => {
  const world = new MemoryWorld(7);
  const first = await world.start('127.0.0.1');
  const second = await world.start('127.0.0.2', { seeds: [first.address] });
  expect(
    await world.until(() =>
      second.network.peers().some((peer) => peer.connectionType === 'outbound-full-relay'),
    ),
  ).toBe(true);
  await world.settle(second.network.stop());
  const again = await world.start('127.0.0.3', { storage: second.storage });
  expect(await world.until(() => again.network.peers().some((peer) => peer.address === first.address))).toBe(
    true,
  );
});
