/** What goes when the mempool is full: the chunks that pay the least. Owns the order, changes nothing. */
import { type Chunk, type Cluster, compareFeeRates } from './cluster.ts';

/** Part of the clusters that one sorting serves for: what comes meanwhile pays more than what was evicted. */
const SERVED = 1 / 16;

export class EvictionOrder {
  /** Worst last. A cluster that changed since is no longer among those of the graph. */
  #order: Cluster[] = [];
  #until = 0;

  /** The chunk that would be mined last. Nothing in the mempool depends on it. */
  worst(clusters: ReadonlySet<Cluster>): Chunk | undefined {
    for (;;) {
      if (this.#order.length <= this.#until) this.#sort(clusters);
      const cluster = this.#order.pop();
      if (cluster === undefined) return undefined;
      if (clusters.has(cluster)) return cluster.chunks.at(-1);
    }
  }

  #sort(clusters: ReadonlySet<Cluster>): void {
    this.#order = [...clusters].sort((a, b) => compareFeeRates(b.chunks.at(-1)!, a.chunks.at(-1)!));
    this.#until = Math.floor(this.#order.length * (1 - SERVED));
  }
}
