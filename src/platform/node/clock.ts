/** The real time of a Node process: the system clock, timers, and the event loop's own turn. */
import { NodeClock } from '../../node-clock.ts';
import type { Clock, Timer } from '../../seams.ts';

/** `setTimeout` takes a signed 32-bit delay and fires at once beyond it. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

class RealTime implements Clock {
  now(): number {
    return Date.now();
  }

  seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  elapsed(): number {
    return this.monotonic();
  }

  monotonic(): number {
    return performance.now();
  }

  schedule(milliseconds: number, task: () => void): Timer {
    let handle: NodeJS.Timeout;
    const arm = (left: number): void => {
      const step = Math.min(left, LONGEST_TIMEOUT);
      handle = setTimeout(() => (left > step ? arm(left - step) : task()), step);
    };
    arm(Math.max(0, milliseconds));
    return { cancel: () => clearTimeout(handle) };
  }

  yield(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}

export class SystemClock extends NodeClock {
  constructor() {
    super(new RealTime());
  }
}
