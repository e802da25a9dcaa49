import { describe, expect, test } from 'vitest';
import { Reader } from '../../src/core/encoding/reader.ts';
import { Writer } from '../../src/core/encoding/writer.ts';
import { FeeEstimator } from '../../src/mempool/fee-estimator.ts';
import { bucketOf, FeeStatistics } from '../../src/mempool/fee-statistics.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import type { SpendableCoin } from '../support/chain-builder.ts';
import { silentLogger } from '../support/memory-chain.ts';
import { openTestPool, outputAt, spend } from '../support/pool.ts';

const HORIZON = { scale: 2, periods: 4, decay: 0.99, sufficient: 0.1 };

/** Every block brings transactions of two fee rates: the high one is mined at once, the low one after 5 blocks. */
function twoRates(statistics: FeeStatistics, blocks: number): number {
  for (let height = 1; height <= blocks; height++) {
    statistics.blockConnected(height);
    for (let i = 0; i < 5; i++) statistics.transactionConfirmed(1, 20_000);
    for (let i = 0; i < 5; i++) statistics.transactionConfirmed(5, 1_000);
  }
  return blocks;
}

describe('statistics', () => {
  test('tell which rate is enough for which target', () => {
    const statistics = new FeeStatistics(HORIZON);
    expect(statistics.medianFeeRate(2, 0.85, 0)).toBe(-1);
    const height = twoRates(statistics, 200);
    expect(statistics.medianFeeRate(2, 0.85, height)).toBeCloseTo(20_000);
    expect(statistics.medianFeeRate(6, 0.85, height)).toBeCloseTo(1_000);
  });

  test('count what waits against a rate, and what left unconfirmed', () => {
    const waiting = new FeeStatistics(HORIZON);
    const height = twoRates(waiting, 200);
    for (let i = 0; i < 100; i++) waiting.transactionAdded(height - 7, bucketOf(1_000));
    expect(waiting.medianFeeRate(6, 0.85, height)).toBeCloseTo(20_000);
    for (let i = 0; i < 100; i++) waiting.transactionRemoved(height - 7, height, bucketOf(1_000), true);
    expect(waiting.medianFeeRate(6, 0.85, height)).toBeCloseTo(1_000);
    const failed = new FeeStatistics(HORIZON);
    twoRates(failed, 200);
    for (let i = 0; i < 100; i++) failed.transactionRemoved(height - 7, height, bucketOf(1_000), false);
    expect(failed.medianFeeRate(6, 0.85, height)).toBeCloseTo(20_000);
  });

  test('survive being written', () => {
    const before = new FeeStatistics(HORIZON);
    const height = twoRates(before, 200);
    const writer = new Writer();
    before.write(writer);
    const after = new FeeStatistics(HORIZON);
    after.read(new Reader(writer.finish()));
    for (const target of [2, 6])
      expect(after.medianFeeRate(target, 0.85, height)).toBe(before.medianFeeRate(target, 0.85, height));
  });
});

async function openEstimator(storage = new MemoryStorage()) {
  const pool = await openTestPool();
  const open = () => FeeEstimator.open(pool.chain, pool.mempool, { storage, logger: silentLogger });
  return { pool, storage, open, estimator: await open() };
}

describe('the estimator', () => {
  test('says so when it has seen nothing', async () => {
    const { estimator } = await openEstimator();
    for (const target of [1, 6, 1008])
      expect(estimator.estimate(target, false)).toEqual({
        feeRate: null,
        blocks: 0,
        errors: ['Insufficient data or no feerate found'],
      });
  });

  test('learns from what is confirmed, and keeps it over a restart', async () => {
    const { pool, open, estimator } = await openEstimator();
    const fan = spend([pool.coin()], { outputs: 204, fee: 50_000n });
    await pool.accept(fan);
    await pool.mine();
    const coins: SpendableCoin[] = fan.outputs.map((_, vout) => outputAt(fan, vout));
    for (let block = 0; block < 40; block++) {
      for (let i = 0; i < 5; i++) await pool.accept(spend([coins.pop()!], { fee: 969n }));
      await pool.mine();
    }
    const estimate = estimator.estimate(4, false);
    expect(estimate).toMatchObject({ blocks: 4, errors: [] });
    // 969,000 / 96 is 10,093.75: each is counted in whole satoshis.
    expect(estimate.feeRate).toBe(10_093n);
    // Taken back to this, whatever is learned then.
    await pool.accept(spend([coins.pop()!], { fee: 969n }));
    const remembered = estimator.remember();
    for (let block = 0; block < 3; block++) {
      await pool.accept(spend([coins.pop()!], { fee: 9_690n }));
      await pool.mine();
    }
    expect(estimator.remember()).not.toEqual(remembered);
    estimator.rewind(remembered);
    expect(estimator.remember()).toEqual(remembered);
    expect(estimator.estimate(4, false)).toEqual(estimate);
    await estimator.save();
    const again = await open();
    expect(again.estimate(4, false)).toEqual(estimate);
  });

  test('never answers with less than the mempool takes', async () => {
    const { pool, estimator } = await openEstimator();
    Object.assign(pool.mempool.policy, { minimumRelayFeeRate: 77_000n });
    expect(estimator.estimate(4, true).feeRate).toBeNull();
  });

  test('starts anew where its file cannot be read', async () => {
    const storage = new MemoryStorage();
    await storage.writeBlob('fee_estimates.dat', new Uint8Array(100));
    const { estimator } = await openEstimator(storage);
    expect(estimator.estimate(6, false).feeRate).toBeNull();
  });
});
