/** The real time of a Node process: the system clock, timers, and the event loop's own turn. */
import { NodeClock } from '../../node-clock.ts';
import type { Clock, Timer } from '../../seams.ts';

/** `setTimeout` takes a signed 32-bit delay and fires at once beyond it. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;
/** As they are now: a test that puts its own into their places does not stop a node. */
const { setTimeout, clearTimeout, setImmediate } = globalThis;
const wallTime = Date.now.bind(Date);
const uptime = performance.now.bind(performance);

class RealTime implements Clock {
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
