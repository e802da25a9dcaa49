/** Answers what peers ask for: headers, blocks, transactions. Serves no faster than the peer reads. */

import type { ExtendedEvent } from '../chain/events.ts';
import type { HeaderEntry } from '../chain/header-entry.ts';
import { MIN_BLOCKS_TO_KEEP } from '../chain/pruning.ts';
import type { Block } from '../core/block/block.ts';
import type { BlockHash } from '../core/block/header.ts';
import { toDisplayHex } from '../core/encoding/bytes.ts';
import { Writer } from '../core/encoding/writer.ts';
import type { Transaction, Txid, Wtxid } from '../core/transaction/transaction.ts';
import { compactBlockOf } from './compact-block.ts';
import type { Handlers, NetworkContext, Part } from './context.ts';
import type { BlockTransactionsRequest } from './messages/compact-blocks.ts';
import {
  type InventoryItem,
  InventoryType,
  inventoryText,
  isTransaction,
  type LocatorRequest,
  MAXIMUM_HEADERS,
} from './messages/inventory.ts';
import type { Peer } from './peer.ts';
import { BLOCK_TRANSACTIONS_DEPTH, COMPACT_BLOCK_DEPTH, GETDATA_BATCH, Service } from './protocol.ts';
import { relaysTo, type TransactionAnnouncer } from './transaction-announcer.ts';
import { HISTORICAL_AGE, type UploadTarget } from './upload-target.ts';

const BLOCKS_A_GETBLOCKS = 500;
/** A side branch this many seconds older than our best header is not served (it would tell who we are). */
const STALE_AGE = 30 * 24 * 3_600;

export class Serving implements Part {
  readonly #context: NetworkContext;
  readonly #announcer: TransactionAnnouncer;
  readonly #upload: UploadTarget;
  /** One block at a time is read for peers: a hundred of four megabytes are no small matter. */
  #reading: Promise<unknown> = Promise.resolve();
  /** The block that was read last: many ask for the same. */
  #lastRead: ExtendedEvent | undefined;
  /** The block that came last, which a peer may ask for before it is stored. */
  #newest: ExtendedEvent | undefined;
  /** Transactions of the last block, for peers that were told of them before it. */
  #latest: readonly Transaction[] = [];
  /** Made when the first one is asked for. */
  #latestByHash: Map<string, Transaction> | undefined;
  readonly handlers: Handlers;

  constructor(context: NetworkContext, announcer: TransactionAnnouncer, upload: UploadTarget) {
    this.#context = context;
    this.#announcer = announcer;
    this.#upload = upload;
    context.chain.extended.subscribe((event) => {
      this.#newest = event;
    });
    context.chain.connected.subscribe(({ block }) => {
      this.#latest = block.transactions;
      this.#latestByHash = undefined;
    });
    this.handlers = {
      getheaders: (peer, body) => this.#sendHeaders(peer, body),
      getblocks: (peer, body) => this.#sendInventory(peer, body),
      getblocktxn: (peer, body) => this.#inTurn(() => this.#sendBlockTransactions(peer, body)),
      mempool: (peer) => {
        if (peer.may('mempool')) this.#announcer.announceAll(peer);
        else if (this.#upload.state.isReached) peer.close('mempool request with bandwidth limit reached');
        else if (!peer.may('noban')) peer.close('mempool request with bloom filters disabled');
      },
    };
  }

  /** Headers after the first common block of the locator; nothing while our own chain may be a false one. */
  #sendHeaders(peer: Peer, { locator, stop }: LocatorRequest): void {
    const { chain } = this.#context;
    if (chain.tip.chainWork < chain.parameters.minimumChainWork && !peer.may('download')) {
      peer.send('headers', { headers: [] });
      return;
    }
    const stopHash = toDisplayHex(stop) as BlockHash;
    const headers = [];
    let last: HeaderEntry | undefined;
    if (locator.length === 0) {
      const entry = chain.entry(stopHash);
      if (entry === undefined || !this.#mayShow(peer, entry)) return;
      headers.push(entry.header);
      last = entry;
    } else {
      last = chain.findFork(locator);
      for (let entry = chain.next(last); entry !== undefined; entry = chain.next(entry)) {
        headers.push(entry.header);
        last = entry;
        if (headers.length === MAXIMUM_HEADERS || entry.hash === stopHash) break;
      }
    }
    // Also when there is nothing to add: the peer has our tip, and may be told of the next by its header.
    peer.chain.announced = last;
    peer.send('headers', { headers });
  }

  #sendInventory(peer: Peer, { locator, stop }: LocatorRequest): void {
    const { chain } = this.#context;
    const items: InventoryItem[] = [];
    let entry = chain.next(chain.findFork(locator));
    for (; entry !== undefined; entry = chain.next(entry)) {
      if (entry.hash === toDisplayHex(stop)) break;
      if (this.#isLimited && chain.height - entry.height >= MIN_BLOCKS_TO_KEEP) break;
      items.push({ type: InventoryType.BLOCK, hash: entry.hashBytes });
      if (items.length < BLOCKS_A_GETBLOCKS) continue;
      peer.chain.continuation = entry;
      break;
    }
    if (items.length > 0) peer.send('inv', { items });
  }

  /** On the active chain, or a recent branch that was valid, or what the peer was told of before it was verified. */
  #mayShow(peer: Peer, entry: HeaderEntry): boolean {
    const { chain } = this.#context;
    if (chain.isActive(entry)) return true;
    if (entry.failed !== 'none' || chain.bestHeader.time - entry.time >= STALE_AGE) return false;
    return entry.validScripts || peer.chain.announced === entry;
  }

