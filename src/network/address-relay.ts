/** Gossip of addresses: getaddr, addr, addrv2, and our own address. The tables are the address manager's. */
import { utf8 } from '../core/encoding/bytes.ts';
import { sha256 } from '../core/encoding/hashes.ts';
import type { Timer } from '../seams.ts';
import type { AddressManager } from './address-manager.ts';
import { exponential, type Handlers, type NetworkContext } from './context.ts';
import { MAXIMUM_ADDRESSES, type TimedAddress } from './messages/addresses.ts';
import { formatAddress, formatHost, isRoutable } from './network-address.ts';
import type { Peer } from './peer.ts';
import { HOUR, isUsefulPeer, KNOWN_A_PEER, SECOND } from './protocol.ts';
import { RecentSet } from './recent-set.ts';

/** Addresses a second that we process of one peer, and how many at once. */
const RATE = 0.1;
const BURST = MAXIMUM_ADDRESSES;
/** Up to this many in one message are news, and passed on. */
const NEWS = 10;
const NEWS_AGE = 600;
const RELAY_TO = 2;
const SAMPLE_PERCENT = 23;
/** Seconds by which gossiped times are distrusted. */
const PENALTY = 2 * 3_600;
const SEND_INTERVAL = 30 * SECOND;
const SELF_INTERVAL = 24 * HOUR;
/** An answer to getaddr is repeated for this long, so that the tables cannot be read out bit by bit. */
const CACHE_TIME = 24 * HOUR;

interface Relay {
  readonly known: RecentSet<string>;
  readonly queue: Map<string, TimedAddress>;
  timer: Timer | undefined;
  selfTimer: Timer | undefined;
  tokens: number;
  refilledAt: number;
  answered: boolean;
  processed: number;
  limited: number;
}

export class AddressRelay {
  readonly #context: NetworkContext;
  readonly #manager: AddressManager;
  readonly #ownAddress: (peer: Peer) => TimedAddress | undefined;
  readonly #learned: () => void;
  readonly #peers = new Map<Peer, Relay>();
  readonly #secret: number;
  #cached: { readonly at: number; readonly addresses: TimedAddress[] } | undefined;
  readonly handlers: Handlers;

  constructor(
    context: NetworkContext,
    manager: AddressManager,
    /** `own`: what we advertise to this peer. `learned`: there are new addresses. */
    hooks: { own: (peer: Peer) => TimedAddress | undefined; learned: () => void },
  ) {
    this.#context = context;
    this.#secret = context.random.below(2 ** 48);
    this.#manager = manager;
    this.#ownAddress = hooks.own;
    this.#learned = hooks.learned;
    this.handlers = {
      getaddr: (peer) => this.#answer(peer),
      addr: (peer, body) => this.#receive(peer, body.addresses),
      addrv2: (peer, body) => this.#receive(peer, body.addresses),
    };
  }

  add(peer: Peer): void {
    if (peer.type === 'block-relay-only' || peer.type === 'feeler') return;
    const now = this.#context.clock.elapsed();
    const relay: Relay = {
      known: new RecentSet(KNOWN_A_PEER),
      queue: new Map(),
      timer: undefined,
      selfTimer: undefined,
      tokens: 1,
      refilledAt: now,
      answered: false,
      processed: 0,
      limited: 0,
    };
    this.#peers.set(peer, relay);
    this.#advertise(peer, relay);
    if (peer.inbound) return;
    peer.send('getaddr', {});
    relay.tokens += BURST;
  }

  remove(peer: Peer): void {
    const relay = this.#peers.get(peer);
    relay?.timer?.cancel();
    relay?.selfTimer?.cancel();
    this.#peers.delete(peer);
  }

  counts(peer: Peer): { readonly processed: number; readonly limited: number } | undefined {
    return this.#peers.get(peer);
  }

  /** Our own address, at once and then about once a day. */
  #advertise(peer: Peer, relay: Relay): void {
    const own = this.#ownAddress(peer);
    if (own !== undefined) this.#send(peer, [own]);
    const { clock, random } = this.#context;
    relay.selfTimer = clock.schedule(exponential(random, SELF_INTERVAL), () => this.#advertise(peer, relay));
  }

