import { describe, expect, test } from 'vitest';
import { compareBytes, toHex } from '../../src/core/encoding/bytes.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { decodeAddress } from '../../src/core/script/address.ts';
import { nobleEngine } from '../../src/core/script/noble-engine.ts';
import { satPerKvB } from '../../src/core/transaction/fee-rate.ts';
import type { Transaction } from '../../src/core/transaction/transaction.ts';
import { Mempool } from '../../src/mempool/mempool.ts';
import { Miner } from '../../src/mining/miner.ts';
import { buildTemplate, type TemplateOptions } from '../../src/mining/template.ts';
import { ThreadSearcher } from '../../src/mining/thread-searcher.ts';
import { InlineScriptVerifier } from '../../src/platform/memory/inline-script-verifier.ts';
import { fixedRandom, openMemoryChain, StillClock, silentLogger } from '../support/memory-chain.ts';
import { openTestPool, outputAt, P2WSH_TRUE, START, spend, type TestPool } from '../support/pool.ts';
import { vectors } from '../support/vectors.ts';

const template = (pool: TestPool, options: Partial<TemplateOptions> = {}) =>
  buildTemplate(pool.chain, pool.mempool, { coinbaseScript: P2WSH_TRUE, time: START, ...options });

const chosen = async (pool: TestPool, options?: Partial<TemplateOptions>) =>
  (await template(pool, options)).transactions.map(({ tx }) => tx);

describe('a template', () => {
  test('takes what pays best, with the parents that it needs', async () => {
    const pool = await openTestPool();
    const poor = spend([pool.coin()], { fee: 500n });
    const parent = spend([pool.coin()], { fee: 100n });
    const child = spend([outputAt(parent)], { fee: 9_000n });
    const rich = spend([pool.coin()], { fee: 3_000n });
    for (const tx of [poor, parent, child, rich]) await pool.accept(tx);
    expect(await chosen(pool)).toEqual([parent, child, rich, poor]);
    const { coinbaseValue, height } = await template(pool);
    expect([coinbaseValue, height]).toEqual([50n * 100_000_000n + 12_600n, 111]);
  });

  test('takes the lesser id of equals first, by the greatest of each chunk', async () => {
    const pool = await openTestPool();
    const greatest = (txs: readonly Transaction[]) =>
      txs
        .map((tx) => tx.txidBytes)
        .sort(compareBytes)
        .at(-1)!;
    const pairs = Array.from({ length: 6 }, () => {
      const parent = spend([pool.coin()], { fee: 100n });
      return [parent, spend([outputAt(parent)], { fee: 9_000n })];
    });
    for (const tx of pairs.flat()) await pool.accept(tx);
    const expected = pairs.sort((a, b) => compareBytes(greatest(a), greatest(b))).flat();
    expect((await chosen(pool)).map(({ txid }) => txid)).toEqual(expected.map(({ txid }) => txid));
  });

  test('keeps to weight, fee rate and signature operations', async () => {
    const pool = await openTestPool();
    const txs = [900n, 800n, 700n].map((fee) => spend([pool.coin()], { fee }));
    for (const tx of txs) await pool.accept(tx);
    const two = 2 * txs[0]!.weight;
    expect(await chosen(pool, { reservedWeight: 1_000, maxWeight: 1_001 + two })).toEqual(txs.slice(0, 2));
    expect(await chosen(pool, { reservedWeight: 1_000, maxWeight: 1_000 + two })).toEqual(txs.slice(0, 1));
    expect(await chosen(pool, { minimumFeeRate: satPerKvB(8_000n) })).toEqual(txs.slice(0, 2));
  });

  test('leaves out what comes after what it left out', async () => {
    const pool = await openTestPool();
    const parent = spend([pool.coin()], { fee: 40_000n, outputs: 30 });
    const child = spend([outputAt(parent)], { fee: 500n });
    await pool.accept(parent);
    await pool.accept(child);
    expect(await chosen(pool, { maxWeight: 8_000 + parent.weight })).toEqual([]);
  });

  test('claims what was paid, not what was added by prioritising', async () => {
    const pool = await openTestPool();
    const [first, second] = [spend([pool.coin()], { fee: 500n }), spend([pool.coin()], { fee: 600n })];
    for (const tx of [first, second]) await pool.accept(tx);
    pool.mempool.prioritise(first.txid, 100_000n);
    expect(await chosen(pool)).toEqual([first, second]);
    expect((await template(pool)).coinbaseValue).toBe(50n * 100_000_000n + 1_100n);
  });

  test('is dated after the median of the past, and now if that is later', async () => {
    const pool = await openTestPool();
    const minimum = pool.chain.tip.medianTimePast + 1;
    expect(await template(pool, { time: 0 })).toMatchObject({ time: minimum, minimumTime: minimum });
    expect((await template(pool, { time: minimum + 9 })).time).toBe(minimum + 9);
    // BIP94's rule in advance, at the first block of an interval: 144 blocks where nothing is adjusted.
    await pool.mine(33);
    const { height, time } = pool.chain.tip;
    expect(height).toBe(143);
    expect((await template(pool, { time: 0 })).minimumTime).toBe(time - 600);
    await pool.mine();
    expect((await template(pool, { time: 0 })).minimumTime).toBe(pool.chain.tip.medianTimePast + 1);
  });

  test('of given transactions claims no fees, and is judged as a whole', async () => {
    const pool = await openTestPool();
    const tx = spend([pool.coin()]);
    expect(await template(pool, { transactions: [tx] })).toMatchObject({ coinbaseValue: 50n * 100_000_000n });
    await expect(pool.miner.mineBlock(P2WSH_TRUE, [tx, tx], true)).rejects.toMatchObject({
      kind: 'consensus',
    });
    const hidden = await pool.miner.mineBlock(P2WSH_TRUE, [tx], false);
    expect(pool.chain.entry(hidden.hash)).toBeUndefined();
    expect(hidden.transactions[1]).toBe(tx);
  });

  test('is made anew where another block comes before it is judged', async () => {
    const pool = await openTestPool();
    const first = await pool.miner.mineBlock(P2WSH_TRUE, [], false);
    const accepted = pool.chain.acceptBlock(first);
    const second = await pool.miner.mineBlock(P2WSH_TRUE, [], true);
    expect((await accepted).ok).toBe(true);
    expect(second.header.prevHash).toEqual(first.header.hashBytes);
  });

  test('makes another block of another extra nonce', async () => {
    const pool = await openTestPool();
    await pool.accept(spend([pool.coin()]));
    const made = await template(pool);
    const headers = [0, 1, 2, 70_000].map((extraNonce) => made.header(extraNonce));
    expect(new Set(headers.map((header) => toHex(header.merkleRoot))).size).toBe(4);
    for (const extraNonce of [0, 1, 70_000])
      expect(await pool.chain.testBlock(made.block(extraNonce))).toBeNull();
  });
});

