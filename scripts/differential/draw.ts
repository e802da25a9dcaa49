/** Draws from a seed: everything that is tried follows from it. */
import { SeededRandom } from '../../src/simulation/seeded-random.ts';

export class Draw {
  readonly random: SeededRandom;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  below(bound: number): number {
    return this.random.below(bound);
  }

  /** From `least` to `most`. */
  between(least: number, most: number): number {
    return least + this.random.below(most - least + 1);
  }

  /** True once in so many times. */
  once(times: number): boolean {
    return this.random.below(times) === 0;
  }

  one<T>(items: readonly T[]): T {
    return items[this.random.below(items.length)]!;
  }

  /** One of the items, each as likely as its weight says. */
  weighted<T>(items: readonly (readonly [number, T])[]): T {
    let at = this.random.below(items.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, item] of items) {
      at -= weight;
      if (at < 0) return item;
    }
    throw new Error('no weights');
  }

  bytes(length: number): Uint8Array {
    return this.random.bytes(length);
  }

  list<T>(count: number, make: (index: number) => T): T[] {
    return Array.from({ length: count }, (_, i) => make(i));
  }
}
