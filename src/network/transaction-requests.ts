/**
 * Which announced transaction to ask of whom, and when (after Core's txrequest): outbound peers first,
 * one at a time, another when the first does not answer. Owns no transaction.
 */
import type { Clock, Random, Timer } from '../seams.ts';
import type { Peer } from './peer.ts';
import { SECOND } from './protocol.ts';

const ANNOUNCEMENTS_A_PEER = 5_000;
/** While there are so many of all peers together (each takes half a kilobyte), one may have only so many. */
const ANNOUNCEMENTS = 25_000;
const FEW_ANNOUNCEMENTS = 250;
const IN_FLIGHT_A_PEER = 100;
/** How long an announcer waits for a better one: for being a stranger, overloaded, or asked by txid, each. */
const DELAY = 2 * SECOND;
const TIMEOUT = 60 * SECOND;

export interface Announcement {
  readonly peer: Peer;
  /** Display-order hex: a wtxid, or a txid if `byTxid`. */
  readonly hash: string;
  readonly byTxid: boolean;
  /** Monotonic milliseconds: when it may be asked for; once it was, when the answer is no longer waited for. */
  due: number;
  readonly preferred: boolean;
  /** Random; decides between equals so that nobody can know who is asked. */
  readonly priority: number;
  state: 'candidate' | 'asked' | 'done';
}

export class TransactionRequests {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #ask: (peer: Peer, announcements: readonly Announcement[]) => void;
  readonly #byHash = new Map<string, Announcement[]>();
  readonly #byPeer = new Map<Peer, Map<string, Announcement>>();
  #count = 0;
  readonly #inFlight = new Map<Peer, number>();
  /** By the number of their delays; in order of arrival, and so of time. What is done with leaves them at once. */
  readonly #delayed = Array.from({ length: 3 }, () => new Set<Announcement>());
  readonly #asked = new Set<Announcement>();
  #timer: Timer | undefined;
  #timerAt = Infinity;
  #batch = new Map<Peer, Announcement[]>();
  #flushing = false;

  /** @param ask sends the requests of one moment for one peer */
  constructor(
    dependencies: { clock: Clock; random: Random },
    ask: (peer: Peer, announcements: readonly Announcement[]) => void,
  ) {
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
    this.#ask = ask;
  }

