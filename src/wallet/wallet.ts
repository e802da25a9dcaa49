/**
 * One wallet: its keys, scripts, transactions and labels, kept in step with the chain. What happens in
 * memory happens at once, as events arrive; the store follows in order. A wallet whose store fails is closed:
 * from then on its memory is not what the disk says.
 */
import type { Block } from '../core/block/block.ts';
import { fromHex } from '../core/encoding/bytes.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { decodeAddress, encodeAddress } from '../core/script/address.ts';
import { encodeWif } from '../core/script/wif.ts';
import { Transaction, type Txid } from '../core/transaction/transaction.ts';
import type { Clock, Logger, Random } from '../seams.ts';
import { AddressBook } from './address-book.ts';
import { ChainFollower } from './chain-follower.ts';
import type { BlockPlace, ChainListener, ChainSource } from './chain-source.ts';
import { CoinLocks } from './coin-locks.ts';
import type { Descriptor, OutputType } from './descriptors/descriptor.ts';
import type { SecretKeys } from './descriptors/key-expression.ts';
import { parseDescriptor } from './descriptors/parse.ts';
import { type BlockRef, History, type WalletTransaction } from './history.ts';
import { Journal } from './journal.ts';
import { CANNOT_EXPAND, KeyRing, OwnDescriptor } from './key-ring.ts';
import { accountDescriptors } from './mnemonic.ts';
import { Outbox } from './outbox.ts';
import type { WalletPolicy } from './policy.ts';
import {
  type DescriptorRecord,
  type InfoRecord,
  type LabelRecord,
  type LocatorRecord,
  type MnemonicRecord,
  readJson,
  readRecords,
  type TransactionRecord,
} from './records.ts';
import type { WalletStore } from './storage.ts';
import { storeReason, WalletError } from './wallet-error.ts';

export interface WalletParts {
  readonly parameters: NetworkParameters;
  readonly chain: ChainSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly store: WalletStore;
  /** Scripts watched beyond the next one. */
  readonly gap: number;
  readonly policy: WalletPolicy;
}

export interface ImportOptions {
  readonly active: boolean;
  readonly internal: boolean;
  /** Seconds */
  readonly createdAt: number;
  readonly range?: readonly [number, number];
  readonly next?: number;
}

const NO_PRIVATE_KEYS = 'Cannot import private keys to a wallet with private keys disabled';

export class Wallet {
  readonly name: string;
  readonly parts: WalletParts;
  readonly keys: KeyRing;
  readonly history: History;
  readonly follower: ChainFollower;
  readonly labels: AddressBook;
  readonly locks: CoinLocks;
  readonly outbox: Outbox;
  readonly #journal: Journal;
  #info: InfoRecord;
  #mnemonic: MnemonicRecord | null = null;
  #unsubscribe: (() => void) | null = null;
  /** Satoshis per 1,000 vbytes that `settxfee` asked for; 0: by the estimator. */
  payFeeRate = 0n;

