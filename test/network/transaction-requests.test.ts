import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Peer } from '../../src/network/peer.ts';
import type { Permission } from '../../src/network/permissions.ts';
import { TransactionRequests } from '../../src/network/transaction-requests.ts';
import { SeededRandom } from '../../src/simulation/seeded-random.ts';
import { VirtualClock } from '../../src/simulation/virtual-clock.ts';

/** Only what the scheduler looks at. */
const peer = (inbound: boolean, closed = false, permissions: readonly Permission[] = []): Peer =>
  ({ inbound, closed, preferred: !inbound, may: (name) => permissions.includes(name) }) as Peer;
const by = { byTxid: false, delay: false };

function open(): { clock: VirtualClock; requests: TransactionRequests; asked: [Peer, string][] } {
  const clock = new VirtualClock(0);
  const asked: [Peer, string][] = [];
  const requests = new TransactionRequests({ clock, random: new SeededRandom(1) }, (to, announcements) => {
    for (const { hash } of announcements) asked.push([to, hash]);
  });
  return { clock, requests, asked };
}

test('an outbound peer is asked at once, an inbound one after two seconds, and only one of them', async () => {
  const { clock, requests, asked } = open();
  const [inbound, outbound] = [peer(true), peer(false)];
  requests.announced(inbound, 'aa', by);
  requests.announced(inbound, 'bb', by);
  await clock.advance(1_000);
  expect(asked).toEqual([]);
  requests.announced(outbound, 'aa', by);
  await clock.advance(10_000);
  expect(asked).toEqual([
    [outbound, 'aa'],
    [inbound, 'bb'],
  ]);
});

test('after a minute without answer, or a notfound, another is asked', async () => {
  const { clock, requests, asked } = open();
  const peers = [peer(false), peer(false), peer(false)];
  for (const each of peers) requests.announced(each, 'aa', by);
  await clock.advance(59_000);
  expect(asked).toHaveLength(1);
  await clock.advance(2_000);
  expect(asked).toHaveLength(2);
  requests.answered(asked[1]![0], 'aa');
  await clock.advance(1);
  expect(new Set(asked.map(([to]) => to))).toEqual(new Set(peers));
});

test('what has come is forgotten for everyone; who leaves is replaced', async () => {
  const { clock, requests, asked } = open();
  const [a, b] = [peer(false), peer(false)];
  requests.announced(a, 'aa', by);
  requests.announced(b, 'aa', by);
  await clock.advance(1);
  requests.remove(asked[0]![0]);
  await clock.advance(1);
  expect(new Set(asked.map(([to]) => to)).size).toBe(2);
  requests.forget('aa');
  await clock.advance(120_000);
  expect(asked).toHaveLength(2);
});

test('a peer may announce 5,000, and waits when 100 are asked of it', async () => {
  const { clock, requests, asked } = open();
  const flooder = peer(false);
  for (let i = 0; i < 10_000; i++) requests.announced(flooder, String(i), by);
  await clock.advance(1);
  expect(asked).toHaveLength(100);
  await clock.advance(2_000);
  expect(asked).toHaveLength(5_000);
});

/** Bytes that are not garbage, whenever the engine would have collected that. */
function held(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

test('what was answered is forgotten at once', async () => {
  const { clock, requests, asked } = open();
  const who = peer(false);
  const before = held();
  const rounds = 200_000;
  for (let i = 0; i < rounds; i++) {
    requests.announced(who, i.toString(16).padStart(64, '0'), by);
    requests.answered(who, i.toString(16).padStart(64, '0'));
    if (i % 1_000 === 0) asked.length = 0;
    if (i % 100 === 0) await clock.advance(0);
  }
  expect((held() - before) / rounds).toBeLessThan(250);
});

test('who has left is not remembered for what it said before', async () => {
  const { clock, requests, asked } = open();
  requests.announced(peer(false, true), 'aa', by);
  await clock.advance(1);
  expect(asked).toEqual([]);
  expect(requests.announcers('aa')).toEqual([]);
});

test('strangers who announce without end do not take the place of one who announces little', async () => {
  const { clock, requests, asked } = open();
  const strangers = Array.from({ length: 110 }, () => peer(true));
  for (const [i, stranger] of strangers.entries())
    for (let j = 0; j < 5_000; j++) requests.announced(stranger, `${i}-${j}`, by);
  const honest = peer(true);
  requests.announced(honest, 'payment', by);
  await clock.advance(3_000);
  expect(asked).toContainEqual([honest, 'payment']);
  expect(asked.length).toBeLessThan(210_000);
});
