/**
 * A wallet's payments on their way out: on the disk before the mempool hears of them, taken back if it
 * refuses them, offered again when it has lost them. One at a time: what is planned sees what was sent before.
 */
import { Invalid } from '../core/encoding/errors.ts';
import type { Transaction, Txid } from '../core/transaction/transaction.ts';
import type { History, WalletTransaction } from './history.ts';
import { WalletError } from './wallet-error.ts';
import type { WalletParts } from './wallet-parts.ts';

/** What is told of a payment besides the transaction itself. */
export type PaymentNotes = Pick<WalletTransaction, 'comment' | 'to' | 'replaces'>;

/** What the outbox must ask of its wallet. */
interface Keeper {
  /** Takes note of a transaction if it concerns the wallet. */
  note(tx: Transaction): void;
  /** Resolves when everything so far is on the disk. @throws WalletError once the store has failed */
  settled(): Promise<void>;
  /** @throws WalletError once the store has failed */
  requireOpen(): void;
}

/** Milliseconds from one offer of what waits to the next, and how much more by chance: nobody shall tell by the time whose it is. */
const RESEND_AFTER = 12 * 3_600_000;
const RESEND_SPREAD = 24 * 3_600_000;
/** Seconds: what came later than this before the last block is too young to be offered again. */
const YOUNG = 300;

export class Outbox {
  readonly #history: History;
  readonly #parts: WalletParts;
  readonly #keeper: Keeper;
  #turn: Promise<unknown> = Promise.resolve();
  #closing = false;
  /** Wall time at which what waits is due again. */
  #nextResend: number | null = null;
  /** Payments whose caller was told that they failed, although their record may have reached the failing disk. */
  readonly disowned: Set<Txid> = new Set();

  constructor(history: History, parts: WalletParts, keeper: Keeper) {
    this.#history = history;
    this.#parts = parts;
    this.#keeper = keeper;
  }

  /** Runs what chooses coins when all before it is done. @throws WalletError if the wallet is closed by then */
  inTurn<T>(task: () => Promise<T>): Promise<T> {
    if (this.#closing) throw new WalletError('Requested wallet does not exist or is not loaded', 'not-found');
    const turn = this.#turn.then(() => {
      this.#keeper.requireOpen();
      return task();
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Lets those who wait for their turn have it, and takes no more. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#turn;
  }

  /**
   * Saves a payment, then sends it through the mempool's door (where the policy says so); what is refused there
   * is forgotten again. To be called in turn. Resolves when the disk knows that it is sent, or cannot be told.
   * @throws WalletError with the reason of the mempool, or if the disk fails before anything is sent
   */
  async send(tx: Transaction, notes: PaymentNotes = {}): Promise<void> {
    const isNew = this.#history.get(tx.txid) === undefined;
    this.#keeper.note(tx);
    const entry = this.#history.get(tx.txid);
    if (entry !== undefined) {
      Object.assign(entry, notes, isNew && { unsent: true });
      this.#history.save(entry);
    }
    if (isNew) this.disowned.add(tx.txid);
    try {
      await this.#keeper.settled();
      if (this.#parts.policy.broadcast) await this.#parts.chain.broadcast(tx);
    } catch (error) {
      if (this.#mayWait(error)) {
        this.disowned.delete(tx.txid);
        if (entry !== undefined) this.#mark(entry);
        return this.#keeper.settled();
      }
      if (isNew && entry?.block === null && !this.#history.inMempool(entry)) this.#history.remove(entry);
      await this.#keeper.settled();
      this.disowned.delete(tx.txid);
      if (!(error instanceof Invalid)) throw error;
      throw new WalletError(`The transaction was rejected! Reason given: ${error.message}`);
    }
    this.disowned.delete(tx.txid);
    if (entry !== undefined) this.#sent(entry);
    // It is sent, and its record is safe: who is told of a failure now would pay twice.
    await this.#keeper.settled().catch(() => undefined);
  }

  /** Whoever lets chains grow longer than the mempool takes wants what is too long to wait. */
  #mayWait(error: unknown): boolean {
    const isTooLong =
      error instanceof Invalid && /^too-(large-cluster|long-mempool-chain)/.test(error.message);
    return isTooLong && !this.#parts.policy.rejectLongChains;
  }

  /** It is in the mempool, and what it replaces no longer is. */
  #sent(entry: WalletTransaction): void {
    this.#mark(entry);
    const replaced = entry.replaces === undefined ? undefined : this.#history.get(entry.replaces as Txid);
    if (replaced === undefined || replaced.replacedBy === entry.tx.txid) return;
    replaced.replacedBy = entry.tx.txid;
    this.#history.save(replaced);
  }

  #mark(entry: WalletTransaction): void {
    delete entry.unsent;
    this.#history.save(entry);
  }

