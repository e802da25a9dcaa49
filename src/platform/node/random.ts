/** Randomness from the operating system, strong enough for keys. */
import { randomFillSync, randomInt } from 'node:crypto';
import type { Random } from '../../seams.ts';

export const systemRandom: Random = Object.freeze({
  bytes: (length: number): Uint8Array => randomFillSync(new Uint8Array(length)),
  below: (bound: number): number => randomInt(bound),
});
