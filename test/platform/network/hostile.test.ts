/** Peers on real sockets that break the protocol, or keep to it with bad intent. An honest one is served meanwhile. */
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { BlockHeader } from '../../../src/core/block/header.ts';
import { encodeEnvelope } from '../../../src/network/messages/envelope.ts';
import { InventoryType } from '../../../src/network/messages/inventory.ts';
import { encodeBody } from '../../../src/network/messages/table.ts';
import { parseAddress } from '../../../src/network/network-address.ts';
import { systemRandom } from '../../../src/platform/node/random.ts';
import { ChainBuilder } from '../../support/chain-builder.ts';
import { P2WSH_TRUE, spend } from '../../support/pool.ts';
import { eventually, magic, RawPeer, type SocketNode, startSocketNode, versionBody } from './hostile-node.ts';

/** Long runs multiply the floods (`npm run test:hostile`). */
const SCALE = Number(process.env.PENNY_HOSTILE_SCALE ?? 1);
const random = (length: number): Uint8Array => systemRandom.bytes(length);

const nodes: SocketNode[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
});

interface Scene {
  readonly node: SocketNode;
  readonly builder: ChainBuilder;
  readonly honest: RawPeer;
  /** A new block reaches the honest peer. */
  honestIsServed(): Promise<boolean>;
}

async function scene(blocks = 110): Promise<Scene> {
  const builder = new ChainBuilder().mine(blocks, { coinbase: { scriptPubKey: P2WSH_TRUE } });
  const node = await startSocketNode(builder.blocks);
  nodes.push(node);
  const honest = await RawPeer.join(node.port);
  honest.send('sendheaders', {});
  await honest.isServed();
  return {
    node,
    builder,
    honest,
    async honestIsServed() {
      const block = builder.block();
      builder.accept(block);
      const before = honest.count('headers') + honest.count('inv');
      void node.chain.acceptBlock(block);
      return eventually(() => honest.count('headers') + honest.count('inv') > before);
    },
  };
}

const isGone = (peer: RawPeer): Promise<boolean> => eventually(() => peer.closed);

test('who speaks another protocol is hung up on without a word', async () => {
  const { node } = await scene();
  // The first 64 bytes of BIP324 look random: Core falls back to v1 if it hears nothing before the end.
  for (const bytes of [random(64), Buffer.from('POST / HTTP/1.1\r\n\r\n'), Buffer.from('SSH-2.0-x\r\n')]) {
    const socket = connect(node.port, '127.0.0.1');
    let heard = 0;
    socket.on('data', (chunk) => {
      heard += chunk.length;
    });
    socket.on('error', () => {});
    socket.write(bytes);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(heard).toBe(0);
  }
});

test('messages that cannot be decoded are passed over; what nobody sends by mistake ends the connection', async () => {
  const { node, honestIsServed } = await scene();
  const good = encodeEnvelope(magic, 'ping', new Uint8Array(8));
  const changed = (at: number, value: number): Uint8Array => {
    const bytes = good.slice();
    bytes[at] = value;
    return bytes;
  };
  const bad: [string, Uint8Array][] = [
    ['wrong magic', changed(0, 0)],
    ['length over the limit', encodeLength(good, 4_000_001)],
    ['too many items', encodeEnvelope(magic, 'inv', Uint8Array.of(0xfd, 0x51, 0xc3, ...new Uint8Array(72)))],
    [
      'what is neither yes nor no',
      encodeEnvelope(magic, 'sendcmpct', Uint8Array.of(2, ...new Uint8Array(8))),
    ],
  ];
  const careless: [string, Uint8Array][] = [
    ['wrong checksum', changed(20, good[20]! ^ 1)],
    ['command that is no text', changed(4, 1)],
    ['body too short', encodeEnvelope(magic, 'inv', Uint8Array.of(5))],
    ['body too long', encodeEnvelope(magic, 'feefilter', new Uint8Array(9))],
    ['a size in more bytes than it takes', encodeEnvelope(magic, 'inv', Uint8Array.of(0xfd, 1, 0))],
  ];
  const survivor = await RawPeer.join(node.port);
  for (const [what, bytes] of careless) {
    survivor.sendRaw(bytes);
    expect(await survivor.isServed(), what).toBe(true);
  }
  for (const [what, bytes] of bad) {
    const peer = await RawPeer.join(node.port);
    peer.sendRaw(bytes);
    expect(await isGone(peer), what).toBe(true);
  }
  expect(await honestIsServed()).toBe(true);
});

function encodeLength(envelope: Uint8Array, length: number): Uint8Array {
  const bytes = envelope.slice();
  new DataView(bytes.buffer).setUint32(16, length, true);
  return bytes;
}

test('unknown messages are ignored', async () => {
  const { node } = await scene();
  const peer = await RawPeer.join(node.port);
  peer.sendRaw(encodeEnvelope(magic, 'newthing', random(100)));
  expect(await peer.isServed()).toBe(true);
});

