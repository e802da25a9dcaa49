import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toDisplayHex, toHex } from '../../../../src/core/encoding/bytes.ts';
import type { Transaction } from '../../../../src/core/transaction/transaction.ts';
import { feedZmq, type ZmqTopic } from '../../../../src/platform/node/notifications/zmq-feed.ts';
import {
  loadZmq,
  type Zmq as PublisherModule,
  type ZmqOptions,
  ZmqPublisher,
} from '../../../../src/platform/node/notifications/zmq-publisher.ts';
import { silentLogger } from '../../../support/memory-chain.ts';
import {
  openTestPool,
  outputAt,
  P2SH_TRUE,
  P2WSH_TRUE,
  spend,
  type TestPool,
} from '../../../support/pool.ts';

interface Subscriber extends AsyncIterable<Buffer[]> {
  connect(address: string): void;
  subscribe(...topics: string[]): void;
  close(): void;
  receiveTimeout: number;
  receive(): Promise<Buffer[]>;
}
type Zmq = {
  Subscriber: new (options?: { receiveHighWaterMark: number }) => Subscriber;
  Publisher: new (
    ...options: ConstructorParameters<PublisherModule['Publisher']>
  ) => InstanceType<PublisherModule['Publisher']> & {
    events: { on(event: 'disconnect', listener: () => void): void };
  };
};

const zmq = ((): Zmq | null => {
  try {
    return createRequire(import.meta.url)('zeromq') as Zmq;
  } catch {
    console.log('skipped: the optional package zeromq is missing');
    return null;
  }
})();

const NONE: ZmqOptions = {
  ...{ pubhashblock: [], pubhashtx: [], pubrawblock: [], pubrawtx: [], pubsequence: [] },
  ...{ pubhashblockhwm: 1000, pubhashtxhwm: 1000, pubrawblockhwm: 1000 },
  ...{ pubrawtxhwm: 1000, pubsequencehwm: 1000 },
};

