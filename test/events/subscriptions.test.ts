/** What subscribers are told, in which order, from where on, and what it may cost. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { type SubscribeOptions, subscribe } from '../../src/client/events.ts';
import { toHex } from '../../src/core/encoding/bytes.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { decodeAddress } from '../../src/core/script/address.ts';
import type { Transaction } from '../../src/core/transaction/transaction.ts';
import type { SubscriptionEvent, Topic } from '../../src/events/event-types.ts';
import type { Subscriptions } from '../../src/events/subscriptions.ts';
import type { SpendableCoin } from '../support/chain-builder.ts';
import { MemoryWire } from '../support/memory-socket.ts';
import { outputAt, P2SH_TRUE, P2WSH_TRUE, spend } from '../support/pool.ts';

let memory: MemoryNode;
const coins: SpendableCoin[] = [];
const wire = new MemoryWire();
const readers: Reader[] = [];

beforeAll(async () => {
  memory = await MemoryNode.open({ ...REGTEST, coinbaseMaturity: 2 }, time);
  wire.node = memory.node;
  memory.node.chain.connected.subscribe(({ block: { transactions } }) =>
    coins.push(outputAt(transactions[0]!)),
  );
  await mine(12);
});
afterAll(() => memory.stop());
afterEach(async () => {
  for (const reader of readers.splice(0)) await reader.end();
});

let time = 1_893_456_000;
const mine = (count = 1): Promise<unknown> => {
  time += 600;
  memory.node.clock.setMockTime(time);
  return memory.node.miner.mineBlocks(count, P2WSH_TRUE);
};

async function pay(coin = coins.shift()!, options = {}): Promise<Transaction> {
  const tx = spend([coin], options);
  expect(await memory.node.mempool.accept(tx)).toMatchObject({ ok: true });
  return tx;
}

class Reader {
  readonly events: SubscriptionEvent[] = [];
  readonly #end = new AbortController();
  readonly #done: Promise<void>;

  constructor(options: Partial<SubscribeOptions>, on = wire) {
    const source = { url: 'http://node/', cookie: () => '', retryDelay: 1, WebSocket: on.WebSocket };
    const wanted = { topics: ['chain'] as Topic[], ...options, signal: this.#end.signal };
    this.#done = (async () => {
      for await (const event of subscribe(source, wanted)) this.events.push(event as SubscriptionEvent);
    })();
    this.#done.catch(() => undefined);
    readers.push(this);
  }

  /** What was told, when so much was. */
  async told(count: number): Promise<readonly SubscriptionEvent[]> {
    const late = performance.now() + 60_000;
    while (this.events.length < count && performance.now() < late)
      await Promise.race([new Promise((resolve) => setImmediate(resolve)), this.#done]);
    expect(this.events.length).toBe(count);
    return this.events;
  }

  /** Nothing more comes. */
  async quiet(count: number): Promise<readonly SubscriptionEvent[]> {
    await this.told(count);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    return this.told(count);
  }

  refusal(): Promise<unknown> {
    return this.#done.catch((error: unknown) => error);
  }

  async end(): Promise<void> {
    this.#end.abort();
    await this.#done.catch(() => undefined);
  }
}

const block = (height: number): string => memory.node.chain.entryAt(height)!.hash;
const tipHash = (): string => memory.node.chain.tip.hash;

test('a block comes after what it confirms came, and before that leaves', async () => {
  const reader = new Reader({ topics: ['mempool', 'chain'] });
  await reader.told(1);
  const tx = await pay();
  const rival = spend([outputAt(tx)], { fee: 5_000n });
  await memory.node.mempool.accept(rival);
  await mine();
  const events = await reader.quiet(6);
  expect(events.map(({ type }) => type)).toEqual([
    'snapshot',
    'added',
    'added',
    'connected',
    'removed',
    'removed',
  ]);
  expect(events[1]).toMatchObject({ txid: tx.txid, vsize: tx.virtualSize, fee: 0.00001 });
  expect(events[3]).toMatchObject({
    topic: 'chain',
    block: { hash: tipHash(), previousblockhash: expect.any(String) },
  });
  expect(events[4]).toMatchObject({ txid: tx.txid, reason: 'block' });
  expect(events.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6]);
  const sequences = events.flatMap((event) => ('sequence' in event ? [event.sequence] : []));
  expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
});

