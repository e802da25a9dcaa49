/**
 * Transactions whose parents are not known yet, for relay. Every peer has room of its own, so that none can
 * push out what others gave; what several gave counts for each of them. Nothing here was judged.
 */
import { equalBytes, toDisplayHex } from '../core/encoding/bytes.ts';
import { MAX_STANDARD_TX_WEIGHT } from '../core/script/standard.ts';
import type { OutPoint, Transaction, Txid, Wtxid } from '../core/transaction/transaction.ts';

/** Weight units that are kept for one peer, and how many orphans the peers share among them (as Core reserves). */
const MAX_PEER_WEIGHT = 404_000;
const MAX_COUNT = 3_000;
/** Weight units that are kept in all. */
const MAX_WEIGHT = 20_000_000;

export interface Orphan {
  readonly tx: Transaction;
  /** Ids of the parents that were missing when it came. */
  readonly missing: readonly string[];
  readonly weight: number;
  /** Ids. */
  readonly peers: Set<number>;
}

interface Share {
  weight: number;
  /** Oldest first. */
  readonly orphans: Set<Orphan>;
}

const parentsOf = (tx: Transaction): Set<Txid> =>
  new Set(tx.inputs.map((input) => toDisplayHex(input.prevout.txid) as Txid));

export class OrphanPool {
  readonly #orphans = new Map<Wtxid, Orphan>();
  readonly #byParent = new Map<Txid, Set<Orphan>>();
  readonly #shares = new Map<number, Share>();
  #weight = 0;

  all(): Iterable<Orphan> {
    return this.#orphans.values();
  }

  get size(): number {
    return this.#orphans.size;
  }

  get(wtxid: Wtxid): Orphan | undefined {
    return this.#orphans.get(wtxid);
  }

  has(wtxid: Wtxid): boolean {
    return this.#orphans.has(wtxid);
  }

  /** Remembers that `peer` has this orphan; its oldest ones go if that is too much. False if it is too large. */
  add(tx: Transaction, peer: number, missing: readonly string[] = []): boolean {
    if (tx.weight > MAX_STANDARD_TX_WEIGHT) return false;
    const orphan = this.#orphans.get(tx.wtxid) ?? this.#keep(tx, missing);
    let share = this.#shares.get(peer);
    if (share === undefined) {
      share = { weight: 0, orphans: new Set() };
      this.#shares.set(peer, share);
    }
    if (!share.orphans.has(orphan)) {
      share.orphans.add(orphan);
      share.weight += orphan.weight;
      orphan.peers.add(peer);
    }
    while (share.weight > MAX_PEER_WEIGHT || share.orphans.size > MAX_COUNT / this.#shares.size)
      this.#dropOldest(peer, share);
    while (this.#weight > MAX_WEIGHT) {
      const [heaviest] = [...this.#shares].sort(([, a], [, b]) => b.weight - a.weight);
      this.#dropOldest(...heaviest!);
    }
    return true;
  }

  #keep(tx: Transaction, missing: readonly string[]): Orphan {
    const orphan: Orphan = { tx, missing, weight: tx.weight, peers: new Set() };
    this.#orphans.set(tx.wtxid, orphan);
    this.#weight += orphan.weight;
    for (const parent of parentsOf(tx)) {
      const children = this.#byParent.get(parent);
      if (children === undefined) this.#byParent.set(parent, new Set([orphan]));
      else children.add(orphan);
    }
    return orphan;
  }

  #dropOldest(peer: number, share: Share): void {
    const [oldest] = share.orphans;
    this.#release(oldest!, peer, share);
  }

  /** The peer has it no longer; who was the last one takes it along. */
  #release(orphan: Orphan, peer: number, share: Share): void {
    share.orphans.delete(orphan);
    share.weight -= orphan.weight;
    orphan.peers.delete(peer);
    if (share.orphans.size === 0) this.#shares.delete(peer);
    if (orphan.peers.size > 0) return;
    this.#orphans.delete(orphan.tx.wtxid);
    this.#weight -= orphan.weight;
    for (const parent of parentsOf(orphan.tx)) {
      const children = this.#byParent.get(parent)!;
      children.delete(orphan);
      if (children.size === 0) this.#byParent.delete(parent);
    }
  }

  /** Orphans that spend from this transaction, newest first; only those that `peer` gave, if one is named. */
  children(parent: Txid, peer?: number): readonly Transaction[] {
    return [...(this.#byParent.get(parent) ?? [])]
      .filter((orphan) => peer === undefined || orphan.peers.has(peer))
      .map((orphan) => orphan.tx)
      .reverse();
  }

  erase(wtxid: Wtxid): void {
    const orphan = this.#orphans.get(wtxid);
    if (orphan === undefined) return;
    for (const peer of [...orphan.peers]) this.#release(orphan, peer, this.#shares.get(peer)!);
  }

  clear(): void {
    for (const wtxid of [...this.#orphans.keys()]) this.erase(wtxid);
  }

  eraseForPeer(peer: number): void {
    const share = this.#shares.get(peer);
    for (const orphan of [...(share?.orphans ?? [])]) this.#release(orphan, peer, share!);
  }

  /** Those that a block contains, or makes impossible. Returns how many. */
  eraseForBlock(transactions: readonly Transaction[]): number {
    const before = this.size;
    if (before === 0) return 0;
    for (const tx of transactions)
      for (const { prevout } of tx.inputs)
        for (const orphan of this.#spenders(prevout)) this.erase(orphan.wtxid);
    return before - this.size;
  }

  #spenders({ txid, vout }: OutPoint): Transaction[] {
    return this.children(toDisplayHex(txid) as Txid).filter((tx) =>
      tx.inputs.some(({ prevout }) => prevout.vout === vout && equalBytes(prevout.txid, txid)),
    );
  }
}
