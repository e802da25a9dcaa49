/** The real time of a tab. A message to oneself is its turn: timers within timers wait 4 ms there. */
import { PlatformClock } from '../shared/platform-clock.ts';

function turns(): (task: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  const tasks: (() => void)[] = [];
  port1.onmessage = () => tasks.shift()!();
  return (task) => {
    tasks.push(task);
    port2.postMessage(null);
  };
}

export class TabClock extends PlatformClock {
  constructor() {
    super(turns());
  }
}
