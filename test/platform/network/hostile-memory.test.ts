/** A hundred and more strangers flood a node with each kind of message and read nothing: what it costs in memory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { fromDisplayHex } from '../../../src/core/encoding/bytes.ts';
import { encodeEnvelope } from '../../../src/network/messages/envelope.ts';
import { InventoryType } from '../../../src/network/messages/inventory.ts';
import { type Body, type Command, encodeBody } from '../../../src/network/messages/table.ts';
import { parseAddress } from '../../../src/network/network-address.ts';
import { systemRandom } from '../../../src/platform/node/random.ts';
import { output, transaction } from '../../support/chain-builder.ts';
import { magic, RawPeer, versionBody } from './hostile-node.ts';

const SCALE = Number(process.env.PENNY_HOSTILE_SCALE ?? 1);
const STRANGERS = 125;
const MEMORY_LIMIT = 500e6;
const RUNNER = new URL('flooded-node.ts', import.meta.url).pathname;
const random = (length: number): Uint8Array => systemRandom.bytes(length);

let child: ChildProcess;
let port = 0;
let fat: Uint8Array;

beforeAll(async () => {
  child = spawn(process.execPath, ['--import', 'tsx', RUNNER], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  const [given, hash] = line.toString().trim().split(' ');
  port = Number(given);
  fat = fromDisplayHex(hash!);
}, 120_000);
afterAll(() => child.kill());

/** Bytes of memory that the node takes. */
const resident = (): number =>
  1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]);

const message = <C extends Command>(command: C, body: Body<C>): Uint8Array =>
  encodeEnvelope(magic, command, encodeBody(command, body));

const many = (count: number, one: () => Uint8Array): Uint8Array =>
  Buffer.concat(Array.from({ length: count }, one));

/** Shakes hands over a WebSocket, and reads nothing after that. */
async function joinByWebSocket(): Promise<(bytes: Uint8Array) => void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  socket.on('error', () => {});
  await once(socket, 'open');
  socket.send(message('version', versionBody(0)));
  socket.send(message('verack', {}));
  socket.pause();
  leave.push(() => socket.terminate());
  // One frame a message, as far as the bytes are whole messages.
  return (bytes) => {
    for (let at = 0; at < bytes.length; ) {
      const size = 24 + new DataView(bytes.buffer, bytes.byteOffset + at + 16).getUint32(0, true);
      if (at + size > bytes.length) socket.send(bytes.subarray(at), { fin: false });
      else socket.send(bytes.subarray(at, at + size));
      at += size;
    }
  };
}

async function joinByTcp(): Promise<(bytes: Uint8Array) => void> {
  const peer = await joinHonest();
  peer.socket.pause();
  leave.push(() => peer.end());
  return (bytes) => peer.sendRaw(bytes);
}

const leave: (() => void)[] = [];

/** Shakes hands, however long the node is busy with what was sent before. */
async function joinHonest(): Promise<RawPeer> {
  const peer = await RawPeer.dial(port);
  peer.send('version', versionBody(0));
  peer.send('verack', {});
  await peer.hears('verack', 60_000);
  return peer;
}

/** Most memory that the node takes while strangers send it this, each from the beginning. */
async function flood(bytes: () => Uint8Array): Promise<number> {
  const honest = await joinHonest();
  let most = 0;
  const measure = setInterval(() => {
    most = Math.max(most, resident());
  }, 20);
  const sent = bytes();
  const strangers: ((bytes: Uint8Array) => void)[] = [];
  for (let i = 0; i < STRANGERS; i++) strangers.push(await (i % 2 === 0 ? joinByTcp() : joinByWebSocket()));
  for (const send of strangers) send(sent);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(await honest.isServed()).toBe(true);
  clearInterval(measure);
  for (const end of leave.splice(0)) end();
  honest.end();
  return most;
}

