/**
 * Announces what enters the mempool, a little later and in no telling order (so that nobody can see where
 * a payment began), and fetches what others announce. Judging is the mempool's.
 */

import { isMoney, MAX_MONEY } from '../core/transaction/amount.ts';
import { type FeeRate, higherRate, satPerKvB } from '../core/transaction/fee-rate.ts';
import type { MempoolEntry } from '../mempool/entry.ts';
import type { Timer } from '../seams.ts';
import { exponential, type NetworkContext } from './context.ts';
import { InventoryType, MAXIMUM_INVENTORY } from './messages/inventory.ts';
import type { Peer } from './peer.ts';
import { KNOWN_A_PEER, MINUTE, SECOND } from './protocol.ts';
import { RecentSet } from './recent-set.ts';

/** Mean waits between announcements (Core's): one clock for all inbound peers, one for each outbound. */
const INBOUND_INTERVAL = 5 * SECOND;
const OUTBOUND_INTERVAL = 2 * SECOND;
const MINIMUM_BATCH = 70;
const MAXIMUM_BATCH = 1_000;
/** Announcements that wait for one peer; older ones are dropped. */
const MAXIMUM_QUEUE = 5_000;
const FEE_FILTER_INTERVAL = 10 * MINUTE;
/** Fee filters grow by this factor between steps, so that they do not tell one node from another. */
const FEE_FILTER_SPACING = 1.1;
/** Before the first of all: only what a reorganisation returned, which is no news, has a lower number. */
const FIRST_SEQUENCE = 1;
/** Who joins is told of our own transactions that nobody has asked for yet: not at once, for others are as old. */
const REPEAT_DELAY = 10 * SECOND;
const REBROADCAST_INTERVAL = 12 * MINUTE;

interface Relay {
  readonly queue: Map<string, MempoolEntry>;
  /** Wtxids, or txids for peers without BIP339, that the peer has told us or we told it. */
  readonly known: RecentSet<string>;
  timer: Timer | undefined;
  feeTimer: Timer | undefined;
  repeatTimer: Timer | undefined;
  feeFilter: FeeRate;
  sentFeeFilter: FeeRate | undefined;
  /** It asked for all that the mempool has (BIP35). */
  wantsAll: boolean;
  /** It may ask for what had come to the mempool before this number. */
  lastSequence: number;
}

export class TransactionAnnouncer {
  readonly #context: NetworkContext;
  readonly #peers = new Map<Peer, Relay>();
  readonly #blocksOnly: boolean;
  #inboundTimer: Timer | undefined;
  #rebroadcastTimer: Timer | undefined;

