/** How measurements are shown and compared. */
import type { BenchRow } from './row.ts';

export interface Summary {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { min: sorted[0]!, median, max: sorted.at(-1)! };
}

/**
 * One line a row: name, unit, min, median, max, and where there is an earlier one of that name, how
 * many times as good its median is now.
 */
export function formatRows(rows: readonly BenchRow[], earlier: readonly BenchRow[]): string {
  const cells = [
    ['', 'unit', 'min', 'median', 'max', ...(earlier.length > 0 ? ['against'] : [])],
    ...rows.map((row) => {
      const { min, median, max } = summarize(row.values);
      return [
        row.name,
        row.unit,
        ...[min, median, max].map(formatNumber),
        ...(earlier.length > 0 ? [compare(row, earlier)] : []),
      ];
    }),
  ];
  const widths = cells[0]!.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  return cells
    .map((row) =>
      row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
    )
    .join('\n');
}

function compare(row: BenchRow, earlier: readonly BenchRow[]): string {
  const before = earlier.find(({ name, unit }) => name === row.name && unit === row.unit);
  if (before === undefined) return '';
  const ratio = summarize(row.values).median / summarize(before.values).median;
  return `x ${(row.higherIsBetter === true ? ratio : 1 / ratio).toFixed(2)}`;
}

/** Four significant digits, thousands apart. */
function formatNumber(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-US');
  return Number(value.toPrecision(4)).toString();
}
