/**
 * The addresses of possible peers, after Core's address manager: those heard of (`new`) and those that
 * once worked (`tried`) lie in tables whose places follow from a secret, the address's group and its
 * source's, so that no one can fill them from few networks. Tables grow only as they are filled.
 */
import { Signal } from '../chain/signal.ts';
import { toHex, utf8 } from '../core/encoding/bytes.ts';
import { sha256 } from '../core/encoding/hashes.ts';
import { Reader } from '../core/encoding/reader.ts';
import { Writer } from '../core/encoding/writer.ts';
import type { Clock, Random } from '../seams.ts';
import type { TimedAddress } from './messages/addresses.ts';
import { addrv2 } from './messages/addresses.ts';
import { formatAddress, groupOf, isRoutable, type NetworkAddress } from './network-address.ts';
import { shuffle } from './random.ts';

const NEW_BUCKETS = 1_024;
const TRIED_BUCKETS = 256;
export const BUCKET_SIZE = 64;
/** Buckets over which one source group, or one address group in `tried`, can spread. */
const NEW_BUCKETS_A_SOURCE = 64;
const TRIED_BUCKETS_A_GROUP = 8;
/** Places in `new` that one address may take. */
const MAXIMUM_REFERENCES = 8;

/** Of what is written. */
const VERSION = 2;

const DAY = 86_400;
const HORIZON = 30 * DAY;
const RETRIES = 3;
const MAXIMUM_FAILURES = 10;
const MINIMUM_FAILING_TIME = 7 * DAY;
/** A tried address that worked this recently is not displaced by another. */
const REPLACEMENT_AGE = 4 * 3_600;
const MAXIMUM_COLLISIONS = 10;

/** Times in seconds since the epoch, 0 for never. */
export interface KnownPeer {
  readonly address: NetworkAddress;
  readonly key: string;
  /** Who told us of it first. */
  readonly source: NetworkAddress;
  services: bigint;
  time: number;
  lastTry: number;
  lastSuccess: number;
  attempts: number;
  tried: boolean;
  /** Places in the new table. */
  readonly places: Set<number>;
}

interface AddressManagerOptions {
  readonly localPeers: boolean;
}

export class AddressManager {
  /** Others told of new ones: they may be dialled. */
  readonly learned = new Signal<void>();
  readonly #localPeers: boolean;
  readonly #clock: Clock;
  readonly #random: Random;
  #secret: Uint8Array;
  readonly #peers = new Map<string, KnownPeer>();
  /** Place (bucket times size, plus slot) to address. */
  readonly #new = new Map<number, KnownPeer>();
  readonly #tried = new Map<number, KnownPeer>();
  /** The tables as lists, made when one is chosen from and dropped when a table changes. */
  #lists: { new?: readonly KnownPeer[]; tried?: readonly KnownPeer[] } = {};
  /** Addresses that would displace a tried one, until a feeler has tested the latter. */
  readonly #collisions = new Set<KnownPeer>();

  constructor(options: AddressManagerOptions, dependencies: { clock: Clock; random: Random }) {
    this.#localPeers = options.localPeers;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
    this.#secret = this.#random.bytes(32);
  }

  get size(): number {
    return this.#peers.size;
  }

  all(): IterableIterator<KnownPeer> {
    return this.#peers.values();
  }

