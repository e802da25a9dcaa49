/** Subscriptions on a virtual clock: heartbeats, peers, and that nothing is left when nobody listens. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SubscriptionCall } from '../../src/events/call.ts';
import { type Outlet, Session } from '../../src/events/session.ts';
import type { Subscriptions } from '../../src/events/subscriptions.ts';
import type { Node } from '../../src/node.ts';
import { ADDRESS, DevWorld } from '../dev/world.ts';

class Recorder implements Outlet {
  isOpen = true;
  hasRoom = true;
  readonly text: string[] = [];
  #part = '';
  readonly session = new Session(this, { open: ({ n }) => `{"n":${n},`, close: '}' });

  async room(): Promise<void> {}

  write(piece: string | Uint8Array, isLast: boolean): void {
    this.#part += typeof piece === 'string' ? piece : new TextDecoder().decode(piece);
    if (!isLast) return;
    this.text.push(this.#part);
    this.#part = '';
  }

  close(): void {
    this.isOpen = false;
  }

  async subscribe(node: Node, call: Partial<SubscriptionCall>): Promise<unknown> {
    const filters = { addresses: [], scripts: [], descriptors: [] };
    const nothing = { ...filters, from: {}, detail: 'txids', topics: [], batch: false };
    const answer = await (node.subscriptions as Subscriptions).open({ ...nothing, ...call }, this.session);
    this.session.begin();
    return answer;
  }

  get events(): readonly Record<string, unknown>[] {
    return this.text.map((text) => JSON.parse(text) as Record<string, unknown>);
  }
}

let world: DevWorld;
beforeEach(() => {
  world = new DevWorld();
});
afterEach(() => world.stop());

test('every 15 seconds it is told that all is well, and up to where', async () => {
  const node = await world.start();
  const reader = new Recorder();
  await world.settle(reader.subscribe(node, { topics: ['chain', 'mempool'] }));
  await world.pass(16);
  await world.call(node, 'generatetoaddress', 1, ADDRESS);
  await world.pass(31);
  const { hash } = node.chain.tip;
  expect(reader.events).toMatchObject([
    { n: 1, type: 'snapshot', txids: [] },
    { n: 2, type: 'heartbeat', tip: { hash: node.chain.genesis.hash, height: 0 }, mempool: 0 },
    { n: 3, type: 'connected', block: { hash } },
    { n: 4, type: 'heartbeat', tip: { hash, height: 1 } },
    { n: 5, type: 'heartbeat' },
  ]);
  expect(reader.session.remove('s1')).toBe(true);
  await world.pass(60);
  expect(reader.events.length).toBe(5);
});

test('many who listen do not delay the answer to a call: those behind the fourth are told a little later', async () => {
  const node = await world.start();
  const readers = Array.from({ length: 40 }, () => new Recorder());
  for (const reader of readers) await world.settle(reader.subscribe(node, { topics: ['chain'] }));
  await world.pass(1);
  const times: number[] = [];
  for (const reader of readers) reader.write = () => void times.push(world.clock.elapsed());
  await world.call(node, 'generatetoaddress', 1, ADDRESS);
  await world.pass(1);
  const [start] = times;
  expect(times.map((time) => time - start!)).toEqual([0, 0, 0, 0, ...Array(36).fill(10)]);
});

test('peers are told when they come and go', async () => {
  const node = await world.start();
  const reader = new Recorder();
  expect(await world.settle(reader.subscribe(node, { topics: ['peers'] }))).toMatchObject({
    reset: ['peers'],
  });
  await world.start();
  await world.pass(5);
  const [snapshot, connected, ...others] = reader.events;
  expect(snapshot).toMatchObject({ type: 'snapshot', peers: [] });
  expect(connected).toMatchObject({
    topic: 'peers',
    type: 'connected',
    peer: { inbound: true, connection_type: 'inbound', subver: '/Penny:simulated/' },
  });
  expect(others).toEqual([]);
  const { id } = connected!.peer as { id: number };
  await world.settle(world.nodes.pop()!.stop());
  await world.pass(5);
  expect(reader.events.at(-1)).toMatchObject({ type: 'disconnected', peer: { id } });
  const late = new Recorder();
  await world.start();
  await world.pass(5);
  await world.settle(late.subscribe(node, { topics: ['peers'] }));
  await world.pass(1);
  expect(late.events).toMatchObject([{ type: 'snapshot', peers: [{ inbound: true }] }]);
});

test('changes beyond the last 20,000 are not kept, and a reader that is behind them begins anew', async () => {
  const node = await world.start();
  const reader = new Recorder();
  reader.hasRoom = true;
  await world.settle(reader.subscribe(node, { topics: ['mempool'] }));
  await world.call(node, 'generatetoaddress', 101, ADDRESS);
  await world.pay(node);
  await world.pass(1);
  const [entry] = [...node.mempool.graph.entries()];
  const pool = node.mempool;
  let release = (): void => {};
  reader.hasRoom = false;
  reader.room = () => new Promise<void>((resolve) => (release = resolve));
  // The signal alone: what is kept of a change does not depend on its transaction.
  const before = pool.sequence;
  let sequence = before;
  Object.defineProperty(pool, 'sequence', { configurable: true, get: () => sequence });
  for (let i = 0; i < 45_000; i++) {
    sequence++;
    pool.removed.emit({ entry: entry!, reason: 'expiry' });
  }
  const count = reader.events.length;
  reader.hasRoom = true;
  release();
  await world.pass(1);
  expect(reader.events.slice(count)).toMatchObject([{ type: 'snapshot', sequence: before + 45_000 - 1 }]);
  Reflect.deleteProperty(pool, 'sequence');
});

test('a node that stops closes the connections of its readers', async () => {
  const node = await world.start();
  const reader = new Recorder();
  await world.settle(reader.subscribe(node, { topics: ['chain'] }));
  await world.settle(world.nodes.pop()!.stop());
  expect(reader.isOpen).toBe(false);
});
