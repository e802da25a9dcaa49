import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Transaction } from '../../src/core/transaction/transaction.ts';
import { sortChunks } from '../../src/mempool/cluster.ts';
import type { Mempool } from '../../src/mempool/mempool.ts';
import { buildTemplate } from '../../src/mining/template.ts';
import type { SpendableCoin } from '../support/chain-builder.ts';
import { openTestPool, outputAt, P2WSH_TRUE, spend } from '../support/pool.ts';

const MAX_BYTES = 120_000;

/** What must hold whatever came and went. */
function checkInvariants(mempool: Mempool): void {
  const entries = [...mempool.graph.entries()];
  expect(mempool.graph.size).toBe(entries.length);
  expect(mempool.graph.virtualSize).toBe(entries.reduce((sum, entry) => sum + entry.virtualSize, 0));
  expect(mempool.graph.fees).toBe(entries.reduce((sum, entry) => sum + entry.fee, 0n));
  expect(mempool.graph.usage).toBeLessThanOrEqual(MAX_BYTES);
  const spent = new Set<string>();
  for (const entry of entries) {
    for (const { prevout } of entry.tx.inputs) {
      const text = `${prevout.txid.join()}:${prevout.vout}`;
      expect(spent.has(text)).toBe(false);
      spent.add(text);
      expect(mempool.graph.spender(prevout)).toBe(entry);
      const creator = entries.find((other) => other.tx.txidBytes.join() === prevout.txid.join());
      expect(creator === undefined || entry.parents.has(creator)).toBe(true);
    }
    for (const parent of entry.parents) {
      expect(mempool.get(parent.txid)).toBe(parent);
      expect(parent.children.has(entry)).toBe(true);
      expect(parent.cluster).toBe(entry.cluster);
    }
    for (const child of entry.children) expect(child.parents.has(entry)).toBe(true);
    const family = new Set([entry, ...mempool.ancestors(entry), ...mempool.descendants(entry)]);
    for (const member of family) expect(entry.cluster.entries.has(member)).toBe(true);
    expect(entry.cluster.entries.size).toBeLessThanOrEqual(mempool.policy.limitClusterCount);
  }
  expect(new Set(mempool.sorted())).toEqual(new Set(entries));
  // The order that is kept is that of sorting anew.
  const clusters = new Set(entries.map((entry) => entry.cluster));
  expect([...mempool.chunks()]).toEqual(sortChunks(clusters));
}

const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('spend' as const),
      picks: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 3 }),
      fee: fc.integer({ min: 5, max: 30_000 }),
      outputs: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('mine' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reorganise' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('prioritise' as const),
      pick: fc.nat(100),
      delta: fc.integer({ min: -9_000, max: 9_000 }),
    }),
  },
);

test('sums, links and bounds hold, nothing is spent twice, and every template is a valid block', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const pool = await openTestPool({ maxBytes: MAX_BYTES, limitClusterCount: 12 }, { blocks: 106 });
      const coins: SpendableCoin[] = Array.from({ length: 5 }, () => pool.coin());
      const made: Transaction[] = [];
      for (const each of steps) {
        if (each.kind === 'spend') {
          // Any coin that ever was: spent ones make conflicts, those of refused transactions orphans.
          const chosen = [...new Set(each.picks.map((pick) => coins[pick % coins.length]!))];
          const total = chosen.reduce((sum, { coin }) => sum + coin.output.value, 0n);
          const tx = spend(chosen, {
            fee: BigInt(each.fee) < total ? BigInt(each.fee) : 0n,
            outputs: each.outputs,
          });
          await pool.mempool.accept(tx);
          made.push(tx);
          tx.outputs.forEach((_, vout) => {
            coins.push(outputAt(tx, vout));
          });
        } else if (each.kind === 'mine') await pool.mine();
        else if (each.kind === 'reorganise' && pool.chain.height > 100)
          await pool.chain.invalidate(pool.chain.tip.hash);
        else if (each.kind === 'prioritise' && made.length > 0)
          pool.mempool.prioritise(made[each.pick % made.length]!.txid, BigInt(each.delta));
        await pool.mempool.settled();
        checkInvariants(pool.mempool);
      }
      pool.clock.time += 600_000;
      const time = Math.floor(pool.clock.time / 1000);
      const template = await buildTemplate(pool.chain, pool.mempool, { coinbaseScript: P2WSH_TRUE, time });
      expect(await pool.chain.testBlock(template.block())).toBeNull();
    }),
    { numRuns: 15 },
  );
});