  /** After a failure of the store: what the callers were told has failed is not sent. */
  disown(txids: Iterable<Txid>): void {
    for (const txid of txids) {
      const entry = this.#history.get(txid);
      if (entry?.unsent && entry.block === null && !this.#history.inMempool(entry))
        this.#history.remove(entry);
    }
  }

  /** Offers all that waits to the mempool. */
  offerAll(): Promise<void> {
    return this.inTurn(() => this.#offer());
  }

  /** Offers what waits for long, from time to time, as Core does. */
  async offerIfDue(): Promise<void> {
    const { chain, clock, random } = this.#parts;
    const isDue = this.#nextResend !== null && clock.now() >= this.#nextResend;
    if (this.#closing || (this.#nextResend !== null && !(isDue && chain.isReady()))) return;
    this.#nextResend = clock.now() + RESEND_AFTER + random.below(RESEND_SPREAD);
    if (!isDue) return;
    const youngest = chain.tip().time - YOUNG;
    await this.inTurn(() => this.#offer(youngest));
  }

  /**
   * In the order in which they came: parents first.
   * @param youngest only those that came no later than this, and these also where the mempool has them: for others
   * have forgotten them, or never heard of them
   */
  async #offer(youngest?: number): Promise<void> {
    if (!this.#parts.policy.broadcast) return;
    let count = 0;
    for (const entry of this.#history.transactions) {
      if (entry.block !== null || entry.conflict !== null || entry.abandoned || entry.tx.isCoinbase) continue;
      if (youngest !== undefined && entry.received > youngest) continue;
      this.#keeper.requireOpen();
      try {
        if (youngest !== undefined || !this.#history.inMempool(entry)) {
          await this.#parts.chain.broadcast(entry.tx);
          count++;
        }
        if (entry.unsent) this.#sent(entry);
      } catch (error) {
        if (!(error instanceof Invalid)) throw error;
        this.#parts.logger.log('info', 'wallet', `${entry.tx.txid} is not accepted now: ${error.message}`);
        if (entry.unsent) this.#giveUp(entry);
      }
    }
    if (count > 0) this.#parts.logger.log('info', 'wallet', `resubmit ${count} unconfirmed transactions`);
    await this.#keeper.settled();
  }

  /**
   * A crash came between saving a payment and sending it, and now it is refused: its coins are free again. It
   * is kept as given up, for if it did get out in that moment, it may be confirmed yet.
   */
  #giveUp(entry: WalletTransaction): void {
    entry.abandoned = true;
    this.#mark(entry);
  }

  /** Gives up a transaction that is neither confirmed nor in the mempool, with all that descends from it. */
  abandon(entry: WalletTransaction): void {
    const history = this.#history;
    if (history.depth(entry) !== 0 || history.inMempool(entry) || entry.abandoned)
      throw new WalletError('Transaction not eligible for abandonment', 'address');
    for (const one of history.descendants(entry)) {
      if (history.depth(one) !== 0) continue;
      one.abandoned = true;
      history.save(one);
    }
  }
}
