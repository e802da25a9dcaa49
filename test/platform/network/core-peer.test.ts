/** A scripted peer that does what Bitcoin Core does, over TCP: dials, falls back from v2, syncs, relays. */
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { compactBlockOf } from '../../../src/network/compact-block.ts';
import { decodeEnvelope, EnvelopeSplitter, encodeEnvelope } from '../../../src/network/messages/envelope.ts';
import { InventoryType } from '../../../src/network/messages/inventory.ts';
import { decodeBody, encodeBody } from '../../../src/network/messages/table.ts';
import { systemRandom } from '../../../src/platform/node/random.ts';
import type { Random } from '../../../src/seams.ts';
import { ChainBuilder } from '../../support/chain-builder.ts';
import { P2WSH_TRUE, spend } from '../../support/pool.ts';
import { eventually, magic, RawPeer, type SocketNode, startSocketNode, versionBody } from './hostile-node.ts';

const nodes: SocketNode[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
});

/** Of waits that are drawn, so that nobody can tell from them where a payment began, a tenth of the mean. */
const soon: Random = { ...systemRandom, below: (bound) => Math.floor(0.9 * bound) };

function chain(count: number): ChainBuilder {
  return new ChainBuilder().mine(count, { coinbase: { scriptPubKey: P2WSH_TRUE } });
}

async function start(builder: ChainBuilder, random = systemRandom): Promise<SocketNode> {
  const node = await startSocketNode(builder.blocks, {}, { random });
  nodes.push(node);
  return node;
}

test('v2 first: hung up on without a word, it comes back with v1 and is served', async () => {
  const node = await start(chain(3));
  const socket = connect(node.port, '127.0.0.1');
  let heard = 0;
  socket.on('data', (chunk) => {
    heard += chunk.length;
  });
  socket.on('error', () => {});
  // 64 bytes of an encoded public key, then garbage.
  socket.write(systemRandom.bytes(64 + 1_000));
  await new Promise((resolve) => socket.once('close', resolve));
  expect(heard).toBe(0);
  const peer = await RawPeer.join(node.port);
  expect(await peer.isServed()).toBe(true);
});

test('the order of the handshake is the one that Core wants', async () => {
  const node = await start(chain(3));
  const peer = await RawPeer.join(node.port);
  await peer.isServed();
  const heard = peer.heard.map(({ command }) => command);
  // BIP339 and BIP155: between version and verack, or Core disconnects.
  expect(heard.slice(0, 4)).toEqual(['version', 'wtxidrelay', 'sendaddrv2', 'verack']);
  expect(decodeBody('version', peer.heard[0]!.payload)).toMatchObject({
    version: 70_016,
    services: 1n | 8n | 1024n,
    startHeight: 3,
    relay: true,
  });
  expect(decodeBody('sendcmpct', await peer.hears('sendcmpct'))).toEqual({ announce: false, version: 2n });
});

test('dialled by Penny, it is sent a v1 version first', async () => {
  const opened = new Promise<Socket>((resolve) => {
    const server = createServer((socket) => {
      server.close();
      resolve(socket);
    });
    server.listen(0, '127.0.0.1', async () => {
      const { port } = server.address() as { port: number };
      const node = await startSocketNode([], {
        addNodes: [`127.0.0.1:${port}`],
        connect: [`127.0.0.1:${port}`],
      });
      nodes.push(node);
    });
  });
  const socket = await opened;
  const splitter = new EnvelopeSplitter(magic, 5_000_000);
  const commands: string[] = [];
  socket.on('data', (chunk) =>
    splitter.push(chunk, (envelope) => commands.push(decodeEnvelope(magic, envelope).command)),
  );
  await eventually(() => commands.length > 0);
  expect(commands).toEqual(['version']);
  socket.write(encodeEnvelope(magic, 'version', encodeBody('version', versionBody(0))));
  socket.write(encodeEnvelope(magic, 'verack', new Uint8Array(0)));
  await eventually(() => commands.includes('getheaders'));
  expect(commands.slice(1, 4)).toEqual(['wtxidrelay', 'sendaddrv2', 'verack']);
  socket.destroy();
});

test('it syncs from Penny: headers after the locator, blocks with witnesses', async () => {
  const builder = chain(30);
  const node = await start(builder);
  const peer = await RawPeer.join(node.port);
  const genesis = builder.blocks[0]!.header.prevHash;
  peer.send('getheaders', { version: 70_016, locator: [genesis], stop: new Uint8Array(32) });
  const { headers } = decodeBody('headers', await peer.hears('headers'));
  expect(headers.map(({ hash }) => hash)).toEqual(builder.blocks.map(({ hash }) => hash));
  const items = headers
    .slice(0, 16)
    .map(({ hashBytes }) => ({ type: InventoryType.WITNESS_BLOCK, hash: hashBytes }));
  peer.send('getdata', { items });
  expect(await eventually(() => peer.count('block') === 16)).toBe(true);
  const [first] = peer.heard.filter(({ command }) => command === 'block');
  expect(first!.payload).toEqual(builder.blocks[0]!.bytes);
  peer.send('getdata', { items: [{ type: InventoryType.WITNESS_BLOCK, hash: new Uint8Array(32) }] });
  await peer.hears('notfound');
});

