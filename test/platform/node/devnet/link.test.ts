/** A link between two listeners on real sockets: what passes, when, and what does not. */
import { afterEach, expect, test } from 'vitest';
import { REGTEST } from '../../../../src/core/parameters/presets.ts';
import { encodeEnvelope } from '../../../../src/network/messages/envelope.ts';
import type { Connection, ConnectionEvents, Listener } from '../../../../src/network/transport.ts';
import { SystemClock } from '../../../../src/platform/node/clock.ts';
import { commandOf, Link } from '../../../../src/platform/node/devnet/link.ts';
import { NodeTransport } from '../../../../src/platform/node/network/node-transport.ts';

const transport = new NodeTransport({ magic: REGTEST.magic });
const message = (command: string, length = 8) =>
  encodeEnvelope(REGTEST.magic, command, new Uint8Array(length));
const open: { close(): unknown }[] = [];
afterEach(() => Promise.all(open.splice(0).map((each) => each.close())));

/** An end that keeps the commands of what comes. */
class End implements ConnectionEvents {
  readonly commands: string[] = [];
  readonly connection: Connection;
  #wake: () => void = () => {};
  isClosed = false;

  constructor(connection: Connection) {
    this.connection = connection;
    connection.start(this);
    connection.setMaximumMessage(4_000_024);
  }

  message(envelope: Uint8Array): void {
    this.commands.push(commandOf(envelope));
    this.#wake();
  }
  partial(): void {}
  drained(): void {}
  closed(): void {
    this.isClosed = true;
    this.#wake();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

async function joined(scheme: 'ws' | 'tcp') {
  let accept = (_: Connection): void => {};
  const listener: Listener = await transport.listen('127.0.0.1', 0, (connection) => accept(connection));
  const port = Number(listener.address.split(':')[1]);
  const link = new Link(
    ['a', 'b'],
    { scheme, host: '127.0.0.1', port },
    { transport, clock: new SystemClock() },
  );
  await link.listen();
  open.push(listener, link);
  const dial = async (): Promise<[End, Promise<End>]> => {
    const far = new Promise<Connection>((resolve) => (accept = resolve)).then(
      (connection) => new End(connection),
    );
    const target = { scheme, host: '127.0.0.1', port: Number(link.address.split(':')[1]) };
    const near = new End(await transport.dial(target, new AbortController().signal));
    near.connection.send(message('version'));
    open.push(near.connection);
    return [near, far];
  };
  return { link, dial };
}

test.each(['ws', 'tcp'] as const)('whole messages pass both ways, large ones too: %s', async (scheme) => {
  const { dial } = await joined(scheme);
  const [near, coming] = await dial();
  const far = await coming;
  far.connection.send(message('verack'));
  for (let i = 0; i < 5; i++) near.connection.send(message('block', 3_900_000));
  await far.until(() => far.commands.length === 6);
  await near.until(() => near.commands.length === 1);
  expect([near.commands, far.commands]).toEqual([['verack'], ['version', ...Array(5).fill('block')]]);
  near.connection.close();
  await far.until(() => far.isClosed);
});

test('it loses what it is told to, keeps the order when it becomes faster, and ends when it is cut', async () => {
  const { link, dial } = await joined('tcp');
  const [near, coming] = await dial();
  const far = await coming;
  await far.until(() => far.commands.length === 1);
  link.set({ delay: 50, drop: ['tx'] });
  const sent = performance.now();
  for (const command of ['inv', 'tx', 'headers']) near.connection.send(message(command));
  await far.until(() => far.commands.length === 3);
  expect(performance.now() - sent).toBeGreaterThanOrEqual(45);
  link.set({});
  near.connection.send(message('tx'));
  await far.until(() => far.commands.length === 4);
  expect(far.commands).toEqual(['version', 'inv', 'headers', 'tx']);
  link.set({ cut: true });
  await Promise.all([near, far].map((end) => end.until(() => end.isClosed)));
  const [refused] = await dial();
  await refused.until(() => refused.isClosed);
  link.set({});
  const [, again] = await dial();
  expect((await again).isClosed).toBe(false);
});
