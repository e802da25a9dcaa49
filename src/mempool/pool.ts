/**
 * The state of the mempool and its bounds: transactions, fee deltas, size, expiry, minimum fee, events.
 * Synchronous; whether a transaction may come in was judged before.
 */
import type { Chain } from '../chain/chain.ts';
import { Signal } from '../chain/signal.ts';
import type { FeeRate } from '../core/transaction/fee-rate.ts';
import { type Txid, WITNESS_SCALE_FACTOR } from '../core/transaction/transaction.ts';
import type { Seams } from '../seams.ts';
import type { Circumstances } from './acceptance.ts';
import type { MempoolEntry } from './entry.ts';
import { Eviction } from './eviction.ts';
import { TransactionGraph, withDescendants } from './graph.ts';
import type { MempoolPolicy } from './policy.ts';
import type { Removal, RemovalReason } from './results.ts';
import { RollingMinimum } from './rolling-minimum.ts';

export class Pool {
  readonly policy: MempoolPolicy;
  readonly graph = new TransactionGraph();
  readonly added = new Signal<MempoolEntry>();
  readonly removed = new Signal<Removal>();
  readonly feeDeltas = new Map<Txid, bigint>();
  readonly unbroadcast = new Set<Txid>();
  /** The number of the next arrival or departure: what is announced of one has the number before. */
  sequence = 1;
  readonly #chain: Chain;
  readonly #seams: Pick<Seams, 'clock' | 'logger'>;
  readonly minimum: RollingMinimum;
  readonly #eviction = new Eviction(this.graph.order);
  /** Nothing is older than this. */
  #earliest = Infinity;
  #prioritised = 0;

  constructor(policy: MempoolPolicy, chain: Chain, seams: Pick<Seams, 'clock' | 'logger'>) {
    this.policy = policy;
    this.#chain = chain;
    this.#seams = seams;
    this.minimum = new RollingMinimum(policy.incrementalRelayFeeRate);
  }

  /** Seconds since the epoch. */
  get time(): number {
    return this.#seams.clock.seconds();
  }

  /** Goes up with every change, of fees too. */
  get updates(): number {
    return this.sequence + this.#prioritised;
  }

  minimumFeeRate(): FeeRate {
    return this.minimum.rate(this.time, this.#fullness);
  }

  circumstances(): Circumstances {
    return {
      graph: this.graph,
      policy: this.policy,
      parameters: this.#chain.parameters,
      tip: this.#chain.tip,
      minimumFeeRate: this.minimumFeeRate(),
      feeDelta: (txid) => this.feeDeltas.get(txid) ?? 0n,
      time: this.time,
      sequence: this.sequence,
      updates: this.updates,
    };
  }

  add(entry: MempoolEntry): void {
    this.graph.add(entry);
    this.#earliest = Math.min(this.#earliest, entry.time);
    this.sequence++;
    this.added.emit(entry);
  }

  remove(entries: Iterable<MempoolEntry>, reason: RemovalReason): void {
    const gone = [...entries];
    this.graph.remove(gone);
    for (const entry of gone) {
      this.sequence++;
      this.unbroadcast.delete(entry.txid);
      this.removed.emit({ entry, reason });
    }
  }

  blockConnected(): void {
    this.minimum.blockConnected(this.time);
  }

  /** More than 1 is too much. */
  get #fullness(): number {
    const { maxBytes, maxMemory } = this.policy;
    return Math.max(this.graph.usage / maxBytes, this.graph.memory / maxMemory);
  }

  /** Lets what is too old go, and the worst until the rest fits. */
  limit(): void {
    this.#expire();
    let removed = 0;
    while (this.#fullness > 1) {
      const chunk = this.#eviction.worst();
      if (chunk === undefined) break;
      removed += chunk.entries.length;
      this.minimum.raise((Number(chunk.fee) * 1000 * WITNESS_SCALE_FACTOR) / chunk.weight);
      this.remove(chunk.entries, 'sizelimit');
    }
    if (removed === 0) return;
    const rate = `${Math.round(this.minimum.state.rate)} sat/kvB`;
    const what = `Removed ${removed} txn, rolling minimum fee bumped to ${rate}`;
    this.#seams.logger.log('debug', 'mempool', what);
  }

  #expire(): void {
    const limit = this.time - this.policy.expiry;
    if (this.#earliest >= limit) return;
    const old = new Set<MempoolEntry>();
    this.#earliest = Infinity;
    for (const entry of this.graph.entries())
      if (entry.time < limit) for (const descendant of withDescendants(entry)) old.add(descendant);
      else this.#earliest = Math.min(this.#earliest, entry.time);
    this.remove(old, 'expiry');
  }

  /** @param delta satoshis, added to what was added before. */
  prioritise(txid: Txid, delta: bigint): void {
    const total = (this.feeDeltas.get(txid) ?? 0n) + delta;
    if (total === 0n) this.feeDeltas.delete(txid);
    else this.feeDeltas.set(txid, total);
    const entry = this.graph.get(txid);
    if (entry !== undefined) {
      entry.modifiedFee = entry.fee + total;
      this.graph.reorder(entry);
    }
    this.#prioritised++;
  }
}