  /** Once a connection, and only to those that dialled us: so nobody learns our tables by dialling out. */
  #answer(peer: Peer): void {
    const relay = this.#peers.get(peer);
    if (relay === undefined || !peer.inbound || relay.answered) return;
    relay.answered = true;
    this.#send(peer, peer.may('addr') ? this.#draw() : this.#sample());
  }

  #draw(): TimedAddress[] {
    return this.#manager.sample(MAXIMUM_ADDRESSES, SAMPLE_PERCENT);
  }

  #sample(): TimedAddress[] {
    const { clock, parameters } = this.#context;
    const now = clock.elapsed();
    // On a network of local peers the tables are no secret, and small.
    if (parameters.localPeers) return this.#manager.sample(MAXIMUM_ADDRESSES, 0);
    if (this.#cached === undefined || now - this.#cached.at > CACHE_TIME)
      this.#cached = { at: now, addresses: this.#draw() };
    return this.#cached.addresses;
  }

  #send(peer: Peer, addresses: readonly TimedAddress[]): void {
    const relay = this.#peers.get(peer);
    if (relay === undefined) return;
    const sendable = addresses.filter(({ address }) => peer.addressV2 || address.id <= 2);
    for (const { address } of sendable) relay.known.add(formatAddress(address));
    for (let at = 0; at < sendable.length; at += MAXIMUM_ADDRESSES)
      peer.send(peer.addressV2 ? 'addrv2' : 'addr', {
        addresses: sendable.slice(at, at + MAXIMUM_ADDRESSES),
      });
  }

  #receive(peer: Peer, addresses: readonly TimedAddress[]): void {
    const relay = this.#peers.get(peer);
    if (relay === undefined) return;
    const { clock, parameters } = this.#context;
    this.#refill(relay);
    const now = clock.seconds();
    const source = peer.networkAddress;
    const [only] = addresses;
    if (parameters.localPeers && peer.inbound && addresses.length === 1 && source !== undefined)
      if (formatHost(only!.address) === formatHost(source)) peer.listensAt ??= formatAddress(only!.address);
    let learned = false;
    for (const item of addresses) {
      if (relay.tokens < 1 && !peer.may('addr')) {
        relay.limited++;
        continue;
      }
      relay.tokens = Math.max(0, relay.tokens - 1);
      relay.processed++;
      relay.known.add(formatAddress(item.address));
      if (!isUsefulPeer(item.services) || !isRoutable(item.address, parameters.localPeers)) continue;
      const sane = item.time > 100_000_000 && item.time <= now + 600;
      const timed = sane ? item : { ...item, time: now - 5 * 86_400 };
      if (timed.time > now - NEWS_AGE && addresses.length <= NEWS) this.#passOn(timed);
      if (source !== undefined && this.#manager.add(timed, source, PENALTY)) learned = true;
    }
    if (peer.type === 'addr-fetch' && addresses.length > 1) peer.close('addresses fetched');
    if (learned) this.#learned();
  }

  #refill(relay: Relay): void {
    const now = this.#context.clock.elapsed();
    if (relay.tokens < BURST)
      relay.tokens = Math.min(BURST, relay.tokens + (Math.max(0, now - relay.refilledAt) / 1000) * RATE);
    relay.refilledAt = now;
  }

  /**
   * To two peers, a little later. For a day they are the same two, and nobody else can tell which: so an
   * address does not spread further by being told again (Core's RelayAddress).
   */
  #passOn(item: TimedAddress): void {
    const key = formatAddress(item.address);
    const day = Math.floor(this.#context.clock.now() / (24 * HOUR));
    const digest = sha256(utf8(`${this.#secret}|${key}|${day}`));
    const words = new Uint32Array(digest.slice().buffer);
    const rank = (peer: Peer): number => Math.imul(words[peer.id & 7]! ^ peer.id, 0x9e3779b1) >>> 0;
    const able = [...this.#peers].filter(([peer]) => peer.ready);
    able.sort(([a], [b]) => rank(a) - rank(b));
    for (const [peer, relay] of able.slice(0, RELAY_TO))
      if (!relay.known.has(key)) this.#enqueue(peer, relay, key, item);
  }

  #enqueue(peer: Peer, relay: Relay, key: string, item: TimedAddress): void {
    if (relay.queue.size >= MAXIMUM_ADDRESSES) return;
    relay.queue.set(key, item);
    const { clock, parameters, random } = this.#context;
    const interval = parameters.localPeers ? SECOND : SEND_INTERVAL;
    relay.timer ??= clock.schedule(exponential(random, interval), () => {
      relay.timer = undefined;
      const items = [...relay.queue.values()].filter((each) => !relay.known.has(formatAddress(each.address)));
      relay.queue.clear();
      this.#send(peer, items);
    });
  }
}