  /** It has announced as much as we keep for one peer. */
  isFull(peer: Peer): boolean {
    if (peer.may('relay')) return false;
    const limit = this.#count < ANNOUNCEMENTS ? ANNOUNCEMENTS_A_PEER : FEW_ANNOUNCEMENTS;
    return (this.#byPeer.get(peer)?.size ?? 0) >= limit;
  }

  announced(peer: Peer, hash: string, options: { byTxid: boolean; delay: boolean }): void {
    // It may have gone while what it sent was judged.
    if (peer.closed) return;
    const own = this.#byPeer.get(peer) ?? new Map<string, Announcement>();
    this.#byPeer.set(peer, own);
    if (own.has(hash) || this.isFull(peer)) return;
    const overloaded = !peer.may('relay') && (this.#inFlight.get(peer) ?? 0) >= IN_FLIGHT_A_PEER;
    const { preferred } = peer;
    const delays = Number(!preferred) + Number(overloaded) + Number(options.delay);
    const now = this.#clock.elapsed();
    const announcement: Announcement = {
      peer,
      hash,
      byTxid: options.byTxid,
      due: now + delays * DELAY,
      preferred,
      priority: this.#random.below(2 ** 32),
      state: 'candidate',
    };
    own.set(hash, announcement);
    this.#count++;
    const all = this.#byHash.get(hash);
    if (all === undefined) this.#byHash.set(hash, [announcement]);
    else all.push(announcement);
    if (delays > 0) {
      this.#delayed[delays - 1]!.add(announcement);
      this.#arm(announcement.due);
    } else this.#consider(hash);
  }

  /** It is here, or not wanted any more: forget it for everyone. */
  forget(hash: string): void {
    for (const announcement of this.#byHash.get(hash) ?? []) this.#drop(announcement);
    this.#byHash.delete(hash);
  }

  /** This peer answered, with it or without it: others may be asked. */
  answered(peer: Peer, hash: string): void {
    const announcement = this.#byPeer.get(peer)?.get(hash);
    if (announcement === undefined) return;
    this.#finish(announcement);
    this.#consider(hash);
  }

  /** An answer of this peer is waited for. */
  isAsked(peer: Peer): boolean {
    return (this.#inFlight.get(peer) ?? 0) > 0;
  }

  /** Peers that announced it and could still be asked. */
  announcers(hash: string): Peer[] {
    return (this.#byHash.get(hash) ?? []).filter((item) => item.state !== 'done').map((item) => item.peer);
  }

  remove(peer: Peer): void {
    const own = [...(this.#byPeer.get(peer)?.values() ?? [])];
    for (const announcement of own) this.#finish(announcement);
    this.#byPeer.delete(peer);
    this.#inFlight.delete(peer);
    for (const { hash } of own) this.#consider(hash);
  }

  close(): void {
    this.#timer?.cancel();
  }

  #setState(announcement: Announcement, state: 'asked' | 'done'): void {
    const { peer } = announcement;
    const change = (state === 'asked' ? 1 : 0) - (announcement.state === 'asked' ? 1 : 0);
    announcement.state = state;
    for (const delayed of this.#delayed) delayed.delete(announcement);
    this.#asked.delete(announcement);
    if (change !== 0) this.#inFlight.set(peer, (this.#inFlight.get(peer) ?? 0) + change);
  }

  #drop(announcement: Announcement): void {
    this.#setState(announcement, 'done');
    if (this.#byPeer.get(announcement.peer)?.delete(announcement.hash)) this.#count--;
  }

  /** Done with one announcer; when no other is left, the hash is forgotten. */
  #finish(announcement: Announcement): void {
    this.#drop(announcement);
    const others = (this.#byHash.get(announcement.hash) ?? []).filter((item) => item !== announcement);
    if (others.length === 0) this.#byHash.delete(announcement.hash);
    else this.#byHash.set(announcement.hash, others);
  }

  /** Asks the best announcer whose time has come, unless one is being asked. */
  #consider(hash: string): void {
    const all = this.#byHash.get(hash);
    if (all === undefined || all.some((item) => item.state === 'asked')) return;
    const now = this.#clock.elapsed();
    let best: Announcement | undefined;
    for (const item of all) {
      if (item.due > now) continue;
      const better =
        best === undefined ||
        (item.preferred !== best.preferred ? item.preferred : item.priority < best.priority);
      if (better) best = item;
    }
    if (best === undefined) return;
    this.#setState(best, 'asked');
    best.due = now + TIMEOUT;
    this.#asked.add(best);
    this.#arm(best.due);
    const batch = this.#batch.get(best.peer);
    if (batch === undefined) this.#batch.set(best.peer, [best]);
    else batch.push(best);
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  /** What one inventory message made us ask for goes into one getdata. */
  #flush(): void {
    this.#flushing = false;
    const batch = this.#batch;
    this.#batch = new Map();
    for (const [peer, announcements] of batch) if (!peer.closed) this.#ask(peer, announcements);
  }

  /** One timer, for whatever is due first. */
  #arm(due: number): void {
    if (due >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = due;
    this.#timer = this.#clock.schedule(Math.max(0, due - this.#clock.elapsed()), () => {
      this.#timerAt = Infinity;
      this.#tick();
      // Looked for once a timer: a set whose first items have left is slow to tell its first.
      for (const queue of [...this.#delayed, this.#asked]) {
        const [first] = queue;
        if (first !== undefined) this.#arm(first.due);
      }
    });
  }

  #tick(): void {
    const now = this.#clock.elapsed();
    for (const delayed of this.#delayed)
      for (const announcement of delayed) {
        if (announcement.due > now) break;
        delayed.delete(announcement);
        this.#consider(announcement.hash);
      }
    for (const announcement of this.#asked) {
      if (announcement.due > now) break;
      this.#finish(announcement);
      this.#consider(announcement.hash);
    }
  }
}
