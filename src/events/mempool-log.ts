/** The last changes of the mempool, for who was away for a moment. Keeps what is told of them, and no transaction. */

import type { Chain } from '../chain/chain.ts';
import type { HeaderEntry } from '../chain/header-entry.ts';
import { countLeading } from '../core/encoding/sorted.ts';
import type { Coin } from '../core/transaction/coin.ts';
import { prevoutsOf, type Txid } from '../core/transaction/transaction.ts';
import type { MempoolEntry } from '../mempool/entry.ts';
import type { Mempool } from '../mempool/mempool.ts';
import type { RemovalReason } from '../mempool/results.ts';

const CHANGES = 20_000;

export interface MempoolChange {
  readonly sequence: number;
  /** The tip at that time: with a block, what it confirms leaves. */
  readonly tip: HeaderEntry;
  readonly txid: Txid;
  readonly virtualSize: number;
  /** Satoshis */
  readonly fee: bigint;
  /** Why it left; null if it came. */
  readonly reason: RemovalReason | null;
}

interface MempoolSnapshot {
  /** Of the last change before. */
  readonly sequence: number;
  readonly txids: readonly Txid[];
}

export class MempoolLog {
  readonly #chain: Chain;
  readonly #mempool: Mempool;
  /** Ascending; up to as many again as are kept wait in front of them to be dropped at once. */
  #changes: MempoolChange[] = [];
  /** Of the last change that is not kept. */
  #before: number;
  /** What transactions spend, for those who filter. */
  readonly #coins = new WeakMap<MempoolEntry, Promise<readonly (Coin | undefined)[]>>();
  #snapshot: MempoolSnapshot | undefined;

  /** Keeps what changes from now on. @param changed told of each change */
  constructor(chain: Chain, mempool: Mempool, changed: () => void) {
    this.#chain = chain;
    this.#mempool = mempool;
    this.#before = this.sequence;
    const add = (entry: MempoolEntry, reason: RemovalReason | null): void => {
      this.#add(entry, reason);
      changed();
    };
    mempool.added.subscribe((entry) => add(entry, null));
    mempool.removed.subscribe(({ entry, reason }) => add(entry, reason));
  }

  /** Of the last change. */
  get sequence(): number {
    return this.#mempool.sequence - 1;
  }

  /** Whether all changes after this one are known. */
  knows(sequence: number): boolean {
    return sequence >= this.#before && sequence <= this.sequence;
  }

  /** The first change after one that is known. */
  after(sequence: number): MempoolChange | undefined {
    return this.#changes[countLeading(this.#changes, (change) => change.sequence <= sequence)];
  }

  /** Shared by all who ask before the next change. */
  snapshot(): MempoolSnapshot {
    const { sequence } = this;
    if (this.#snapshot?.sequence !== sequence)
      this.#snapshot = { sequence, txids: Array.from(this.#mempool.graph.entries(), ({ txid }) => txid) };
    return this.#snapshot;
  }

  /** The coins that a transaction spends, as far as they are there still. */
  coinsOf(entry: MempoolEntry): Promise<readonly (Coin | undefined)[]> {
    let found = this.#coins.get(entry);
    if (found === undefined) {
      found = this.#mempool.coins(prevoutsOf(entry.tx));
      this.#coins.set(entry, found);
    }
    return found;
  }

  #add({ tx, virtualSize, fee }: MempoolEntry, reason: RemovalReason | null): void {
    const { sequence } = this;
    this.#snapshot = undefined;
    this.#changes.push({ sequence, tip: this.#chain.tip, txid: tx.txid, virtualSize, fee, reason });
    if (this.#changes.length < 2 * CHANGES) return;
    this.#changes = this.#changes.slice(-CHANGES);
    this.#before = this.#changes[0]!.sequence - 1;
  }
}
