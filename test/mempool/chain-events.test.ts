import { describe, expect, test } from 'vitest';
import type { BlockHash } from '../../src/core/block/header.ts';
import type { Transaction } from '../../src/core/transaction/transaction.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { openTestPool, outputAt, P2WSH_TRUE, spend } from '../support/pool.ts';

const ids = (txs: readonly Transaction[]) => txs.map(({ txid }) => txid).sort();

describe('a block', () => {
  test('takes along what it contains, and what it makes impossible', async () => {
    const pool = await openTestPool();
    const [coin, other] = [pool.coin(), pool.coin()];
    const mined = spend([coin]);
    const child = spend([outputAt(mined)]);
    const double = spend([other]);
    const orphaned = spend([outputAt(double)]);
    for (const tx of [mined, child, double, orphaned]) await pool.accept(tx);
    const reasons = new Map<string, string>();
    pool.mempool.removed.subscribe(({ entry, reason }) => reasons.set(entry.txid, reason));
    await pool.miner.mineBlock(mined.outputs[0]!.scriptPubKey, [mined, spend([other], { fee: 5n })], true);
    expect(reasons.get(mined.txid)).toBe('block');
    expect([reasons.get(double.txid), reasons.get(orphaned.txid)]).toEqual(['conflict', 'conflict']);
    expect([...pool.mempool.graph.entries()].map(({ tx }) => tx)).toEqual([child]);
    expect(pool.mempool.ancestors(pool.mempool.get(child.txid)!).size).toBe(0);
  });
});

test.each(Array.from({ length: 24 }, (_, i) => i))(
  'a block that comes while a transaction is judged is not missed (%i)',
  async (delay) => {
    const pool = await openTestPool();
    const coin = pool.coin();
    const mined = pool.miner.mineBlock(P2WSH_TRUE, [spend([coin], { fee: 7n })], true);
    for (let i = 0; i < 4 * delay; i++) await Promise.resolve();
    const [result] = await Promise.all([pool.mempool.accept(spend([coin])), mined]);
    expect(pool.mempool.graph.size).toBe(0);
    // Refused if the block was first, otherwise thrown out by it.
    if (!result.ok) expect(result.invalid.reason).toBe('bad-txns-inputs-missingorspent');
  },
);

test('what is declared invalid brings the transactions of its last ten blocks back, and no older ones', async () => {
  const pool = await openTestPool();
  const [old, young] = [spend([pool.coin()]), spend([pool.coin()])];
  await pool.miner.mineBlock(P2WSH_TRUE, [old], true);
  const { hash } = pool.chain.tip;
  await pool.miner.mineBlock(P2WSH_TRUE, [young], true);
  await pool.mine(9);
  const child = spend([outputAt(old)]);
  await pool.accept(child);
  await pool.chain.invalidate(hash);
  await pool.mempool.settled();
  expect(ids([...pool.mempool.graph.entries()].map(({ tx }) => tx))).toEqual(ids([young]));
});