test('the indexes take a block in after those had their turn who tell of it', async () => {
  const { chain, clock, indexes } = memory.node;
  const { follower } = indexes.transactions!;
  await follower.synchronize();
  const heights: number[] = [];
  const unsubscribe = chain.connected.subscribe(async () => {
    await clock.yield();
    heights.push(follower.height);
  });
  await mine();
  unsubscribe();
  await follower.synchronize();
  expect([...heights, follower.height]).toEqual([chain.height - 1, chain.height]);
});

test('what a block takes out of the mempool comes in one event where that is asked', async () => {
  const reader = new Reader({ topics: ['chain', 'mempool'], batch: true });
  const filtered = new Reader({ topics: ['mempool'], batch: true, scripts: ['51'] });
  await reader.told(1);
  const txids = [(await pay()).txid, (await pay()).txid];
  await mine();
  const told = await reader.quiet(5);
  expect(told.slice(1).map(({ type }) => type)).toEqual(['added', 'added', 'connected', 'confirmed']);
  const { sequence } = memory.node.mempool;
  expect(told[4]).toMatchObject({ txids: expect.arrayContaining(txids), sequence: sequence - 1 });
  expect((await filtered.quiet(1)).map(({ type }) => type)).toEqual(['snapshot']);
});

test('a reorganisation is told block by block, and what comes back with it', async () => {
  const tx = await pay();
  await mine();
  const old = memory.node.chain.tip;
  const reader = new Reader({ topics: ['chain', 'mempool'] });
  await reader.told(1);
  await memory.node.chain.invalidate(old.hash);
  await memory.node.mempool.settled();
  const events = await reader.quiet(3);
  expect(events.slice(1)).toMatchObject([
    { type: 'disconnected', block: { hash: old.hash, previousblockhash: old.parent!.hash } },
    { type: 'added', txid: tx.txid },
  ]);
  // From a block on another branch.
  await mine(2);
  const later = new Reader({ from: { block: old.hash } });
  expect((await later.quiet(3)).map((event) => 'block' in event && [event.type, event.block.hash])).toEqual([
    ['disconnected', old.hash],
    ['connected', block(old.height)],
    ['connected', block(old.height + 1)],
  ]);
});

test('what is not known, or is no position, is refused by name', async () => {
  const unknown = 'ab'.repeat(32);
  expect(await new Reader({ from: { block: unknown } }).refusal()).toMatchObject({
    code: -5,
    message: 'Block not found',
  });
  const found = new Reader({ from: { block: [unknown, block(3)] } });
  expect((await found.told(memory.node.chain.height - 3))[0]).toMatchObject({ block: { height: 4 } });
  expect(await new Reader({ topics: ['wallet:none'] }).refusal()).toMatchObject({ code: -18 });
  expect(await new Reader({ topics: [] }).refusal()).toMatchObject({ code: -8 });
  expect(await new Reader({ topics: ['blocks' as 'chain'] }).refusal()).toMatchObject({ code: -8 });
  expect(await new Reader({ detail: 'all' as 'hex' }).refusal()).toMatchObject({ code: -8 });
  expect(await new Reader({ from: { mempool: -1 } }).refusal()).toMatchObject({ code: -1 });
  expect(await new Reader({ addresses: ['nowhere'] }).refusal()).toMatchObject({ code: -5 });
  const many = {
    desc: `wpkh(${'tpubD6NzVbkrYhZ4WaWSyoBvQwbpLkojyoTZPRsgXELWz3Popb3qkjcJyJUGLnL4qHHoQvao8ESaAstxYSnhyswJ76uZPStJRJCTKvosUCJZL5B'}/*)`,
    range: [0, 10_000] as const,
  };
  expect(await new Reader({ descriptors: [many] }).refusal()).toMatchObject({ code: -8 });
  expect(await new Reader({ scripts: Array.from({ length: 10_001 }, () => '51') }).refusal()).toMatchObject({
    code: -8,
  });
});

