/**
 * White paper section 5, steps 1 and 2: transactions that wait for a block. The one door for them is
 * `accept`. Owns the queue at the door and keeps in step with the chain; state is in `pool`, how a
 * transaction is judged in `acceptance` and `packages`.
 */
import type { BlockEvent, Chain } from '../chain/chain.ts';
import type { ScriptVerifier } from '../chain/script-verifier.ts';
import { loadSideFile, saveSideFile, sealed, unsealed } from '../chain/side-files.ts';
import { Signal } from '../chain/signal.ts';
import type { Storage } from '../chain/storage.ts';
import { fromDisplayHex } from '../core/encoding/bytes.ts';
import type { Coin } from '../core/transaction/coin.ts';
import { type FeeRate, higherRate } from '../core/transaction/fee-rate.ts';
import type { OutPoint, Transaction, Txid } from '../core/transaction/transaction.ts';
import type { Seams, Timer } from '../seams.ts';
import { Acceptor } from './acceptor.ts';
import { MempoolByScript } from './by-script.ts';
import type { Chunk, MempoolEntry } from './entry.ts';
import { type TransactionGraph, withAncestors, withDescendants } from './graph.ts';
import { decodeMempool, displayTxid, encodeMempool } from './mempool-file.ts';
import { acceptPackage, testPackage } from './packages.ts';
import { DEFAULT_POLICY, type MempoolPolicy } from './policy.ts';
import { Pool } from './pool.ts';
import { encodePool, rewindPool } from './remembered.ts';
import { Reorganisation } from './reorganisation.ts';
import type { AcceptOptions, AcceptResult, PackageResult, Removal } from './results.ts';

/** A block that was connected, and those of its transactions that had been waiting here. */
export interface Confirmation {
  readonly height: number;
  readonly entries: readonly MempoolEntry[];
}

/** Milliseconds. */
const EXPIRY_CHECK = 60_000;

/** The blob that the mempool is saved as. */
export const MEMPOOL_FILE = 'mempool.dat';

/** What waits, and how it hangs together. */
type MempoolGraph = Omit<TransactionGraph, 'add' | 'remove' | 'reorder' | 'order' | 'conflictsOf'>;

/** What of a saved mempool counts besides its transactions. */
interface ImportOptions {
  /** When they came is as it says, and not now. */
  readonly keepsTime: boolean;
  readonly feeDeltas: boolean;
  readonly unbroadcast: boolean;
}

export class Mempool {
  readonly policy: MempoolPolicy;
  readonly added: Signal<MempoolEntry>;
  /** It waits for long, and whoever sent it wants it announced again. */
  readonly renewed = new Signal<MempoolEntry>();
  readonly removed: Signal<Removal>;
  readonly confirmed = new Signal<Confirmation>();
  /** Transactions of our own that no peer has asked for yet. */
  readonly unbroadcast: Set<Txid>;
  readonly graph: MempoolGraph;
  /** What was added to whose fee by prioritising, in satoshis. */
  readonly feeDeltas: ReadonlyMap<Txid, bigint>;
  readonly #pool: Pool;
  readonly #acceptor: Acceptor;
  readonly #chain: Chain;
  readonly #seams: Seams;
  readonly #unsubscribe: readonly (() => void)[];
  #expiry: Timer;
  #byScript: MempoolByScript | undefined;
  /** Whoever comes is judged after those before him: the end of the queue. */
  #queue: Promise<unknown> = Promise.resolve();
  /** Whether what was saved has been read (getmempoolinfo's `loaded`). */
  loaded = false;