  constructor(context: NetworkContext, options: { readonly blocksOnly: boolean }) {
    this.#context = context;
    this.#blocksOnly = options.blocksOnly;
    context.mempool.added.subscribe((entry) => this.#enqueueAll(entry));
    context.mempool.removed.subscribe(({ entry }) => context.mempool.unbroadcast.delete(entry.txid));
  }

  start(): void {
    this.#scheduleRebroadcast();
  }

  stop(): void {
    this.#inboundTimer?.cancel();
    this.#rebroadcastTimer?.cancel();
  }

  /** Whether it may send us transactions. */
  takesFrom(peer: Peer): boolean {
    return TransactionAnnouncer.relaysTo(peer) && (!this.#blocksOnly || peer.may('relay'));
  }

  /** Whether transactions are exchanged with this kind of peer at all. */
  static relaysTo(peer: Peer): boolean {
    return peer.type === 'inbound' || peer.type === 'manual' || peer.type === 'outbound-full-relay';
  }

  add(peer: Peer): void {
    if (!TransactionAnnouncer.relaysTo(peer)) return;
    const relay: Relay = {
      queue: new Map(),
      known: new RecentSet(KNOWN_A_PEER),
      timer: undefined,
      feeTimer: undefined,
      repeatTimer: undefined,
      feeFilter: satPerKvB(0n),
      sentFeeFilter: undefined,
      lastSequence: FIRST_SEQUENCE,
      wantsAll: false,
    };
    this.#peers.set(peer, relay);
    this.#sendFeeFilter(peer, relay);
    const { clock, mempool, random } = this.#context;
    const wait = REPEAT_DELAY + exponential(random, OUTBOUND_INTERVAL);
    relay.repeatTimer = clock.schedule(wait, () => {
      for (const txid of mempool.unbroadcast) {
        const entry = mempool.get(txid);
        if (entry !== undefined) this.#enqueue(peer, relay, entry);
      }
    });
  }

  remove(peer: Peer): void {
    const relay = this.#peers.get(peer);
    relay?.timer?.cancel();
    relay?.feeTimer?.cancel();
    relay?.repeatTimer?.cancel();
    this.#peers.delete(peer);
  }

  /** What was told since a moment to which the node was taken back is told again. */
  rewind(): void {
    for (const relay of this.#peers.values()) relay.known.clear();
  }

  queued(peer: Peer): number {
    return this.#peers.get(peer)?.queue.size ?? 0;
  }

  lastSequence(peer: Peer): number {
    return this.#peers.get(peer)?.lastSequence ?? FIRST_SEQUENCE;
  }

  feeFilter(peer: Peer): FeeRate {
    return this.#peers.get(peer)?.feeFilter ?? satPerKvB(0n);
  }

  setFeeFilter(peer: Peer, feeRate: bigint): void {
    const relay = this.#peers.get(peer);
    if (relay !== undefined && isMoney(feeRate)) relay.feeFilter = satPerKvB(feeRate);
  }

  /** The peer has it: it need not be told. */
  markKnown(peer: Peer, hash: string): void {
    this.#peers.get(peer)?.known.add(hash);
  }

  /**
   * A mempool transaction that this peer may ask for: one that was there when it was last told of anything.
   * Otherwise anyone could probe us for what has just come.
   */
  mayAsk(peer: Peer, entry: MempoolEntry): boolean {
    const relay = this.#peers.get(peer);
    return relay !== undefined && entry.sequence < relay.lastSequence;
  }

  /** Announces all that the mempool has, what it was told of too (BIP35). */
  announceAll(peer: Peer): void {
    const relay = this.#peers.get(peer);
    if (relay === undefined) return;
    relay.wantsAll = true;
    this.#arm(peer, relay);
  }

  /** Announces a transaction of the mempool to all who were not told of it. */
  announce(entry: MempoolEntry): void {
    this.#enqueueAll(entry);
  }

  #hashFor(peer: Peer, entry: MempoolEntry): string {
    return peer.wtxidRelay ? entry.wtxid : entry.txid;
  }

  #enqueueAll(entry: MempoolEntry): void {
    for (const [peer, relay] of this.#peers) this.#enqueue(peer, relay, entry);
  }

  #enqueue(peer: Peer, relay: Relay, entry: MempoolEntry): void {
    if (!peer.version!.relay) return;
    const hash = this.#hashFor(peer, entry);
    if (relay.known.has(hash)) return;
    relay.queue.set(hash, entry);
    if (relay.queue.size > MAXIMUM_QUEUE) relay.queue.delete(relay.queue.keys().next().value!);
    this.#arm(peer, relay);
  }

  #arm(peer: Peer, relay: Relay): void {
    const { clock, random } = this.#context;
    if (peer.may('noban')) {
      // At once, but all of this turn together.
      relay.timer ??= clock.schedule(0, () => {
        relay.timer = undefined;
        this.#trickle(peer, relay);
      });
    } else if (peer.inbound) {
      this.#inboundTimer ??= clock.schedule(exponential(random, INBOUND_INTERVAL), () => {
        this.#inboundTimer = undefined;
        for (const [other, queue] of this.#peers)
          if (other.inbound && !other.may('noban') && queue.queue.size > 0) this.#trickle(other, queue);
      });
    } else
      relay.timer ??= clock.schedule(exponential(random, OUTBOUND_INTERVAL), () => {
        relay.timer = undefined;
        this.#trickle(peer, relay);
      });
  }

  /** Parents before children, better fee rates first; each only if the peer wants it still. */
  #trickle(peer: Peer, relay: Relay): void {
    if (!peer.hasRoom) {
      this.#arm(peer, relay);
      return;
    }
    const { mempool } = this.#context;
    const { wantsAll } = relay;
    relay.wantsAll = false;
    if (wantsAll)
      for (const entry of mempool.graph.entries()) relay.queue.set(this.#hashFor(peer, entry), entry);
    const batch = Math.min(MAXIMUM_BATCH, MINIMUM_BATCH + Math.floor(relay.queue.size / 1_000) * 5);
    const waiting = [...relay.queue].filter(([, entry]) => mempool.graph.getByWtxid(entry.wtxid) === entry);
    const limit = wantsAll ? waiting.length : batch;
    const ancestors = new Map(waiting.map(([, entry]) => [entry, mempool.ancestors(entry).size]));
    waiting.sort(([, a], [, b]) => ancestors.get(a)! - ancestors.get(b)! || compareFees(a, b));
    const items = [];
    const rest = waiting.slice(limit);
    for (const [hash, entry] of waiting.slice(0, limit)) {
      if (!wantsAll && relay.known.has(hash)) continue;
      if (entry.fee * 1000n < relay.feeFilter * BigInt(entry.virtualSize)) continue;
      relay.known.add(hash);
      const type = peer.wtxidRelay ? InventoryType.WTX : InventoryType.TX;
      items.push({ type, hash: peer.wtxidRelay ? entry.tx.wtxidBytes : entry.tx.txidBytes });
    }
    relay.queue.clear();
    for (const [hash, entry] of rest) relay.queue.set(hash, entry);
    for (let at = 0; at < items.length; at += MAXIMUM_INVENTORY)
      peer.send('inv', { items: items.slice(at, at + MAXIMUM_INVENTORY) });
    relay.lastSequence = mempool.sequence;
    if (rest.length > 0) this.#arm(peer, relay);
  }

  /** BIP133. During initial block download nothing is wanted; with blocksOnly it is not asked for. */
  #sendFeeFilter(peer: Peer, relay: Relay): void {
    if (this.#blocksOnly || peer.may('forcerelay')) return;
    const { chain, clock, mempool, random } = this.#context;
    const none = chain.isInitialBlockDownload;
    const rounded = roundFeeFilter(mempool.minimumFeeRate());
    // The rate nobody pays: send me none.
    const filter = none ? satPerKvB(MAX_MONEY) : higherRate(rounded, mempool.policy.minimumRelayFeeRate);
    if (filter !== relay.sentFeeFilter) {
      relay.sentFeeFilter = filter;
      peer.send('feefilter', { feeRate: filter });
    }
    const wait = chain.isInitialBlockDownload ? 10 * SECOND : exponential(random, FEE_FILTER_INTERVAL);
    relay.feeTimer = clock.schedule(wait, () => this.#sendFeeFilter(peer, relay));
  }

  /** Our own transactions are announced again until a peer has asked for them. */
  #scheduleRebroadcast(): void {
    const { clock, mempool, random } = this.#context;
    const wait = REBROADCAST_INTERVAL + exponential(random, MINUTE);
    this.#rebroadcastTimer = clock.schedule(
      wait,
      () => {
        for (const txid of mempool.unbroadcast) {
          const entry = mempool.get(txid);
          if (entry !== undefined) this.#enqueueAll(entry);
          else mempool.unbroadcast.delete(txid);
        }
        this.#scheduleRebroadcast();
      },
      'scheduler',
    );
  }
}

function compareFees(a: MempoolEntry, b: MempoolEntry): number {
  const left = a.fee * BigInt(b.virtualSize);
  const right = b.fee * BigInt(a.virtualSize);
  return left > right ? -1 : left < right ? 1 : a.wtxid < b.wtxid ? -1 : 1;
}

/** Down to the nearest step of a coarse scale. */
function roundFeeFilter(feeRate: FeeRate): FeeRate {
  if (feeRate <= 100n) return feeRate;
  const steps = Math.floor(Math.log(Number(feeRate) / 100) / Math.log(FEE_FILTER_SPACING) + 1e-9);
  return satPerKvB(BigInt(Math.floor(100 * FEE_FILTER_SPACING ** steps)));
}