function address(): string {
  const folder = mkdtempSync(join(tmpdir(), 'zmq-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return `ipc://${join(folder, 's')}`;
}

/** What is told of a topic, in the order of all. */
function listen(pool: TestPool, topic: ZmqTopic, show: (body: Uint8Array) => string): string[] {
  const told: string[] = [];
  feedZmq(pool, (each, body) => {
    if (each === topic) told.push(show(body()));
  });
  return told;
}

/** `A 5 txid`, `C hash`: as a subscriber reads a message of `sequence`. */
function showSequence(body: Uint8Array): string {
  const number = body.length > 33 ? ` ${Buffer.from(body).readBigUInt64LE(33)}` : '';
  return `${String.fromCharCode(body[32]!)}${number} ${toHex(body.subarray(0, 32))}`;
}

describe('what is published', () => {
  it('numbers arrivals and departures as the block has them, and not what it took along', async () => {
    const pool = await openTestPool();
    const [a, b, c] = [pool.coin(), pool.coin(), pool.coin()];
    const doubled = spend([a], { fee: 20n });
    const [first, last] = [spend([b]), spend([c])];
    const start = pool.mempool.sequence;
    const told = listen(pool, 'sequence', showSequence);
    for (const tx of [doubled, first, last]) await pool.accept(tx);
    // The fee that somebody gives it is no arrival.
    pool.mempool.prioritise(first.txid, 5n);
    const rival = spend([a], { fee: 7n });
    await pool.miner.mineBlock(P2WSH_TRUE, [first, rival, last], true);
    const next = spend([outputAt(first)]);
    await pool.accept(next);
    const { hash } = pool.chain.tip;
    expect(told).toEqual([
      `A ${start} ${doubled.txid}`,
      `A ${start + 1} ${first.txid}`,
      `A ${start + 2} ${last.txid}`,
      // The first transaction of the block had left before: one number is its.
      `R ${start + 4} ${doubled.txid}`,
      `C ${hash}`,
      `A ${start + 6} ${next.txid}`,
    ]);
    expect(pool.mempool.sequence).toBe(start + 7);
  });

  it('tells of a reorganisation step by step, and of its end as one tip', async () => {
    const pool = await openTestPool();
    const payment = spend([pool.coin()]);
    await pool.accept(payment);
    await pool.mine();
    const old = pool.chain.tip;
    const sequence = listen(pool, 'sequence', showSequence);
    const tips = listen(pool, 'hashblock', toHex);
    const blocks = listen(pool, 'rawblock', toHex);
    await pool.chain.invalidate(old.hash);
    expect(sequence).toEqual([`D ${old.hash}`, `A ${pool.mempool.sequence - 1} ${payment.txid}`]);
    // A block less is no new tip.
    expect(tips).toEqual([]);
    const branch = [];
    for (let i = 0; i < 2; i++) branch.push(await pool.miner.mineBlock(P2SH_TRUE, [], true));
    await pool.chain.reconsider(old.hash);
    expect(sequence.slice(2)).toEqual(branch.map(({ hash }) => `C ${hash}`));
    expect(tips).toEqual(branch.map(({ hash }) => hash));
    expect(blocks).toEqual(branch.map(({ bytes }) => toHex(bytes)));
  });

  it('tells of a transaction when it comes, confirms and is unwound', async () => {
    const pool = await openTestPool();
    const told = listen(pool, 'hashtx', toHex);
    const raw = listen(pool, 'rawtx', toHex);
    const tx = spend([pool.coin()]);
    await pool.accept(tx);
    await pool.mine();
    const coinbase = (await pool.chain.blocks.readBlock(pool.chain.tip)).transactions[0] as Transaction;
    await pool.chain.invalidate(pool.chain.tip.hash);
    const both = [coinbase.txid, tx.txid];
    expect(told).toEqual([tx.txid, ...both, ...both, tx.txid]);
    expect(raw[0]).toBe(toHex(tx.bytes));
    expect(raw).toHaveLength(told.length);
    expect(toDisplayHex(coinbase.txidBytes)).toBe(told[1]);
  });
});

describe('a publisher', () => {
  it('says what is missing', async () => {
    const load = () => loadZmq('no-such-package-here');
    const opened = ZmqPublisher.open({ ...NONE, pubhashtx: ['tcp://127.0.0.1:1'] }, silentLogger, load);
    await expect(opened).rejects.toThrow(/npm package zeromq, which is not installed/);
    expect(await ZmqPublisher.open(NONE, silentLogger, load)).toBeNull();
  });

  it.skipIf(zmq === null)('publishes nothing, and says so, where an address cannot be had', async () => {
    const lines: string[] = [];
    const logger = { log: (_level: string, _category: string, message: string) => void lines.push(message) };
    const options = { ...NONE, pubhashtx: [address()], pubrawtx: ['foo'] };
    expect(await ZmqPublisher.open(options, logger)).toBeNull();
    expect(lines.join()).toMatch(/Unable to publish rawtx at foo/);
  });

  it.skipIf(zmq === null)('numbers the messages of each topic and address by themselves', async () => {
    const [one, two] = [address(), address()];
    const options = {
      ...NONE,
      pubhashtx: [one, two],
      pubrawtx: [one.replace('ipc://', 'unix:')],
      pubrawtxhwm: 7,
    };
    const publisher = (await ZmqPublisher.open(options, silentLogger))!;
    const subscriber = new zmq!.Subscriber();
    onTestFinished(() => {
      subscriber.close();
      publisher.close();
    });
    expect(publisher.notifications).toEqual([
      { type: 'pubhashtx', address: one, hwm: 1000 },
      { type: 'pubhashtx', address: two, hwm: 1000 },
      { type: 'pubrawtx', address: one, hwm: 7 },
    ]);
    subscriber.receiveTimeout = 10_000;
    subscriber.connect(one);
    subscriber.subscribe('');
    // A subscription takes a moment to arrive: what is sent before is lost.
    let received: Buffer[] | undefined;
    const first = subscriber.receive().then((message) => {
      received = message;
    });
    while (received === undefined) {
      publisher.publish('hashtx', () => Uint8Array.of(1));
      await delay(5);
    }
    await first;
    publisher.publish('rawtx', () => Uint8Array.of(2));
    publisher.publish('rawtx', () => Uint8Array.of(3));
    const messages: Buffer[][] = [];
    while (messages.length < 2) {
      const message = await subscriber.receive();
      if (message[0]!.toString() === 'rawtx') messages.push(message);
    }
    expect(messages.map(([, body, number]) => [body![0], number!.readUInt32LE()])).toEqual([
      [2, 0],
      [3, 1],
    ]);
    expect(received![0]!.toString()).toBe('hashtx');
    expect(received![2]).toHaveLength(4);
  });

  it.skipIf(zmq === null)('waits for no subscriber, and keeps no more than the mark for it', async () => {
    const at = address();
    const sockets: InstanceType<Zmq['Publisher']>[] = [];
    const load = (): Zmq => ({
      ...zmq!,
      Publisher: class extends zmq!.Publisher {
        constructor(...options: ConstructorParameters<Zmq['Publisher']>) {
          super(...options);
          sockets.push(this);
        }
      },
    });
    const options = { ...NONE, pubrawtx: [at], pubrawtxhwm: 3 };
    const publisher = (await ZmqPublisher.open(options, silentLogger, load))!;
    const hanging = new zmq!.Subscriber({ receiveHighWaterMark: 1 });
    hanging.connect(at);
    hanging.subscribe('rawtx');
    // Its subscription has come when it is told something.
    let isTold = false;
    const first = hanging.receive().then(() => (isTold = true));
    while (!isTold) {
      publisher.publish('rawtx', () => Uint8Array.of(1));
      await delay(5);
    }
    await first;
    let kept = 0;
    const freed = new FinalizationRegistry(() => kept--);
    for (let i = 0; i < 200; i++) {
      const body = Buffer.alloc(1 << 20, i);
      freed.register(body.buffer, undefined);
      kept++;
      publisher.publish('rawtx', () => body);
      await delay(0);
    }
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    // The marks of both ends, what the operating system holds between them, and what is under way.
    for (const limit = performance.now() + 60_000; kept > 10 && performance.now() < limit; await delay(20))
      collect();
    expect(kept).toBeLessThanOrEqual(10);
    // One after the other: libzmq 4.3.5 aborts the process where both ends leave at the same instant.
    const left = new Promise<void>((resolve) => sockets[0]!.events.on('disconnect', () => resolve()));
    hanging.close();
    await left;
    publisher.close();
  });
});
