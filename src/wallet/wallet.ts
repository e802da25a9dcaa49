/**
 * One wallet: its keys, scripts, transactions and labels, kept in step with the chain. What happens in
 * memory happens at once, as events arrive; the store follows in order. A wallet whose store fails is closed:
 * from then on its memory is not what the disk says.
 */

import type { Block } from '../core/block/block.ts';
import { encodeAddress } from '../core/script/address.ts';
import { satPerKvB } from '../core/transaction/fee-rate.ts';
import type { OutPoint, Transaction, Txid } from '../core/transaction/transaction.ts';
import { AddressBook } from './address-book.ts';
import { ChainFollower } from './chain-follower.ts';
import type { BlockPlace, ChainListener } from './chain-source.ts';
import { CheckedStore } from './checked-store.ts';
import { CoinLocks } from './coin-locks.ts';
import type { Descriptor } from './descriptors/descriptor.ts';
import type { SecretKeys } from './descriptors/key-expression.ts';
import type { OutputType } from './descriptors/kinds.ts';
import { type BlockRef, History, type WalletTransaction } from './history.ts';
import { Journal } from './journal.ts';
import { CANNOT_EXPAND, KeyRing, OwnDescriptor } from './key-ring.ts';
import { Outbox } from './outbox.ts';
import { type InfoRecord, type LocatorRecord, readJson } from './records.ts';
import { Vault } from './vault.ts';
import { storeReason, WalletError } from './wallet-error.ts';
import type { WalletParts } from './wallet-parts.ts';

export interface ImportOptions {
  readonly active: boolean;
  readonly internal: boolean;
  /** Seconds */
  readonly createdAt: number;
  readonly range?: readonly [number, number];
  readonly next?: number;
}

export const NO_PRIVATE_KEYS = 'Cannot import private keys to a wallet with private keys disabled';

export class Wallet {
  readonly name: string;
  readonly parts: WalletParts;
  readonly keys: KeyRing;
  readonly vault: Vault;
  readonly history: History;
  readonly follower: ChainFollower;
  readonly labels: AddressBook;
  readonly locks: CoinLocks;
  readonly outbox: Outbox;
  readonly #journal: Journal;
  readonly store: CheckedStore;
  #info: InfoRecord;
  /** What was found wrong when it was loaded, and mended. */
  readonly warnings: string[] = [];
  #unsubscribe: (() => void) | null = null;
  /** What `settxfee` asked for; 0: by the estimator. */
  payFeeRate = satPerKvB(0n);

