/**
 * One subscription: up to where its subscriber has been told everything, and what comes next. Nothing waits in a
 * queue: the chain, the mempool's log and the wallets are the queue, so that live events, the replay after a
 * reconnect and what a slow reader has missed are the same thing.
 */
import type { HeaderEntry } from '../chain/header-entry.ts';
import type { BlockHash } from '../core/block/header.ts';
import { toHex } from '../core/encoding/bytes.ts';
import type { JsonWritable } from '../core/encoding/json-writer.ts';
import { writeJson } from '../core/encoding/json-writer.ts';
import type { Txid } from '../core/transaction/transaction.ts';
import { transactionJson } from '../formats/transaction.ts';
import type { MempoolEntry } from '../mempool/entry.ts';
import type { PeerInfo } from '../network/peer-info.ts';
import { btc, RpcCode, type RpcContext, RpcError } from '../rpc/kit.ts';
import type { WalletTransaction } from '../wallet/history.ts';
import type { Wallet } from '../wallet/wallet.ts';
import type { BlockTexts, Piece } from './block-texts.ts';
import type { Detail, PeerTold, Topic } from './event-types.ts';
import type { MempoolChange, MempoolLog } from './mempool-log.ts';
import type { ScriptFilter } from './script-filter.ts';

/** Transactions of the mempool that are looked at, or shown, in one go. */
const AT_ONCE = 500;
/** Transactions of one event that tells of several, at most. */
const BATCH = 5_000;
const WALLET = 'wallet:';

export type SubscriptionSources = Pick<RpcContext, 'chain' | 'mempool' | 'network' | 'wallets' | 'clock'>;

interface SubscriptionRequest {
  readonly topics: ReadonlySet<Topic>;
  readonly detail: Detail;
  readonly filter: ScriptFilter | undefined;
  /** What a block takes out of the mempool is told in one event. */
  readonly batch: boolean;
  /** The last block that the subscriber knows; undefined if it does not follow the chain. */
  readonly block: HeaderEntry | undefined;
  /** The last change of the mempool that it knows; null if it is to be told all that is there. */
  readonly mempool: number | null;
  /** By name, the last change of a wallet. */
  readonly wallets: ReadonlyMap<string, number>;
}

export interface Told {
  /** Fields of the event, without braces. */
  readonly text: string;
  /** What follows them, piece by piece, until there is no more. */
  piece?(index: number): Promise<Piece | undefined>;
  /** Where the subscriber stands on the chain from then on. */
  readonly block?: BlockHash;
}

export class Subscription {
  readonly topics: ReadonlySet<Topic>;
  readonly #sources: SubscriptionSources;
  readonly #texts: BlockTexts;
  readonly #log: MempoolLog | undefined;
  readonly #request: SubscriptionRequest;
  /** Tells apart what was written for its filter. */
  readonly #key: string;
  #block: HeaderEntry | undefined;
  #sequence: number | null;
  /** With a filter, what it was told of and is in the mempool still. */
  readonly #shown = new Set<Txid>();
  readonly #wallets: Map<string, number>;
  #peers: Map<number, PeerTold> | undefined;
  /** Peers may have come or gone. */
  #peersChanged = true;
  /** It is time to tell that all is well. */
  heartbeatDue = false;
  #failure: { readonly code: number; readonly message: string } | undefined;
  /** Nothing more comes. */
  isOver = false;

  constructor(
    request: SubscriptionRequest,
    dependencies: {
      readonly sources: SubscriptionSources;
      readonly texts: BlockTexts;
      readonly log: MempoolLog | undefined;
      readonly key: string;
    },
  ) {
    this.#request = request;
    this.topics = request.topics;
    this.#sources = dependencies.sources;
    this.#texts = dependencies.texts;
    this.#log = dependencies.log;
    this.#key = dependencies.key;
    this.#block = request.block;
    this.#sequence = request.mempool;
    this.#wallets = new Map(request.wallets);
  }

  /** @returns whether it follows one of these topics */
  touch(changed: ReadonlySet<Topic>): boolean {
    if (changed.has('peers')) this.#peersChanged = true;
    for (const topic of changed) if (this.topics.has(topic)) return true;
    return false;
  }

