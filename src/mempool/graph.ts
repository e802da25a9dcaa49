/**
 * The transactions of the mempool and how they spend from each other: indexes, links, clusters, sums. Owns
 * consistency (every look-up agrees after every call), no rule and no event.
 */
import { compareBytes, equalBytes, fromDisplayHex } from '../core/encoding/bytes.ts';
import type { Coin } from '../core/transaction/coin.ts';
import { OutPointMap } from '../core/transaction/outpoint-map.ts';
import type { OutPoint, Transaction, Txid, Wtxid } from '../core/transaction/transaction.ts';
import { ChunkOrder } from './chunk-order.ts';
import { clusterOf } from './cluster.ts';
import type { MempoolEntry } from './entry.ts';
import { memoryOf, usageOf } from './memory.ts';

/** Height that coins of the mempool have until they are in a block (Core's MEMPOOL_HEIGHT). */
export const MEMPOOL_HEIGHT = 0x7fffffff;

export class TransactionGraph {
  /** By a txid's bytes, with output 0: inputs name their parents so, and to write each in hex takes a microsecond. */
  readonly #byTxid = new OutPointMap<MempoolEntry>();
  readonly #byWtxid = new Map<Wtxid, MempoolEntry>();
  readonly #spenders = new OutPointMap<MempoolEntry>();
  /** The clusters. */
  readonly order = new ChunkOrder();
  #virtualSize = 0;
  #usage = 0;
  #memory = 0;
  #fees = 0n;

  get size(): number {
    return this.#byTxid.size;
  }

  /** Of all transactions, in vbytes. */
  get virtualSize(): number {
    return this.#virtualSize;
  }

  /** Bytes of memory, as Core counts them. */
  get usage(): number {
    return this.#usage;
  }

  /** Bytes of Node's memory, by estimate. */
  get memory(): number {
    return this.#memory;
  }

  /** Satoshis, not modified. */
  get fees(): bigint {
    return this.#fees;
  }

  /** In the order in which they were added. */
  entries(): IterableIterator<MempoolEntry> {
    return this.#byWtxid.values();
  }

  get(txid: Txid): MempoolEntry | undefined {
    return this.creator(fromDisplayHex(txid));
  }

  getByWtxid(wtxid: Wtxid): MempoolEntry | undefined {
    return this.#byWtxid.get(wtxid);
  }

  /** @param txid 32 bytes in internal order. */
  creator(txid: Uint8Array): MempoolEntry | undefined {
    return this.#byTxid.get({ txid, vout: 0 });
  }

  spender(outpoint: OutPoint): MempoolEntry | undefined {
    return this.#spenders.get(outpoint);
  }

  output(outpoint: OutPoint): Coin | undefined {
    const output = this.creator(outpoint.txid)?.tx.outputs[outpoint.vout];
    return output === undefined ? undefined : { output, height: MEMPOOL_HEIGHT, coinbase: false };
  }

  /** In the order of their ids, as Core has them: which of them is named depends on it. */
  parentsOf(tx: Transaction): Set<MempoolEntry> {
    const parents = new Set<MempoolEntry>();
    for (const { prevout } of tx.inputs) {
      const parent = this.creator(prevout.txid);
      if (parent !== undefined) parents.add(parent);
    }
    if (parents.size < 2) return parents;
    return new Set([...parents].sort((a, b) => compareBytes(a.tx.txidBytes, b.tx.txidBytes)));
  }

  /** Other transactions that spend what this one spends. */
  conflictsOf(tx: Transaction): Set<MempoolEntry> {
    const conflicts = new Set<MempoolEntry>();
    for (const { prevout } of tx.inputs) {
      const spender = this.#spenders.get(prevout);
      if (spender !== undefined && !equalBytes(spender.tx.txidBytes, tx.txidBytes)) conflicts.add(spender);
    }
    return conflicts;
  }

  /**
   * Adds a transaction that conflicts with none. It may have children already: a reorganisation returns
   * parents after their children.
   */
  add(entry: MempoolEntry): void {
    const txid = entry.tx.txidBytes;
    this.#byTxid.set({ txid, vout: 0 }, entry);
    this.#byWtxid.set(entry.wtxid, entry);
    this.#virtualSize += entry.virtualSize;
    this.#usage += usageOf(entry);
    this.#memory += memoryOf(entry);
    this.#fees += entry.fee;
    for (const { prevout } of entry.tx.inputs) this.#spenders.set(prevout, entry);
    for (const parent of this.parentsOf(entry.tx)) {
      entry.addParent(parent);
      parent.addChild(entry);
    }
    for (let vout = 0; vout < entry.tx.outputs.length; vout++) {
      const child = this.#spenders.get({ txid, vout });
      if (child === undefined) continue;
      entry.addChild(child);
      child.addParent(entry);
    }
    const members = new Set<MempoolEntry>();
    for (const neighbours of [entry.parents, entry.children])
      for (const { cluster } of neighbours)
        if (this.order.delete(cluster)) for (const member of cluster.entries) members.add(member);
    members.add(entry);
    this.#keep(members);
  }

  /** After the modified fee of an entry changed: its cluster is mined in another order. */
  reorder({ cluster }: MempoolEntry): void {
    this.order.delete(cluster);
    this.#keep(cluster.entries);
  }

  /** Removes transactions; their clusters fall apart into what is still connected. */
  remove(entries: Iterable<MempoolEntry>): void {
    const remaining = new Set<MempoolEntry>();
    for (const entry of entries) {
      if (!this.#byTxid.delete({ txid: entry.tx.txidBytes, vout: 0 })) continue;
      this.#byWtxid.delete(entry.wtxid);
      this.#virtualSize -= entry.virtualSize;
      this.#usage -= usageOf(entry);
      this.#memory -= memoryOf(entry);
      this.#fees -= entry.fee;
      for (const { prevout } of entry.tx.inputs) this.#spenders.delete(prevout);
      for (const parent of entry.parents) parent.removeChild(entry);
      for (const child of entry.children) child.removeParent(entry);
      if (this.order.delete(entry.cluster)) for (const member of entry.cluster.entries) remaining.add(member);
      remaining.delete(entry);
    }
    for (const entry of remaining) {
      if (this.creator(entry.tx.txidBytes) !== entry || !entry.cluster.gone) continue;
      this.#keep(reach(entry, (other) => [...other.parents, ...other.children]));
    }
  }

  #keep(members: ReadonlySet<MempoolEntry>): void {
    const cluster = clusterOf(members);
    for (const member of members) member.cluster = cluster;
    this.order.add(cluster);
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
