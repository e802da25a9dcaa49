/**
 * Announces what enters the mempool, a little later and in no telling order (so that nobody can see where
 * a payment began), and fetches what others announce. Judging is the mempool's.
 */

import { isMoney } from '../core/transaction/amount.ts';
import { type FeeRate, higherRate, satPerKvB } from '../core/transaction/fee-rate.ts';
import type { MempoolEntry } from '../mempool/entry.ts';
import type { Timer } from '../seams.ts';
import type { Handlers, NetworkContext, Part } from './context.ts';
import { InventoryType, MAXIMUM_INVENTORY } from './messages/inventory.ts';
import type { Peer } from './peer.ts';
import { PeerTransactions } from './peer-state.ts';
import { MINUTE, SECOND } from './protocol.ts';
import { exponential } from './random.ts';

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
const LOWEST_FEE_FILTER = 50;
/** Who joins is told of our own transactions that nobody has asked for yet: not at once, for others are as old. */
const REPEAT_DELAY = 10 * SECOND;
const REBROADCAST_INTERVAL = 12 * MINUTE;

export class TransactionAnnouncer implements Part {
  readonly #context: NetworkContext;
  #inboundTimer: Timer | undefined;
  #rebroadcastTimer: Timer | undefined;
  readonly handlers: Handlers;

  constructor(context: NetworkContext) {
    this.#context = context;
    this.handlers = {
      feefilter: ({ transactions }, { feeRate }) => {
        if (transactions !== undefined && isMoney(feeRate)) transactions.feeFilter = satPerKvB(feeRate);
      },
    };
    // What was told since a moment to which the node was taken back is told again.
    context.chain.rewound.subscribe(() => {
      for (const { transactions } of context.peers.ready()) transactions?.known.clear();
    });
    for (const signal of [context.mempool.added, context.mempool.renewed])
      signal.subscribe((entry) => this.announce(entry));
    context.chain.tipChanged.subscribe(() => {
      // Caught up: now they are wanted.
      if (context.chain.isInitialBlockDownload) return;
      for (const peer of context.peers.ready())
        if (peer.transactions?.sentFeeFilter === NO_TRANSACTIONS)
          this.#sendFeeFilter(peer, peer.transactions);
    });
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
    return relaysTo(peer) && (!this.#context.options.blocksOnly || peer.may('relay'));
  }

  opened(peer: Peer): void {
    if (!relaysTo(peer)) return;
    const gossip = new PeerTransactions();
    peer.transactions = gossip;
    this.#sendFeeFilter(peer, gossip);
    const { mempool, random } = this.#context;
    peer.schedule(REPEAT_DELAY + exponential(random, OUTBOUND_INTERVAL), () => {
      for (const txid of mempool.unbroadcast) {
        const entry = mempool.get(txid);
        if (entry !== undefined) this.#enqueue(peer, gossip, entry);
      }
    });
  }

  /** The peer has it: it need not be told. */
  markKnown(peer: Peer, hash: string): void {
    peer.transactions?.known.add(hash);
  }

  /**
   * A mempool transaction that this peer may ask for: one that was there when it was last told of anything.
   * Otherwise anyone could probe us for what has just come.
   */
  mayAsk(peer: Peer, entry: MempoolEntry): boolean {
    return peer.transactions !== undefined && entry.sequence < peer.transactions.lastSequence;
  }

  /** Announces all that the mempool has, what it was told of too (BIP35). */
  announceAll(peer: Peer): void {
    const { transactions: gossip } = peer;
    if (gossip === undefined) return;
    gossip.wantsAll = true;
    this.#arm(peer, gossip);
  }

  /** Announces a transaction of the mempool to all who were not told of it. */
  announce(entry: MempoolEntry): void {
    for (const peer of this.#context.peers.ready())
      if (peer.transactions !== undefined) this.#enqueue(peer, peer.transactions, entry);
  }

  #hashFor(peer: Peer, entry: MempoolEntry): string {
    return peer.wtxidRelay ? entry.wtxid : entry.txid;
  }

  #enqueue(peer: Peer, gossip: PeerTransactions, entry: MempoolEntry): void {
    if (!peer.version!.relay) return;
    const hash = this.#hashFor(peer, entry);
    if (gossip.known.has(hash)) return;
    gossip.queue.set(hash, entry);
    if (gossip.queue.size > MAXIMUM_QUEUE) gossip.queue.delete(gossip.queue.keys().next().value!);
    this.#arm(peer, gossip);
  }

