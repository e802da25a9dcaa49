/**
 * What every part may be handed: time, randomness, a log. Types only; implementations live in
 * `platform/` (the real ones) and `simulation/` (virtual ones).
 */

/** A pending task that can be called off. Cancelling twice, or after it ran, does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * Whose time a task waits by: the node's, which `setmocktime` stops and moves; that of upkeep (what Core's scheduler
 * does), which `mockscheduler` hastens; the process's, which nobody moves, for machines and clients that wait.
 */
export type Timekeeper = 'node' | 'scheduler' | 'process';

export interface Clock {
  /** Wall time in milliseconds since the epoch, as this node has it; never measure durations with it. */
  now(): number;
  /** The same in whole seconds. */
  seconds(): number;
  /** Milliseconds of the node's time since some moment; for deadlines. It goes where `setmocktime` moves it. */
  elapsed(): number;
  /** Milliseconds of a clock that only goes forward; for turns and rates. */
  monotonic(): number;
  /** Runs `task` once, so many milliseconds from now by the node's time or another. */
  schedule(milliseconds: number, task: () => void, by?: Timekeeper): Timer;
  /** Lets everything else that is due run first. Long loops await this instead of `setImmediate`. */
  yield(): Promise<void>;
}

/** A clock that can be moved and stopped, with what waits by it. */
export interface AdjustableClock extends Clock {
  readonly isFrozen: boolean;
  /** Frozen by `setMockTime`: the scheduler goes on. */
  readonly isMocked: boolean;
  /** As Core's: stops wall and node's time at this many seconds since the epoch; 0 puts them back and lets them run. */
  setMockTime(seconds: number): void;
  /** As Core's: upkeep is that much nearer. */
  mockScheduler(seconds: number): void;
  /** Moves wall time, and forward also the node's time and the scheduler's. */
  move(milliseconds: number): void;
  /** Stops all three where they are. */
  freeze(): void;
  /** Lets them go on from where they stand. */
  resume(): void;
}

export interface Random {
  /** `length` random bytes; cryptographically strong where keys are made. */
  bytes(length: number): Uint8Array;
  /** A uniform integer in [0, bound), for bound up to 2^48. */
  below(bound: number): number;
}

export interface Seams {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Logger {
  /** `category` is one of Bitcoin Core's debug categories where it has one (net, mempool, validation, rpc...). */
  log(level: LogLevel, category: string, message: string, fields?: Readonly<Record<string, unknown>>): void;
}
