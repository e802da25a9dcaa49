/** Randomness from the operating system, strong enough for keys. */
import { randomBytes, randomFillSync, randomInt } from 'node:crypto';
import type { Random } from '../../seams.ts';

/** `randomInt` takes bounds below this one only. */
const WHOLE = 2 ** 48;

export const systemRandom: Random = Object.freeze({
  bytes: (length: number): Uint8Array => randomFillSync(new Uint8Array(length)),
  below: (bound: number): number => (bound === WHOLE ? randomBytes(6).readUIntBE(0, 6) : randomInt(bound)),
});