  #arm(peer: Peer, gossip: PeerTransactions): void {
    const { clock, random } = this.#context;
    if (peer.may('noban')) {
      // At once, but all of this turn together.
      gossip.timer ??= peer.schedule(0, () => {
        gossip.timer = undefined;
        this.#trickle(peer, gossip);
      });
    } else if (peer.inbound) {
      this.#inboundTimer ??= clock.schedule(exponential(random, INBOUND_INTERVAL), () => {
        this.#inboundTimer = undefined;
        for (const other of this.#context.peers.ready())
          if (other.inbound && !other.may('noban') && (other.transactions?.queue.size ?? 0) > 0)
            this.#trickle(other, other.transactions!);
      });
    } else
      gossip.timer ??= peer.schedule(exponential(random, OUTBOUND_INTERVAL), () => {
        gossip.timer = undefined;
        this.#trickle(peer, gossip);
      });
  }

  /** Parents before children, better fee rates first; each only if the peer wants it still. */
  #trickle(peer: Peer, gossip: PeerTransactions): void {
    if (!peer.hasRoom) {
      this.#arm(peer, gossip);
      return;
    }
    const { mempool } = this.#context;
    const { wantsAll } = gossip;
    gossip.wantsAll = false;
    if (wantsAll)
      for (const entry of mempool.graph.entries()) gossip.queue.set(this.#hashFor(peer, entry), entry);
    const batch = Math.min(MAXIMUM_BATCH, MINIMUM_BATCH + Math.floor(gossip.queue.size / 1_000) * 5);
    const waiting = [...gossip.queue].filter(([, entry]) => mempool.graph.getByWtxid(entry.wtxid) === entry);
    const limit = wantsAll ? waiting.length : batch;
    const ancestors = new Map(waiting.map(([, entry]) => [entry, mempool.ancestors(entry).size]));
    waiting.sort(([, a], [, b]) => ancestors.get(a)! - ancestors.get(b)! || compareFees(a, b));
    const items = [];
    const rest = waiting.slice(limit);
    for (const [hash, entry] of waiting.slice(0, limit)) {
      if (!wantsAll && gossip.known.has(hash)) continue;
      if (entry.fee * 1000n < gossip.feeFilter * BigInt(entry.virtualSize)) continue;
      gossip.known.add(hash);
      const type = peer.wtxidRelay ? InventoryType.WTX : InventoryType.TX;
      items.push({ type, hash: peer.wtxidRelay ? entry.tx.wtxidBytes : entry.tx.txidBytes });
    }
    gossip.queue.clear();
    for (const [hash, entry] of rest) gossip.queue.set(hash, entry);
    for (let at = 0; at < items.length; at += MAXIMUM_INVENTORY)
      peer.send('inv', { items: items.slice(at, at + MAXIMUM_INVENTORY) });
    gossip.lastSequence = mempool.sequence;
    if (rest.length > 0) this.#arm(peer, gossip);
  }

  /** BIP133. During initial block download nothing is wanted; with blocksOnly it is not asked for. */
  #sendFeeFilter(peer: Peer, gossip: PeerTransactions): void {
    if (this.#context.options.blocksOnly || peer.may('forcerelay')) return;
    const { chain, mempool, random } = this.#context;
    const rounded = roundFeeFilter(mempool.minimumFeeRate());
    const filter = chain.isInitialBlockDownload
      ? NO_TRANSACTIONS
      : higherRate(rounded, mempool.policy.minimumRelayFeeRate);
    if (filter !== gossip.sentFeeFilter) {
      gossip.sentFeeFilter = filter;
      peer.send('feefilter', { feeRate: filter });
    }
    gossip.feeTimer?.cancel();
    const wait = exponential(random, FEE_FILTER_INTERVAL);
    gossip.feeTimer = peer.schedule(wait, () => this.#sendFeeFilter(peer, gossip));
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
          if (entry !== undefined) this.announce(entry);
          else mempool.unbroadcast.delete(txid);
        }
        this.#scheduleRebroadcast();
      },
      'scheduler',
    );
  }
}

/** Whether transactions are exchanged with this kind of peer at all. */
export const relaysTo = ({ type }: Peer): boolean =>
  type === 'inbound' || type === 'manual' || type === 'outbound-full-relay';

function compareFees(a: MempoolEntry, b: MempoolEntry): number {
  const left = a.fee * BigInt(b.virtualSize);
  const right = b.fee * BigInt(a.virtualSize);
  return left > right ? -1 : left < right ? 1 : a.wtxid < b.wtxid ? -1 : 1;
}

/** Down to the nearest step of a coarse scale, which is Core's: so it tells nobody who we are. */
function roundFeeFilter(feeRate: FeeRate): FeeRate {
  if (feeRate <= LOWEST_FEE_FILTER) return feeRate;
  const steps = Math.log(Number(feeRate) / LOWEST_FEE_FILTER) / Math.log(FEE_FILTER_SPACING);
  return satPerKvB(BigInt(Math.floor(LOWEST_FEE_FILTER * FEE_FILTER_SPACING ** Math.floor(steps + 1e-9))));
}
/** The rate nobody pays: send me none. */
const NO_TRANSACTIONS = roundFeeFilter(satPerKvB(10_000_000n));
