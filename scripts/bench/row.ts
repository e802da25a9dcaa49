/** What every benchmark module hands back: one row a measurement, all repetitions kept. */
export interface BenchRow {
  readonly name: string;
  /** Unit of the values: `inputs/s`, `ms`, `MB`. */
  readonly unit: string;
  /** One value per repetition. */
  readonly values: readonly number[];
  /** Whether more is better; default false (times, bytes). */
  readonly higherIsBetter?: boolean;
}
