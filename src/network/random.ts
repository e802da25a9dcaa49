/** Chances that the network takes: waits, and orders that nobody can foresee. */
import type { Random } from '../seams.ts';

/** Exponentially distributed milliseconds with this mean: the gaps of a Poisson process. */
export function exponential(random: Random, mean: number): number {
  const uniform = (random.below(2 ** 32) + 1) / 2 ** 32;
  return Math.round(-Math.log(uniform) * mean);
}

/** In place, uniformly (Fisher and Yates). */
export function shuffle<T>(random: Random, items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}