const stop = new Uint8Array(32);
const items = (type: number, count: number, hash?: () => Uint8Array): Body<'getdata'> => ({
  items: Array.from({ length: count }, () => ({ type, hash: hash?.() ?? fat })),
});
const large = transaction(
  [{ prevout: { txid: random(32), vout: 0 } }],
  Array.from({ length: 390_000 }, () => output(0n, new Uint8Array())),
);
const address = () => ({
  time: Math.floor(Date.now() / 1000),
  services: 9n,
  address: parseAddress(`8.${random(1)[0]}.${random(1)[0]}.${random(1)[0]}`, 8_333)!,
});

const floods: readonly (readonly [string, () => Uint8Array])[] = [
  [
    'getheaders',
    () => many(140, () => message('getheaders', { version: 70_016, locator: [random(32)], stop })),
  ],
  [
    'getblocks',
    () => many(500, () => message('getblocks', { version: 70_016, locator: [random(32)], stop })),
  ],
  ['getdata of blocks', () => many(1, () => message('getdata', items(InventoryType.WITNESS_BLOCK, 50_000)))],
  ['getdata of stripped blocks', () => many(1, () => message('getdata', items(InventoryType.BLOCK, 50)))],
  [
    'getdata of compact blocks',
    () => many(1, () => message('getdata', items(InventoryType.COMPACT_BLOCK, 10))),
  ],
  [
    'getdata of nothing',
    () =>
      many(1, () =>
        message(
          'getdata',
          items(InventoryType.WITNESS_TX, 10_000, () => random(32)),
        ),
      ),
  ],
  ['getblocktxn', () => many(20, () => message('getblocktxn', { blockHash: fat, indexes: [0, 1, 2] }))],
  [
    'getcfilters',
    () => many(20, () => message('getcfilters', { filterType: 0, startHeight: 1, stopHash: fat })),
  ],
  [
    'getcfheaders',
    () => many(20, () => message('getcfheaders', { filterType: 0, startHeight: 1, stopHash: fat })),
  ],
  ['getcfcheckpt', () => many(5_000, () => message('getcfcheckpt', { filterType: 0, stopHash: fat }))],
  ['getaddr', () => many(5_000, () => message('getaddr', {}))],
  ['ping', () => many(10_000, () => message('ping', { nonce: 1n }))],
  ['empty messages', () => many(10_000, () => message('verack', {}))],
  [
    'inv of transactions',
    () =>
      many(1, () =>
        message(
          'inv',
          items(InventoryType.TX, 50_000, () => random(32)),
        ),
      ),
  ],
  [
    'inv of blocks',
    () =>
      many(1, () =>
        message(
          'inv',
          items(InventoryType.BLOCK, 50_000, () => random(32)),
        ),
      ),
  ],
  [
    'notfound',
    () =>
      many(1, () =>
        message(
          'notfound',
          items(InventoryType.TX, 50_000, () => random(32)),
        ),
      ),
  ],
  ['addrv2', () => many(2, () => message('addrv2', { addresses: Array.from({ length: 1_000 }, address) }))],
  ['tx', () => many(1, () => message('tx', { transaction: large }))],
  ['blocktxn', () => many(1, () => message('blocktxn', { blockHash: random(32), transactions: [large] }))],
  ['unknown', () => many(2, () => encodeEnvelope(magic, 'newthing', new Uint8Array(3_900_000)))],
  ['a part', () => encodeEnvelope(magic, 'newthing', new Uint8Array(3_900_000)).subarray(0, -1)],
  [
    'requests and a part',
    () =>
      Buffer.concat([
        message('getdata', items(InventoryType.WITNESS_BLOCK, 500)),
        encodeEnvelope(magic, 'newthing', new Uint8Array(3_900_000)),
        encodeEnvelope(magic, 'newthing', new Uint8Array(3_900_000)).subarray(0, -1),
      ]),
  ],
];

/** Those that once cost most; a long run takes them all. */
const WORST = ['getdata of blocks', 'inv of transactions', 'requests and a part'];

test.each(SCALE > 1 ? floods : floods.filter(([what]) => WORST.includes(what)))(
  '%s',
  async (what, bytes) => {
    const most = await flood(bytes);
    if (SCALE > 1) console.log(`${what}: ${Math.round(most / 1e6)} MB`);
    expect(most).toBeLessThan(MEMORY_LIMIT);
  },
  120_000,
);
