/** Gossip of addresses: getaddr, addr, addrv2, and our own address. The tables are the address manager's. */
import { utf8 } from '../core/encoding/bytes.ts';
import { sha256 } from '../core/encoding/hashes.ts';
import type { Handlers, NetworkContext, Part } from './context.ts';
import { MAXIMUM_ADDRESSES, type TimedAddress } from './messages/addresses.ts';
import { formatAddress, formatHost, isRoutable } from './network-address.ts';
import type { Peer } from './peer.ts';
import { PeerAddresses } from './peer-state.ts';
import { HOUR, SECOND, servesBlocks } from './protocol.ts';
import { exponential } from './random.ts';
import { DIRECT, isReachable } from './reach.ts';

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
const FETCH_TIMEOUT = 10 * SEND_INTERVAL;
const SELF_INTERVAL = 24 * HOUR;
/** An answer to getaddr is repeated for this long, so that the tables cannot be read out bit by bit. */
const CACHE_TIME = 24 * HOUR;

export class AddressRelay implements Part {
  readonly #context: NetworkContext;
  readonly #secret: number;
  /** By our address that was dialled: else two of them, of which one is hidden, could be told to be ours. */
  readonly #cached = new Map<string, { readonly at: number; readonly addresses: TimedAddress[] }>();
  readonly handlers: Handlers;

  constructor(context: NetworkContext) {
    this.#context = context;
    this.#secret = context.random.below(2 ** 48);
    this.handlers = {
      getaddr: (peer) => this.#answer(peer),
      addr: (peer, body) => this.#receive(peer, body.addresses),
      addrv2: (peer, body) => this.#receive(peer, body.addresses),
    };
  }

  opened(peer: Peer): void {
    if (peer.type === 'block-relay-only' || peer.type === 'feeler') return;
    const gossip = new PeerAddresses(this.#context.clock.elapsed());
    peer.addresses = gossip;
    this.#advertise(peer);
    if (peer.type === 'addr-fetch')
      peer.schedule(FETCH_TIMEOUT, () => peer.close('addrfetch connection timeout'));
    if (peer.inbound) return;
    peer.send('getaddr', {});
    gossip.tokens += BURST;
  }

  /** Our own address, at once and then about once a day. */
  #advertise(peer: Peer): void {
    const { clock, local, random, services } = this.#context;
    const own = local.advertised(peer, services(), clock.seconds());
    if (own !== undefined) {
      peer.note(`Advertising address ${formatAddress(own.address)} to peer=${peer.id}`);
      this.#send(peer, [own]);
    }
    peer.schedule(exponential(random, SELF_INTERVAL), () => this.#advertise(peer));
  }

  /** Once a connection, and only to those that dialled us: so nobody learns our tables by dialling out. */
  #answer(peer: Peer): void {
    const { addresses: gossip } = peer;
    if (gossip?.answered) peer.note(`Ignoring repeated "getaddr". peer=${peer.id}`);
    if (gossip === undefined || !peer.inbound || gossip.answered) return;
    gossip.answered = true;
    this.#send(peer, peer.may('addr') ? this.#draw() : this.#sample(peer.connection.local));
  }

  #draw(): TimedAddress[] {
    return this.#context.addresses.sample(MAXIMUM_ADDRESSES, SAMPLE_PERCENT);
  }

  #sample(dialled: string): TimedAddress[] {
    const { addresses, clock, parameters } = this.#context;
    const now = clock.elapsed();
    // On a network of local peers the tables are no secret while they are small.
    if (parameters.localPeers && addresses.size <= MAXIMUM_ADDRESSES)
      return addresses.sample(MAXIMUM_ADDRESSES, 0);
    let cached = this.#cached.get(dialled);
    if (cached === undefined || now - cached.at > CACHE_TIME) cached = { at: now, addresses: this.#draw() };
    this.#cached.set(dialled, cached);
    return cached.addresses;
  }

  #send(peer: Peer, addresses: readonly TimedAddress[]): void {
    const { addresses: gossip } = peer;
    if (gossip === undefined) return;
    const sendable = addresses.filter(({ address }) => peer.addressV2 || address.id <= 2);
    for (const { address } of sendable) gossip.known.add(formatAddress(address));
    for (let at = 0; at < sendable.length; at += MAXIMUM_ADDRESSES)
      peer.send(peer.addressV2 ? 'addrv2' : 'addr', {
        addresses: sendable.slice(at, at + MAXIMUM_ADDRESSES),
      });
  }

  #receive(peer: Peer, addresses: readonly TimedAddress[]): void {
    const { addresses: gossip } = peer;
    if (gossip === undefined) return;
    const { clock, options, parameters } = this.#context;
    this.#refill(gossip);
    const now = clock.seconds();
    const source = peer.networkAddress;
    const [only] = addresses;
    if (parameters.localPeers && peer.inbound && addresses.length === 1 && source !== undefined)
      if (formatHost(only!.address) === formatHost(source)) peer.listensAt ??= formatAddress(only!.address);
    const learned: string[] = [];
    for (const item of addresses) {
      if (gossip.tokens < 1 && !peer.may('addr')) {
        gossip.limited++;
        continue;
      }
      gossip.tokens = Math.max(0, gossip.tokens - 1);
      gossip.processed++;
      gossip.known.add(formatAddress(item.address));
      if (!servesBlocks(item.services) || !isRoutable(item.address, parameters.localPeers)) continue;
      const sane = item.time > 100_000_000 && item.time <= now + 600;
      const timed = sane ? item : { ...item, time: now - 5 * 86_400 };
      if (timed.time > now - NEWS_AGE && addresses.length <= NEWS) this.#passOn(timed);
      if (!isReachable(options.reach ?? DIRECT, item.address.network)) continue;
      if (source !== undefined && this.#context.addresses.add(timed, source, PENALTY))
        learned.push(formatAddress(item.address));
    }
    if (peer.type === 'addr-fetch' && addresses.length > 1) peer.close('addrfetch connection completed');
    if (learned.length === 0) return;
    const from = `(of ${addresses.length}) from peer=${peer.id}`;
    peer.note(`Added ${learned.length} addresses ${from}: ${learned.join(' ')}`);
    this.#context.addresses.learned.emit();
  }

  #refill(gossip: PeerAddresses): void {
    const now = this.#context.clock.elapsed();
    if (gossip.tokens < BURST)
      gossip.tokens = Math.min(BURST, gossip.tokens + (Math.max(0, now - gossip.refilledAt) / 1000) * RATE);
    gossip.refilledAt = now;
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
    const able = [...this.#context.peers.ready()].filter(({ addresses }) => addresses !== undefined);
    able.sort((a, b) => rank(a) - rank(b));
    for (const peer of able.slice(0, RELAY_TO)) this.#enqueue(peer, peer.addresses!, key, item);
  }

  #enqueue(peer: Peer, gossip: PeerAddresses, key: string, item: TimedAddress): void {
    if (gossip.known.has(key) || gossip.queue.size >= MAXIMUM_ADDRESSES) return;
    gossip.queue.set(key, item);
    const { parameters, random } = this.#context;
    const interval = parameters.localPeers ? SECOND : SEND_INTERVAL;
    gossip.timer ??= peer.schedule(exponential(random, interval), () => {
      gossip.timer = undefined;
      const items = [...gossip.queue.values()].filter(
        (each) => !gossip.known.has(formatAddress(each.address)),
      );
      gossip.queue.clear();
      this.#send(peer, items);
    });
  }
}
