import { describe, expect, test } from 'vitest';
import { OrphanPool } from '../../src/mempool/orphans.ts';
import { output, transaction } from '../support/chain-builder.ts';

/** A transaction that spends output `vout` of an unknown one. */
function orphan(parent: number, { vout = 0, size = 0, lockTime = 0 } = {}) {
  const prevout = { txid: new Uint8Array(32).fill(parent), vout };
  return transaction([{ prevout }], [output(1n, new Uint8Array(size))], { lockTime });
}

const parentTxid = (parent: number) => parent.toString(16).padStart(2, '0').repeat(32) as never;

describe('orphans', () => {
  test('are found by their parents, newest first, and by who gave them', () => {
    const pool = new OrphanPool();
    const [first, second] = [orphan(1), orphan(1, { vout: 1 })];
    expect(pool.add(first, 7)).toBe(true);
    expect(pool.add(second, 8)).toBe(true);
    pool.add(first, 7);
    expect(pool.size).toBe(2);
    expect(pool.children(parentTxid(1))).toEqual([second, first]);
    expect(pool.children(parentTxid(1), 7)).toEqual([first]);
    expect(pool.children(parentTxid(2))).toEqual([]);
    expect(pool.has(first.wtxid)).toBe(true);
  });

  test('stay as long as one of those who gave them does', () => {
    const pool = new OrphanPool();
    const shared = orphan(1);
    pool.add(shared, 7);
    pool.add(shared, 8);
    pool.eraseForPeer(7);
    expect(pool.has(shared.wtxid)).toBe(true);
    pool.eraseForPeer(8);
    expect([pool.size, pool.children(parentTxid(1)).length]).toEqual([0, 0]);
    pool.add(shared, 9);
    pool.erase(shared.wtxid);
    expect(pool.size).toBe(0);
  });

  test('go when a block contains them or spends what they spend', () => {
    const pool = new OrphanPool();
    const [mined, double, other] = [orphan(1), orphan(2, { lockTime: 1 }), orphan(2, { vout: 1 })];
    for (const tx of [mined, double, other]) pool.add(tx, 7);
    pool.eraseForBlock([mined, orphan(2)]);
    expect([mined, double, other].map(({ wtxid }) => pool.has(wtxid))).toEqual([false, false, true]);
  });

  test('are bounded for each peer in number and weight: the oldest go, those of others do not', () => {
    const pool = new OrphanPool();
    const honest = orphan(1);
    pool.add(honest, 1);
    const flood = Array.from({ length: 1_550 }, (_, i) => orphan(2, { vout: i }));
    for (const tx of flood) pool.add(tx, 2);
    expect(pool.size).toBe(1_501);
    expect([pool.has(honest.wtxid), pool.has(flood[49]!.wtxid), pool.has(flood[50]!.wtxid)]).toEqual([
      true,
      false,
      true,
    ]);
    const large = Array.from({ length: 3 }, (_, i) => orphan(3, { vout: i, size: 50_000 }));
    for (const tx of large) pool.add(tx, 3);
    expect(large.map(({ wtxid }) => pool.has(wtxid))).toEqual([false, true, true]);
    expect(pool.add(orphan(4, { size: 100_000 }), 4)).toBe(false);
  });

  test('are bounded in all: the peer with the most loses some', () => {
    const pool = new OrphanPool();
    const honest = orphan(1);
    pool.add(honest, 0);
    for (let peer = 1; peer <= 60; peer++)
      for (let i = 0; i < 4; i++) pool.add(orphan(2, { vout: peer * 10 + i, size: 24_900 }), peer);
    expect(pool.has(honest.wtxid)).toBe(true);
    expect(pool.size).toBeLessThan(202);
    expect(pool.size).toBeGreaterThan(190);
  });
});
