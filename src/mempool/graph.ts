/**
 * The transactions of the mempool and how they spend from each other: indexes, links, clusters, sums. Owns
 * consistency (every look-up agrees after every call), no rule and no event.
 */
import { equalBytes, toDisplayHex } from '../core/encoding/bytes.ts';
import type { Coin } from '../core/transaction/coin.ts';
import { OutPointMap } from '../core/transaction/outpoint-map.ts';
import type { OutPoint, Transaction, Txid, Wtxid } from '../core/transaction/transaction.ts';
import { Cluster } from './cluster.ts';
import type { MempoolEntry } from './entry.ts';

/** Height that coins of the mempool have until they are in a block (Core's MEMPOOL_HEIGHT). */
export const MEMPOOL_HEIGHT = 0x7fffffff;

/** Bytes of memory that an entry takes beside its serialization, measured on Node 20; and per input or output. */
const ENTRY_OVERHEAD = 3_000;
const PUT_OVERHEAD = 750;

function memoryOf(entry: MempoolEntry): number {
  const puts = entry.tx.inputs.length + entry.tx.outputs.length;
  return entry.tx.bytes.length + ENTRY_OVERHEAD + PUT_OVERHEAD * puts;
}

export class TransactionGraph {
  readonly #byTxid = new Map<Txid, MempoolEntry>();
  readonly #byWtxid = new Map<Wtxid, MempoolEntry>();
  readonly #spenders = new OutPointMap<MempoolEntry>();
  readonly #clusters = new Set<Cluster>();
  #virtualSize = 0;
  #memory = 0;
  #fees = 0n;

  get size(): number {
    return this.#byTxid.size;
  }

  /** Of all transactions, in vbytes. */
  get virtualSize(): number {
    return this.#virtualSize;
  }

  /** An estimate, in bytes. */
  get memory(): number {
    return this.#memory;
  }

  /** Satoshis, not modified. */
  get fees(): bigint {
    return this.#fees;
  }

  get clusters(): ReadonlySet<Cluster> {
    return this.#clusters;
  }

  /** In the order in which they were added. */
  entries(): IterableIterator<MempoolEntry> {
    return this.#byTxid.values();
  }

  get(txid: Txid): MempoolEntry | undefined {
    return this.#byTxid.get(txid);
  }

  getByWtxid(wtxid: Wtxid): MempoolEntry | undefined {
    return this.#byWtxid.get(wtxid);
  }

  creator(outpoint: OutPoint): MempoolEntry | undefined {
    return this.#byTxid.get(toDisplayHex(outpoint.txid) as Txid);
  }

  spender(outpoint: OutPoint): MempoolEntry | undefined {
    return this.#spenders.get(outpoint);
  }

  output(outpoint: OutPoint): Coin | undefined {
    const output = this.creator(outpoint)?.tx.outputs[outpoint.vout];
    return output === undefined ? undefined : { output, height: MEMPOOL_HEIGHT, coinbase: false };
  }

  parentsOf(tx: Transaction): Set<MempoolEntry> {
    const parents = new Set<MempoolEntry>();
    for (const { prevout } of tx.inputs) {
      const parent = this.creator(prevout);
      if (parent !== undefined) parents.add(parent);
    }
    return parents;
  }

  /** Other transactions that spend what this one spends. */
  conflictsOf(tx: Transaction): Set<MempoolEntry> {
    const conflicts = new Set<MempoolEntry>();
    for (const { prevout } of tx.inputs) {
      const spender = this.#spenders.get(prevout);
      if (spender !== undefined && spender.txid !== tx.txid) conflicts.add(spender);
    }
    return conflicts;
  }

  /**
   * Adds a transaction that conflicts with none. It may have children already: a reorganisation returns
   * parents after their children.
   */
  add(entry: MempoolEntry): void {
    this.#byTxid.set(entry.txid, entry);
    this.#byWtxid.set(entry.wtxid, entry);
    this.#virtualSize += entry.virtualSize;
    this.#memory += memoryOf(entry);
    this.#fees += entry.fee;
    for (const { prevout } of entry.tx.inputs) this.#spenders.set(prevout, entry);
    for (const parent of this.parentsOf(entry.tx)) {
      entry.parents.add(parent);
      parent.children.add(entry);
    }
    entry.tx.outputs.forEach((_, vout) => {
      const child = this.#spenders.get({ txid: entry.tx.txidBytes, vout });
      if (child === undefined) return;
      entry.children.add(child);
      child.parents.add(entry);
    });
    const members = new Set<MempoolEntry>();
    for (const neighbour of [...entry.parents, ...entry.children])
      if (this.#clusters.delete(neighbour.cluster))
        for (const member of neighbour.cluster.entries) members.add(member);
    members.add(entry);
    this.#keep(members);
  }

  /** Removes transactions; their clusters fall apart into what is still connected. */
  remove(entries: Iterable<MempoolEntry>): void {
    const remaining = new Set<MempoolEntry>();
    for (const entry of entries) {
      if (!this.#byTxid.delete(entry.txid)) continue;
      this.#byWtxid.delete(entry.wtxid);
      this.#virtualSize -= entry.virtualSize;
      this.#memory -= memoryOf(entry);
      this.#fees -= entry.fee;
      for (const { prevout } of entry.tx.inputs) this.#spenders.delete(prevout);
      for (const parent of entry.parents) parent.children.delete(entry);
      for (const child of entry.children) child.parents.delete(entry);
      if (this.#clusters.delete(entry.cluster))
        for (const member of entry.cluster.entries) remaining.add(member);
      remaining.delete(entry);
    }
    for (const entry of remaining) {
      if (this.#byTxid.get(entry.txid) !== entry || this.#clusters.has(entry.cluster)) continue;
      this.#keep(reach(entry, (other) => [...other.parents, ...other.children]));
    }
  }

  #keep(members: ReadonlySet<MempoolEntry>): void {
    const cluster = new Cluster(members);
    for (const member of members) member.cluster = cluster;
    this.#clusters.add(cluster);
  }
}

/** Everything that can be reached over `links`, with the start. */
export function reach(
  start: MempoolEntry,
  links: (entry: MempoolEntry) => Iterable<MempoolEntry>,
): Set<MempoolEntry> {
  const reached = new Set([start]);
  // A set grows while it is iterated, and the iteration comes to what was added.
  for (const entry of reached) for (const linked of links(entry)) reached.add(linked);
  return reached;
}

/** With the entries themselves. */
export function withAncestors(entry: MempoolEntry): Set<MempoolEntry> {
  return reach(entry, (other) => other.parents);
}

/** With the entries themselves. */
export function withDescendants(entry: MempoolEntry): Set<MempoolEntry> {
  return reach(entry, (other) => other.children);
}

export function spendsFrom(tx: Transaction, parent: Transaction): boolean {
  return tx.inputs.some((input) => equalBytes(input.prevout.txid, parent.txidBytes));
}

interface Sums {
  readonly count: number;
  /** vbytes */
  readonly size: number;
  /** Satoshis, modified. */
  readonly fees: bigint;
}

export function sum(entries: ReadonlySet<MempoolEntry>): Sums {
  let size = 0;
  let fees = 0n;
  for (const entry of entries) {
    size += entry.virtualSize;
    fees += entry.modifiedFee;
  }
  return { count: entries.size, size, fees };
}
