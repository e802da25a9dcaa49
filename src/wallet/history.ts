/**
 * The transactions of a wallet and what follows from them: which coins are unspent, what is settled, what
 * contradicts what. Knows nothing of keys; it is told which outputs are ours.
 */

import type { BlockHash } from '../core/block/header.ts';
import { toDisplayHex, toHex } from '../core/encoding/bytes.ts';
import {
  type OutPoint,
  outPointText,
  type Transaction,
  type Txid,
  type TxOut,
} from '../core/transaction/transaction.ts';
import { ChangeLog } from './change-log.ts';
import type { Journal } from './journal.ts';
import type { TransactionRecord } from './records.ts';

export interface BlockRef {
  readonly hash: BlockHash;
  readonly height: number;
  /** Seconds */
  readonly time: number;
}

export interface WalletTransaction {
  readonly tx: Transaction;
  block: (BlockRef & { readonly index: number }) | null;
  conflict: { readonly hash: BlockHash; readonly height: number } | null;
  readonly received: number;
  /** Order in which the wallet learned of its transactions. */
  readonly order: number;
  /** Of its last change: see `change-log.ts`. */
  sequence: number;
  abandoned: boolean;
  /** Of our making, and not known to have passed the mempool's door yet. */
  unsent?: true;
  comment?: string | undefined;
  to?: string | undefined;
  replaces?: string | undefined;
  replacedBy?: string;
}

export interface OwnOutput {
  readonly outpoint: OutPoint;
  readonly output: TxOut;
  readonly parent: WalletTransaction;
}

function recordOf(entry: WalletTransaction): TransactionRecord {
  const { tx, ...rest } = entry;
  return { hex: toHex(tx.bytes), ...rest };
}

/** What the history must ask of others. */
interface HistorySources {
  isOurs(script: Uint8Array): boolean;
  inMempool(txid: Txid): boolean;
  /** Who keeps an input of this transaction out of the mempool. */
  mempoolRival(outpoint: OutPoint, tx: Transaction): Txid | undefined;
  tipHeight(): number;
  /** Milliseconds since the epoch */
  now(): number;
  readonly coinbaseMaturity: number;
  /** Is unconfirmed change of our own making money that can be spent? */
  readonly trustsChange: boolean;
}

export class History {
  readonly #sources: HistorySources;
  readonly #journal: Journal;
  readonly #transactions = new Map<Txid, WalletTransaction>();
  /** Own outputs by outpoint. */
  readonly #outputs = new Map<string, OwnOutput>();
  /** Who of ours spends an outpoint, ours or not. */
  readonly #spenders = new Map<string, Set<WalletTransaction>>();

  readonly changes: ChangeLog<WalletTransaction>;

  /** @param changed told when changes are on the disk */
  constructor(sources: HistorySources, journal: Journal, changed: () => void) {
    this.#sources = sources;
    this.#journal = journal;
    this.changes = new ChangeLog(sources.now(), () => journal.settled(), changed);
  }

  get(txid: Txid): WalletTransaction | undefined {
    return this.#transactions.get(txid);
  }

  get size(): number {
    return this.#transactions.size;
  }

