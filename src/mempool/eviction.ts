/** What goes when the mempool is full: the chunks that pay the least. Owns the place in the order, changes nothing. */
import type { ChunkOrder } from './chunk-order.ts';
import { compareRanks, type Ranked } from './cluster.ts';
import type { Chunk } from './entry.ts';

/** Part of the order that one look at it serves for; what comes meanwhile is looked at besides. */
const SERVED = 1 / 16;

export class Eviction {
  readonly #order: ChunkOrder;
  #ranked: readonly Ranked[] = [];
  /** Those before this are still to come, as long as there are more than `#until`. */
  #end = 0;
  #until = 0;

  constructor(order: ChunkOrder) {
    this.#order = order;
  }

  /** The chunk that would be mined last. Nothing in the mempool depends on it. */
  worst(): Chunk | undefined {
    for (;;) {
      if (this.#end <= this.#until) this.#look();
      const ranked = this.#ranked[--this.#end];
      // A cluster that changed since is among what came.
      if (ranked?.cluster.gone) continue;
      const fresh = this.#order.worstFresh;
      if (fresh === undefined || ranked === undefined || compareRanks(fresh, ranked) < 0)
        return ranked?.chunk;
      this.#end++;
      return fresh.chunk;
    }
  }

  #look(): void {
    this.#ranked = this.#order.ranked();
    this.#end = this.#ranked.length;
    this.#until = Math.floor(this.#end * (1 - SERVED));
  }
}
