import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { REGTEST } from '../../../src/core/parameters/presets.ts';
import {
  type Connection,
  type Listener,
  LOW_WATER_MARK,
  MAXIMUM_MESSAGE,
  type Scheme,
  type Transport,
} from '../../../src/network/transport.ts';
import { MemoryNetwork } from '../../../src/platform/memory/memory-transport.ts';
import { SystemClock } from '../../../src/platform/node/clock.ts';
import { NodeTransport } from '../../../src/platform/node/network/node-transport.ts';
import { SeededRandom } from '../../../src/simulation/seeded-random.ts';
import { describeTransport, type Ends, Recorder } from './transport-suite.ts';

const { magic } = REGTEST;
const memory = new MemoryNetwork(
  { latency: () => 1 },
  { clock: new SystemClock(), random: new SeededRandom(1) },
);
const listeners: Listener[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
});

const endsOf = (scheme: Scheme, transport: Transport): Ends => ({
  async connect() {
    let arrive: (connection: Connection) => void = () => {};
    const inbound = new Promise<Connection>((resolve) => {
      arrive = resolve;
    });
    const listener = await transport.listen('127.0.0.1', 0, (connection) => arrive(connection));
    listeners.push(listener);
    const port = Number(listener.address.split(':').at(-1));
    const near = await transport.dial({ scheme, host: '127.0.0.1', port }, new AbortController().signal);
    return {
      near,
      async accepted() {
        const far = await inbound;
        expect(far.remote).toBe(near.local);
        return far;
      },
    };
  },
  dialNowhere: () => transport.dial({ scheme, host: '127.0.0.1', port: 1 }, new AbortController().signal),
});

describeTransport('memory', endsOf('tcp', memory.transport('127.0.0.1')));
describeTransport('WebSocket', endsOf('ws', new NodeTransport({ magic })));
describeTransport('TCP', endsOf('tcp', new NodeTransport({ magic })));

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