describe('a reorganisation', () => {
  test('brings transactions back under the children that waited', async () => {
    const pool = await openTestPool();
    const parent = spend([pool.coin()]);
    await pool.accept(parent);
    await pool.mine();
    const child = spend([outputAt(parent)]);
    await pool.accept(child);
    await pool.chain.invalidate(pool.chain.tip.hash);
    expect(ids([...pool.mempool.graph.entries()].map(({ tx }) => tx))).toEqual(ids([parent, child]));
    await pool.mempool.settled();
    expect(pool.mempool.ancestors(pool.mempool.get(child.txid)!).size).toBe(1);
    await pool.mine();
    expect(pool.mempool.graph.size).toBe(0);
  });

  test('counts what comes back as come to the new tip', async () => {
    const pool = await openTestPool();
    const branch = [];
    for (let i = 0; i < 2; i++) branch.push(await pool.miner.mineBlock(P2WSH_TRUE, [], true));
    await pool.chain.invalidate(branch[0]!.hash);
    const tx = spend([pool.coin()]);
    await pool.accept(tx);
    await pool.mine();
    expect([pool.chain.height, pool.mempool.graph.size]).toEqual([111, 0]);
    await pool.chain.reconsider(branch[0]!.hash);
    await pool.mempool.settled();
    expect(pool.mempool.get(tx.txid)).toMatchObject({ height: 112 });
  });

  test('drops what is too early again', async () => {
    const pool = await openTestPool({}, { blocks: 111 });
    const first = pool.coin();
    for (let i = 0; i < 10; i++) pool.coin();
    // Mature at the tip only; and final, and unlocked, at the tip only.
    const young = spend([pool.coin()]);
    const late = spend([first], { lockTime: 111 });
    await pool.accept(young);
    await pool.accept(late);
    await pool.chain.invalidate(pool.chain.tip.hash);
    await pool.mempool.settled();
    expect(pool.mempool.graph.size).toBe(0);
  });

  test('drops dust that the block had and that pays a fee, with what spends it', async () => {
    const pool = await openTestPool();
    const dust = { value: 1n, scriptPubKey: P2WSH_TRUE };
    const [paying, free] = [1_000n, 0n].map((fee) => spend([pool.coin()], { fee, extra: [dust] }));
    await pool.miner.mineBlock(P2WSH_TRUE, [paying!, free!], true);
    await pool.accept(spend([outputAt(paying!)]));
    await pool.chain.invalidate(pool.chain.tip.hash);
    await pool.mempool.settled();
    expect([...pool.mempool.graph.entries()].map(({ tx }) => tx.txid)).toEqual([free!.txid]);
  });

  test('drops what the block had, but is not standard, with what spends it', async () => {
    const pool = await openTestPool();
    const odd = spend([pool.coin()], { version: 4 });
    await pool.miner.mineBlock(odd.outputs[0]!.scriptPubKey, [odd], true);
    await pool.accept(spend([outputAt(odd)]));
    await pool.chain.invalidate(pool.chain.tip.hash);
    await pool.mempool.settled();
    expect(pool.mempool.graph.size).toBe(0);
  });
});

describe('bounds', () => {
  test.each([
    ['as Core counts', { maxBytes: 16_000 }, 'usage', 16_000],
    ["of Node's memory", { maxMemory: 50_000 }, 'memory', 50_000],
  ] as const)(
    'the worst goes when it is full, %s, and the minimum fee rises and falls again',
    async (_, policy, count, limit) => {
      const pool = await openTestPool(policy, { blocks: 120 });
      const txs = Array.from({ length: 20 }, (_, i) =>
        spend([pool.coin()], { fee: BigInt(1_000 * (i + 1)) }),
      );
      const results: string[] = [];
      for (const tx of txs) results.push(await pool.reason(tx));
      expect(new Set(results)).toEqual(new Set(['accepted']));
      expect(pool.mempool.graph[count]).toBeLessThanOrEqual(limit);
      const left = pool.mempool.graph.size;
      expect([...pool.mempool.graph.entries()].map(({ tx }) => tx)).toEqual(txs.slice(-left));
      const minimum = pool.mempool.minimumFeeRate();
      expect(minimum).toBeGreaterThan(100n);
      expect(await pool.reason(txs[0]!)).toMatch(/^mempool min fee not met, 1000 < \d+$/);
      await pool.mine();
      pool.clock.time += 12 * 3_600_000;
      expect(pool.mempool.minimumFeeRate()).toBeLessThan(minimum / 2n);
    },
  );

  test('what pays less than those that were to go next goes before them', async () => {
    const pool = await openTestPool({ maxBytes: 50_000 }, { blocks: 160 });
    const pay = (fee: number) => spend([pool.coin()], { fee: BigInt(fee) });
    const next = pay(12_000);
    for (const tx of [pay(10_000), next]) await pool.accept(tx);
    // The first goes, and a look at the order says which would be the next ones.
    for (let fee = 14_000; pool.mempool.minimumFeeRate() === 100n; fee += 2_000) await pool.accept(pay(fee));
    expect(await pool.reason(pay(11_000))).toBe('mempool full');
    expect(pool.mempool.has(next.txid)).toBe(true);
  });

  test('a transaction that would have to go at once is not taken', async () => {
    const pool = await openTestPool({ maxBytes: 500 });
    const result = await pool.mempool.accept(spend([pool.coin()]));
    expect(result).toMatchObject({ ok: false, reconsiderable: true, invalid: { reason: 'mempool full' } });
  });

  test('what nobody mines expires, with its children', async () => {
    const pool = await openTestPool();
    const parent = spend([pool.coin()]);
    await pool.accept(parent);
    pool.clock.time += 335 * 3_600_000;
    await pool.accept(spend([outputAt(parent)]));
    expect(pool.mempool.graph.size).toBe(2);
    // Looked for with each that comes, to the second.
    pool.clock.time += 3_600_000;
    await pool.accept(spend([pool.coin()]));
    expect(pool.mempool.graph.size).toBe(3);
    pool.clock.time += 1_000;
    const other = spend([pool.coin()]);
    await pool.accept(other);
    expect(pool.mempool.graph.size).toBe(2);
    expect(pool.mempool.has(other.txid)).toBe(true);
  });
});

