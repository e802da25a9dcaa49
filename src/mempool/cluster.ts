/**
 * A cluster is everything in the mempool that is connected by spends. It is kept in the order in which it
 * would be mined, cut into chunks: groups that are worth mining together, best fee rate first. Mining takes
 * chunks from the front, eviction from the back, and replacement compares them. Owns no link and no limit.
 */
import { compareBytes } from '../core/encoding/bytes.ts';
import type { Chunk, Cluster, FeeAndWeight, MempoolEntry } from './entry.ts';

/** Satoshis per weight unit; rounded, but monotonic: only where two are equal may the exact rates differ. */
const rateOf = ({ fee, weight }: FeeAndWeight): number => Number(fee) / weight;

/** Positive if `a` pays the higher rate. */
export function compareFeeRates(a: FeeAndWeight, b: FeeAndWeight): number {
  return rateOf(a) - rateOf(b) || compareExactly(a, b);
}

function compareExactly(a: FeeAndWeight, b: FeeAndWeight): number {
  // The usual tie is between transactions of the same size.
  if (a.weight === b.weight) return a.fee > b.fee ? 1 : a.fee < b.fee ? -1 : 0;
  const left = a.fee * BigInt(b.weight);
  const right = b.fee * BigInt(a.weight);
  return left > right ? 1 : left < right ? -1 : 0;
}

/** Immutable: where an entry comes or goes, or its fee changes, there is another cluster. */
class Linearized implements Cluster {
  /** The only one, as most are: a set for it would take 200 bytes. */
  readonly #single: MempoolEntry | undefined;
  readonly #entries: ReadonlySet<MempoolEntry> | undefined;
  readonly weight: number;
  #chunks: readonly Chunk[] | undefined;
  gone = false;

  constructor(entries: ReadonlySet<MempoolEntry>) {
    const [first] = entries;
    if (entries.size === 1) this.#single = first;
    else this.#entries = entries;
    let weight = 0;
    for (const entry of entries) weight += entry.adjustedWeight;
    this.weight = weight;
  }

  get entries(): ReadonlySet<MempoolEntry> {
    return this.#entries ?? new Set([this.#single!]);
  }

  /** When first asked for: most clusters are merged or mined before anybody asks. */
  get chunks(): readonly Chunk[] {
    this.#chunks ??= this.#single === undefined ? linearize(this.entries) : [chunkOf(this.#single)];
    return this.#chunks;
  }
}

export const clusterOf = (entries: ReadonlySet<MempoolEntry>): Cluster => new Linearized(entries);

function chunkOf(entry: MempoolEntry): Chunk {
  const weight = entry.adjustedWeight;
  return { entries: [entry], fee: entry.modifiedFee, weight, tieWeight: weight };
}

/** A group of transactions while the order is improved. */
interface Group {
  fee: bigint;
  weight: number;
  members: number[];
}

/**
 * The mining order of some transactions as chunks of falling fee rate. Only the `parents` links inside the
 * set count, so it also judges transactions that are not in the mempool yet.
 *
 * Greedy by the fee rate of what is left of each transaction's ancestors (as miners have chosen for long),
 * then one pass each from the back and from the front that moves or merges better groups forward
 * (Core's PostLinearize), after which every chunk is connected.
 */
export function linearize(entries: ReadonlySet<MempoolEntry>): Chunk[] {
  if (entries.size === 1) return Array.from(entries, chunkOf);
  const list = inTopologicalOrder(entries);
  const index = new Map(list.map((entry, i) => [entry, i]));
  const parents = list.map((entry) => {
    const inside: number[] = [];
    for (const parent of entry.parents) {
      const at = index.get(parent);
      if (at !== undefined) inside.push(at);
    }
    return inside;
  });
  const dependsOn = ancestorsOf(parents);
  const fromBack = regroup(byAncestorRate(list, dependsOn).reverse(), list, dependsOn, true);
  const order = fromBack.flatMap((group) => group.members).reverse();
  const groups = regroup(order, list, dependsOn, false);
  const chunks: Chunk[] = [];
  for (const { fee, weight, members } of groups) {
    const before = chunks.at(-1);
    const ties = before !== undefined && compareFeeRates(before, { fee, weight }) === 0;
    const tieWeight = weight + (ties ? before.tieWeight : 0);
    chunks.push({ fee, weight, tieWeight, entries: members.map((i) => list[i]!) });
  }
  return chunks;
}

/** Parents first; among equals the txid decides, so that the order does not depend on arrival. */
function inTopologicalOrder(entries: ReadonlySet<MempoolEntry>): MempoolEntry[] {
  const order = new Set<MempoolEntry>();
  const pending = [...entries].sort((a, b) => compareBytes(b.tx.txidBytes, a.tx.txidBytes));
  while (pending.length > 0) {
    const entry = pending.at(-1)!;
    const waiting = [...entry.parents].filter((parent) => entries.has(parent) && !order.has(parent));
    if (waiting.length > 0 && !order.has(entry)) pending.push(...waiting);
    else order.add(pending.pop()!);
  }
  return [...order];
}

/** For each transaction the indices of its ancestors and of itself. */
function ancestorsOf(parents: readonly (readonly number[])[]): Set<number>[] {
  const sets: Set<number>[] = [];
  parents.forEach((own, i) => {
    const set = new Set([i]);
    for (const parent of own) for (const ancestor of sets[parent]!) set.add(ancestor);
    sets.push(set);
  });
  return sets;
}

