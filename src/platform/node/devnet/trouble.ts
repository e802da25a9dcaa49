/** What ends the setting up of a devnet before it is done: a node that has died, or the user, who wants to stop. */
import type { Clock } from '../../../seams.ts';
import { sleep } from './patience.ts';

/** Milliseconds. */
const CAUSE_TIMEOUT = 1_000;

export class Trouble {
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  #came!: Promise<never>;
  #reject: (error: Error) => void = () => {};

  constructor(signal: AbortSignal, clock: Clock) {
    this.#signal = signal;
    this.#clock = clock;
    this.clear();
    signal.addEventListener('abort', () => this.raise(signal.reason));
  }

  /** Rejects with what has come, since it was cleared. */
  get came(): Promise<never> {
    return this.#came;
  }

  raise(error: Error): void {
    this.#reject(error);
  }

  clear(): void {
    this.#came = new Promise((_, reject) => (this.#reject = reject));
    this.#came.catch(() => {});
    if (this.#signal.aborted) this.raise(this.#signal.reason);
  }

  /** A call fails where a node has died: that is told a moment later. */
  firstCause(error: Error): Promise<Error> {
    const asItIs = sleep(CAUSE_TIMEOUT, this.#clock).then(() => error);
    return Promise.race([this.#came, asItIs]).catch((cause) => cause);
  }
}
