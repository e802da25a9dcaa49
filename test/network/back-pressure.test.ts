/** Who asks and does not read is given a megabyte and no more, whatever it asks for; strangers share what there is. */
import { expect, test } from 'vitest';
import { InventoryType } from '../../src/network/messages/inventory.ts';
import type { Body, Command } from '../../src/network/messages/table.ts';
import { INBOUND_MEMORY } from '../../src/network/protocol.ts';
import { HIGH_WATER_MARK } from '../../src/network/transport.ts';
import { systemRandom } from '../../src/platform/node/random.ts';
import { emptyChain, MemoryWorld, PORT } from './memory-node.ts';
import { Scripted } from './scripted-peer.ts';

const HOST = '10.0.0.1';
const builder = emptyChain(2_000);
const stop = new Uint8Array(32);
const stopHash = builder.tip.header.hashBytes;
const filter = new Uint8Array(2_200);
const locator = [stop];

/** A node whose wire takes next to nothing: as if nobody read. */
async function scene() {
  const world = new MemoryWorld(60, { bandwidth: (host) => (host === HOST ? 0.5 : 1e9) });
  const filters = { filter: async () => filter, filterHeader: async () => stop };
  const node = await world.start(HOST, { blocks: builder.blocks, connect: [], filters });
  const join = async (host: string): Promise<Scripted> => {
    const { signal } = new AbortController();
    const target = { scheme: 'tcp', host: HOST, port: PORT } as const;
    const peer = new Scripted(await world.settle(world.net.transport(host).dial(target, signal)));
    await world.pass(2);
    return peer;
  };
  return { world, node, join };
}

const blocks = (type: number): Body<'getdata'> => ({
  items: Array.from({ length: 10_000 }, (_, i) => ({
    type,
    hash: builder.blocks[i % 2_000]!.header.hashBytes,
  })),
});
/** Each of them is worth more than two megabytes of answers. */
const requests: readonly { [C in Command]: readonly [C, Body<C>, number] }[Command][] = [
  ['getheaders', { version: 70_016, locator, stop }, 20],
  ['getblocks', { version: 70_016, locator, stop }, 120],
  ['getdata', blocks(InventoryType.WITNESS_BLOCK), 2],
  ['getdata', blocks(InventoryType.BLOCK), 2],
  ['getdata', blocks(InventoryType.COMPACT_BLOCK), 2],
  [
    'getdata',
    { items: Array.from({ length: 50_000 }, () => ({ type: 1, hash: systemRandom.bytes(32) })) },
    2,
  ],
  ['getblocktxn', { blockHash: stopHash, indexes: [0] }, 10_000],
  ['getcfilters', { filterType: 0, startHeight: 1_500, stopHash }, 1],
  ['getcfheaders', { filterType: 0, startHeight: 1, stopHash }, 25],
  ['getcfcheckpt', { filterType: 0, stopHash }, 20_000],
  ['ping', { nonce: 1n }, 40_000],
];

const shared = scene();

test.each(requests.map((request, i) => [request[0], i] as const))(
  '%s (%i)',
  async (_, i) => {
    const [command, body, count] = requests[i]!;
    const { world, node, join } = await shared;
    const peer = await join(`10.1.0.${i}`);
    for (let sent = 0; sent < count; sent++) peer.send(command, body as never);
    await world.pass(5);
    const { bytesSent } = node.network.peers().at(-1)!;
    expect(bytesSent).toBeGreaterThan(HIGH_WATER_MARK);
    expect(bytesSent).toBeLessThan(HIGH_WATER_MARK + 200_000);
    expect(peer.closed).toBe(false);
  },
  60_000,
);

test('of strangers who together hold too much, those go who hold most', async () => {
  const { world, node, join } = await shared;
  await join('10.2.0.1');
  const strangers = [];
  for (let i = 0; i < 95; i++) strangers.push(await join(`10.3.0.${i}`));
  for (const peer of strangers)
    for (let sent = 0; sent < 10; sent++) peer.send('getheaders', { version: 70_016, locator, stop });
  await world.pass(1);
  const stay = node.network.peers();
  expect(stay.length).toBeLessThan(requests.length + strangers.length - 5);
  expect(stay.length).toBeGreaterThan(INBOUND_MEMORY / (HIGH_WATER_MARK + 200_000));
  expect(stay.reduce((sum, { bytesSent }) => sum + bytesSent, 0)).toBeLessThanOrEqual(INBOUND_MEMORY);
  expect(stay.some(({ address }) => address.startsWith('10.2.0.1:'))).toBe(true);
});