interface Regtest100 {
  readonly mocktime: number;
  readonly address: string;
  readonly blocks: readonly string[];
  readonly hashes: readonly string[];
}

test("blocks on demand are Bitcoin Core's to the last byte", async ({ skip }) => {
  const facts = vectors<Regtest100>('chain/regtest_100.json');
  if (facts === undefined) return skip();
  const clock = new StillClock(facts.mocktime);
  const chain = await openMemoryChain({ clock });
  const scriptVerifier = new InlineScriptVerifier(nobleEngine, clock);
  const dependencies = { clock, random: fixedRandom, scriptVerifier, logger: silentLogger };
  const mempool = new Mempool({}, chain, dependencies);
  const searcher = new ThreadSearcher(clock);
  const miner = new Miner({}, chain, mempool, { ...dependencies, searcher, createSearcher: () => searcher });
  const script = decodeAddress(facts.address, REGTEST);
  expect(await miner.mineBlocks(100, script)).toEqual(facts.hashes);
  for (const [i, hex] of facts.blocks.entries())
    expect(toHex(await chain.blocks.readBlockBytes(chain.entryAt(i + 1)!))).toBe(hex);
});

test('a chunk that is too heavy for signature operations is passed over', async () => {
  const pool = await openTestPool({ requireStandard: false });
  const sigOps = new Uint8Array(1_000).fill(0xac);
  const heavy: Transaction[] = Array.from({ length: 10 }, () =>
    spend([pool.coin()], {
      fee: 90_000n,
      extra: [
        { value: 1n, scriptPubKey: sigOps },
        { value: 1n, scriptPubKey: sigOps },
      ],
    }),
  );
  for (const tx of heavy) await pool.accept(tx);
  const light = spend([outputAt(heavy[0]!)], { fee: 200n });
  const other = spend([outputAt(heavy[9]!)], { fee: 100n });
  await pool.accept(light);
  await pool.accept(other);
  const made = await template(pool);
  const cost = made.transactions.reduce((sum, { sigOpCost }) => sum + sigOpCost, 0);
  expect(cost).toBeLessThan(80_000);
  expect(made.transactions.length).toBeGreaterThan(9);
  expect(await pool.chain.testBlock(made.block())).toBeNull();
});
