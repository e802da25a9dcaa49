/** Randomness of the browser, strong enough for keys. */
import type { Random } from '../../seams.ts';

/** `getRandomValues` gives no more at once. */
const MOST = 65_536;
const WHOLE = 2 ** 48;

export const webRandom: Random = Object.freeze({
  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += MOST) crypto.getRandomValues(bytes.subarray(at, at + MOST));
    return bytes;
  },

  below(bound: number): number {
    const words = new Uint32Array(2);
    // What is behind the last whole multiple would make small numbers likelier.
    for (const end = WHOLE - (WHOLE % bound); ; ) {
      const [high, low] = crypto.getRandomValues(words);
      const drawn = (high! >>> 16) * 2 ** 32 + low!;
      if (drawn < end) return drawn % bound;
    }
  },
});