test('Penny syncs from it, and follows its reorganisation', async () => {
  const builder = chain(40);
  const node = await start(chain(1).disconnect());
  const peer = await RawPeer.join(node.port, { height: 40 });
  peer.serve(builder.blocks);
  peer.send('inv', { items: [{ type: InventoryType.BLOCK, hash: builder.tip.header.hashBytes }] });
  expect(await eventually(() => node.chain.height === 40)).toBe(true);
  const old = node.chain.tip;
  builder.disconnect().disconnect();
  builder.mine(4, { coinbase: { value: 1n } });
  peer.serve(builder.blocks);
  peer.send('headers', { headers: builder.blocks.slice(-4).map(({ header }) => header) });
  expect(await eventually(() => node.chain.tip.hash === builder.tip.header.hash)).toBe(true);
  expect(node.chain.isActive(old)).toBe(false);
});

test('compact blocks in both directions, with the transactions that are missing', async () => {
  const builder = chain(110);
  const node = await start(builder);
  const peer = await RawPeer.join(node.port);
  peer.send('sendcmpct', { announce: true, version: 2n });
  peer.send('sendheaders', {});
  await peer.isServed();
  // Towards Penny: it has one of the two transactions.
  const [known, unknown] = [spend([builder.takeMature()]), spend([builder.takeMature()])];
  await node.mempool.accept(known);
  const block = builder.block({ transactions: [known, unknown] });
  peer.send('headers', { headers: [block.header] });
  const asked = decodeBody('getdata', await peer.hears('getdata'));
  expect(asked.items).toEqual([{ type: InventoryType.COMPACT_BLOCK, hash: block.header.hashBytes }]);
  peer.send('cmpctblock', compactBlockOf(block, 5n));
  const request = decodeBody('getblocktxn', await peer.hears('getblocktxn'));
  expect(request).toEqual({ blockHash: block.header.hashBytes, indexes: [2] });
  peer.send('blocktxn', { blockHash: request.blockHash, transactions: [unknown] });
  expect(await eventually(() => node.chain.tip.hash === block.hash)).toBe(true);
  builder.accept(block);
  // From Penny: the peer wants them unasked.
  const next = builder.block({ transactions: [spend([builder.takeMature()])] });
  await node.chain.acceptBlock(next);
  const compact = decodeBody('cmpctblock', await peer.hears('cmpctblock'));
  expect(compact.header.hash).toBe(next.hash);
  peer.send('getblocktxn', { blockHash: next.header.hashBytes, indexes: [1] });
  const { transactions } = decodeBody('blocktxn', await peer.hears('blocktxn'));
  expect(transactions.map(({ wtxid }) => wtxid)).toEqual([next.transactions[1]!.wtxid]);
});

test('transactions in both directions, by wtxid', async () => {
  const builder = chain(110);
  const node = await start(builder, soon);
  const peer = await RawPeer.join(node.port);
  await peer.isServed();
  const theirs = spend([builder.takeMature()]);
  peer.send('inv', { items: [{ type: InventoryType.WTX, hash: theirs.wtxidBytes }] });
  const asked = decodeBody('getdata', await peer.hears('getdata'));
  expect(asked.items).toEqual([{ type: InventoryType.WTX, hash: theirs.wtxidBytes }]);
  peer.send('tx', { transaction: theirs });
  expect(await eventually(() => node.mempool.has(theirs.txid))).toBe(true);
  const ours = spend([builder.takeMature()]);
  await node.mempool.accept(ours);
  const announced = decodeBody('inv', await peer.hears('inv'));
  expect(announced.items).toEqual([{ type: InventoryType.WTX, hash: ours.wtxidBytes }]);
  peer.send('getdata', { items: announced.items });
  const { transaction } = decodeBody('tx', await peer.hears('tx'));
  expect(transaction.wtxid).toBe(ours.wtxid);
});

test('an old client that knows only getblocks is led past five hundred blocks', async () => {
  const builder = chain(1_050);
  const node = await start(builder);
  const peer = await RawPeer.join(node.port);
  const have = new Set<string>();
  let last = builder.blocks[0]!.header.prevHash;
  have.add(builder.blocks[0]!.header.prev);
  const askForMore = () =>
    peer.send('getblocks', { version: 70_001, locator: [last], stop: new Uint8Array(32) });
  peer.onMessage = (command, payload) => {
    if (command === 'inv') peer.send('getdata', decodeBody('inv', payload));
    if (command !== 'block') return;
    const { header } = decodeBody('block', payload).block;
    // As old clients do: one whose parent is missing makes them ask for what lies between.
    if (!have.has(header.prev)) return askForMore();
    have.add(header.hash);
    last = header.hashBytes;
  };
  askForMore();
  expect(await eventually(() => have.size === 1_051)).toBe(true);
});
