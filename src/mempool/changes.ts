/**
 * A change of the mempool that is still to be judged: what would come, what would go. Computes the clusters
 * before and after without touching the graph.
 */
import { Invalid } from '../core/encoding/errors.ts';
import { WITNESS_SCALE_FACTOR } from '../core/transaction/transaction.ts';
import { clusterOf, sortChunks } from './cluster.ts';
import type { Chunk, Cluster, MempoolEntry } from './entry.ts';
import { reach, withAncestors } from './graph.ts';
import type { MempoolPolicy } from './policy.ts';

export class Changes {
  /** Parents before children; their `parents` are set, no other entry links to them yet. */
  readonly added: readonly MempoolEntry[];
  /** Closed under descendants. */
  readonly removed: ReadonlySet<MempoolEntry>;

  constructor(added: readonly MempoolEntry[], removed: ReadonlySet<MempoolEntry> = new Set()) {
    this.added = added;
    this.removed = removed;
  }

  /** Clusters that change. */
  #before(): Set<Cluster> {
    const clusters = new Set<Cluster>();
    for (const entry of this.removed) clusters.add(entry.cluster);
    for (const entry of this.added)
      for (const parent of entry.parents) if (!this.added.includes(parent)) clusters.add(parent.cluster);
    return clusters;
  }

  /** What becomes of the clusters around `starts`. */
  #after(starts: Iterable<MempoolEntry>): Cluster[] {
    const newChildren = new Map<MempoolEntry, MempoolEntry[]>();
    for (const entry of this.added)
      for (const parent of entry.parents) {
        const children = newChildren.get(parent);
        if (children === undefined) newChildren.set(parent, [entry]);
        else children.push(entry);
      }
    const links = (entry: MempoolEntry) =>
      [...entry.parents, ...entry.children, ...(newChildren.get(entry) ?? [])].filter(
        (linked) => !this.removed.has(linked),
      );
    const seen = new Set<MempoolEntry>();
    const clusters: Cluster[] = [];
    for (const start of starts) {
      if (seen.has(start) || this.removed.has(start)) continue;
      const members = reach(start, links);
      for (const member of members) seen.add(member);
      clusters.push(clusterOf(members));
    }
    return clusters;
  }

  /** @throws Invalid if a limit on connected transactions would be exceeded. */
  checkLimits(policy: MempoolPolicy): void {
    const maxWeight = policy.limitClusterSize * WITNESS_SCALE_FACTOR;
    const check = (count: number, weight: number) => {
      if (count > policy.limitClusterCount || weight > maxWeight)
        throw new Invalid('policy', 'too-large-cluster');
    };
    const [first, second] = this.added;
    // Most come alone: there is nothing to walk over.
    if (second === undefined && first!.parents.size === 0) check(1, first!.adjustedWeight);
    else for (const { entries, weight } of this.#after(this.added)) check(entries.size, weight);
    for (const entry of this.added) this.#checkChain(entry, policy);
  }

  #checkChain(entry: MempoolEntry, { limitAncestorCount, limitDescendantCount }: MempoolPolicy): void {
    if (limitAncestorCount === Infinity && limitDescendantCount === Infinity) return;
    const ancestors = withAncestors(entry);
    if (ancestors.size > limitAncestorCount)
      throw new Invalid(
        'policy',
        'too-long-mempool-chain',
        `too many unconfirmed ancestors [limit: ${limitAncestorCount}]`,
      );
    ancestors.delete(entry);
    for (const ancestor of ancestors) {
      const descendants = reach(ancestor, (other) =>
        [...other.children].filter((child) => !this.removed.has(child)),
      );
      if (descendants.size + this.added.length > limitDescendantCount)
        throw new Invalid(
          'policy',
          'too-long-mempool-chain',
          `too many descendants for tx ${ancestor.txid} [limit: ${limitDescendantCount}]`,
        );
    }
  }

  /** Chunks of the clusters that change, by falling fee rate: how they are mined now, and how they would be. */
  diagrams(): { readonly before: readonly Chunk[]; readonly after: readonly Chunk[] } {
    const before = this.#before();
    const starts = [...this.added, ...[...before].flatMap((cluster) => [...cluster.entries])];
    return { before: sortChunks(before), after: sortChunks(this.#after(starts)) };
  }
}