  constructor(
    name: string,
    parts: WalletParts,
    store: CheckedStore,
    info: InfoRecord,
    locator: LocatorRecord,
  ) {
    this.name = name;
    this.parts = parts;
    this.store = store;
    this.#info = info;
    this.#journal = new Journal(store, (error) => this.#fail(error));
    this.labels = new AddressBook(this.#journal);
    this.locks = new CoinLocks(this.#journal);
    this.vault = new Vault(this.#journal, parts, () => this.follower.scanning !== null);
    this.keys = new KeyRing(parts.gap, parts.clock, this.#journal, this.vault);
    const sources = {
      isOurs: (script: Uint8Array) => this.keys.place(script) !== undefined,
      inMempool: (txid: Txid) => parts.chain.mempoolTransaction(txid) !== undefined,
      mempoolRival: (outpoint: OutPoint, tx: Transaction) => parts.chain.mempoolRival(outpoint, tx),
      tipHeight: () => this.follower.last.height,
      now: () => parts.clock.now(),
      coinbaseMaturity: parts.parameters.coinbaseMaturity,
      trustsChange: parts.policy.spendUnconfirmedChange,
    };
    this.history = new History(sources, this.#journal, () => parts.changed?.(name));
    this.outbox = new Outbox(this.history, parts, {
      note: (tx) => this.#see(tx, null, parts.policy.broadcast),
      settled: () => this.settled(),
      requireOpen: () => this.requireOpen(),
    });
    const followed = {
      connect: (block: Block, place: BlockPlace) => this.#connect(block, place),
      disconnectAbove: (height: number) => this.#disconnectAbove(height),
      moved: () => this.#journal.putJson('locator', () => this.follower.locator),
    };
    this.follower = new ChainFollower(parts.chain, parts.clock, followed, locator);
  }

  /** A wallet that was never there before. Nothing of it is written before it begins. */
  static create(name: string, parts: WalletParts, info: InfoRecord): Wallet {
    return new Wallet(name, parts, new CheckedStore(parts.store), info, { blocks: [] });
  }

  /** At the tip; what was made for it until now is written with it at once. */
  begin(): void {
    this.saveInfo();
    this.follower.startAtTip();
    this.#subscribe();
  }

  /** Moves to the tip, and follows it from now on. */
  async resume(): Promise<void> {
    this.#subscribe();
    this.follower.requireBlocks(this.birthday);
    await this.follower.catchUp(this.birthday);
    await this.follower.fillGap();
    this.#seeMempool();
    await this.settled();
  }

  #subscribe(): void {
    const listener: ChainListener = {
      ...this.follower.listener,
      completed: () => {
        this.follower
          .fillGap()
          .catch(({ message }: Error) =>
            this.parts.logger.log(
              'warn',
              'wallet',
              `[${this.name}] not read yet below the snapshot: ${message}`,
            ),
          );
      },
      transactionAdded: (tx) => this.#see(tx, null),
      transactionRemoved: ({ txid }, reason) => {
        const entry = reason === 'conflict' ? this.history.get(txid) : undefined;
        if (entry !== undefined) this.parts.noted?.(this.name, entry);
      },
    };
    this.#unsubscribe = this.parts.chain.subscribe(listener);
  }

  // What happens on the chain

  #connect(block: Block, place: BlockPlace): void {
    const ref: BlockRef = { hash: place.hash, height: place.height, time: place.time };
    for (const [index, tx] of block.transactions.entries()) {
      for (const entry of this.history.contradict(tx, ref)) this.history.save(entry);
      this.#see(tx, { ...ref, index });
    }
  }

  #disconnectAbove(height: number): void {
    for (const entry of this.history.takeBack(height)) this.#saveAndTell(entry);
  }

  #saveAndTell(entry: WalletTransaction, isTold = true): void {
    this.history.save(entry);
    if (isTold) this.parts.noted?.(this.name, entry);
  }

  /** Takes note of a transaction that is in this block, whatever is known of others. */
  learn(tx: Transaction, block: NonNullable<WalletTransaction['block']>): void {
    this.#see(tx, block);
  }

  /** Takes note of a transaction if it concerns this wallet. Nobody is told of one on its way before the mempool has it. */
  #see(tx: Transaction, block: WalletTransaction['block'], isOnItsWay = false): void {
    const known = this.history.get(tx.txid);
    if (known === undefined && !this.history.concerns(tx)) return;
    // Of a known one too: a descriptor may have come since.
    this.#markUsed(tx);
    if (known !== undefined) {
      if (known.block?.hash === block?.hash && !known.abandoned) {
        if (block !== null || (known.unsent && !isOnItsWay)) this.parts.noted?.(this.name, known);
        return;
      }
      if (block !== null) known.block = block;
      known.conflict = null;
      known.abandoned = false;
      delete known.unsent;
      this.#saveAndTell(known);
      return;
    }
    for (const { prevout } of tx.inputs) if (this.locks.has(prevout)) this.locks.delete(prevout);
    const order = this.#info.nextOrder;
    const received = block?.time ?? this.parts.clock.seconds();
    this.saveInfo({ nextOrder: order + 1, birthday: Math.min(this.birthday, received) });
    const entry = { tx, block, conflict: null, received, order, sequence: 0, abandoned: false };
    this.history.add(entry);
    this.#saveAndTell(entry, !isOnItsWay);
  }

