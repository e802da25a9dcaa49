/** Transactions whose parents are not known yet, for relay; bounded per peer. */
import type { Transaction, Txid, Wtxid } from '../core/transaction/transaction.ts';

declare const later: never;
export class OrphanPool {
  /** Remembers that `peer` has this orphan. False if it was refused for its size. */
  add(_tx: Transaction, _peer: number): boolean {
    return later;
  }
  has(_wtxid: Wtxid): boolean {
    return later;
  }
  get(_wtxid: Wtxid): Transaction | undefined {
    return later;
  }
  /** Orphans that spend an output of this transaction; those that `peer` gave first, newest first. */
  children(_parent: Txid, _peer?: number): readonly Transaction[] {
    return later;
  }
  erase(_wtxid: Wtxid): void {}
  eraseForPeer(_peer: number): void {}
  /** Those that a block contains or makes impossible. */
  eraseForBlock(_transactions: readonly Transaction[]): void {}
  get size(): number {
    return later;
  }
}
