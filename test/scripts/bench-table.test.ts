import { expect, test } from 'vitest';
import { formatRows, percentile, summarize, withRatio } from '../../scripts/bench/table.ts';

test('the median of an even number lies between the middle two', () => {
  expect(summarize([4, 1, 3, 2])).toEqual({ min: 1, median: 2.5, max: 4 });
  expect(summarize([10, 9, 1])).toEqual({ min: 1, median: 9, max: 10 });
});

test('rows are compared with those of the same name, faster being above one', () => {
  const earlier = [
    { name: 'hash', unit: 'MH/s', values: [5] },
    { name: 'connect', unit: 'ms', values: [200] },
  ];
  const rows = [
    { name: 'hash', unit: 'MH/s', values: [10], higherIsBetter: true },
    { name: 'connect', unit: 'ms', values: [100, 400, 50] },
    { name: 'new', unit: 'ms', values: [123456.7] },
  ];
  expect(formatRows(rows, earlier).split('\n')).toEqual([
    '         unit      min   median      max  against',
    'hash     MH/s       10       10       10   x 2.00',
    'connect  ms         50      100      400   x 2.00',
    'new      ms    123,457  123,457  123,457         ',
  ]);
});

test('Bitcoin Core stands beside what was measured of it, and more than one is always better', () => {
  const rows = [
    { name: 'calls', unit: '/s', values: [30], higherIsBetter: true, core: [10, 20, 30] },
    { name: 'import', unit: 's', values: [10], core: [6] },
    { name: 'hash', unit: 'MH/s', values: [5], higherIsBetter: true },
  ];
  expect(formatRows(rows, []).split('\n')).toEqual([
    '        unit  min  median  max  Core  ratio',
    'calls   /s     30      30   30    20   1.50',
    'import  s      10      10   10     6   0.60',
    'hash    MH/s    5       5    5             ',
  ]);
  expect(rows.map((row) => withRatio(row).ratio)).toEqual([1.5, 0.6, undefined]);
});

test('a percentile is a value that was measured', () => {
  const values = Array.from({ length: 100 }, (_, i) => i + 1).reverse();
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile(values, 1)).toBe(100);
  expect(percentile([5], 0.01)).toBe(5);
  expect(percentile([], 0.5)).toBeNaN();
});