function byAncestorRate(list: readonly MempoolEntry[], dependsOn: readonly Set<number>[]): number[] {
  const sums = dependsOn.map((set) => {
    let fee = 0n;
    let weight = 0;
    for (const i of set) {
      fee += list[i]!.modifiedFee;
      weight += list[i]!.adjustedWeight;
    }
    return { fee, weight };
  });
  const left = new Set(list.keys());
  const order: number[] = [];
  while (left.size > 0) {
    let best = -1;
    for (const i of left) if (best < 0 || compareFeeRates(sums[i]!, sums[best]!) > 0) best = i;
    const taken = [...dependsOn[best]!].filter((i) => left.has(i)).sort((a, b) => a - b);
    for (const i of taken) left.delete(i);
    for (const i of left)
      for (const ancestor of taken)
        if (dependsOn[i]!.has(ancestor)) {
          sums[i]!.fee -= list[ancestor]!.modifiedFee;
          sums[i]!.weight -= list[ancestor]!.adjustedWeight;
        }
    order.push(...taken);
  }
  return order;
}

/**
 * One pass. Takes transactions one by one; while the group before it pays less, it is merged with that
 * group if they depend on each other, and passes it otherwise.
 * @param fromBack the same on the reversed graph: children before parents, `order` from last to first, and
 * groups come out worst rate first.
 */
function regroup(
  order: readonly number[],
  list: readonly MempoolEntry[],
  dependsOn: readonly Set<number>[],
  fromBack: boolean,
): Group[] {
  const depends = (later: number, earlier: number) =>
    fromBack ? dependsOn[earlier]!.has(later) : dependsOn[later]!.has(earlier);
  const groups: Group[] = [];
  for (const i of order) {
    const group: Group = { fee: list[i]!.modifiedFee, weight: list[i]!.adjustedWeight, members: [i] };
    let at = groups.length;
    for (; at > 0; at--) {
      const before = groups[at - 1]!;
      const better = compareFeeRates(group, before);
      if (fromBack ? better >= 0 : better <= 0) break;
      if (!group.members.some((later) => before.members.some((earlier) => depends(later, earlier)))) continue;
      group.fee += before.fee;
      group.weight += before.weight;
      group.members.unshift(...before.members);
      groups.splice(at - 1, 1);
    }
    groups.splice(at, 0, group);
  }
  return groups;
}

/** A chunk among those of other clusters. */
export interface Ranked {
  readonly chunk: Chunk;
  readonly cluster: Cluster;
  /** Satoshis per weight unit, rounded. */
  readonly rate: number;
}

/**
 * Negative if `a` would be mined first. Ties are broken so that chunks of one cluster keep their order, and
 * every node chooses alike.
 */
export function compareRanks(a: Ranked, b: Ranked): number {
  return b.rate - a.rate || compareTies(a.chunk, b.chunk);
}

/**
 * Chunks of several clusters in the order in which they would be mined. Plain numbers are sorted ten times as fast as
 * what has them: only where several chunks have one rate are they compared themselves.
 */
export function rankChunks(clusters: Iterable<Cluster>): Ranked[] {
  const byRate = new Map<number, Ranked[]>();
  for (const cluster of clusters)
    for (const chunk of cluster.chunks) {
      const rate = rateOf(chunk);
      const ranked = { chunk, cluster, rate };
      const same = byRate.get(rate);
      if (same === undefined) byRate.set(rate, [ranked]);
      else same.push(ranked);
    }
  const rates = Float64Array.from(byRate.keys()).sort().reverse();
  return Array.from(rates, (rate) => byRate.get(rate)!.sort(compareRanks)).flat();
}

/** The chunk of several clusters that would be mined last. */
export function lastRanked(clusters: Iterable<Cluster>): Ranked | undefined {
  let last: Ranked | undefined;
  for (const cluster of clusters) {
    const chunk = cluster.chunks.at(-1)!;
    const rate = rateOf(chunk);
    if (last !== undefined && rate > last.rate) continue;
    const ranked = { chunk, cluster, rate };
    if (last === undefined || compareRanks(ranked, last) > 0) last = ranked;
  }
  return last;
}

export function sortChunks(clusters: Iterable<Cluster>): Chunk[] {
  return rankChunks(clusters).map(({ chunk }) => chunk);
}

function compareTies(a: Chunk, b: Chunk): number {
  return compareExactly(b, a) || a.tieWeight - b.tieWeight || compareBytes(lastId(a), lastId(b));
}

/** The greatest txid of a chunk, in the order of its bytes: all else being equal, the lesser one comes first. */
function lastId({ entries }: Chunk): Uint8Array {
  let last = entries[0]!.tx.txidBytes;
  for (const { tx } of entries) if (compareBytes(tx.txidBytes, last) > 0) last = tx.txidBytes;
  return last;
}

/**
 * Is the first fee-rate diagram above the second somewhere and below it nowhere? A diagram is the fee that
 * the best chunks earn, by the weight that they take.
 * @param better and worse by falling fee rate.
 */
export function improvesDiagram(better: readonly FeeAndWeight[], worse: readonly FeeAndWeight[]): boolean {
  let above = false;
  for (const [own, other, sign] of [
    [better, worse, 1n],
    [worse, better, -1n],
  ] as const) {
    let fee = 0n;
    let weight = 0;
    for (const chunk of own) {
      fee += chunk.fee;
      weight += chunk.weight;
      const difference = sign * compareWithDiagram(fee, weight, other);
      if (difference < 0n) return false;
      if (difference > 0n) above = true;
    }
  }
  return above;
}

/** Sign of (`fee` less the height of the diagram at `weight`). */
function compareWithDiagram(fee: bigint, weight: number, diagram: readonly FeeAndWeight[]): bigint {
  let height = 0n;
  let at = 0;
  for (const chunk of diagram) {
    if (at + chunk.weight > weight) {
      const scale = BigInt(chunk.weight);
      return (fee - height) * scale - chunk.fee * BigInt(weight - at);
    }
    height += chunk.fee;
    at += chunk.weight;
  }
  return fee - height;
}