  constructor(
    options: Partial<MempoolPolicy>,
    chain: Chain,
    seams: Seams & { readonly scriptVerifier: ScriptVerifier },
  ) {
    this.policy = { ...DEFAULT_POLICY, ...options };
    this.#chain = chain;
    this.#seams = seams;
    this.#pool = new Pool(this.policy, chain, seams);
    this.graph = this.#pool.graph;
    this.feeDeltas = this.#pool.feeDeltas;
    this.added = this.#pool.added;
    this.removed = this.#pool.removed;
    this.unbroadcast = this.#pool.unbroadcast;
    this.#acceptor = new Acceptor(this.#pool, chain, seams.scriptVerifier);
    const reorganisation = new Reorganisation(this.#acceptor);
    let reorganised = false;
    this.#unsubscribe = [
      chain.connected.subscribe((event) => this.#blockConnected(event)),
      chain.disconnected.subscribe((event) => {
        reorganised = true;
        reorganisation.blockDisconnected(event);
      }),
      chain.tipChanged.subscribe(() => {
        if (reorganised) this.#settle(reorganisation);
        reorganised = false;
      }),
    ];
    this.#expiry = this.#scheduleExpiry();
  }

  /** What is too old goes even where nothing comes. */
  #scheduleExpiry(): Timer {
    const { clock } = this.#seams;
    return clock.schedule(
      EXPIRY_CHECK,
      () => {
        this.#expiry = this.#scheduleExpiry();
        void this.#enqueue(async () => this.#pool.limit());
      },
      'scheduler',
    );
  }

  /** The one door. What is wrong with the transaction is in the answer; what is thrown is a bug or a failing disk. */
  accept(tx: Transaction, options: AcceptOptions = {}): Promise<AcceptResult> {
    return this.#enqueue(() => this.#acceptor.accept(tx, options));
  }

  /**
   * A child after its parents: their fees count together. With `testOnly` any few transactions, parents
   * first, each judged by its own fee.
   */
  acceptPackage(
    txs: readonly Transaction[],
    options: Pick<AcceptOptions, 'testOnly' | 'maximumFeeRate'> = {},
  ): Promise<PackageResult> {
    const judgement = options.testOnly ? testPackage : acceptPackage;
    return this.#enqueue(() => judgement(txs, this.#acceptor, options.maximumFeeRate));
  }

  /** Resolves when everybody who stood at the door was judged, and reorganisations are dealt with. */
  async settled(): Promise<void> {
    await this.#queue;
  }