test('before verack only small messages are taken', async () => {
  const { node } = await scene();
  const peer = await RawPeer.dial(node.port);
  peer.send('version', versionBody(0));
  peer.sendRaw(encodeEnvelope(magic, 'block', new Uint8Array(100_000)));
  expect(await isGone(peer)).toBe(true);
  const early = await RawPeer.dial(node.port);
  early.send('getaddr', {});
  early.send('mempool', {});
  early.send('version', versionBody(0));
  early.send('verack', {});
  expect(await early.isServed()).toBe(true);
});

test('WebSockets: origins, text, large and endless frames', async () => {
  const { node, honestIsServed } = await scene();
  const url = `ws://127.0.0.1:${node.port}`;
  const dial = async (options: object = {}): Promise<WebSocket> => {
    const socket = new WebSocket(url, { perMessageDeflate: false, ...options });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return socket;
  };
  const closed = (socket: WebSocket): Promise<boolean> =>
    eventually(() => socket.readyState === WebSocket.CLOSED);
  await expect(dial({ origin: 'https://example.com' })).rejects.toThrow('403');
  const text = await dial();
  text.send('hello');
  expect(await closed(text)).toBe(true);
  const large = await dial();
  large.on('error', () => {});
  large.send(new Uint8Array(5_000_000));
  expect(await closed(large)).toBe(true);
  const fragments = await dial();
  fragments.on('error', () => {});
  for (let i = 0; i < 70_000 && fragments.readyState === WebSocket.OPEN; i++) {
    fragments.send(Uint8Array.of(1), { fin: false });
    if (i % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await closed(fragments)).toBe(true);
  const version = await dial();
  version.send(encodeEnvelope(magic, 'version', encodeBody('version', versionBody(0))));
  const [answer] = await new Promise<[Uint8Array]>((resolve) =>
    version.once('message', (data) => resolve([data as Buffer])),
  );
  expect(Buffer.from(answer.subarray(4, 11)).toString()).toBe('version');
  version.terminate();
  expect(await honestIsServed()).toBe(true);
});

test('half-open sockets make room for those that speak', async () => {
  const { node, honestIsServed } = await scene();
  const silent = Array.from({ length: 300 * SCALE }, () =>
    connect(node.port, '127.0.0.1').on('error', () => {}),
  );
  for (const [i, socket] of silent.entries()) if (i % 2 === 0) socket.write('GET / HTTP/1.1\r\n');
  const late = await RawPeer.join(node.port);
  expect(await late.isServed()).toBe(true);
  expect(await honestIsServed()).toBe(true);
  for (const socket of silent) socket.destroy();
});

test('one address cannot push out what another one has begun', async () => {
  const { node } = await scene();
  const slow = connect(node.port, '127.0.0.1').on('error', () => {});
  await new Promise((resolve) => slow.once('connect', resolve));
  const crowd = Array.from({ length: 200 }, () =>
    connect({ port: node.port, host: '127.0.0.1', localAddress: '127.0.0.2' }).on('error', () => {}),
  );
  expect(await eventually(() => crowd.some((socket) => socket.destroyed))).toBe(true);
  slow.write(encodeEnvelope(magic, 'version', encodeBody('version', versionBody(0))));
  await new Promise((resolve) => slow.once('data', resolve));
  for (const socket of [slow, ...crowd]) socket.destroy();
});

test('many connections: the number is bounded, old and new peers are served', async () => {
  const { node, honest, honestIsServed } = await scene();
  await honest.isServed();
  const crowd: RawPeer[] = [];
  for (let i = 0; i < 300 * SCALE; i++) {
    const peer = await RawPeer.dial(node.port);
    peer.send('version', versionBody(0, BigInt(i + 2)));
    peer.send('verack', {});
    crowd.push(peer);
  }
  expect(node.network.connectionCount().inbound).toBeLessThanOrEqual(114);
  const late = await RawPeer.join(node.port);
  expect(await late.isServed()).toBe(true);
  expect(await honestIsServed()).toBe(true);
  for (const peer of crowd) peer.end();
});

test(
  'floods of inventory, addresses, transactions, headers, blocks and pings',
  async () => {
    const { node, builder, honestIsServed } = await scene();
    const coin = builder.takeMature();
    const orphan = (): ReturnType<typeof spend> =>
      spend([{ ...coin, outpoint: { txid: random(32), vout: 0 } }]);
    const items = (type: number): { type: number; hash: Uint8Array }[] => {
      const hashes = random(50_000 * 32);
      return Array.from({ length: 50_000 }, (_, i) => ({ type, hash: hashes.subarray(32 * i, 32 * i + 32) }));
    };
    const now = Math.floor(Date.now() / 1000);
    const address = (): {
      time: number;
      services: bigint;
      address: NonNullable<ReturnType<typeof parseAddress>>;
    } => ({
      time: now,
      services: 9n,
      address: parseAddress(`8.${random(1)[0]}.${random(1)[0]}.${random(1)[0]}`, 8_333)!,
    });
    const floods: ((peer: RawPeer) => void)[] = [
      (peer) => peer.send('inv', { items: items(InventoryType.WTX) }),
      (peer) => peer.send('inv', { items: items(InventoryType.BLOCK) }),
      (peer) => peer.send('getdata', { items: items(InventoryType.WITNESS_TX) }),
      (peer) => peer.send('notfound', { items: items(InventoryType.WTX) }),
      (peer) => peer.send('addrv2', { addresses: Array.from({ length: 1_000 }, address) }),
      (peer) => {
        for (let i = 0; i < 500; i++) peer.send('tx', { transaction: orphan() });
      },
      (peer) => {
        for (let i = 0; i < 500; i++) peer.send('block', { block: builder.blocks[i % 100]! });
      },
      (peer) => {
        for (let i = 0; i < 5_000; i++) peer.send('ping', { nonce: BigInt(i) });
      },
      (peer) => {
        for (let i = 0; i < 200; i++)
          peer.send('getheaders', { version: 70_016, locator: [random(32)], stop: new Uint8Array(32) });
      },
    ];
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 1 + SCALE; round++)
      for (const [kind, flood] of floods.entries()) {
        const peer = await RawPeer.join(node.port);
        flood(peer);
        flood(peer);
        expect(await honestIsServed(), `flood ${kind}`).toBe(true);
        peer.end();
      }
    expect(node.network.knownAddresses(0).length).toBeLessThan(2_500 * SCALE);
    expect(node.mempool.graph.size).toBe(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  },
  60_000 * (1 + SCALE),
);

test('headers without work are not stored', async () => {
  const { node, builder, honestIsServed } = await scene(400);
  const before = node.chain.bestHeader.height;
  const spam = new ChainBuilder().mine(150, { coinbase: { scriptPubKey: Uint8Array.of(0x53) } });
  for (let i = 0; i < 20 * SCALE; i++) {
    const peer = await RawPeer.join(node.port);
    peer.send('headers', { headers: spam.blocks.map((block) => block.header) });
    peer.send('headers', { headers: [spam.blocks[0]!.header] });
    await peer.isServed();
    peer.end();
  }
  expect(node.chain.bestHeader.height).toBe(before);
  expect(node.chain.entry(spam.blocks[0]!.hash)).toBeUndefined();
  const unmined = BlockHeader.from({ ...builder.tip.header, bits: 0x1d00ffff, nonce: 1 });
  const liar = await RawPeer.join(node.port);
  liar.send('headers', { headers: [unmined] });
  expect(await isGone(liar)).toBe(true);
  expect(await honestIsServed()).toBe(true);
});

test('an invalid block ends the connection; its true body may come from another', async () => {
  const { node, builder, honestIsServed } = await scene();
  const tx = spend([builder.takeMature()]);
  const good = builder.block({ transactions: [tx] });
  const mutated = builder.block({ transactions: [tx], body: (txs) => [...txs, txs.at(-1)!] });
  const invalid = builder.block({ coinbase: { value: 100n * 100_000_000n } });
  for (const block of [invalid, mutated]) {
    const peer = await RawPeer.join(node.port);
    peer.serve([block]);
    peer.send('headers', { headers: [block.header] });
    expect(await isGone(peer)).toBe(true);
    expect(node.chain.tip.hash).not.toBe(block.hash);
  }
  const peer = await RawPeer.join(node.port);
  peer.serve([good]);
  peer.send('headers', { headers: [good.header] });
  expect(await eventually(() => node.chain.tip.hash === good.hash)).toBe(true);
  builder.accept(good);
  expect(await honestIsServed()).toBe(true);
});

test('a block that is announced and kept back comes from another peer', async () => {
  const { node, builder } = await scene();
  const block = builder.block();
  const liar = await RawPeer.join(node.port);
  liar.send('headers', { headers: [block.header] });
  await liar.hears('getdata');
  const peer = await RawPeer.join(node.port);
  peer.serve([block]);
  peer.send('headers', { headers: [block.header] });
  expect(await eventually(() => node.chain.tip.hash === block.hash)).toBe(true);
});

test('who asks for much and reads nothing is not given more than a buffer full', async () => {
  const { node, builder, honestIsServed } = await scene();
  const coins = Array.from({ length: 3 }, () => builder.takeMature());
  const fat = { value: 0n, scriptPubKey: new Uint8Array(400_000).fill(0x6a, 0, 1) };
  const big = builder.block({
    transactions: coins.slice(0, 2).map((coin) => spend([coin], { extra: [fat] })),
  });
  builder.accept(big);
  await node.chain.acceptBlock(big);
  const peer = await RawPeer.join(node.port);
  peer.socket.pause();
  const before = process.memoryUsage().rss;
  const items = Array.from({ length: 1_000 }, () => ({
    type: InventoryType.WITNESS_BLOCK,
    hash: big.header.hashBytes,
  }));
  for (let i = 0; i < 5; i++) peer.send('getdata', { items });
  expect(await honestIsServed()).toBe(true);
  expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  peer.end();
});