  #markUsed(tx: Transaction): void {
    for (const { scriptPubKey } of tx.outputs) {
      const place = this.keys.place(scriptPubKey);
      if (place === undefined) continue;
      const address = encodeAddress(scriptPubKey, this.parts.parameters);
      // An address that this wallet did not hand out itself: its keys were restored.
      if (
        !place.own.internal &&
        address !== null &&
        place.index >= place.own.next &&
        this.labels.get(address) === undefined
      )
        this.labels.set(address, '', 'receive');
      this.keys.markUsed(place);
    }
  }

  // What is kept

  saveInfo(changes: Partial<InfoRecord> = {}): void {
    this.#info = { ...this.#info, ...changes };
    this.#journal.putJson('info', () => this.#info);
  }

  /** Keeps a record of before, or that there was none. */
  putBack(key: string, value: Uint8Array | null): void {
    if (key === 'info') this.#info = readJson<InfoRecord>(value!);
    if (value === null) this.#journal.delete(key);
    else this.#journal.putBytes(key, value);
  }

  #fail(error: Error): void {
    this.#closeEars();
    this.parts.logger.log('error', 'wallet', this.#closed, { error });
  }

  /** Why the wallet is closed, with the system's word for what happened to its store. */
  get #closed(): string {
    const reason = storeReason(this.#journal.failure);
    return `Wallet ${this.name} is closed: its store failed (${reason}); mend that and load it again with loadwallet`;
  }

  /** What the store refused, which closed the wallet. */
  get failure(): Error | null {
    return this.#journal.failure;
  }

  get isOpen(): boolean {
    return this.failure === null;
  }

  /** @throws WalletError once the store has failed */
  requireOpen(): void {
    if (!this.isOpen) throw new WalletError(this.#closed);
  }

  /** Resolves when everything so far is on the disk. @throws WalletError once the store has failed */
  async settled(): Promise<void> {
    await this.#journal.settled().catch(() => this.requireOpen());
  }

  /** Whoever is told what an act has changed need not fear that the wallet forgets it. */
  keeping<T>(act: () => T | Promise<T>): T | Promise<T> {
    const before = this.#journal.written;
    const keep = (result: T): T | Promise<T> =>
      this.#journal.written === before ? result : this.settled().then(() => result);
    const result = act();
    return result instanceof Promise ? result.then(keep) : keep(result);
  }

  #closeEars(): void {
    this.#unsubscribe?.();
    this.follower.abortScan();
  }

  async close(): Promise<void> {
    await this.outbox.close();
    await this.vault.close();
    this.#closeEars();
    await this.#journal.close().catch(() => this.requireOpen());
  }

  // Keys and addresses

  get birthday(): number {
    return this.#info.birthday;
  }

  get hasPrivateKeys(): boolean {
    return this.#info.privateKeys;
  }

  /** Made without keys, and none has come since. */
  get isBlank(): boolean {
    return this.#info.blank;
  }

  get avoidsReuse(): boolean {
    return this.#info.avoidsReuse ?? false;
  }

  /** @throws WalletError -13 */
  mnemonic(): string | null {
    return this.vault.words();
  }

  /** @throws WalletError with Core's words */
  async importDescriptor(descriptor: Descriptor, secrets: SecretKeys, options: ImportOptions): Promise<void> {
    if (!this.hasPrivateKeys && secrets.size > 0) throw new WalletError(NO_PRIVATE_KEYS);
    this.vault.requireUnlocked();
    const [start, end] = options.range ?? [0, 1];
    const candidate = OwnDescriptor.fresh(descriptor, options.createdAt, options.internal, start);
    this.vault.add(secrets);
    if (descriptor.scriptsAt(0, this.keys.secrets.lookup) === null) throw new WalletError(CANNOT_EXPAND);
    const next = options.next ?? Math.max(start, this.keys.usedEnd(candidate.id, this.history.outputs()));
    const own = await this.keys.prepare(candidate, end, next);
    const type = descriptor.outputType;
    this.keys.adopt(own, options.active ? type : null, options.internal);
    if (!options.active && own.active === type && own.internal === options.internal) own.active = null;
    this.history.reindex();
    this.keys.save(own);
    const blank = this.isBlank && secrets.size === 0;
    this.saveInfo({ birthday: Math.min(this.birthday, options.createdAt), blank });
  }

  /**
   * Reads blocks again from this time (seconds) on.
   * @returns the latest time up to the last block that could not be read, if any could not
   */
  async rescanFrom(timestamp: number): Promise<number | undefined> {
    const { chain } = this.parts;
    const from = this.follower.heightOf(timestamp);
    const missing = chain.lastMissing(from, this.follower.last.height);
    await this.rescan(from, null);
    if (missing === undefined) return undefined;
    let latest = missing.time;
    for (let height = from; height < missing.height; height++)
      latest = Math.max(latest, chain.blockAt(height)?.time ?? 0);
    return latest;
  }

  /** Reads blocks again, and without an end the mempool too. @returns the last height read */
  async rescan(from: number, to: number | null): Promise<number> {
    const start = this.parts.chain.blockAt(from)?.hash;
    this.parts.logger.log(
      'info',
      'wallet',
      `[${this.name}] Rescan started from block ${start}... (slow variant inspecting all blocks)`,
    );
    const last = await this.follower.rescan(from, to).catch((error) => {
      // It was not the user who aborted it.
      this.requireOpen();
      throw error;
    });
    if (to === null) this.#seeMempool();
    await this.settled();
    return last;
  }

  /** Until nothing is new: after a reorganisation parents come behind their children. */
  #seeMempool(): void {
    let size: number;
    do {
      size = this.history.size;
      for (const tx of this.parts.chain.mempoolTransactions()) this.#see(tx, null);
    } while (this.history.size > size);
  }

  newAddress(type: OutputType = 'bech32', label = ''): string {
    const address = this.#take(type, false);
    this.labels.set(address, label, 'receive');
    return address;
  }

  changeAddress(type: OutputType = 'bech32'): string {
    return this.#take(type, true);
  }

  #take(type: OutputType, internal: boolean): string {
    return encodeAddress(this.keys.take(type, internal), this.parts.parameters)!;
  }
}
