import { expect, test } from 'vitest';
import { barsOf, fillBlocks, groupsOf, ratesOf } from '../../../src/web/mempool/shape.ts';

test('transactions by fee rate: the best first, each in the bar that it reaches', () => {
  const pool = new Map([
    ['low', { vsize: 100, fee: 0.000001 }],
    ['border', { vsize: 100, fee: 0.000003 }],
    ['high', { vsize: 200, fee: 0.01 }],
    ['unknown', { vsize: 0, fee: 0 }],
  ]);
  const all = ratesOf(pool);
  expect(all.map(({ txid }) => txid)).toEqual(['high', 'border', 'low', 'unknown']);
  const bars = barsOf(all).filter(({ count }) => count > 0);
  expect(bars.map(({ from, vsize }) => `${from}: ${vsize}`)).toEqual([
    '0: 0',
    '1: 100',
    '3: 100',
    '500: 200',
  ]);
});

test('blocks are filled chunk by chunk, and none is split', () => {
  const sums = [0, 3_000_000, 3_900_000, 4_200_000, 7_900_000, 8_300_000].map((weight, i) => ({
    weight,
    fee: i * 0.001,
  }));
  const blocks = fillBlocks(sums);
  expect(blocks.map(({ weight }) => weight)).toEqual([3_900_000, 4_000_000, 400_000]);
  expect(blocks.every(({ weight }) => weight <= 4_000_000)).toBe(true);
  expect(blocks.reduce((sum, { weight }) => sum + weight, 0)).toBe(8_300_000);
  expect(blocks[0]!.least).toBeCloseTo((0.001 * 4e8) / 900_000);
  expect(fillBlocks([])).toEqual([]);
  expect(fillBlocks([{ weight: 0, fee: 0 }])).toEqual([]);
});

test('what spends from each other is one group, however it is joined', () => {
  const depends = new Map<string, string[]>([
    ['a', []],
    ['b', ['a']],
    ['alone', []],
    ['c', []],
    ['d', ['c']],
    ['e', ['b', 'd']],
    ['y', ['x']],
    ['x', []],
  ]);
  expect(groupsOf(depends).map((group) => group.toSorted().join(''))).toEqual(['abcde', 'xy']);
});
