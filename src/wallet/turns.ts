/** Long work on a thread that others need too. */
import type { Clock } from '../seams.ts';

/** Milliseconds after which others get their turn. */
const LONGEST_TURN = 20;

/** To be awaited between the steps of something long: it waits when a turn was long enough. @param longest milliseconds */
export function turnsOf(clock: Clock, longest = LONGEST_TURN): () => Promise<void> | undefined {
  let begun = clock.monotonic();
  return () => {
    if (clock.monotonic() - begun < longest) return undefined;
    return clock.yield().then(() => {
      begun = clock.monotonic();
    });
  };
}
