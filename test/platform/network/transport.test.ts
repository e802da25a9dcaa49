/** One suite for every transport. */
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { REGTEST } from '../../../src/core/parameters/presets.ts';
import { encodeEnvelope } from '../../../src/network/messages/envelope.ts';
import {
  type Connection,
  type Listener,
  LOW_WATER_MARK,
  MAXIMUM_HANDSHAKE_MESSAGE,
  MAXIMUM_MESSAGE,
  type Scheme,
  type Transport,
} from '../../../src/network/transport.ts';
import { MemoryNetwork } from '../../../src/platform/memory/memory-transport.ts';
import { SystemClock } from '../../../src/platform/node/clock.ts';
import { NodeTransport } from '../../../src/platform/node/network/node-transport.ts';
import { SeededRandom } from '../../../src/simulation/seeded-random.ts';

const { magic } = REGTEST;
const message = (length: number, fill = 1): Uint8Array =>
  encodeEnvelope(magic, 'ping', new Uint8Array(length).fill(fill));

const memory = new MemoryNetwork(
  { latency: () => 1 },
  { clock: new SystemClock(), random: new SeededRandom(1) },
);
const kinds: readonly [string, Scheme, () => Transport][] = [
  ['memory', 'tcp', () => memory.transport('127.0.0.1')],
  ['WebSocket', 'ws', () => new NodeTransport({ magic })],
  ['TCP', 'tcp', () => new NodeTransport({ magic })],
];

/** Keeps what a connection reports, and waits for it. */
class Recorder {
  readonly connection: Connection;
  readonly messages: Uint8Array[] = [];
  closed: string | undefined;
  drained = 0;
  #wake: () => void = () => {};

  constructor(connection: Connection) {
    this.connection = connection;
    connection.start({
      message: (envelope) => {
        this.messages.push(envelope);
        this.#wake();
      },
      partial: () => {},
      drained: () => {
        this.drained++;
        this.#wake();
      },
      closed: (reason) => {
        if (this.closed !== undefined) throw new Error('closed twice');
        this.closed = reason;
        this.#wake();
      },
    });
  }

  async until(condition: (recorder: this) => boolean): Promise<void> {
    while (!condition(this))
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }
}

const listeners: Listener[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
});

async function pair(scheme: Scheme, transport: Transport): Promise<{ near: Recorder; far: Recorder }> {
  let accepted: (connection: Connection) => void = () => {};
  const inbound = new Promise<Connection>((resolve) => {
    accepted = resolve;
  });
  const listener = await transport.listen('127.0.0.1', 0, (connection) => accepted(connection));
  listeners.push(listener);
  const port = Number(listener.address.split(':').at(-1));
  const dialled = transport.dial({ scheme, host: '127.0.0.1', port }, new AbortController().signal);
  const near = new Recorder(await dialled);
  // A TCP peer is known by its first bytes.
  near.connection.send(message(0));
  const far = new Recorder(await inbound);
  await far.until(({ messages }) => messages.length === 1);
  far.messages.length = 0;
  return { near, far };
}

describe.each(kinds)('%s', (_name, scheme, make) => {
  test('carries messages both ways, whole and in order', async () => {
    const { near, far } = await pair(scheme, make());
    expect(far.connection.remote).toBe(near.connection.local);
    for (let i = 0; i < 100; i++) near.connection.send(message(i, i));
    far.connection.send(message(8, 9));
    await far.until(({ messages }) => messages.length === 100);
    await near.until(({ messages }) => messages.length === 1);
    expect(far.messages).toEqual(Array.from({ length: 100 }, (_, i) => message(i, i)));
    expect(near.messages[0]).toEqual(message(8, 9));
    near.connection.close();
  });

  test('ends at a message over the limit, which can be raised', async () => {
    const first = await pair(scheme, make());
    first.near.connection.send(message(MAXIMUM_HANDSHAKE_MESSAGE));
    first.far.connection.setMaximumMessage(MAXIMUM_HANDSHAKE_MESSAGE);
    await first.far.until(({ closed }) => closed !== undefined);
    expect(first.far.messages).toEqual([]);
    const second = await pair(scheme, make());
    second.far.connection.setMaximumMessage(MAXIMUM_MESSAGE);
    const large = message(4_000_000);
    second.near.connection.send(large);
    await second.far.until(({ messages }) => messages.length === 1);
    expect(second.far.messages[0]!.length).toBe(MAXIMUM_MESSAGE);
    second.near.connection.close();
  });

  test('reports its end once, on both sides, and sends nothing after it', async () => {
    const { near, far } = await pair(scheme, make());
    far.connection.close();
    await near.until(({ closed }) => closed !== undefined);
    await far.until(({ closed }) => closed !== undefined);
    near.connection.send(message(1));
    near.connection.close();
    expect(far.messages).toEqual([]);
  });

  test('holds back while paused', async () => {
    const { near, far } = await pair(scheme, make());
    far.connection.pause();
    near.connection.send(message(1));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(far.messages).toEqual([]);
    far.connection.resume();
    await far.until(({ messages }) => messages.length === 1);
    near.connection.close();
  });

  test('counts what was not taken, and tells when there is room again', async () => {
    const { near, far } = await pair(scheme, make());
    far.connection.setMaximumMessage(MAXIMUM_MESSAGE);
    far.connection.pause();
    for (let i = 0; i < 10; i++) near.connection.send(message(1_000_000));
    expect(near.connection.bufferedAmount).toBeGreaterThan(1_000_000);
    far.connection.resume();
    await near.until(({ drained }) => drained > 0);
    await far.until(({ messages }) => messages.length === 10);
    near.connection.close();
  });

  test('tells of room also after thousands of small messages', async () => {
    const { near, far } = await pair(scheme, make());
    far.connection.setMaximumMessage(MAXIMUM_MESSAGE);
    for (let i = 0; i < 20_000; i++) near.connection.send(message(40));
    expect(near.connection.bufferedAmount).toBeGreaterThan(1_000_000);
    await near.until(({ drained }) => drained > 0);
    await far.until(({ messages }) => messages.length === 20_000);
    expect(near.connection.bufferedAmount).toBe(0);
    near.connection.close();
  });

  test('fails to dial where nobody listens', async () => {
    const target = { scheme, host: '127.0.0.1', port: 1 };
    await expect(make().dial(target, new AbortController().signal)).rejects.toThrow();
  });
});

test('of what a closed peer goes on to send nothing is kept', async () => {
  let accepted: (connection: Connection) => void = () => {};
  const inbound = new Promise<Connection>((resolve) => {
    accepted = resolve;
  });
  const transport = new NodeTransport({ magic });
  const listener = await transport.listen('127.0.0.1', 0, (connection) => accepted(connection));
  listeners.push(listener);
  const socket = new WebSocket(`ws://${listener.address}`, { perMessageDeflate: false });
  socket.on('error', () => {});
  await once(socket, 'open');
  // It reads no close frame.
  socket.pause();
  const { connection } = new Recorder(await inbound);
  connection.setMaximumMessage(MAXIMUM_MESSAGE);
  const part = () =>
    new Promise<unknown>((resolve) => socket.send(new Uint8Array(100_000), { fin: false }, resolve));
  await part();
  connection.close();
  while (!(await part()));
  expect(connection.partialAmount).toBeLessThan(2 * LOW_WATER_MARK);
  socket.terminate();
});