describe('prioritising', () => {
  test('changes what a transaction is judged by, not what it pays', async () => {
    const pool = await openTestPool();
    const free = spend([pool.coin()], { fee: 0n });
    pool.mempool.prioritise(free.txid, 5_000n);
    const { entry } = await pool.accept(free);
    expect([entry.fee, entry.modifiedFee]).toEqual([0n, 5_000n]);
    pool.mempool.prioritise(free.txid, -1_000n);
    expect([entry.modifiedFee, pool.mempool.chunk(entry).fee]).toEqual([4_000n, 4_000n]);
    expect([...pool.mempool.feeDeltas]).toEqual([[free.txid, 4_000n]]);
    pool.mempool.prioritise(free.txid, -4_000n);
    expect(pool.mempool.feeDeltas.size).toBe(0);
  });
});

describe('a restart', () => {
  test('keeps transactions, times, priorities and what was not broadcast', async () => {
    const pool = await openTestPool();
    const storage = new MemoryStorage();
    const txs = [spend([pool.coin()]), spend([pool.coin()], { fee: 7_000n })];
    for (const tx of txs) await pool.accept(tx);
    const elsewhere = spend([pool.coin()]);
    pool.mempool.prioritise(txs[0]!.txid, 250n);
    pool.mempool.prioritise(elsewhere.txid, 99n);
    pool.mempool.unbroadcast.add(txs[1]!.txid);
    await pool.mempool.save(storage);
    const before = [...pool.mempool.graph.entries()].map(({ txid, time, modifiedFee }) => ({
      txid,
      time,
      modifiedFee,
    }));

    pool.clock.time += 3_600_000;
    const next = await openTestPool();
    next.clock.time = pool.clock.time;
    expect(next.mempool.loaded).toBe(false);
    await next.mempool.load(storage);
    expect(next.mempool.loaded).toBe(true);
    const after = [...next.mempool.graph.entries()].map(({ txid, time, modifiedFee }) => ({
      txid,
      time,
      modifiedFee,
    }));
    expect(after).toEqual(expect.arrayContaining(before));
    expect(after).toHaveLength(2);
    expect(next.mempool.feeDeltas.get(elsewhere.txid)).toBe(99n);
    expect([...next.mempool.unbroadcast]).toEqual([txs[1]!.txid]);
  });

  test("can be another node's: what it says beside transactions counts where that is wanted", async () => {
    const pool = await openTestPool();
    const storage = new MemoryStorage();
    const tx = spend([pool.coin()]);
    await pool.accept(tx);
    const elsewhere = spend([pool.coin()]);
    pool.mempool.prioritise(tx.txid, 250n);
    pool.mempool.prioritise(elsewhere.txid, 99n);
    pool.mempool.unbroadcast.add(tx.txid);
    await pool.mempool.save(storage);
    const stored = (await storage.readBlob('mempool.dat'))!;

    const other = await openTestPool();
    other.clock.time = pool.clock.time + 3_600_000;
    const entry = () => other.mempool.get(tx.txid)!;
    await other.mempool.import(stored, { keepsTime: false, feeDeltas: false, unbroadcast: false });
    expect(entry().time).toBe(other.clock.time / 1000);
    expect([other.mempool.feeDeltas.size, other.mempool.unbroadcast.size]).toEqual([0, 0]);
    other.mempool.prioritise(elsewhere.txid, 1n);
    await other.mempool.import(stored, { keepsTime: true, feeDeltas: true, unbroadcast: true });
    expect(entry().modifiedFee - entry().fee).toBe(250n);
    expect(other.mempool.feeDeltas.get(elsewhere.txid)).toBe(100n);
    expect([...other.mempool.unbroadcast]).toEqual([tx.txid]);
  });

  test("reads Core's older form, and starts empty if it cannot read", async () => {
    const pool = await openTestPool();
    const tx = spend([pool.coin()]);
    const words = (...values: bigint[]) => new Uint8Array(BigInt64Array.from(values).buffer);
    const time = BigInt(Math.floor(pool.clock.time / 1000));
    const storage = new MemoryStorage();
    const plain = [words(1n, 1n), tx.bytes, words(time, 0n), new Uint8Array(2)];
    await storage.writeBlob('mempool.dat', Uint8Array.from(plain.flatMap((part) => [...part])));
    await pool.mempool.load(storage);
    expect(pool.mempool.has(tx.txid)).toBe(true);
    await storage.writeBlob('mempool.dat', words(3n));
    await pool.mempool.load(storage);
    await storage.writeBlob('mempool.dat', words(1n, 1n << 40n));
    await pool.mempool.load(storage);
    expect(pool.mempool.graph.size).toBe(1);
  });
});

