/** What every benchmark module hands back: one row a measurement, all repetitions kept. */
export interface BenchRow {
  readonly name: string;
  /** Unit of the values: `inputs/s`, `ms`, `MB`. */
  readonly unit: string;
  /** One value per repetition. */
  readonly values: readonly number[];
  /** Whether more is better; default false (times, bytes). */
  readonly higherIsBetter?: boolean;
  /** The same of Bitcoin Core, measured in turn with the values. */
  readonly core?: readonly number[];
}

export interface BenchOptions {
  /** Repetitions of each measurement. */
  readonly repeat: number;
  /** Less work each, to see that everything runs. */
  readonly quick: boolean;
  /** MiB for coins, the same for every node. */
  readonly dbcache: number;
  /** Path of Bitcoin Core's program; absent where there is none to compare with. */
  readonly bitcoind?: string;
  /** A file of regtest blocks to import and to sync, instead of a generated one. */
  readonly chain?: string;
}

/** What a module of this folder exports as `bench`. */
export type Bench = (options: BenchOptions) => Promise<readonly BenchRow[]>;
