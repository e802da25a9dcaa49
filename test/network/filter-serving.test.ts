/** BIP157 over the wire, from a real index. */
import { expect, test } from 'vitest';
import { basicFilter } from '../../src/core/block/filter.ts';
import { hash256 } from '../../src/core/encoding/hashes.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { FilterIndex } from '../../src/indexes/filter-index.ts';
import type { FilterSource } from '../../src/network/context.ts';
import { decodeEnvelope, encodeEnvelope } from '../../src/network/messages/envelope.ts';
import { type Body, type Command, decodeBody, encodeBody } from '../../src/network/messages/table.ts';
import type { Connection } from '../../src/network/transport.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { versionBody } from '../platform/network/hostile-node.ts';
import { openMemoryChain, silentLogger } from '../support/memory-chain.ts';
import { emptyChain, MemoryWorld, PORT } from './memory-node.ts';

const builder = emptyChain(30);

/** The index follows a chain of its own with the same blocks. */
async function indexedFilters(world: MemoryWorld): Promise<FilterSource> {
  const chain = await openMemoryChain();
  for (const block of builder.blocks) await chain.acceptBlock(block, { requested: true });
  const index = await world.settle(
    FilterIndex.open({ chain, storage: new MemoryStorage(), logger: silentLogger, clock: world.clock }),
  );
  await world.settle(index.synchronize());
  return {
    filter: async (entry) => (await index.find(entry))?.filter,
    filterHeader: async (entry) => (await index.find(entry))?.header,
  };
}

interface Client {
  readonly connection: Connection;
  readonly heard: { readonly command: string; readonly payload: Uint8Array }[];
  closed: boolean;
  send<C extends Command>(command: C, body: Body<C>): void;
}

async function join(world: MemoryWorld, host: string): Promise<Client> {
  const target = { scheme: 'tcp', host, port: PORT } as const;
  const dial = world.net.transport('10.9.9.9').dial(target, new AbortController().signal);
  const connection = await world.settle(dial);
  const client: Client = {
    connection,
    heard: [],
    closed: false,
    send: (command, body) =>
      connection.send(encodeEnvelope(REGTEST.magic, command, encodeBody(command, body))),
  };
  connection.start({
    message: (envelope) => client.heard.push(decodeEnvelope(REGTEST.magic, envelope)),
    drained: () => {},
    partial: () => {},
    closed: () => {
      client.closed = true;
    },
  });
  client.send('version', versionBody(0));
  client.send('verack', {});
  await world.pass(1);
  client.heard.length = 0;
  return client;
}

test('filters, their headers and checkpoints are served', async () => {
  const world = new MemoryWorld(51);
  const filters = await indexedFilters(world);
  const node = await world.start('10.0.0.1', { blocks: builder.blocks, connect: [], filters });
  expect(node.network.localServices & 64n).toBe(64n);
  const client = await join(world, node.host);
  const stopHash = builder.blocks[19]!.header.hashBytes;
  client.send('getcfilters', { filterType: 0, startHeight: 11, stopHash });
  client.send('getcfheaders', { filterType: 0, startHeight: 11, stopHash });
  client.send('getcfcheckpt', { filterType: 0, stopHash });
  await world.pass(1);
  const sent = client.heard.filter(({ command }) => command === 'cfilter');
  const wanted = builder.blocks.slice(10, 20).map((block) => basicFilter(block, []));
  expect(sent.map(({ payload }) => decodeBody('cfilter', payload).filter)).toEqual(wanted);
  const headers = client.heard.find(({ command }) => command === 'cfheaders')!;
  expect(decodeBody('cfheaders', headers.payload).filterHashes).toEqual(
    wanted.map((filter) => hash256(filter)),
  );
  const checkpoints = client.heard.find(({ command }) => command === 'cfcheckpt')!;
  expect(decodeBody('cfcheckpt', checkpoints.payload).filterHeaders).toEqual([]);
  expect(client.closed).toBe(false);
});

test('senseless requests end the connection, and so does any where filters are not served', async () => {
  const world = new MemoryWorld(52);
  const filters = await indexedFilters(world);
  const serving = await world.start('10.0.0.1', { blocks: builder.blocks, connect: [], filters });
  const plain = await world.start('10.0.0.2', { blocks: builder.blocks, connect: [] });
  const stopHash = builder.tip.header.hashBytes;
  const requests: [string, Body<'getcfilters'>][] = [
    [plain.host, { filterType: 0, startHeight: 1, stopHash }],
    [serving.host, { filterType: 1, startHeight: 1, stopHash }],
    [serving.host, { filterType: 0, startHeight: 31, stopHash }],
    [serving.host, { filterType: 0, startHeight: 1, stopHash: new Uint8Array(32) }],
  ];
  for (const [host, body] of requests) {
    const client = await join(world, host);
    client.send('getcfilters', body);
    await world.pass(1);
    expect(client.closed).toBe(true);
  }
});

test('who reads slowly is sent filters slowly, and not let go', async () => {
  const world = new MemoryWorld(53, { bandwidth: () => 1_000 });
  const filter = new Uint8Array(1_000_000);
  const filters: FilterSource = { filter: async () => filter, filterHeader: async () => undefined };
  const node = await world.start('10.0.0.1', { blocks: builder.blocks, connect: [], filters });
  const client = await join(world, node.host);
  client.send('getcfilters', { filterType: 0, startHeight: 1, stopHash: builder.tip.header.hashBytes });
  const count = (): number => client.heard.filter(({ command }) => command === 'cfilter').length;
  expect(await world.until(() => client.closed || count() === 30)).toBe(true);
  expect(client.closed).toBe(false);
});
