/** The hash rate, counted: samples of the searcher's count over the last seconds. */
import type { Clock, Timer } from '../seams.ts';

/** Milliseconds between samples, and samples that are kept. */
const INTERVAL = 1_000;
const SAMPLES = 10;

export class HashRate {
  readonly #clock: Clock;
  readonly #count: () => number;
  readonly #samples: { readonly at: number; readonly hashes: number }[] = [];
  #timer: Timer;

  /** @param count hashes computed so far. */
  constructor(clock: Clock, count: () => number) {
    this.#clock = clock;
    this.#count = count;
    this.#timer = this.#sample();
  }

  #sample(): Timer {
    this.#samples.push({ at: this.#clock.monotonic(), hashes: this.#count() });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
    return this.#clock.schedule(
      INTERVAL,
      () => {
        this.#timer = this.#sample();
      },
      'process',
    );
  }

  perSecond(): number {
    const oldest = this.#samples[0]!;
    const elapsed = this.#clock.monotonic() - oldest.at;
    return elapsed <= 0 ? 0 : ((this.#count() - oldest.hashes) * 1_000) / elapsed;
  }

  close(): void {
    this.#timer.cancel();
  }
}
