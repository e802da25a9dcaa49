/**
 * What every part may be handed: time, randomness, a log. Types only; implementations live in
 * `platform/` (the real ones) and `simulation/` (virtual ones).
 */

/** A pending task that can be called off. Cancelling twice, or after it ran, does nothing. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall time in milliseconds since the epoch. `setmocktime` freezes it; never measure durations with it. */
  now(): number;
  /** The same in whole seconds. */
  seconds(): number;
  /** Milliseconds of a clock that only goes forward; for durations and deadlines. */
  monotonic(): number;
  /** Runs `task` once, `milliseconds` of monotonic time from now. */
  schedule(milliseconds: number, task: () => void): Timer;
  /** Lets everything else that is due run first. Long loops await this instead of `setImmediate`. */
  yield(): Promise<void>;
}

/** A clock whose wall time can be frozen (RPC `setmocktime`); its monotonic side goes on. */
export interface AdjustableClock extends Clock {
  /** Freezes `now()` at this many seconds since the epoch; 0 lets it run again. */
  setMockTime(seconds: number): void;
}

export interface Random {
  /** `length` random bytes; cryptographically strong where keys are made. */
  bytes(length: number): Uint8Array;
  /** A uniform integer in [0, bound), for bound up to 2^48. */
  below(bound: number): number;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Logger {
  /** `category` is one of Bitcoin Core's debug categories where it has one (net, mempool, validation, rpc...). */
  log(level: LogLevel, category: string, message: string, fields?: Readonly<Record<string, unknown>>): void;
}