  #settle(reorganisation: Reorganisation): void {
    const chain = this.#chain;
    const { logger } = this.#seams;
    const { height } = chain.tip;
    this.#enqueue(() => reorganisation.settle(height)).catch((error: Error) => {
      logger.log('error', 'mempool', `A reorganisation could not be followed: ${error.stack}`);
    });
  }

  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  #blockConnected({ entry: { height }, block }: BlockEvent): void {
    const { graph, feeDeltas } = this.#pool;
    const confirmed: MempoolEntry[] = [];
    let removed = 0;
    // While a node catches up there is nothing here, and blocks come fast.
    const transactions = graph.size + feeDeltas.size > 0 ? block.transactions : [];
    for (const tx of transactions) {
      const entry = graph.creator(tx.txidBytes);
      if (entry !== undefined) confirmed.push(entry);
      else
        for (const conflict of graph.conflictsOf(tx)) {
          // Numbered as in Core: in the order of the block.
          this.#pool.remove(confirmed.slice(removed), 'block');
          removed = confirmed.length;
          this.#pool.remove(withDescendants(conflict), 'conflict');
        }
      feeDeltas.delete(tx.txid);
    }
    this.#pool.remove(confirmed.slice(removed), 'block');
    this.#pool.blockConnected();
    this.confirmed.emit({ height, entries: confirmed });
  }

  /** Unspent as far as the chain goes: of transactions that wait here, and of the chain. */
  async coins(outpoints: readonly OutPoint[]): Promise<(Coin | undefined)[]> {
    return outpoints.map(await this.#acceptor.fetch(outpoints));
  }

  get byScript(): MempoolByScript {
    this.#byScript ??= new MempoolByScript(this.#pool, (outpoints) => this.coins(outpoints));
    return this.#byScript;
  }

  get(txid: Txid): MempoolEntry | undefined {
    return this.#pool.graph.get(txid);
  }

  has(txid: Txid): boolean {
    return this.get(txid) !== undefined;
  }

  /** The number of the next arrival or departure: while one is announced, its own plus one. */
  get sequence(): number {
    return this.#pool.sequence;
  }

  /** Goes up with every change, of fees too. */
  get updates(): number {
    return this.#pool.updates;
  }

  /** In the order in which they would be mined. */
  sorted(): readonly MempoolEntry[] {
    return this.#pool.graph.order.ranked().flatMap(({ chunk }) => chunk.entries);
  }

  /** What would be mined together, best fee rate first. */
  *chunks(): Iterable<Chunk> {
    for (const { chunk } of this.#pool.graph.order.ranked()) yield chunk;
  }

  /** The chunk in which an entry would be mined. */
  chunk(entry: MempoolEntry): Chunk {
    return entry.cluster.chunks.find((chunk) => chunk.entries.includes(entry))!;
  }

  /** Below it nothing is accepted now (getmempoolinfo's mempoolminfee). */
  minimumFeeRate(): FeeRate {
    return higherRate(this.#pool.minimumFeeRate(), this.policy.minimumRelayFeeRate);
  }

  /** Without the entry itself. */
  ancestors(entry: MempoolEntry): Set<MempoolEntry> {
    const set = withAncestors(entry);
    set.delete(entry);
    return set;
  }

  /** Without the entry itself. */
  descendants(entry: MempoolEntry): Set<MempoolEntry> {
    const set = withDescendants(entry);
    set.delete(entry);
    return set;
  }

  /** Adds satoshis to the fee by which a transaction, here or to come, is judged. */
  prioritise(txid: Txid, delta: bigint): void {
    this.#pool.prioritise(txid, delta);
  }

  /** Takes transactions out, with what spends from them. */
  drop(txids: Iterable<Txid>): void {
    for (const txid of txids) {
      const entry = this.get(txid);
      if (entry !== undefined) this.#pool.remove(withDescendants(entry), 'reorg');
    }
  }

  /** What waits now, for `rewind`; nothing of it is judged again then. */
  remember(): Uint8Array {
    return encodePool(this.#pool);
  }

  /** Brings back what waited on this same chain. */
  rewind(remembered: Uint8Array): Promise<void> {
    return this.#enqueue(async () => rewindPool(this.#pool, remembered));
  }

  /** @returns whether it could be written. */
  async save(storage: Storage): Promise<boolean> {
    const deltas = new Map(this.feeDeltas);
    const transactions = this.sorted().map(({ tx, time }) => {
      const feeDelta = deltas.get(tx.txid) ?? 0n;
      deltas.delete(tx.txid);
      return { tx, time, feeDelta };
    });
    const feeDeltas = Array.from(deltas, ([txid, delta]) => [fromDisplayHex(txid), delta] as const);
    const unbroadcast = Array.from(this.unbroadcast, fromDisplayHex);
    const { random, logger } = this.#seams;
    const bytes = encodeMempool({ transactions, feeDeltas, unbroadcast }, random.bytes(8));
    return saveSideFile({ storage, logger }, MEMPOOL_FILE, sealed(bytes));
  }

  /** Takes what was saved through the door, as far as it is still valid. */
  async load(storage: Storage): Promise<void> {
    const { logger } = this.#seams;
    try {
      await loadSideFile({ storage, logger }, 'mempool', MEMPOOL_FILE, (bytes) =>
        this.import(bytes, { keepsTime: true, feeDeltas: true, unbroadcast: true }),
      );
    } finally {
      this.loaded = true;
    }
  }

  /** The same with what some node saved, and as much of what is said there beside as is wanted. @throws DecodeError, CorruptionError */
  async import(stored: Uint8Array, wanted: ImportOptions): Promise<void> {
    const { clock, logger } = this.#seams;
    const saved = decodeMempool(unsealed(MEMPOOL_FILE, stored));
    let count = 0;
    for (const { tx, time, feeDelta } of saved.transactions) {
      if (feeDelta !== 0n && wanted.feeDeltas) this.prioritise(tx.txid, feeDelta);
      if (wanted.keepsTime && time < this.#pool.time - this.policy.expiry) continue;
      if ((await this.accept(tx, wanted.keepsTime ? { time } : {})).ok) count++;
      await clock.yield();
    }
    if (wanted.feeDeltas)
      for (const [txid, delta] of saved.feeDeltas) this.prioritise(displayTxid(txid), delta);
    if (wanted.unbroadcast)
      for (const txid of saved.unbroadcast.map(displayTxid)) if (this.has(txid)) this.unbroadcast.add(txid);
    logger.log('info', 'mempool', `Loaded ${count} of ${saved.transactions.length} mempool transactions`);
  }

  /** Follows the chain no longer. */
  close(): void {
    this.#expiry.cancel();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }
}
