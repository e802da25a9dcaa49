/** The real time of a process or a tab: its clock and timers, and its own way to let others have their turn. */
import { NodeClock } from '../../node-clock.ts';
import type { Clock, Timer } from '../../seams.ts';

/** `setTimeout` takes a signed 32-bit delay and fires at once beyond it. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;
/** As they are now: a test that puts its own into their places does not stop a node. */
const { setTimeout, clearTimeout } = globalThis;
const wallTime = Date.now.bind(Date);
const uptime = performance.now.bind(performance);

class RealTime implements Clock {
  readonly #later: (task: () => void) => void;

  constructor(later: (task: () => void) => void) {
    this.#later = later;
  }

  now(): number {
    return wallTime();
  }

  seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  elapsed(): number {
    return this.monotonic();
  }

  monotonic(): number {
    return uptime();
  }

  schedule(milliseconds: number, task: () => void): Timer {
    let handle: ReturnType<typeof setTimeout>;
    const arm = (left: number): void => {
      const step = Math.min(left, LONGEST_TIMEOUT);
      handle = setTimeout(() => (left > step ? arm(left - step) : task()), step);
    };
    arm(Math.max(0, milliseconds));
    return { cancel: () => clearTimeout(handle) };
  }

  yield(): Promise<void> {
    return new Promise(this.#later);
  }
}

export class PlatformClock extends NodeClock {
  /** @param later runs a task after everything else that is due */
  constructor(later: (task: () => void) => void) {
    super(new RealTime(later));
  }
}
