/**
 * Waiting on a machine of unknown speed: for as long as something moves, and saying now and then what for.
 * A fixed limit is too short for a busy machine and too long for a process that hangs.
 */
import type { Clock } from '../../../seams.ts';

/** What is seen of something that is not there yet. */
export interface Sight {
  /** For people. */
  readonly text: string;
  /** Differs from what it was if there was progress; the text does if this is left out. */
  readonly mark?: string;
}

export interface Patience {
  /** Tells the user. */
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Milliseconds. */
const POLL = 100;
const SAY_AFTER = 3_000;
const SAY_EVERY = 5_000;
/** Milliseconds without any progress. */
export const STALL = 120_000;

/**
 * @param look null when it is there
 * @throws Error that says what was waited for when nothing moves any more, and what the signal aborts with
 */
export async function waitFor(
  what: string,
  look: () => Promise<Sight | null>,
  { say, signal, clock }: Patience,
): Promise<void> {
  let mark: string | undefined;
  let moved = clock.monotonic();
  let nextSaid = moved + SAY_AFTER;
  for (let seen = await look(); seen !== null; seen = await look()) {
    const now = clock.monotonic();
    if (mark !== (seen.mark ?? seen.text)) {
      mark = seen.mark ?? seen.text;
      moved = now;
    }
    if (now - moved > STALL)
      throw new Error(`waited in vain for ${what}: ${seen.text}, and nothing moved for ${STALL / 1000} s`);
    if (now >= nextSaid) {
      say(`waiting for ${what}: ${seen.text}`);
      nextSaid = now + SAY_EVERY;
    }
    await sleep(POLL, clock);
    signal.throwIfAborted();
  }
}

export function sleep(milliseconds: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(milliseconds, resolve);
  });
}