test('a connection that was lost goes on with the changes that were missed', async () => {
  const reader = new Reader({ topics: ['mempool'] });
  await reader.told(1);
  const before = memory.node.mempool.sequence - 1;
  wire.node = undefined;
  wire.cut();
  const tx = await pay();
  wire.node = memory.node;
  expect((await reader.quiet(2))[1]).toMatchObject({ type: 'added', txid: tx.txid, sequence: before + 1 });
});

test('a reader whose first block was reorganised away goes on below it', async () => {
  await mine();
  const reader = new Reader({});
  await reader.quiet(0);
  await memory.node.chain.invalidate(memory.node.chain.tip.hash);
  await reader.quiet(1);
  wire.cut();
  await mine();
  expect((await reader.quiet(2)).map(({ type }) => type)).toEqual(['disconnected', 'connected']);
});

test('changes of another run, or of long ago, begin anew', async () => {
  const { sequence } = memory.node.mempool;
  for (const from of [{ boot: '00', mempool: sequence - 1 }, { mempool: sequence - 1 }]) {
    const reader = new Reader({ topics: ['mempool'], from });
    expect((await reader.quiet(1))[0]).toMatchObject({ type: 'snapshot', sequence: sequence - 1 });
  }
  const boot = (memory.node.subscriptions as Subscriptions).boot;
  const known = new Reader({ topics: ['mempool'], from: { boot, mempool: sequence - 1 } });
  await known.quiet(0);
  const future = new Reader({ topics: ['mempool'], from: { boot, mempool: sequence } });
  expect((await future.quiet(1))[0]).toMatchObject({ type: 'snapshot' });
});

test('details tell as much as they say', async () => {
  await mine();
  const tx = await pay();
  const at = tipHash();
  await mine();
  const bytes = toHex(tx.bytes);
  const told = async (detail: 'headers' | 'txids' | 'hex' | 'decoded') =>
    (await new Reader({ from: { block: at }, detail }).quiet(1))[0];
  const { block: header } = (await told('headers')) as { block: { header: string } };
  expect(header.header).toBe(toHex(memory.node.chain.tip.headerBytes));
  expect(await told('headers')).not.toHaveProperty('txids');
  expect(await told('txids')).toMatchObject({ txids: [expect.any(String), tx.txid] });
  expect(await told('hex')).toMatchObject({ block: header, transactions: [expect.any(String), bytes] });
  expect(await told('decoded')).toMatchObject({
    transactions: [{ vin: [{ coinbase: expect.any(String) }] }, { txid: tx.txid, hex: bytes, fee: 0.00001 }],
  });
  const waiting = new Reader({ topics: ['mempool'], detail: 'hex' });
  await waiting.told(1);
  const next = await pay();
  expect((await waiting.told(2))[1]).toMatchObject({ txid: next.txid, hex: toHex(next.bytes) });
});

test('a filter lets through what pays to its scripts and spends from them', async () => {
  await mine();
  const to = { value: 10_000n, scriptPubKey: P2SH_TRUE };
  const scripts = [toHex(P2SH_TRUE)];
  const reader = new Reader({ topics: ['chain', 'mempool'], scripts });
  await reader.told(1);
  await pay();
  const paying = await pay(undefined, { extra: [to] });
  await reader.quiet(2);
  const spending = spend([outputAt(paying, 1)], {
    fee: 500n,
    input: { scriptSig: new Uint8Array([1, 0x51]), witness: [] },
  });
  expect(await memory.node.mempool.accept(spending)).toMatchObject({ ok: true });
  await reader.quiet(3);
  const snapshot = (await new Reader({ topics: ['mempool'], scripts }).quiet(1))[0] as unknown as {
    txids: string[];
  };
  expect(snapshot.txids.sort()).toEqual([paying.txid, spending.txid].sort());
  const at = tipHash();
  await mine();
  const events = await reader.quiet(6);
  expect(events.slice(1, 3)).toMatchObject([
    { type: 'added', txid: paying.txid },
    { type: 'added', txid: spending.txid },
  ]);
  expect(events[3]).toMatchObject({ type: 'connected', txids: [paying.txid, spending.txid] });
  expect(events.slice(4)).toMatchObject([{ type: 'removed' }, { type: 'removed' }]);
  const replay = new Reader({ from: { block: at }, descriptors: [`raw(${scripts[0]})`], detail: 'hex' });
  expect((await replay.quiet(1))[0]).toMatchObject({
    transactions: [toHex(paying.bytes), toHex(spending.bytes)],
  });
});

