/** What a simulated network is like. Owns the defaults and nothing else. */

export type Topology = 'discover' | 'random' | 'line';

export interface Partition {
  /** Hours from the start. */
  readonly at: number;
  /** Hours. */
  readonly duration: number;
  /** Share of the nodes on the smaller side, 0 to 1. */
  readonly share: number;
}

export interface SimulationOptions {
  readonly nodes: number;
  readonly seed: number;
  /** Virtual hours. */
  readonly hours: number;
  /**
   * `discover`: a new node knows two earlier ones and finds the rest by gossip. `random`: each dials eight
   * others. `line`: each dials the one before it.
   */
  readonly topology: Topology;
  /** Mean one-way milliseconds; hosts lie in a plane, and their distance decides. */
  readonly latency: number;
  /** Megabits a second that each host can send. */
  readonly bandwidth: number;
  /** Chance that a message is lost and sent again. */
  readonly loss: number;
  /** Share of the nodes that go each hour; each comes back after ten minutes on average. */
  readonly churn: number;
  readonly partitions: readonly Partition[];
  /** Relative hash rate of the first nodes; the others have none. Empty: all the same. */
  readonly hashRates: readonly number[];
  /** Transactions a second in the whole network. */
  readonly txRate: number;
  /** Mean seconds between blocks. */
  readonly blockInterval: number;
}

export const DEFAULT_SIMULATION: SimulationOptions = Object.freeze({
  nodes: 50,
  seed: 1,
  hours: 1,
  topology: 'discover',
  latency: 80,
  bandwidth: 20,
  loss: 0.001,
  churn: 0,
  partitions: [],
  hashRates: [],
  txRate: 0.05,
  blockInterval: 600,
});