  /** Both tables: an address may have several places among the new. */
  tables(): Record<'new' | 'tried', ReadonlyMap<number, KnownPeer>> {
    return { new: this.#new, tried: this.#tried };
  }

  get(address: NetworkAddress): KnownPeer | undefined {
    return this.#peers.get(formatAddress(address));
  }

  /**
   * Takes note of an address. True if it was new to us or got a place.
   * @param penalty seconds by which the time is distrusted
   */
  add(item: TimedAddress, source: NetworkAddress, penalty = 0): boolean {
    const { address } = item;
    if (!isRoutable(address, this.#localPeers)) return false;
    const key = formatAddress(address);
    const now = this.#clock.seconds();
    // What a peer says of itself is not distrusted.
    const distrust = key === formatAddress(source) ? 0 : penalty;
    const time = Math.max(0, Math.min(item.time, now + 600) - distrust);
    let peer = this.#peers.get(key);
    if (peer === undefined) {
      peer = { address, key, source, services: item.services, time, places: new Set(), ...UNTRIED };
    } else {
      const online = now - item.time < DAY;
      if (time > peer.time + (online ? 3_600 : DAY)) peer.time = time;
      peer.services |= item.services;
      if (peer.tried || peer.places.size === MAXIMUM_REFERENCES) return false;
      // Each further place is twice as unlikely.
      if (this.#random.below(2 ** peer.places.size) !== 0) return false;
    }
    return this.#placeInNew(peer, source);
  }

  /** A connection to it worked. */
  good(address: NetworkAddress): void {
    const peer = this.get(address);
    if (peer === undefined) return;
    const now = this.#clock.seconds();
    peer.lastSuccess = now;
    peer.lastTry = now;
    peer.attempts = 0;
    if (peer.tried || peer.places.size === 0) return;
    const place = this.#triedPlace(peer);
    const occupant = this.#tried.get(place);
    if (occupant === undefined) this.#moveToTried(peer, place);
    else if (this.#collisions.size < MAXIMUM_COLLISIONS) this.#collisions.add(peer);
  }

  /** A connection is being attempted. */
  attempt(address: NetworkAddress): void {
    const peer = this.get(address);
    if (peer === undefined) return;
    peer.lastTry = this.#clock.seconds();
    peer.attempts++;
  }

  setServices(address: NetworkAddress, services: bigint): void {
    const peer = this.get(address);
    if (peer !== undefined) peer.services = services;
  }

  /** It was connected until now: others may be told of it. */
  seen(address: NetworkAddress): void {
    const peer = this.get(address);
    const now = this.#clock.seconds();
    if (peer !== undefined && now - peer.time > 20 * 60) peer.time = now;
  }

  /** A random address to try, by Core's chances; undefined if there is none. */
  select(newOnly: boolean): KnownPeer | undefined {
    const useTried =
      !newOnly && this.#tried.size > 0 && (this.#new.size === 0 || this.#random.below(2) === 0);
    const places = useTried ? this.#triedList() : this.#newList();
    if (places.length === 0) return undefined;
    // Poor candidates are passed over at first, but less and less so.
    for (let factor = 1; ; factor *= 1.2) {
      const peer = places[this.#random.below(places.length)]!;
      if (this.#random.below(2 ** 30) < factor * this.#chance(peer) * 2 ** 30) return peer;
    }
  }

  #newList(): readonly KnownPeer[] {
    this.#lists.new ??= [...this.#new.values()];
    return this.#lists.new;
  }

  #triedList(): readonly KnownPeer[] {
    this.#lists.tried ??= [...this.#tried.values()];
    return this.#lists.tried;
  }

  /** A tried address that another would displace: to be tested by a feeler. */
  selectCollision(): KnownPeer | undefined {
    const [peer] = this.#collisions;
    return peer === undefined ? undefined : this.#tried.get(this.#triedPlace(peer));
  }

  /** Decides collisions: whoever has not worked lately makes room. */
  resolveCollisions(): void {
    const now = this.#clock.seconds();
    for (const peer of [...this.#collisions]) {
      const place = this.#triedPlace(peer);
      const occupant = this.#tried.get(place);
      const worked = occupant !== undefined && now - occupant.lastSuccess < REPLACEMENT_AGE;
      const waiting = !worked && occupant !== undefined && occupant.lastTry < now - REPLACEMENT_AGE;
      if (waiting && now - peer.lastSuccess < 2_400) continue;
      this.#collisions.delete(peer);
      if (worked || peer.tried || !this.#peers.has(peer.key)) continue;
      if (occupant !== undefined) this.#backToNew(occupant, place);
      this.#moveToTried(peer, place);
    }
  }

  /** A random sample to pass on: at most `maximum`, and at most this percentage of all. 0 is no limit. */
  sample(maximum: number, percent: number): KnownPeer[] {
    const now = this.#clock.seconds();
    const share = percent === 0 ? this.#peers.size : Math.ceil((percent * this.#peers.size) / 100);
    const count = maximum === 0 ? share : Math.min(maximum, share);
    const usable = [...this.#peers.values()].filter((peer) => !this.#isTerrible(peer, now));
    return shuffle(this.#random, usable).slice(0, count);
  }

  encode(): Uint8Array {
    const writer = new Writer().uint8(VERSION).bytes(this.#secret).compactSize(this.#peers.size);
    for (const peer of this.#peers.values()) {
      addrv2.write(writer, { addresses: [peer, { ...peer, address: peer.source }] });
      writer
        .uint32(peer.lastTry)
        .uint32(peer.lastSuccess)
        .uint32(peer.attempts)
        .uint8(peer.tried ? 1 : 0)
        .compactSize(peer.places.size);
      for (const place of peer.places) writer.uint32(place);
    }
    return writer.finish();
  }

  /** Replaces everything. @throws DecodeError */
  load(bytes: Uint8Array): void {
    const reader = new Reader(bytes);
    const version = reader.uint8();
    this.#secret = reader.view(32).slice();
    for (let count = reader.compactSize(); count > 0; count--) {
      const [item, teller] = addrv2.read(reader).addresses.map(({ address, ...rest }) => ({
        ...rest,
        address: { ...address, bytes: address.bytes.slice() },
      }));
      // Of the source only the group was kept.
      if (version < VERSION) reader.varBytes();
      const peer: KnownPeer = {
        ...item!,
        key: formatAddress(item!.address),
        source: (teller ?? item!).address,
        lastTry: reader.uint32(),
        lastSuccess: reader.uint32(),
        attempts: reader.uint32(),
        tried: reader.uint8() === 1,
        places: new Set(),
      };
      for (let places = reader.compactSize(); places > 0; places--) peer.places.add(reader.uint32());
      this.#peers.set(peer.key, peer);
      for (const place of peer.places) this.#new.set(place, peer);
      if (peer.tried) this.#tried.set(this.#triedPlace(peer), peer);
    }
    reader.finish();
  }

  #number(...parts: readonly (string | number)[]): number {
    const digest = sha256(utf8(`${toHex(this.#secret)}|${parts.join('|')}`));
    return new DataView(digest.buffer, digest.byteOffset).getUint32(0, true);
  }

  #newPlace(peer: KnownPeer, source: NetworkAddress): number {
    const sourceGroup = groupOf(source, this.#localPeers);
    const group = groupOf(peer.address, this.#localPeers);
    const spread = this.#number('s', group, sourceGroup) % NEW_BUCKETS_A_SOURCE;
    const bucket = this.#number('n', sourceGroup, spread) % NEW_BUCKETS;
    return bucket * BUCKET_SIZE + (this.#number('N', bucket, peer.key) % BUCKET_SIZE);
  }

  #triedPlace(peer: KnownPeer): number {
    const spread = this.#number('k', peer.key) % TRIED_BUCKETS_A_GROUP;
    const bucket = this.#number('t', groupOf(peer.address, this.#localPeers), spread) % TRIED_BUCKETS;
    return bucket * BUCKET_SIZE + (this.#number('K', bucket, peer.key) % BUCKET_SIZE);
  }

  #placeInNew(peer: KnownPeer, source: NetworkAddress): boolean {
    const place = this.#newPlace(peer, source);
    const occupant = this.#new.get(place);
    if (occupant === peer) return false;
    if (occupant !== undefined) {
      const replace =
        this.#isTerrible(occupant, this.#clock.seconds()) ||
        (occupant.places.size > 1 && peer.places.size === 0);
      if (!replace) return false;
      this.#leaveNew(occupant, place);
    }
    peer.places.add(place);
    this.#new.set(place, peer);
    this.#peers.set(peer.key, peer);
    this.#lists = {};
    return true;
  }

  #leaveNew(peer: KnownPeer, place: number): void {
    peer.places.delete(place);
    this.#new.delete(place);
    this.#lists = {};
    if (peer.places.size > 0 || peer.tried) return;
    this.#peers.delete(peer.key);
    this.#collisions.delete(peer);
  }

  #moveToTried(peer: KnownPeer, place: number): void {
    for (const from of peer.places) this.#new.delete(from);
    peer.places.clear();
    peer.tried = true;
    this.#tried.set(place, peer);
    this.#lists = {};
  }

  #backToNew(peer: KnownPeer, place: number): void {
    this.#tried.delete(place);
    this.#lists = {};
    peer.tried = false;
    if (!this.#placeInNew(peer, peer.source)) this.#peers.delete(peer.key);
  }

  /** Not worth passing on or keeping. */
  #isTerrible(peer: KnownPeer, now: number): boolean {
    if (now - peer.lastTry < 60) return false;
    if (peer.time > now + 600) return true;
    if (now - peer.time > HORIZON) return true;
    if (peer.lastSuccess === 0 && peer.attempts >= RETRIES) return true;
    return now - peer.lastSuccess > MINIMUM_FAILING_TIME && peer.attempts >= MAXIMUM_FAILURES;
  }

  /** Relative chance to be tried: low just after a try, and lower with each failure. */
  #chance(peer: KnownPeer): number {
    const recent = this.#clock.seconds() - peer.lastTry < 600 ? 0.01 : 1;
    return recent * 0.66 ** Math.min(peer.attempts, 8);
  }
}

const UNTRIED = { lastTry: 0, lastSuccess: 0, attempts: 0, tried: false };