test('a slow reader holds little, and misses nothing', async () => {
  const slow = new MemoryWire();
  slow.node = memory.node;
  slow.capacity = 3_000;
  slow.delay = 2;
  const start = memory.node.chain.height;
  const reader = new Reader({ topics: ['chain', 'mempool'], from: { block: block(start) } }, slow);
  await reader.told(1);
  await mine(60);
  const events = await reader.told(61);
  expect(events.slice(1).map((event) => 'block' in event && event.block.height)).toEqual(
    Array.from({ length: 60 }, (_, i) => start + 1 + i),
  );
  // One event may come on top.
  expect(slow.mostUnsent).toBeLessThan(slow.capacity + 1_000);
});

test("a wallet's transactions are told as they change, and again from any of its numbers", async () => {
  const { wallets, chain, mempool } = memory.node;
  const wallet = await wallets.create('w');
  const reader = new Reader({ topics: ['wallet:w', 'chain'] });
  await reader.quiet(0);
  const { parameters } = chain;
  const scriptPubKey = decodeAddress(wallet.newAddress(), parameters);
  const tx = await pay(undefined, { extra: [{ value: 50_000n, scriptPubKey }] });
  const first = (await reader.quiet(1))[0] as { sequence: number };
  expect(first).toMatchObject({
    topic: 'wallet:w',
    type: 'transaction',
    txid: tx.txid,
    amount: 0.0005,
    confirmations: 0,
  });
  await mine();
  const events = await reader.quiet(3);
  expect(events).toContainEqual(
    expect.objectContaining({ txid: tx.txid, confirmations: 1, blockhash: tipHash() }),
  );
  const { sequence } =
    events.at(-1)!.topic === 'chain' ? (events[1] as typeof first) : (events[2] as typeof first);
  expect(sequence).toBeGreaterThan(first.sequence);
  await wallets.unload('w');
  await wallets.load('w');
  const last = async (known: number): Promise<number> =>
    (await new Reader({ topics: ['wallet:w'], from: { 'wallet:w': known } }).quiet(1)).length;
  expect(await last(0)).toBe(1);
  expect(await last(first.sequence)).toBe(1);
  await new Reader({ topics: ['wallet:w'], from: { 'wallet:w': sequence } }).quiet(0);
  // Of a wallet of this name that was there later than this one was written: all is told.
  expect(await last(sequence + 10 ** 12)).toBe(1);
  // The one who stayed hears of what comes next.
  const next = await pay(undefined, { extra: [{ value: 60_000n, scriptPubKey }] });
  expect((await reader.quiet(4)).at(-1)).toMatchObject({ txid: next.txid, amount: 0.0006 });
  await mempool.settled();
});

test('blocks that are not on the disk any more are refused by name, at once or when it comes to them', async () => {
  await mine(3);
  const { chain } = memory.node;
  const missing = chain.entryAt(chain.height - 1)!;
  const { data } = missing;
  const from = { block: missing.parent!.hash };
  try {
    // As pruning does.
    missing.data = null;
    const refusal = { code: -1, message: expect.stringMatching(/^Block not available/) };
    expect(await new Reader({ from }).refusal()).toMatchObject(refusal);
    expect((await new Reader({ from, detail: 'headers' }).quiet(2)).length).toBe(2);
    const later = new Reader({ from: { block: missing.parent!.parent!.hash } });
    expect(await later.refusal()).toMatchObject(refusal);
    expect(later.events).toMatchObject([{ type: 'connected', block: { hash: from.block } }]);
  } finally {
    missing.data = data;
  }
});
