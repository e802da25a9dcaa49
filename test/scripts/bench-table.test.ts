import { expect, test } from 'vitest';
import { formatRows, summarize } from '../../scripts/bench/table.ts';

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
