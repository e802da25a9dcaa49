/** How measurements are shown and compared. */
import type { BenchRow } from './row.ts';

interface Summary {
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

/** The smallest value that so large a share of all values does not exceed; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** How many times as good as the others the row's median is: above 1 is better, whatever the unit. */
function ratioTo(others: readonly number[], row: BenchRow): number {
  const ratio = summarize(row.values).median / summarize(others).median;
  return row.higherIsBetter === true ? ratio : 1 / ratio;
}

/** Bitcoin Core's median and the ratio to it, for the file; absent where it was not measured. */
export function withRatio(row: BenchRow): BenchRow & { readonly ratio?: number } {
  return row.core === undefined ? row : { ...row, ratio: ratioTo(row.core, row) };
}

/** A column: its title, and what it says of a row. */
type Column = readonly [string, (row: BenchRow) => string];

/**
 * One line a row: name, unit, min, median, max; Bitcoin Core's median and the ratio to it, where it was
 * measured; and how many times as good the median is as in an earlier row of that name.
 */
export function formatRows(rows: readonly BenchRow[], earlier: readonly BenchRow[]): string {
  const columns: Column[] = [
    ['', ({ name }) => name],
    ['unit', ({ unit }) => unit],
    ['min', ({ values }) => formatNumber(summarize(values).min)],
    ['median', ({ values }) => formatNumber(summarize(values).median)],
    ['max', ({ values }) => formatNumber(summarize(values).max)],
  ];
  if (rows.some(({ core }) => core !== undefined))
    columns.push(
      ['Core', ({ core }) => (core === undefined ? '' : formatNumber(summarize(core).median))],
      ['ratio', (row) => (row.core === undefined ? '' : ratioTo(row.core, row).toFixed(2))],
    );
  if (earlier.length > 0) columns.push(['against', (row) => compare(row, earlier)]);
  const cells = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, say]) => say(row)))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  return cells
    .map((row) =>
      row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
    )
    .join('\n');
}

function compare(row: BenchRow, earlier: readonly BenchRow[]): string {
  const before = earlier.find(({ name, unit }) => name === row.name && unit === row.unit);
  return before === undefined ? '' : `x ${ratioTo(before.values, row).toFixed(2)}`;
}

/** Four significant digits, thousands apart. */
function formatNumber(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-US');
  return Number(value.toPrecision(4)).toString();
}
