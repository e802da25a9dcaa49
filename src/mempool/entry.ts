/**
 * A transaction in the mempool, with what is known about it and its place in the graph of unconfirmed
 * spends. Owns no rule; only `TransactionGraph` changes the links.
 */

import { BYTES_PER_SIGOP } from '../core/script/standard.ts';
import {
  type Transaction,
  type Txid,
  WITNESS_SCALE_FACTOR,
  type Wtxid,
} from '../core/transaction/transaction.ts';

interface EntryFacts {
  readonly tx: Transaction;
  /** Satoshis. */
  readonly fee: bigint;
  /** BIP141 cost. */
  readonly sigOpCost: number;
  /** Seconds since the epoch at which it came. */
  readonly time: number;
  /** Height of the tip at which it came. */
  readonly height: number;
  /** The mempool's sequence number at which it came; 0 if a reorganisation returned it. */
  readonly sequence: number;
  readonly spendsCoinbase: boolean;
}

export interface FeeAndWeight {
  /** Satoshis, modified fees. */
  readonly fee: bigint;
  /** Adjusted weight units. */
  readonly weight: number;
}

export interface Chunk extends FeeAndWeight {
  /** Parents before children. */
  readonly entries: readonly MempoolEntry[];
  /** Weight of this chunk and of those before it in its cluster that pay the same rate: breaks ties. */
  readonly tieWeight: number;
}

/** Everything connected by spends, in the order in which it would be mined; `cluster.ts` makes it. */
export interface Cluster {
  readonly entries: ReadonlySet<MempoolEntry>;
  /** Adjusted weight units of all. */
  readonly weight: number;
  readonly chunks: readonly Chunk[];
  /** No longer in the mempool. */
  gone: boolean;
}

/** What most have for parents and children: two empty sets each would take 400 bytes. */
const NOBODY: ReadonlySet<MempoolEntry> = new Set();

interface Reckoning {
  /** By which it counts for more or less than it pays. */
  readonly feeDelta?: bigint;
  /** vbytes that each signature operation counts for at least. */
  readonly bytesPerSigOp?: number;
}

export class MempoolEntry implements EntryFacts {
  readonly tx: Transaction;
  readonly fee: bigint;
  readonly sigOpCost: number;
  readonly time: number;
  height: number;
  readonly sequence: number;
  readonly spendsCoinbase: boolean;
  readonly weight: number;
  /** Weight, or what its signature operations take of a block if that is more. Weight units. */
  readonly adjustedWeight: number;
  /** `adjustedWeight` in vbytes, rounded up: the size that fee rates are about. */
  readonly virtualSize: number;
  /** Satoshis, with what `prioritisetransaction` added. */
  modifiedFee: bigint;
  #parents: Set<MempoolEntry> | undefined;
  #children: Set<MempoolEntry> | undefined;
  /** Everything connected with it. */
  cluster!: Cluster;

  constructor(facts: EntryFacts, { feeDelta = 0n, bytesPerSigOp = BYTES_PER_SIGOP }: Reckoning = {}) {
    this.tx = facts.tx;
    this.fee = facts.fee;
    this.sigOpCost = facts.sigOpCost;
    this.time = facts.time;
    this.height = facts.height;
    this.sequence = facts.sequence;
    this.spendsCoinbase = facts.spendsCoinbase;
    this.modifiedFee = feeDelta === 0n ? facts.fee : facts.fee + feeDelta;
    this.weight = facts.tx.weight;
    this.adjustedWeight = Math.max(this.weight, facts.sigOpCost * bytesPerSigOp);
    this.virtualSize = Math.ceil(this.adjustedWeight / WITNESS_SCALE_FACTOR);
  }

  /** Transactions in the mempool that this one spends from. */
  get parents(): ReadonlySet<MempoolEntry> {
    return this.#parents ?? NOBODY;
  }

  /** Transactions in the mempool that spend from this one. */
  get children(): ReadonlySet<MempoolEntry> {
    return this.#children ?? NOBODY;
  }

  addParent(parent: MempoolEntry): void {
    this.#parents ??= new Set();
    this.#parents.add(parent);
  }

  removeParent(parent: MempoolEntry): void {
    this.#parents?.delete(parent);
  }

  addChild(child: MempoolEntry): void {
    this.#children ??= new Set();
    this.#children.add(child);
  }

  removeChild(child: MempoolEntry): void {
    this.#children?.delete(child);
  }

  get txid(): Txid {
    return this.tx.txid;
  }

  get wtxid(): Wtxid {
    return this.tx.wtxid;
  }
}
