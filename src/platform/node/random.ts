/** Randomness from the operating system, strong enough for keys. */
import { randomFillSync, randomInt } from 'node:crypto';
import type { Random } from '../../seams.ts';

/** `randomInt` takes bounds below this one only. It has numbers in stock: to ask the system takes longer than all else. */
const WHOLE = 2 ** 48;
const HALF = 2 ** 24;

export const systemRandom: Random = Object.freeze({
  bytes: (length: number): Uint8Array => randomFillSync(new Uint8Array(length)),
  below: (bound: number): number =>
    bound === WHOLE ? randomInt(HALF) * HALF + randomInt(HALF) : randomInt(bound),
});