  private constructor(name: string, parts: WalletParts, info: InfoRecord, trail: LocatorRecord['blocks']) {
    this.name = name;
    this.parts = parts;
    this.#info = info;
    this.#journal = new Journal(parts.store, (error) => this.#fail(error));
    this.labels = new AddressBook(this.#journal);
    this.locks = new CoinLocks(this.#journal);
    this.keys = new KeyRing(parts.gap, this.#journal);
    const sources = {
      isOurs: (script: Uint8Array) => this.keys.place(script) !== undefined,
      inMempool: (txid: Txid) => parts.chain.mempoolTransaction(txid) !== undefined,
      tipHeight: () => this.follower.last.height,
      coinbaseMaturity: parts.parameters.coinbaseMaturity,
    };
    this.history = new History(sources, this.#journal);
    this.outbox = new Outbox(this.history, parts, {
      note: (tx) => this.#see(tx, null),
      settled: () => this.settled(),
      requireOpen: () => this.requireOpen(),
    });
    const followed = {
      connect: (block: Block, place: BlockPlace) => this.#connect(block, place),
      disconnectAbove: (height: number) => this.#disconnectAbove(height),
      moved: () => this.#journal.putJson('locator', () => ({ blocks: this.follower.locator })),
    };
    this.follower = new ChainFollower(parts.chain, parts.clock, followed, [...trail].reverse());
  }

  /** A wallet that was never there before; it begins at the tip. */
  static create(name: string, parts: WalletParts, info: InfoRecord): Wallet {
    const wallet = new Wallet(name, parts, info, []);
    wallet.#saveInfo();
    wallet.follower.startAtTip();
    wallet.#subscribe();
    return wallet;
  }

  /**
   * Reads a wallet from its store and moves it to the tip. What waits is not offered yet.
   * @param disowned payments that are not to be sent, if it was loaded before @throws with the store closed
   */
  static async open(name: string, parts: WalletParts, disowned: Iterable<Txid> = []): Promise<Wallet> {
    let wallet: Wallet | undefined;
    try {
      const records = await readRecords(parts.store);
      const info = records.get('info');
      if (info === undefined) throw new WalletError('wallet', 'Wallet corrupted');
      const locator = records.get('locator');
      const blocks = locator === undefined ? [] : readJson<LocatorRecord>(locator).blocks;
      wallet = new Wallet(name, parts, readJson<InfoRecord>(info), blocks);
      wallet.#load(records);
      wallet.outbox.disown(disowned);
      wallet.#subscribe();
      await wallet.follower.catchUp(wallet.birthday);
      wallet.#seeMempool();
      await wallet.settled();
      return wallet;
    } catch (error) {
      await (wallet ?? parts.store).close().catch(() => undefined);
      throw error;
    }
  }

  #load(records: ReadonlyMap<string, Uint8Array>): void {
    const transactions: WalletTransaction[] = [];
    for (const [key, value] of records) {
      const [kind, id = ''] = key.split(/:(.*)/s);
      if (kind === 'secret') this.keys.secrets.add(fromHex(id), value);
      else if (kind === 'mnemonic') this.#mnemonic = readJson<MnemonicRecord>(value);
      else if (kind === 'label') this.labels.load(id, readJson<LabelRecord>(value));
      else if (kind === 'lock') this.locks.load(id);
      else if (kind === 'tx') {
        const { hex, ...rest } = readJson<TransactionRecord>(value);
        transactions.push({ tx: Transaction.decode(fromHex(hex)), ...rest });
      }
    }
    for (const [key, value] of records) {
      if (!key.startsWith('descriptor:')) continue;
      const record = readJson<DescriptorRecord>(value);
      const scripts = records.get(key.replace('descriptor:', 'scripts:'));
      const { descriptors } = parseDescriptor(record.text, this.parts.parameters);
      const known = scripts === undefined ? [] : readJson<string[][]>(scripts);
      this.keys.load(new OwnDescriptor(descriptors[0]!, record), known, record.rangeEnd);
    }
    // Outputs first: whose inputs are whose depends on them.
    for (const entry of transactions.sort((a, b) => a.order - b.order)) this.history.add(entry);
  }

  #subscribe(): void {
    const listener: ChainListener = {
      ...this.follower.listener,
      transactionAdded: (tx) => this.#see(tx, null),
      transactionRemoved: () => undefined,
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
    for (const entry of this.history.transactions) {
      const wasConfirmed = entry.block !== null && entry.block.height > height;
      const wasContradicted = entry.conflict !== null && entry.conflict.height > height;
      if (!wasConfirmed && !wasContradicted) continue;
      if (wasConfirmed) entry.block = null;
      if (wasContradicted) entry.conflict = null;
      // A coinbase without its block can never come again by itself.
      if (wasConfirmed && entry.tx.isCoinbase) entry.abandoned = true;
      this.history.save(entry);
    }
  }

  /** Takes note of a transaction if it concerns this wallet. */
  #see(tx: Transaction, block: WalletTransaction['block']): void {
    const known = this.history.get(tx.txid);
    if (known === undefined && !this.history.concerns(tx)) return;
    if (known !== undefined) {
      if (known.block?.hash === block?.hash && !known.abandoned) return;
      if (block !== null) known.block = block;
      known.conflict = null;
      known.abandoned = false;
      delete known.unsent;
      this.history.save(known);
      return;
    }
    this.#markUsed(tx);
    const order = this.#info.nextOrder;
    this.#info = { ...this.#info, nextOrder: order + 1 };
    this.#saveInfo();
    const received = block?.time ?? Math.floor(this.parts.clock.now() / 1000);
    const entry: WalletTransaction = { tx, block, conflict: null, received, order, abandoned: false };
    this.history.add(entry);
    this.history.save(entry);
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

  #saveInfo(): void {
    this.#journal.putJson('info', () => this.#info);
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
    if (!this.isOpen) throw new WalletError('wallet', this.#closed);
  }

  /** Resolves when everything so far is on the disk. @throws WalletError once the store has failed */
  async settled(): Promise<void> {
    await this.#journal.settled().catch(() => this.requireOpen());
  }

  #closeEars(): void {
    this.#unsubscribe?.();
    this.follower.abortScan();
  }

  async close(): Promise<void> {
    await this.outbox.close();
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

  get isBlank(): boolean {
    return this.#info.blank && this.keys.descriptors.length === 0;
  }

  mnemonic(): string | null {
    return this.#mnemonic?.words ?? null;
  }

  /**
   * Takes BIP39 words as the source of all new addresses: BIP44, 49, 84 and 86, account 0. Its history from
   * the birthday on is looked for by `rescanFrom`.
   * @param createdAt seconds
   */
  useMnemonic(words: string, passphrase: string, createdAt: number): void {
    if (!this.hasPrivateKeys) throw new WalletError('wallet', NO_PRIVATE_KEYS);
    for (const { text, type, internal } of accountDescriptors(words, passphrase, this.parts.parameters)) {
      const { descriptors, secrets } = parseDescriptor(text, this.parts.parameters);
      this.keys.saveSecrets(secrets);
      this.keys.adopt(OwnDescriptor.fresh(descriptors[0]!, createdAt, internal), type);
    }
    this.history.reindex();
    this.#mnemonic = { words, passphrase };
    this.#info = { ...this.#info, birthday: Math.min(this.#info.birthday, createdAt), blank: false };
    this.#journal.putJson('mnemonic', () => this.#mnemonic);
    this.#saveInfo();
  }

  /** @throws WalletError with Core's words */
  importDescriptor(descriptor: Descriptor, secrets: SecretKeys, options: ImportOptions): void {
    if (!this.hasPrivateKeys && secrets.size > 0) throw new WalletError('wallet', NO_PRIVATE_KEYS);
    this.keys.saveSecrets(secrets);
    if (descriptor.scriptsAt(0, this.keys.secrets.lookup) === null)
      throw new WalletError('wallet', CANNOT_EXPAND);
    const [start, end] = options.range ?? [0, 0];
    const next = options.next ?? start;
    const candidate = OwnDescriptor.fresh(descriptor, options.createdAt, options.internal, start, next);
    const own = this.keys.adopt(candidate, options.active ? descriptor.outputType : null);
    if (own.next < next) own.next = next;
    if (!options.active && own.active === descriptor.outputType && own.internal === options.internal)
      own.active = null;
    this.keys.topUp(own, end);
    this.history.reindex();
    this.keys.save(own);
    this.#info = { ...this.#info, birthday: Math.min(this.#info.birthday, options.createdAt), blank: false };
    this.#saveInfo();
  }

  /** Reads blocks again from this time (seconds) on. */
  rescanFrom(timestamp: number): Promise<number> {
    return this.rescan(this.follower.heightOf(timestamp), null);
  }

  /** Reads blocks again, and without an end the mempool too. @returns the last height read */
  async rescan(from: number, to: number | null): Promise<number> {
    const last = await this.follower.rescan(from, to);
    if (to === null) this.#seeMempool();
    await this.settled();
    return last;
  }

  #seeMempool(): void {
    for (const tx of this.parts.chain.mempoolTransactions()) this.#see(tx, null);
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

  /** WIF of the key of one of this wallet's addresses. @throws WalletError */
  exportKey(address: string): string {
    const script = decodeAddress(address, this.parts.parameters);
    const place = this.keys.place(script);
    if (place === undefined) throw new WalletError('wallet', `Address ${address} is not in this wallet`);
    const key = this.keys.privateKey(place);
    if (key === null) throw new WalletError('wallet', `Private key for address ${address} is not known`);
    return encodeWif(key.secret, key.compressed, this.parts.parameters);
  }
}