  /** What is to be told next; undefined if there is nothing now. To be asked again when that was told. */
  async next(): Promise<Told | undefined> {
    try {
      if (this.#failure === undefined) return await this.#next();
    } catch (error) {
      this.fail(error as Error);
    }
    if (this.isOver) return undefined;
    this.isOver = true;
    return tell({ type: 'ended', error: this.#failure! });
  }

  /** The subscriber cannot be told any further. */
  fail(error: Error): void {
    const code = error instanceof RpcError ? error.code : RpcCode.MISC_ERROR;
    this.#failure = { code, message: error.message };
  }

  async #next(): Promise<Told | undefined> {
    for (;;) {
      const told = this.#nextOfChainOrMempool();
      if (told === undefined) return this.#nextOfWallets() ?? this.#nextOfPeers() ?? this.#nextHeartbeat();
      const found = told instanceof Promise ? await told : told;
      if (found !== undefined) return found;
    }
  }

  /**
   * In the order in which it happened, as far as the subscriber can be led along it: a block is told of before
   * what left the mempool with it, and after what came before it. @returns a promise of undefined: look again
   */
  #nextOfChainOrMempool(): Told | undefined | Promise<Told | undefined> {
    const { chain } = this.#sources;
    const log = this.topics.has('mempool') ? this.#log! : undefined;
    if (this.#sequence !== null && log?.knows(this.#sequence) === false) this.#sequence = null;
    const change = this.#sequence === null ? undefined : log?.after(this.#sequence);
    if (this.#block !== undefined && this.#block !== chain.tip && change?.tip !== this.#block)
      return this.#nextBlock(this.#block);
    if (log === undefined) return undefined;
    if (this.#sequence === null) return this.#snapshot(log);
    return change && this.#change(change);
  }

  #nextBlock(at: HeaderEntry): Told {
    const { chain } = this.#sources;
    const { detail, filter } = this.#request;
    if (!chain.isActive(at)) {
      this.#block = at.parent!;
      return { text: this.#texts.left(at), block: this.#block.hash };
    }
    const next = chain.next(at)!;
    this.#block = next;
    const text = this.#texts.joined(next, detail);
    if (detail === 'headers') return { text, block: next.hash };
    return {
      text,
      piece: async (i) => (await this.#texts.pieces(next, detail, filter, filter && this.#key))[i],
      block: next.hash,
    };
  }

  async #snapshot(log: MempoolLog): Promise<Told> {
    const { sequence, txids: all } = log.snapshot();
    const txids = this.#request.filter === undefined ? all : await this.#matching(all);
    this.#sequence = sequence;
    return {
      ...tell({ topic: 'mempool', type: 'snapshot', sequence }),
      async piece(i) {
        const count = Math.max(1, Math.ceil(txids.length / AT_ONCE));
        if (i >= count) return undefined;
        const some = txids.slice(i * AT_ONCE, (i + 1) * AT_ONCE).map((txid) => `"${txid}"`);
        return `${i === 0 ? ',"txids":[' : ','}${some.join(',')}${i + 1 === count ? ']' : ''}`;
      },
    };
  }

  async #matching(txids: readonly Txid[]): Promise<Txid[]> {
    const { mempool, clock } = this.#sources;
    this.#shown.clear();
    for (const [i, txid] of txids.entries()) {
      const entry = mempool.get(txid);
      if (entry !== undefined && (await this.#matches(entry))) this.#shown.add(txid);
      if (i % AT_ONCE === AT_ONCE - 1) await clock.yield();
    }
    return [...this.#shown];
  }

  async #matches(entry: MempoolEntry): Promise<boolean> {
    const { filter } = this.#request;
    if (filter === undefined || filter.matches(entry.tx, [])) return true;
    return filter.matches(entry.tx, await this.#log!.coinsOf(entry));
  }

  /** @returns undefined where the filter keeps it back */
  async #change(change: MempoolChange): Promise<Told | undefined> {
    const { sequence, txid, reason, virtualSize, fee } = change;
    this.#sequence = sequence;
    const { filter } = this.#request;
    if (reason === 'block' && this.#request.batch) return this.#confirmed(change);
    if (reason !== null) {
      if (filter !== undefined && !this.#shown.delete(txid)) return undefined;
      return tell({ topic: 'mempool', type: 'removed', sequence, txid, reason });
    }
    const entry = this.#sources.mempool.get(txid);
    if (filter !== undefined) {
      // What has left again is not missed: it is not told of either then.
      if (entry === undefined || !(await this.#matches(entry))) return undefined;
      this.#shown.add(txid);
    }
    const shown = this.#transaction(entry?.tx);
    const fields = { sequence, txid, vsize: virtualSize, fee: btc(fee), ...shown };
    return tell({ topic: 'mempool', type: 'added', ...fields });
  }

  #confirmed(first: MempoolChange): Told | undefined {
    const { filter } = this.#request;
    const txids: Txid[] = [];
    let last = first;
    for (
      let at: MempoolChange | undefined = first;
      at?.reason === 'block' && at.tip === first.tip && txids.length < BATCH;
      at = this.#log!.after(at.sequence)
    ) {
      last = at;
      if (filter === undefined || this.#shown.delete(at.txid)) txids.push(at.txid);
    }
    const { sequence } = last;
    this.#sequence = sequence;
    return txids.length === 0 ? undefined : tell({ topic: 'mempool', type: 'confirmed', sequence, txids });
  }

  #transaction(tx: MempoolEntry['tx'] | undefined) {
    const { detail } = this.#request;
    if (tx === undefined) return {};
    if (detail === 'hex') return { hex: toHex(tx.bytes) };
    return detail === 'decoded'
      ? { transaction: transactionJson(tx, this.#sources.chain.parameters, { hex: true }) }
      : {};
  }

  #nextOfWallets(): Told | undefined {
    for (const [name, known] of this.#wallets) {
      const wallet = this.#wallet(name);
      const entry = wallet?.history.changes.after(known);
      if (wallet === undefined || entry === undefined) continue;
      this.#wallets.set(name, entry.sequence);
      return this.#tellOfWallet(wallet, entry);
    }
    return undefined;
  }

  /** Undefined while it is not loaded. */
  #wallet(name: string): Wallet | undefined {
    return this.#sources.wallets.list().includes(name) ? this.#sources.wallets.get(name) : undefined;
  }

  #tellOfWallet({ name, history }: Wallet, entry: WalletTransaction): Told {
    const { tx, sequence, block, abandoned } = entry;
    return tell({
      topic: `${WALLET}${name}`,
      type: 'transaction',
      sequence,
      txid: tx.txid,
      amount: btc(history.credit(tx) - history.debit(tx)),
      confirmations: history.depth(entry),
      blockhash: block?.hash,
      blockheight: block?.height,
      abandoned,
      ...this.#transaction(tx),
    });
  }

  #nextOfPeers(): Told | undefined {
    if (!this.topics.has('peers') || !this.#peersChanged) return undefined;
    const now = new Map(
      this.#sources.network
        .peers()
        .filter(({ version }) => version > 0)
        .map((peer) => [peer.id, peerJson(peer)]),
    );
    if (this.#peers === undefined) {
      this.#peers = now;
      return tell({ topic: 'peers', type: 'snapshot', peers: [...now.values()] });
    }
    for (const id of this.#peers.keys()) {
      if (now.has(id)) continue;
      this.#peers.delete(id);
      return tell({ topic: 'peers', type: 'disconnected', peer: { id } });
    }
    for (const [id, peer] of now) {
      if (this.#peers.has(id)) continue;
      this.#peers.set(id, peer);
      return tell({ topic: 'peers', type: 'connected', peer });
    }
    this.#peersChanged = false;
    return undefined;
  }

  #nextHeartbeat(): Told | undefined {
    if (!this.heartbeatDue) return undefined;
    this.heartbeatDue = false;
    const { hash, height } = this.#block ?? this.#sources.chain.tip;
    const wallets = Array.from(this.#wallets, ([name, sequence]) => [`${WALLET}${name}`, sequence] as const);
    const mempool = this.topics.has('mempool') ? (this.#sequence ?? undefined) : undefined;
    return tell({ type: 'heartbeat', tip: { hash, height }, mempool, ...Object.fromEntries(wallets) });
  }
}

const tell = (fields: { readonly [key: string]: JsonWritable }): Told => ({
  text: writeJson(fields).slice(1, -1),
});

const peerJson = (peer: PeerInfo): PeerTold & { readonly [key: string]: JsonWritable } => ({
  id: peer.id,
  addr: peer.address,
  inbound: peer.inbound,
  connection_type: peer.connectionType,
  version: peer.version,
  subver: peer.userAgent,
});
