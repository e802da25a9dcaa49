/**
 * White paper section 5, steps 1 and 2: transactions that wait for a block. The one door for them is
 * `accept`.
 */
import type { Chain } from '../chain/chain.ts';
import type { ScriptVerifier } from '../chain/script-verifier.ts';
import { Signal } from '../chain/signal.ts';
import type { Storage } from '../chain/storage.ts';
import type { Coin } from '../core/transaction/coin.ts';
import type { OutPoint, Transaction, Txid, Wtxid } from '../core/transaction/transaction.ts';
import type { Clock, Logger, Random } from '../seams.ts';
import type { Chunk } from './cluster.ts';
import type { MempoolEntry } from './entry.ts';
import { DEFAULT_POLICY, type MempoolPolicy } from './policy.ts';
import type { AcceptOptions, AcceptResult, PackageResult, Removal } from './results.ts';

export interface MempoolDependencies {
  readonly chain: Chain;
  readonly clock: Clock;
  readonly random: Random;
  readonly scriptVerifier: ScriptVerifier;
  readonly logger: Logger;
}

declare const later: never;

export class Mempool {
  readonly policy: MempoolPolicy;
  readonly added: Signal<MempoolEntry> = new Signal();
  readonly removed: Signal<Removal> = new Signal();

  constructor(options: Partial<MempoolPolicy>, _dependencies: MempoolDependencies) {
    this.policy = { ...DEFAULT_POLICY, ...options };
  }

  /** The one door. Never throws for what the transaction is; a thrown error is a bug or a failing disk. */
  accept(_tx: Transaction, _options: AcceptOptions = {}): Promise<AcceptResult> {
    return later;
  }

  /** Children after their parents, at most 25 and 404,000 weight units. */
  acceptPackage(
    _txs: readonly Transaction[],
    _options: { readonly testOnly?: boolean } = {},
  ): Promise<PackageResult> {
    return later;
  }

  get(_txid: Txid): MempoolEntry | undefined {
    return later;
  }
  getByWtxid(_wtxid: Wtxid): MempoolEntry | undefined {
    return later;
  }
  has(_txid: Txid): boolean {
    return later;
  }
  /** Number of transactions. */
  get size(): number {
    return later;
  }
  /** Virtual size of all, in vbytes. */
  get bytes(): number {
    return later;
  }
  /** Memory, estimated, in bytes. */
  get usage(): number {
    return later;
  }
  /** Satoshis, without what was added by prioritising. */
  get totalFee(): bigint {
    return later;
  }
  /** Number that goes up with every transaction added or removed. */
  get sequence(): number {
    return later;
  }
  /** In the order in which they came. */
  entries(): Iterable<MempoolEntry> {
    return later;
  }
  /** In the order in which they would be mined. */
  sorted(): readonly MempoolEntry[] {
    return later;
  }
  /** Chunks of all clusters, best fee rate first, parents before children. */
  chunks(): readonly Chunk[] {
    return later;
  }
  /** Satoshis per 1,000 vbytes below which nothing is accepted now. */
  minimumFeeRate(): bigint {
    return later;
  }
  /** The mempool's spender of an output. */
  spender(_outpoint: OutPoint): MempoolEntry | undefined {
    return later;
  }
  /** An output that the mempool's transactions create (spent by another or not). */
  output(_outpoint: OutPoint): Coin | undefined {
    return later;
  }
  /** Without the entry itself. */
  ancestors(_entry: MempoolEntry): Set<MempoolEntry> {
    return later;
  }
  descendants(_entry: MempoolEntry): Set<MempoolEntry> {
    return later;
  }
  /** The chunk of its cluster in which it would be mined. */
  chunk(_entry: MempoolEntry): Chunk {
    return later;
  }
  /** Adds to the fee by which a transaction, there or to come, is judged. Satoshis. */
  prioritise(_txid: Txid, _delta: bigint): void {}
  /** getprioritisedtransactions */
  prioritised(): ReadonlyMap<Txid, bigint> {
    return later;
  }
  /** Transactions of our own that no peer has asked for yet. */
  readonly unbroadcast: Set<Txid> = new Set();
  /** Whether `load` has ended (getmempoolinfo's `loaded`). */
  get loaded(): boolean {
    return later;
  }
  save(_storage: Storage): Promise<void> {
    return later;
  }
  load(_storage: Storage): Promise<void> {
    return later;
  }
  close(): void {}
}
