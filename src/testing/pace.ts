/**
 * How virtual time goes on: not at all while something is done that takes none, as real time does while a call
 * waits for what may come, and as fast as it can while a test waits for what its nodes do by themselves.
 */
import { SystemClock } from '../platform/node/clock.ts';
import type { VirtualClock } from '../simulation/virtual-clock.ts';

/** Real milliseconds between two looks at the real clock. */
const ROUND = 5;
/** Virtual milliseconds that may pass in a real one: a test that waits for something of its own loses no days. */
const FLIGHT = 1_000;
/** Virtual milliseconds without which no wait was in vain, however busy the machine is. */
const LEAST_FLIGHT = 60_000;
export const DEFAULT_TIMEOUT = 4_000;

export class Pace {
  readonly #clock: VirtualClock;
  readonly #real = new SystemClock();
  #round: Promise<void> | undefined;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Runs what is due now until the promise is settled; where nothing is, time passes as outside, if it may. */
  async drive<T>(promise: Promise<T>, mayPass = true): Promise<T> {
    const isSettled = watch(promise);
    while (!(await this.#clock.runUntil(isSettled, this.#clock.monotonic()))) {
      if (mayPass)
        this.#round ??= this.#asOutside().finally(() => {
          this.#round = undefined;
        });
      await Promise.race([mayPass ? this.#round : this.#sleep(ROUND), promise.catch(() => {})]);
    }
    return promise;
  }

  /** Lets time fly until the promise is settled. @param timeout real milliseconds @throws Error that says what for */
  async pass<T>(promise: Promise<T>, timeout: number, what: () => string): Promise<T> {
    await this.until(watch(promise), timeout, what);
    return promise;
  }

  /** The same for what is asked after everything that happens. */
  async until(condition: () => boolean, timeout: number, what: () => string): Promise<void> {
    const end = this.#real.monotonic() + timeout;
    const least = this.#clock.monotonic() + LEAST_FLIGHT;
    for (let flight = 0; !(await this.#clock.advance(flight, condition)); flight = FLIGHT) {
      if (this.#real.monotonic() > end && this.#clock.monotonic() >= least)
        throw new Error(`waited ${timeout} ms in vain for ${what()}`);
      if (flight > 0) await this.#sleep(1);
    }
  }

  async advance(seconds: number): Promise<void> {
    await this.#clock.advance(seconds * 1_000);
  }

  async #asOutside(): Promise<void> {
    const before = this.#real.monotonic();
    await this.#sleep(ROUND);
    await this.#clock.advance(this.#real.monotonic() - before);
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#real.schedule(milliseconds, resolve);
    });
  }
}

function watch(promise: Promise<unknown>): () => boolean {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  promise.then(settle, settle);
  return () => settled;
}
