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

export interface BenchOptions {
  /** Repetitions of each measurement. */
  readonly repeat: number;
  /** Less work each, to see that everything runs. */
  readonly quick: boolean;
}

/** What a module of this folder exports as `bench`. */
export type Bench = (options: BenchOptions) => Promise<readonly BenchRow[]>;