  /** In the order in which they came, which is that in which they are added. */
  get transactions(): readonly WalletTransaction[] {
    return [...this.#transactions.values()];
  }

  /** Is it about us: paid to us, spending from us, or against a transaction of ours? */
  concerns(tx: Transaction): boolean {
    return tx.outputs.some((output) => this.#sources.isOurs(output.scriptPubKey)) || this.spendsOurs(tx);
  }

  spendsOurs(tx: Transaction): boolean {
    return tx.inputs.some((input) => this.#outputs.has(outPointText(input.prevout)));
  }

  /** Keeps what has changed of a transaction, or a new one. */
  save(entry: WalletTransaction): void {
    this.#journal.putJson(`tx:${entry.tx.txid}`, () => recordOf(entry));
    this.changes.add(entry, this.size);
  }

  /** Takes note of a transaction; `save` keeps it. */
  add(entry: WalletTransaction): void {
    this.#transactions.set(entry.tx.txid, entry);
    // All coinbases name the same outpoint, and none spends it.
    for (const input of entry.tx.isCoinbase ? [] : entry.tx.inputs) {
      const id = outPointText(input.prevout);
      const spenders = this.#spenders.get(id);
      if (spenders === undefined) this.#spenders.set(id, new Set([entry]));
      else spenders.add(entry);
    }
    this.#indexOutputs(entry);
  }

  /** Forgets a transaction, on the disk too. */
  remove(entry: WalletTransaction): void {
    this.#journal.delete(`tx:${entry.tx.txid}`);
    this.#transactions.delete(entry.tx.txid);
    for (const input of entry.tx.inputs) this.#spenders.get(outPointText(input.prevout))?.delete(entry);
    for (const vout of entry.tx.outputs.keys()) this.#outputs.delete(`${entry.tx.txid}:${vout}`);
  }

  /** Takes these for all there is, as the store has them already. */
  replaceAll(entries: readonly WalletTransaction[]): void {
    for (const map of [this.#transactions, this.#outputs, this.#spenders]) map.clear();
    for (const entry of entries) this.add(entry);
  }

  #indexOutputs(entry: WalletTransaction): void {
    for (const [vout, output] of entry.tx.outputs.entries()) {
      if (!this.#sources.isOurs(output.scriptPubKey)) continue;
      const outpoint = { txid: entry.tx.txidBytes, vout };
      this.#outputs.set(outPointText(outpoint), { outpoint, output, parent: entry });
    }
  }

  /** New scripts are ours: outputs that were strangers may be too. */
  reindex(): void {
    for (const entry of this.#transactions.values()) this.#indexOutputs(entry);
  }

  /** Our output that an input spends. */
  output(outpoint: OutPoint): OwnOutput | undefined {
    return this.#outputs.get(outPointText(outpoint));
  }

  outputs(): IterableIterator<OwnOutput> {
    return this.#outputs.values();
  }

  /** Negative: contradicted by a block that deep. */
  depth(entry: WalletTransaction): number {
    const tip = this.#sources.tipHeight();
    if (entry.block !== null) return tip - entry.block.height + 1;
    return entry.conflict === null ? 0 : -(tip - entry.conflict.height + 1);
  }

  /** Blocks until a coinbase may be spent; 0 for all others. */
  blocksToMaturity(entry: WalletTransaction): number {
    if (!entry.tx.isCoinbase) return 0;
    return Math.max(0, this.#sources.coinbaseMaturity + 1 - this.depth(entry));
  }

  inMempool(entry: WalletTransaction): boolean {
    return entry.block === null && this.#sources.inMempool(entry.tx.txid);
  }

  /** Does anything that still counts spend this? */
  isSpent(outpoint: OutPoint): boolean {
    return this.spending(outpoint) !== null;
  }

  /** Own scripts that were ever spent from, in hex: what they are paid again, everybody can tell, is the same owner's. */
  spentScripts(): ReadonlySet<string> {
    const found = new Set<string>();
    for (const [id, { output }] of this.#outputs)
      if (this.#spenders.has(id)) found.add(toHex(output.scriptPubKey));
    return found;
  }

  /** What spends this and still counts: it waits if it is neither in a block nor in the mempool. */
  spending(outpoint: OutPoint): 'settled' | 'waiting' | null {
    let found: 'waiting' | null = null;
    for (const spender of this.#spenders.get(outPointText(outpoint)) ?? []) {
      if (spender.block !== null || this.inMempool(spender)) return 'settled';
      if (spender.conflict !== null || spender.abandoned || this.mempoolConflicts(spender).size > 0) continue;
      found = 'waiting';
    }
    return found;
  }

  /** Transactions of the mempool that contradict this one, or what of ours it depends on. */
  mempoolConflicts(entry: WalletTransaction): Set<Txid> {
    const found = new Set<Txid>();
    const line = new Set([entry]);
    for (const { tx, block } of line) {
      if (block !== null || this.#sources.inMempool(tx.txid)) continue;
      for (const { prevout } of tx.inputs) {
        const rival = this.#sources.mempoolRival(prevout, tx);
        if (rival !== undefined) found.add(rival);
        const parent = this.#transactions.get(toDisplayHex(prevout.txid) as Txid);
        if (parent !== undefined) line.add(parent);
      }
    }
    return found;
  }

  /** Transactions of ours that spend what this one spends. */
  conflictsOf(entry: WalletTransaction): WalletTransaction[] {
    const conflicts = new Set<WalletTransaction>();
    for (const input of entry.tx.inputs)
      for (const spender of this.#spenders.get(outPointText(input.prevout)) ?? [])
        if (spender !== entry) conflicts.add(spender);
    return [...conflicts];
  }

  /** Transactions of ours that spend outputs of this one. */
  #childrenOf(entry: WalletTransaction): WalletTransaction[] {
    return [...entry.tx.outputs.keys()].flatMap((vout) => [
      ...(this.#spenders.get(`${entry.tx.txid}:${vout}`) ?? []),
    ]);
  }

  descendants(entry: WalletTransaction): Set<WalletTransaction> {
    const found = new Set<WalletTransaction>();
    const open = [entry];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      open.push(...this.#childrenOf(next));
    }
    return found;
  }

  /**
   * A block confirmed this transaction: what of ours spends the same is contradicted, with all that
   * descends from it. @returns those that changed
   */
  contradict(tx: Transaction, block: BlockRef): WalletTransaction[] {
    const changed: WalletTransaction[] = [];
    for (const input of tx.inputs)
      for (const rival of this.#spenders.get(outPointText(input.prevout)) ?? [])
        if (rival.tx.txid !== tx.txid)
          for (const entry of this.descendants(rival)) {
            if (entry.block !== null || entry.conflict !== null) continue;
            entry.conflict = { hash: block.hash, height: block.height };
            entry.abandoned = false;
            changed.push(entry);
          }
    return changed;
  }

  /** Blocks above a height are gone: what they confirmed or contradicted is as before, or lost. @returns what changed */
  takeBack(height: number): WalletTransaction[] {
    const orphans = new Set<WalletTransaction>();
    const changed = this.transactions.filter((entry) => {
      const wasConfirmed = entry.block !== null && entry.block.height > height;
      const wasContradicted = entry.conflict !== null && entry.conflict.height > height;
      if (wasConfirmed) entry.block = null;
      if (wasContradicted) entry.conflict = null;
      // A coinbase without its block can never come again by itself.
      if (wasConfirmed && entry.tx.isCoinbase) for (const one of this.descendants(entry)) orphans.add(one);
      return wasConfirmed || wasContradicted;
    });
    // What it paid for is lost with it, and the other coins that this would have spent are free again.
    for (const entry of orphans) entry.abandoned ||= entry.block === null;
    return [...new Set([...changed, ...orphans])];
  }

  /** Satoshis of ours that the transaction spends. */
  debit(tx: Transaction): bigint {
    return tx.inputs.reduce((sum, input) => sum + (this.output(input.prevout)?.output.value ?? 0n), 0n);
  }

  /** Satoshis that it pays to us. */
  credit(tx: Transaction): bigint {
    return tx.outputs.reduce(
      (sum, output) => sum + (this.#sources.isOurs(output.scriptPubKey) ? output.value : 0n),
      0n,
    );
  }

  /** Confirmed, or unconfirmed change of our own making in the mempool: nobody else can undo it. */
  isTrusted(entry: WalletTransaction, known = new Set<WalletTransaction>()): boolean {
    const depth = this.depth(entry);
    if (depth >= 1) return true;
    if (depth < 0 || !this.#sources.trustsChange || !this.inMempool(entry)) return false;
    if (known.has(entry)) return true;
    for (const input of entry.tx.inputs) {
      const own = this.output(input.prevout);
      if (own === undefined || !this.isTrusted(own.parent, known)) return false;
    }
    known.add(entry);
    return true;
  }
}
