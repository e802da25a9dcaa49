import { describe, expect, test } from 'vitest';
import { compareBytes } from '../../src/core/encoding/bytes.ts';
import type { RemovalReason } from '../../src/mempool/results.ts';
import { openTestPool, outputAt, spend } from '../support/pool.ts';

describe('a transaction that spends what another spends', () => {
  test('takes its place and that of its descendants if it pays for both', async () => {
    const pool = await openTestPool();
    const coin = pool.coin();
    const first = spend([coin], { fee: 1_000n });
    const child = spend([outputAt(first)], { fee: 1_000n });
    await pool.accept(first);
    await pool.accept(child);
    const removals: [string, RemovalReason][] = [];
    pool.mempool.removed.subscribe(({ entry, reason }) => removals.push([entry.txid, reason]));
    const { replaced } = await pool.accept(spend([coin], { fee: 3_000n }));
    expect(replaced.map(({ txid }) => txid)).toEqual([first.txid, child.txid]);
    expect(removals).toEqual([
      [first.txid, 'replaced'],
      [child.txid, 'replaced'],
    ]);
    expect(pool.mempool.graph.size).toBe(1);
  });

  test('must pay what the others paid, and for its own way (rules 3 and 4)', async () => {
    const pool = await openTestPool();
    const coin = pool.coin();
    await pool.accept(spend([coin], { fee: 10_000n }));
    const less = spend([coin], { fee: 9_999n });
    expect(await pool.reason(less)).toBe(
      `insufficient fee, rejecting replacement ${less.txid}, less fees than conflicting txs; 0.00009999 < 0.0001`,
    );
    const same = spend([coin], { fee: 10_001n });
    expect(await pool.reason(same)).toBe(
      `insufficient fee, rejecting replacement ${same.txid}, not enough additional fees to relay; 0.00000001 < 0.0000001`,
    );
    expect(await pool.reason(spend([coin], { fee: 10_010n }))).toBe('accepted');
  });

  test('must leave miners better off', async () => {
    const pool = await openTestPool();
    const coin = pool.coin();
    await pool.accept(spend([coin], { fee: 5_000n }));
    // More in all, but at a lower rate.
    const large = spend([coin], { fee: 6_000n, outputs: 20 });
    expect(await pool.reason(large)).toBe(
      'replacement-failed, insufficient feerate: does not improve feerate diagram',
    );
    expect(await pool.reason(spend([coin], { fee: 60_000n, outputs: 20 }))).toBe('accepted');
  });

  test('must not spend from what it replaces', async () => {
    const pool = await openTestPool();
    const coin = pool.coin();
    const first = spend([coin]);
    await pool.accept(first);
    const both = spend([coin, outputAt(first)], { fee: 50_000n });
    expect(await pool.reason(both)).toBe(
      `bad-txns-spends-conflicting-tx, ${both.txid} spends conflicting transaction ${first.txid}`,
    );
    // What miners would gain is asked first.
    expect(await pool.reason(spend([coin, outputAt(first)], { fee: 3_000n, outputs: 40 }))).toMatch(
      /^replacement-failed/,
    );
  });

  test('must not be against too many at once (rule 5)', async () => {
    const pool = await openTestPool({}, { blocks: 202 });
    const coins = Array.from({ length: 101 }, () => pool.coin());
    for (const coin of coins) await pool.accept(spend([coin]));
    const all = spend(coins, { fee: 10_000_000n });
    expect(await pool.reason(all)).toBe(
      `too many potential replacements, rejecting replacement ${all.txid}; too many conflicting clusters (101 > 100)`,
    );
    expect(await pool.reason(spend(coins.slice(1), { fee: 10_000_000n }))).toBe('accepted');
    expect(pool.mempool.graph.size).toBe(2);
  });

  test('is refused where replacement is not wanted', async () => {
    const pool = await openTestPool();
    const coin = pool.coin();
    await pool.accept(spend([coin]));
    const other = spend([coin], { fee: 50_000n });
    expect(await pool.reason(other, { allowReplacement: false })).toBe('bip125-replacement-disallowed');
  });
});

describe('version 3 (BIP431)', () => {
  test('spends only from its like, and the other way round', async () => {
    const pool = await openTestPool();
    const plain = spend([pool.coin()]);
    const truc = spend([pool.coin()], { version: 3 });
    for (const tx of [plain, truc]) await pool.accept(tx);
    const named = ({ txid, wtxid }: { txid: string; wtxid: string }) => `tx ${txid} (wtxid=${wtxid})`;
    const mixed = spend([outputAt(plain)], { version: 3 });
    expect(await pool.reason(mixed)).toBe(
      `TRUC-violation, version=3 ${named(mixed)} cannot spend from non-version=3 ${named(plain)}`,
    );
    const other = spend([outputAt(truc)]);
    expect(await pool.reason(other)).toBe(
      `TRUC-violation, non-version=3 ${named(other)} cannot spend from version=3 ${named(truc)}`,
    );
    // Of several parents, that with the lowest id is named, byte by byte as they are sent.
    const parents = [plain, spend([pool.coin()]), spend([pool.coin()])];
    for (const tx of parents.slice(1)) await pool.accept(tx);
    const first = parents.toSorted((a, b) => compareBytes(a.txidBytes, b.txidBytes))[0]!;
    for (const order of [parents, parents.toReversed()]) {
      const tx = spend(
        order.map((parent) => outputAt(parent)),
        { version: 3 },
      );
      expect(await pool.reason(tx)).toMatch(`cannot spend from non-version=3 ${named(first)}`);
    }
  });

  test('is small, and smaller as a child', async () => {
    const pool = await openTestPool();
    expect(await pool.reason(spend([pool.coin()], { version: 3, outputs: 240, fee: 9_000n }))).toMatch(
      /^TRUC-violation, version=3 tx .* is too big: \d+ > 10000 virtual bytes$/,
    );
    const parent = spend([pool.coin()], { version: 3 });
    await pool.accept(parent);
    expect(await pool.reason(spend([outputAt(parent)], { version: 3, outputs: 30 }))).toMatch(
      /^TRUC-violation, version=3 child tx .* is too big: \d+ > 1000 virtual bytes$/,
    );
  });

  test('has one parent and one child, but a child may take the place of its sibling', async () => {
    const pool = await openTestPool();
    const parent = spend([pool.coin()], { version: 3, outputs: 2 });
    const child = spend([outputAt(parent, 0)], { version: 3 });
    await pool.accept(parent);
    await pool.accept(child);
    expect(await pool.reason(spend([outputAt(child)], { version: 3 }))).toMatch(
      /would have too many ancestors$/,
    );
    const poor = spend([outputAt(parent, 1)], { version: 3, fee: 1_001n });
    expect(await pool.reason(poor)).toMatch(/^insufficient fee \(including sibling eviction\), rejecting/);
    const rich = spend([outputAt(parent, 1)], { version: 3, fee: 2_000n });
    expect((await pool.accept(rich)).replaced).toEqual([child]);
  });
});
