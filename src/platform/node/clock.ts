/** The real time of a Node process, with the event loop's own turn. */
import { PlatformClock } from '../shared/platform-clock.ts';

/** As it is now, like the clock's timers. */
const { setImmediate } = globalThis;

export class SystemClock extends PlatformClock {
  constructor() {
    super(setImmediate);
  }
}
