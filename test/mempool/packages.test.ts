import { describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/core/transaction/transaction.ts';
import type { PackageResult } from '../../src/mempool/results.ts';
import { openTestPool, outputAt, P2WSH_TRUE, spend } from '../support/pool.ts';

const told = ({ invalid, results }: PackageResult, txs: readonly Transaction[]) => [
  invalid?.message ?? 'accepted',
  ...txs.map((tx) => {
    const result = results.get(tx.wtxid);
    return result === undefined ? 'not reached' : result.ok ? 'accepted' : result.invalid.message;
  }),
];

describe('a package', () => {
  test('comes in if the child pays for a parent that cannot itself', async () => {
    const pool = await openTestPool();
    const parent = spend([pool.coin()], { fee: 0n });
    const child = spend([outputAt(parent)], { fee: 1_000n });
    expect(await pool.reason(parent)).toBe('min relay fee not met, 0 < 10');
    const result = await pool.mempool.acceptPackage([parent, child]);
    expect(told(result, [parent, child])).toEqual(['accepted', 'accepted', 'accepted']);
    const size = BigInt(parent.virtualSize + child.virtualSize);
    for (const tx of [parent, child])
      expect(result.results.get(tx.wtxid)).toMatchObject({
        effectiveFeeRate: 1_000_000n / size,
        effectiveIncludes: [parent.wtxid, child.wtxid],
      });
    expect(pool.mempool.graph.size).toBe(2);
  });

  test('is refused if all together pay too little', async () => {
    const pool = await openTestPool();
    const parent = spend([pool.coin()], { fee: 0n });
    const child = spend([outputAt(parent)], { fee: 15n });
    const result = await pool.mempool.acceptPackage([parent, child]);
    expect(told(result, [parent, child])).toEqual([
      'transaction failed',
      'min relay fee not met, 0 < 10',
      'min relay fee not met, 15 < 20',
    ]);
    expect(pool.mempool.graph.size).toBe(0);
  });

  test('keeps what can pay for itself, and knows what is there', async () => {
    const pool = await openTestPool();
    const known = spend([pool.coin()]);
    await pool.accept(known);
    const parent = spend([pool.coin()]);
    const child = spend([outputAt(known), outputAt(parent)], { input: { witness: [] } });
    const result = await pool.mempool.acceptPackage([known, parent, child]);
    expect(told(result, [known, parent, child]).slice(0, 3)).toEqual([
      'transaction failed',
      'accepted',
      'accepted',
    ]);
    expect(result.results.get(known.wtxid)).toMatchObject({ ok: true, known: { txid: known.txid } });
    expect([pool.mempool.has(parent.txid), pool.mempool.has(child.txid)]).toEqual([true, false]);
  });

  test('has a form', async () => {
    const pool = await openTestPool();
    const parent = spend([pool.coin()], { outputs: 30 });
    const child = spend([outputAt(parent)]);
    const judge = async (...txs: Transaction[]) =>
      (await pool.mempool.acceptPackage(txs, { testOnly: true })).invalid?.reason;
    const children = Array.from({ length: 25 }, (_, i) => spend([outputAt(parent, i)]));
    expect(await judge(parent, ...children)).toBe('package-too-many-transactions');
    expect(await judge(parent, parent)).toBe('package-contains-duplicates');
    expect(await judge(child, parent)).toBe('package-not-sorted');
    expect(await judge(parent, child, spend([outputAt(parent)], { fee: 1n }))).toBe('conflict-in-package');
    expect(await judge(parent, child)).toBeUndefined();
    const unrelated = await pool.mempool.acceptPackage([parent, spend([pool.coin()])]);
    expect(unrelated.invalid?.reason).toBe('package-not-child-with-parents');
    expect(pool.mempool.graph.size).toBe(0);
  });

  test('may replace another family of two', async () => {
    const pool = await openTestPool();
    const coin = pool.coin();
    await pool.accept(spend([coin], { fee: 500n }));
    const parent = spend([coin], { fee: 0n });
    const poor = spend([outputAt(parent)], { fee: 510n });
    expect((await pool.mempool.acceptPackage([parent, poor])).invalid?.message).toMatch(
      /^package RBF failed: insufficient anti-DoS fees, rejecting replacement .*, not enough additional fees/,
    );
    const rich = spend([outputAt(parent)], { fee: 5_000n });
    const result = await pool.mempool.acceptPackage([parent, rich]);
    expect(told(result, [parent, rich])).toEqual(['accepted', 'accepted', 'accepted']);
    expect(pool.mempool.graph.size).toBe(2);
  });

  test('may hold dust that its child spends (ephemeral dust)', async () => {
    const pool = await openTestPool();
    const extra = [{ value: 1n, scriptPubKey: P2WSH_TRUE }];
    expect(await pool.reason(spend([pool.coin()], { extra }))).toBe(
      'dust, tx with dust output must be 0-fee',
    );
    const parent = spend([pool.coin()], { fee: 0n, extra });
    const keeping = spend([outputAt(parent)], { fee: 5_000n });
    const refused = await pool.mempool.acceptPackage([parent, keeping]);
    expect(refused.invalid?.reason).toBe('unspent-dust');
    expect(told(refused, [keeping])[1]).toBe(
      `missing-ephemeral-spends, tx ${keeping.txid} (wtxid=${keeping.wtxid}) did not spend parent's ephemeral dust`,
    );
    const sweeping = spend([outputAt(parent), outputAt(parent, 1)], { fee: 5_000n });
    expect((await pool.mempool.acceptPackage([parent, sweeping])).invalid).toBeNull();
  });

  test('of version 3 is a family of two', async () => {
    const pool = await openTestPool();
    const parent = spend([pool.coin()], { version: 3, fee: 0n, outputs: 2 });
    const other = spend([pool.coin()], { version: 3, fee: 0n });
    const child = spend([outputAt(parent), outputAt(other)], { version: 3, fee: 9_000n });
    const result = await pool.mempool.acceptPackage([parent, other, child]);
    expect(result.invalid?.message).toMatch(/^TRUC-violation, tx .* would have too many ancestors$/);
  });
});
