/** Measuring contenders in turn, and their rows: each Penny's, with Bitcoin Core's values beside. */
import type { BenchRow } from '../row.ts';
import type { Contender } from './contender.ts';

/** Every measurement of one contender, and what it was. */
export interface Measured<T> {
  readonly contender: Contender;
  readonly runs: readonly T[];
}

/** A B A B, not A A B B: whatever else the machine does then meets all alike. */
export async function inTurn<T>(
  repeat: number,
  contenders: readonly Contender[],
  measure: (contender: Contender) => Promise<T>,
): Promise<Measured<T>[]> {
  const measured = contenders.map((contender) => ({ contender, runs: [] as T[] }));
  for (let i = 0; i < repeat; i++)
    for (const { contender, runs } of measured) runs.push(await measure(contender));
  return measured;
}

export interface Quantity<T> {
  readonly name: string;
  readonly unit: string;
  readonly higherIsBetter?: boolean;
  value(run: T): number;
}

/** One row a quantity and Penny. */
export function rowsOf<T>(measured: readonly Measured<T>[], quantities: readonly Quantity<T>[]): BenchRow[] {
  const core = measured.find(({ contender }) => contender.isCore);
  return measured
    .filter(({ contender }) => !contender.isCore)
    .flatMap(({ contender: { label }, runs }) =>
      quantities.map(({ name, unit, higherIsBetter = false, value }) => ({
        name: label === '' ? name : `${name}, ${label}`,
        unit,
        higherIsBetter,
        values: runs.map(value),
        ...(core !== undefined && { core: core.runs.map(value) }),
      })),
    )
    .filter(({ values }) => values.every(Number.isFinite));
}