  /** getdata, in order; the peer's next messages wait until all is sent, so a slow reader holds up only itself. */
  async sendData(peer: Peer, items: Iterable<InventoryItem>): Promise<void> {
    let missing: InventoryItem[] = [];
    const sayMissing = (): void => {
      if (missing.length > 0) peer.send('notfound', { items: missing });
      missing = [];
    };
    let isFirst = true;
    for (const item of items) {
      if (isFirst) peer.note(`received getdata for: ${inventoryText(item)} peer=${peer.id}`);
      isFirst = false;
      if (!peer.hasRoom) await peer.room();
      if (peer.closed) return;
      if (item.type === InventoryType.FILTERED_BLOCK)
        peer.close('filtered block request received when NODE_BLOOM service disabled');
      // Who is told of none asks for none.
      if (isTransaction(item) && !relaysTo(peer)) continue;
      const found = isTransaction(item)
        ? this.#sendTransaction(peer, item)
        : await this.#inTurn(() => this.#sendBlock(peer, item));
      if (!found) missing.push(item);
      if (missing.length === GETDATA_BATCH) sayMissing();
    }
    sayMissing();
  }

  /** BIP159: we promise the last blocks only. */
  get #isLimited(): boolean {
    return (this.#context.services() & Service.NETWORK) === 0n;
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#reading.then(task);
    this.#reading = done.catch(() => undefined).then(() => this.#context.clock.yield());
    return done;
  }

  #findLatest(hash: string): Transaction | undefined {
    if (this.#latestByHash === undefined) {
      this.#latestByHash = new Map();
      for (const tx of this.#latest) this.#latestByHash.set(tx.txid, tx).set(tx.wtxid, tx);
    }
    return this.#latestByHash.get(hash);
  }

