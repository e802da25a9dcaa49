/** How much we send a day (Core's -maxuploadtarget): what is left of it is kept for new blocks. */
import type { Clock } from '../seams.ts';
import { HOUR, MINUTE, SECOND } from './protocol.ts';

const CYCLE = 24 * HOUR;
/** A new block every ten minutes, each as large as can be, must still go out. */
const BLOCK_INTERVAL = 10 * MINUTE;
const LARGEST_BLOCK = 4_000_000;
/** Blocks that are older than a week, in seconds, are not served beyond it. */
export const HISTORICAL_AGE = 7 * 24 * 3_600;

/** Bytes and seconds; 0 bytes is no target. */
export interface UploadState {
  readonly cycle: number;
  readonly target: number;
  readonly isReached: boolean;
  readonly servesHistory: boolean;
  readonly bytesLeft: number;
  readonly secondsLeft: number;
}

export class UploadTarget {
  readonly #target: number;
  readonly #clock: Clock;
  readonly #sent: () => number;
  #cycle: { readonly since: number; readonly sent: number } | undefined;

  /** @param sent bytes that were ever sent */
  constructor(target: number, clock: Clock, sent: () => number) {
    this.#target = target;
    this.#clock = clock;
    this.#sent = sent;
  }

  get state(): UploadState {
    const target = this.#target;
    const now = this.#clock.elapsed();
    const sent = this.#sent();
    const age = now - (this.#cycle?.since ?? now);
    // A clock that was set back begins a cycle, too.
    if (this.#cycle === undefined || age > CYCLE || age < 0) this.#cycle = { since: now, sent };
    const timeLeft = this.#cycle.since + CYCLE - now;
    const bytesLeft = Math.max(0, target - (sent - this.#cycle.sent));
    const kept = Math.floor(timeLeft / BLOCK_INTERVAL) * LARGEST_BLOCK;
    return {
      cycle: CYCLE / SECOND,
      target,
      isReached: target > 0 && bytesLeft === 0,
      servesHistory: target === 0 || bytesLeft > kept,
      bytesLeft,
      secondsLeft: target === 0 ? 0 : Math.floor(timeLeft / SECOND),
    };
  }
}