test('a reorganisation keeps no more connected transactions than the limits allow', async () => {
  const pool = await openTestPool({ limitClusterCount: 10 });
  const chained = [spend([pool.coin()])];
  while (chained.length < 50) chained.push(spend([outputAt(chained.at(-1)!)]));
  // The parents come back after their children.
  await pool.miner.mineBlock(P2WSH_TRUE, chained.slice(0, 30), true);
  const first = pool.chain.tip.hash;
  await pool.miner.mineBlock(P2WSH_TRUE, chained.slice(30), true);
  await pool.chain.invalidate(first);
  await pool.mempool.settled();
  expect(ids([...pool.mempool.graph.entries()].map(({ tx }) => tx))).toEqual(ids(chained.slice(0, 10)));
});

test('of more than twenty megabytes that come back, the newest do not', async () => {
  const pool = await openTestPool({}, { blocks: 320 });
  const scriptPubKey = Uint8Array.of(0x6a, 0x4e, 0xb8, 0x82, 1, 0, ...new Uint8Array(99_000));
  const txs = Array.from({ length: 205 }, () =>
    spend([pool.coin()], { fee: 100_000n, extra: [{ value: 0n, scriptPubKey }] }),
  );
  const better: BlockHash[] = [];
  for (let i = 0; i < 24; i++) better.push((await pool.miner.mineBlock(P2WSH_TRUE, [], true)).hash);
  await pool.chain.invalidate(better[0]!);
  for (let at = 0; at < txs.length; at += 9)
    await pool.miner.mineBlock(P2WSH_TRUE, txs.slice(at, at + 9), true);
  await pool.chain.reconsider(better[0]!);
  await pool.mempool.settled();
  const kept = txs.filter(({ txid }) => pool.mempool.has(txid));
  expect(kept.length).toBe(201);
  expect(ids(kept)).toEqual(ids(txs.slice(0, kept.length)));
});