  #sendTransaction(peer: Peer, item: InventoryItem): boolean {
    const { mempool } = this.#context;
    const hash = toDisplayHex(item.hash);
    const entry =
      item.type === InventoryType.WTX ? mempool.graph.getByWtxid(hash as Wtxid) : mempool.get(hash as Txid);
    const tx = entry !== undefined && this.#announcer.mayAsk(peer, entry) ? entry.tx : this.#findLatest(hash);
    if (tx === undefined) return false;
    peer.sendPayload('tx', item.type === InventoryType.TX ? tx.stripped : tx.bytes);
    mempool.unbroadcast.delete(tx.txid);
    return true;
  }

  async #sendBlock(peer: Peer, item: InventoryItem): Promise<boolean> {
    const { chain } = this.#context;
    const entry = chain.entry(toDisplayHex(item.hash) as BlockHash);
    if (entry === undefined || !this.#mayShow(peer, entry)) return false;
    const age = chain.bestHeader.time - entry.time;
    if (age > HISTORICAL_AGE && !peer.may('download') && !this.#upload.state.servesHistory) {
      peer.close('historical block serving limit reached');
      return true;
    }
    // BIP159: asking for more than was promised tells a pruned node from a full one; Core disconnects too.
    if (this.#isLimited && chain.height - entry.height > MIN_BLOCKS_TO_KEEP + 2 && !peer.may('noban')) {
      peer.close('asked for a block below the pruning limit');
      return true;
    }
    if (item.type === InventoryType.WITNESS_BLOCK && entry.haveData) {
      peer.sendPayload('block', await chain.blocks.readBlockBytes(entry));
      this.#continue(peer, entry);
      return true;
    }
    const block = await this.#readBlock(entry);
    if (block === undefined) return false;
    if (item.type === InventoryType.WITNESS_BLOCK) peer.sendPayload('block', block.bytes);
    else if (item.type === InventoryType.BLOCK) peer.sendPayload('block', withoutWitnesses(block));
    else if (item.type === InventoryType.COMPACT_BLOCK) this.#sendCompact(peer, entry, block);
    this.#continue(peer, entry);
    return true;
  }

  /** Who fetches by getblocks has all of one answer, and asks for the next when it hears of our tip. */
  #continue(peer: Peer, entry: HeaderEntry): void {
    const theirs = peer.chain;
    if (theirs.continuation !== entry) return;
    theirs.continuation = undefined;
    peer.send('inv', { items: [{ type: InventoryType.BLOCK, hash: this.#context.chain.tip.hashBytes }] });
  }

  #sendCompact(peer: Peer, entry: HeaderEntry, block: Block): void {
    const { chain, random } = this.#context;
    if (chain.height - entry.height > COMPACT_BLOCK_DEPTH) peer.sendPayload('block', block.bytes);
    else peer.send('cmpctblock', compactBlockOf(block, BigInt(random.below(2 ** 48))));
  }

  /** Undefined if we do not have it. */
  async #readBlock(entry: HeaderEntry): Promise<Block | undefined> {
    if (this.#newest?.entry === entry) return this.#newest.block;
    if (this.#lastRead?.entry === entry) return this.#lastRead.block;
    if (!entry.haveData) return undefined;
    this.#lastRead = { entry, block: await this.#context.chain.blocks.readBlock(entry) };
    return this.#lastRead.block;
  }

  async #sendBlockTransactions(peer: Peer, { blockHash, indexes }: BlockTransactionsRequest): Promise<void> {
    const { chain } = this.#context;
    if (indexes.length === 0) return peer.close('getblocktxn received with no transaction indexes');
    const entry = chain.entry(toDisplayHex(blockHash) as BlockHash);
    if (entry === undefined || !this.#mayShow(peer, entry)) return;
    // So old a block is sent whole: it costs us the same, and the peer more.
    if (chain.height - entry.height > BLOCK_TRANSACTIONS_DEPTH) {
      await this.#sendBlock(peer, { type: InventoryType.WITNESS_BLOCK, hash: blockHash });
      return;
    }
    const block = await this.#readBlock(entry);
    if (block === undefined) return;
    const transactions = indexes.map((index) => block.transactions[index]);
    if (transactions.includes(undefined))
      this.#context.peers.punish(peer, 'getblocktxn with out-of-bounds tx indices');
    else peer.send('blocktxn', { blockHash, transactions: transactions as Transaction[] });
  }
}

/** BIP144: who does not ask for witnesses gets none. */
function withoutWitnesses(block: Block): Uint8Array {
  const writer = new Writer(block.bytes.length).bytes(block.header.bytes);
  writer.compactSize(block.transactions.length);
  for (const transaction of block.transactions) writer.bytes(transaction.stripped);
  return writer.finish();
}
