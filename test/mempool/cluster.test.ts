import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clusterOf,
  compareFeeRates,
  improvesDiagram,
  linearize,
  sortChunks,
} from '../../src/mempool/cluster.ts';
import { type Chunk, MempoolEntry } from '../../src/mempool/entry.ts';
import { transaction } from '../support/chain-builder.ts';

/** Entries that spend from earlier ones; `size` outputs make a transaction larger. */
function graph(nodes: readonly { fee: number; size: number; parents: readonly number[] }[]): MempoolEntry[] {
  const entries: MempoolEntry[] = [];
  nodes.forEach(({ fee, size, parents }, i) => {
    const outputs = Array.from({ length: size }, () => ({ value: 1n, scriptPubKey: new Uint8Array(20) }));
    const tx = transaction([], outputs, { lockTime: i });
    const facts = {
      tx,
      fee: BigInt(fee),
      sigOpCost: 0,
      time: 0,
      height: 0,
      sequence: 0,
      spendsCoinbase: false,
    };
    const entry = new MempoolEntry(facts);
    for (const parent of new Set(parents.map((parent) => entries[parent % Math.max(i, 1)])))
      if (parent !== undefined) {
        entry.addParent(parent);
        parent.addChild(entry);
      }
    entries.push(entry);
  });
  return entries;
}

const anyGraph = fc
  .array(
    fc.record({
      fee: fc.integer({ min: 0, max: 50 }),
      size: fc.integer({ min: 1, max: 4 }),
      parents: fc.array(fc.nat(30), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map(graph);

const flat = (chunks: readonly Chunk[]) => chunks.flatMap((chunk) => chunk.entries);

/** The fee that is earned by a weight, at each end of a chunk. */
const asRates = (chunks: readonly Chunk[]) => chunks.map(({ fee, weight }) => ({ fee, weight }));

describe('the order in which a cluster is mined', () => {
  test('has everything once, parents first, in chunks of falling fee rate', () => {
    fc.assert(
      fc.property(anyGraph, (entries) => {
        const chunks = linearize(new Set(entries));
        const order = flat(chunks);
        expect(new Set(order)).toEqual(new Set(entries));
        expect(order).toHaveLength(entries.length);
        for (const entry of order)
          for (const parent of entry.parents)
            expect(order.indexOf(parent)).toBeLessThan(order.indexOf(entry));
        for (const [i, chunk] of chunks.entries()) {
          expect(chunk.fee).toBe(chunk.entries.reduce((sum, entry) => sum + entry.modifiedFee, 0n));
          expect(chunk.weight).toBe(chunk.entries.reduce((sum, entry) => sum + entry.adjustedWeight, 0));
          if (i > 0) expect(compareFeeRates(chunks[i - 1]!, chunk)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  test('is no worse than that of the ancestor fee rate alone, or of arrival', () => {
    fc.assert(
      fc.property(anyGraph, (entries) => {
        const chunks = asRates(linearize(new Set(entries)));
        const arrival = entries.map(({ fee, adjustedWeight }) => ({ fee, weight: adjustedWeight }));
        // A diagram of single transactions is only one if rates fall; merge until they do.
        const merged: { fee: bigint; weight: number }[] = [];
        for (let next of arrival) {
          while (merged.length > 0 && compareFeeRates(next, merged.at(-1)!) > 0) {
            const before = merged.pop()!;
            next = { fee: next.fee + before.fee, weight: next.weight + before.weight };
          }
          merged.push(next);
        }
        expect(improvesDiagram(merged, chunks)).toBe(false);
      }),
    );
  });

  test('lets several children pay for one parent', () => {
    const entries = graph([
      { fee: 0, size: 3, parents: [] },
      { fee: 30, size: 1, parents: [0] },
      { fee: 30, size: 1, parents: [0] },
      { fee: 1, size: 1, parents: [0] },
    ]);
    const chunks = linearize(new Set(entries));
    expect(chunks.map((chunk) => chunk.entries.length)).toEqual([3, 1]);
    expect(chunks[0]!.entries[0]).toBe(entries[0]);
  });

  test('keeps the chunks of a cluster in order where rates are equal', () => {
    const entries = graph([
      { fee: 40, size: 4, parents: [] },
      { fee: 10, size: 1, parents: [0] },
      { fee: 20, size: 2, parents: [1] },
    ]);
    // Equal rates by weight, whatever the outputs weigh.
    for (const entry of entries) entry.modifiedFee = BigInt(entry.adjustedWeight);
    const order = flat(sortChunks([clusterOf(new Set(entries))]));
    expect(order).toEqual(entries);
  });
});

describe('a fee-rate diagram', () => {
  const chunk = (fee: number, weight: number) => ({ fee: BigInt(fee), weight });
  test('is better if it is above somewhere and below nowhere', () => {
    const base = [chunk(100, 10), chunk(50, 10)];
    expect(improvesDiagram(base, base)).toBe(false);
    expect(improvesDiagram([chunk(101, 10), chunk(49, 10)], base)).toBe(true);
    expect(improvesDiagram([chunk(99, 10), chunk(60, 10)], base)).toBe(false);
    expect(improvesDiagram([chunk(150, 15)], base)).toBe(true);
    expect(improvesDiagram([chunk(150, 20)], base)).toBe(false);
    expect(improvesDiagram([...base, chunk(1, 5)], base)).toBe(true);
    expect(improvesDiagram([], base)).toBe(false);
  });
});
