/** Randomness that follows from a seed: the same seed gives the same numbers. Never for keys that matter. */
import type { Random } from '../seams.ts';

/** xoshiro128** by Blackman and Vigna, seeded through splitmix32. */
export class SeededRandom implements Random {
  readonly #state: Uint32Array;

  constructor(seed: number) {
    let mixed = seed >>> 0;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let z = mixed;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) >>> 0;
    });
  }

  /** A uniform uint32. */
  #next(): number {
    const s = this.#state;
    const result = Math.imul(rotate(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotate(s[3]!, 11);
    return result;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#next() >>> 24);
  }

  below(bound: number): number {
    // Of 53 random bits; the bias for bounds up to 2^48 is at most 2^-5 of one part in the bound.
    const high = this.#next() >>> 5;
    const low = this.#next() >>> 6;
    return Math.floor(((high * 67_108_864 + low) / 9_007_199_254_740_992) * bound);
  }

  /** A generator of its own, for one part of a run: what one part draws does not shift the others. */
  fork(): SeededRandom {
    return new SeededRandom(this.#next());
  }
}

function rotate(x: number, bits: number): number {
  return ((x << bits) | (x >>> (32 - bits))) >>> 0;
}
