/**
 * With whom we are connected: dials those added by hand and, up to a number, those that the address manager
 * offers; accepts others, and lets one go when there is no room. Owns no message.
 */

import { utf8 } from '../core/encoding/bytes.ts';
import { sha256 } from '../core/encoding/hashes.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { Clock, Logger, Random, Timer } from '../seams.ts';
import type { AddressManager } from './address-manager.ts';
import type { BanList } from './ban-list.ts';
import { exponential } from './context.ts';
import { selectPeerToEvict } from './eviction.ts';
import {
  formatAddress,
  formatHost,
  groupOf,
  isLocal,
  joinHostPort,
  type NetworkAddress,
  parseAddress,
  parseTarget,
} from './network-address.ts';
import { Peer, type PeerEvents } from './peer.ts';
import type { ConnectionType } from './peer-info.ts';
import { isUsefulPeer, MINUTE, SECOND } from './protocol.ts';
import type { Connection, Target, Transport } from './transport.ts';

const FULL_RELAY = 8;
const BLOCK_RELAY = 2;
const RESERVED_OUTBOUND = FULL_RELAY + BLOCK_RELAY + 1;
const DIAL_TIMEOUT = 5 * SECOND;
const FIRST_RETRY = SECOND;
const MAXIMUM_RETRY = MINUTE;
/** With nobody to dial, look again after this long. */
const IDLE_RETRY = 10 * SECOND;
/** Between dials while there is room. */
const DIAL_PACE = SECOND / 2;
const FEELER_INTERVAL = 2 * MINUTE;
/** Seconds before an address is dialled again. */
const REDIAL_AGE = 600;
const SELECT_TRIES = 100;

export interface ConnectionsOptions {
  readonly connect: readonly string[] | undefined;
  readonly addNodes: readonly string[];
  readonly seeds: readonly string[];
  readonly maximumConnections: number;
  readonly dnsSeed: boolean;
}

export interface ConnectionsDependencies {
  readonly parameters: NetworkParameters;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly transport: Transport;
  readonly manager: AddressManager;
  readonly bans: BanList;
  readonly events: PeerEvents;
  /** A connection stands; its handshake may begin. */
  readonly opened: (peer: Peer) => void;
}

/** A node added by hand, connected again whenever it is lost. */
interface AddedNode {
  readonly text: string;
  readonly target: Target;
  wait: number;
  timer: Timer | undefined;
  dialling: boolean;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #dependencies: ConnectionsDependencies;
  readonly #peers = new Map<number, Peer>();
  readonly #added = new Map<string, AddedNode>();
  /** Addresses being dialled, to abort them at the end. */
  readonly #dials = new Map<string, AbortController>();
  readonly #evictionKey: string;
  /** Addresses at which we found ourselves. */
  readonly #own = new Set<string>();
  #nextId = 0;
  #active = true;
  #running = false;
  #dialTimer: Timer | undefined;
  #feelerTimer: Timer | undefined;
  #extraOutbound = false;
  /** Block-relay-only peers of the last run, dialled first (against eclipse by restart). */
  anchors: NetworkAddress[] = [];

  constructor(options: ConnectionsOptions, dependencies: ConnectionsDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#evictionKey = String(dependencies.random.below(2 ** 48));
    for (const text of options.connect ?? options.addNodes) this.add(text);
  }

  start(): void {
    this.#running = true;
    for (const node of this.#added.values()) this.#dialAdded(node);
    if (this.#options.connect !== undefined) return;
    void this.#seed();
    this.#scheduleDial(0);
    this.#scheduleFeeler();
  }

  stop(): void {
    this.#running = false;
    this.#endAll('node stops');
  }

  get active(): boolean {
    return this.#active;
  }

  setActive(active: boolean): void {
    if (active === this.#active) return;
    this.#active = active;
    if (!active) this.#endAll('network is turned off');
    else if (this.#running) this.start();
  }

  #endAll(reason: string): void {
    this.#dialTimer?.cancel();
    this.#feelerTimer?.cancel();
    for (const node of this.#added.values()) node.timer?.cancel();
    for (const dial of this.#dials.values()) dial.abort();
    for (const peer of [...this.#peers.values()]) peer.close(reason);
  }

  peers(): IterableIterator<Peer> {
    return this.#peers.values();
  }

  /** Those whose handshake is done. */
  *ready(): Iterable<Peer> {
    for (const peer of this.#peers.values()) if (peer.ready && !peer.closed) yield peer;
  }

  peer(id: number): Peer | undefined {
    return this.#peers.get(id);
  }

  /** False if it was added before. @throws AddressError */
  add(text: string): boolean {
    if (this.#added.has(text)) return false;
    const { parameters } = this.#dependencies;
    const target = parseTarget(text, parameters.dial, parameters.p2pPort);
    const node: AddedNode = { text, target, wait: FIRST_RETRY, timer: undefined, dialling: false };
    this.#added.set(text, node);
    if (this.#running) this.#dialAdded(node);
    return true;
  }

  remove(text: string): boolean {
    this.#added.get(text)?.timer?.cancel();
    return this.#added.delete(text);
  }

  /** Added nodes and the peer each is connected as. */
  added(): { readonly text: string; readonly peer: Peer | undefined }[] {
    return [...this.#added.values()].map(({ text, target }) => ({ text, peer: this.#connectedTo(target) }));
  }

  /** One attempt. True if it is connected. @throws AddressError */
  connectOnce(text: string): Promise<boolean> {
    const { parameters } = this.#dependencies;
    return this.#dial(parseTarget(text, parameters.dial, parameters.p2pPort), 'manual');
  }

  /** The transport's listener hands over a connection. */
  accept(connection: Connection): void {
    const address = addressOf(connection.remote);
    const refusal = this.#refusal(address);
    if (refusal === undefined) this.#open(connection, 'inbound', connection.remote);
    else {
      this.#log(`connection from ${connection.remote} dropped (${refusal})`);
      connection.close();
    }
  }

  /** A peer is gone: its place may be filled, and an added node is dialled again. */
  closed(peer: Peer): void {
    this.#peers.delete(peer.id);
    if (!this.#running || !this.#active) return;
    for (const node of this.#added.values())
      if (peer.address === textOf(node.target)) this.#retryAdded(node, peer.ready);
    this.#scheduleDial(DIAL_PACE);
  }

  /**
   * While the tip is stale, one more full-relay peer than usual may help. When it is fresh again, the one
   * that has given us no block for longest goes.
   */
  setExtraOutbound(extra: boolean): void {
    this.#extraOutbound = extra;
    if (extra) {
      this.#scheduleDial(DIAL_PACE);
      return;
    }
    const full = [...this.#peers.values()].filter((peer) => peer.type === 'outbound-full-relay');
    if (full.length <= FULL_RELAY) return;
    full.sort((a, b) => a.lastBlock - b.lastBlock || b.connectedAt - a.connectedAt);
    full[0]!.close('one outbound peer more than is needed');
  }

  /** There are new addresses. */
  addressesLearned(): void {
    this.#scheduleDial(DIAL_PACE);
  }

  /** Peers that are only dialled to learn whether or whom; they leave when that is known. */
  count(types: readonly ConnectionType[]): number {
    let count = 0;
    for (const peer of this.#peers.values()) if (types.includes(peer.type)) count++;
    return count;
  }

  #log(message: string): void {
    this.#dependencies.logger.log('debug', 'net', message);
  }

  #connectedTo(target: Target): Peer | undefined {
    const text = textOf(target);
    for (const peer of this.#peers.values())
      if (
        peer.address === text ||
        (peer.networkAddress !== undefined && !peer.inbound && formatAddress(peer.networkAddress) === text)
      )
        return peer;
    return undefined;
  }

  #dialAdded(node: AddedNode): void {
    if (node.dialling || this.#connectedTo(node.target) !== undefined) return;
    node.dialling = true;
    void this.#dial(node.target, 'manual').then((connected) => {
      node.dialling = false;
      if (connected) node.wait = FIRST_RETRY;
      else if (this.#running && this.#active) this.#retryAdded(node, false);
    });
  }

  /** Waits longer after each failure, up to a minute. */
  #retryAdded(node: AddedNode, worked: boolean): void {
    if (this.#added.get(node.text) !== node) return;
    const { clock, random } = this.#dependencies;
    node.wait = worked ? FIRST_RETRY : Math.min(2 * node.wait, MAXIMUM_RETRY);
    node.timer?.cancel();
    const jitter = random.below(Math.floor(node.wait / 4) + 1);
    node.timer = clock.schedule(node.wait + jitter, () => this.#dialAdded(node));
  }

  async #dial(target: Target, type: ConnectionType): Promise<boolean> {
    const text = textOf(target);
    if (!this.#active || this.#dials.has(text) || this.#connectedTo(target) !== undefined) return false;
    const { clock, manager, transport } = this.#dependencies;
    const controller = new AbortController();
    this.#dials.set(text, controller);
    const timer = clock.schedule(DIAL_TIMEOUT, () => controller.abort());
    const address = parseAddress(target.host, target.port);
    if (address !== undefined) manager.attempt(address);
    try {
      const connection = await transport.dial(target, controller.signal);
      if (!this.#running || !this.#active) {
        connection.close();
        return false;
      }
      this.#open(connection, type, text);
      return true;
    } catch (error) {
      this.#log(`cannot connect to ${text}: ${(error as Error).message}`);
      return false;
    } finally {
      timer.cancel();
      this.#dials.delete(text);
    }
  }

  #open(connection: Connection, type: ConnectionType, address: string): void {
    const { clock, events, opened, parameters, random } = this.#dependencies;
    const options = { id: this.#nextId++, type, magic: parameters.magic, address };
    const peer = new Peer(options, { connection, clock, random, events });
    this.#peers.set(peer.id, peer);
    peer.start();
    opened(peer);
  }

  /** Why an inbound connection is not taken; undefined if it is (perhaps in the place of another). */
  #refusal(address: NetworkAddress | undefined): string | undefined {
    const { bans, parameters } = this.#dependencies;
    if (!this.#active || !this.#running) return 'network is turned off';
    if (address !== undefined && bans.isBanned(address)) return 'banned';
    const inbound = [...this.#peers.values()].filter((peer) => peer.inbound);
    const maximum = Math.max(0, this.#options.maximumConnections - RESERVED_OUTBOUND);
    const discouraged = address !== undefined && bans.isDiscouraged(address);
    if (discouraged && inbound.length + 1 >= maximum) return 'discouraged';
    if (inbound.length < maximum) return undefined;
    const evicted = selectPeerToEvict(
      inbound.map((peer) => {
        const group =
          peer.networkAddress === undefined ? '' : groupOf(peer.networkAddress, parameters.localPeers);
        return {
          id: peer.id,
          connectedAt: peer.connectedAt,
          minimumPing: peer.minimumPing ?? Number.POSITIVE_INFINITY,
          lastBlock: peer.lastBlock,
          lastTransaction: peer.lastTransaction,
          relaysTransactions: peer.version?.relay ?? false,
          group,
          keyedGroup: this.#keyed(group),
        };
      }),
    );
    if (evicted === undefined) return 'no room';
    this.#peers.get(evicted)!.close('evicted');
    return undefined;
  }

  #keyed(group: string): number {
    const digest = sha256(utf8(`${this.#evictionKey}|${group}`));
    return new DataView(digest.buffer, digest.byteOffset).getUint32(0, true);
  }

  /** Learns first addresses: by name (DNS), or by asking a node at a given address. */
  async #seed(): Promise<void> {
    const { parameters, manager } = this.#dependencies;
    const seeds = [...this.#options.seeds, ...parameters.seeds];
    for (const seed of seeds) {
      const target = parseTarget(seed, parameters.dial, parameters.p2pPort);
      const given = parseAddress(target.host, target.port) !== undefined || /:\d+$/.test(seed);
      if (given) void this.#dial(target, 'addr-fetch').then(() => this.#scheduleDial(DIAL_PACE));
      else if (this.#options.dnsSeed && manager.size === 0) await this.#resolveSeed(target);
    }
    this.#scheduleDial(DIAL_PACE);
  }

  async #resolveSeed(target: Target): Promise<void> {
    const { clock, manager, transport } = this.#dependencies;
    const time = Math.floor(clock.now() / 1000) - 3 * 86_400;
    for (const host of await transport.resolve(target.host)) {
      const address = parseAddress(host, target.port);
      if (address !== undefined) manager.add({ time, services: 9n, address }, address);
    }
  }

  #scheduleDial(wait: number): void {
    if (!this.#running || this.#options.connect !== undefined || this.#dialTimer !== undefined) return;
    this.#dialTimer = this.#dependencies.clock.schedule(wait, () => {
      this.#dialTimer = undefined;
      void this.#fillOutbound();
    });
  }

  /** Dials one address for the kind of peer that is missing; again at once while there is room. */
  async #fillOutbound(): Promise<void> {
    if (!this.#active || !this.#running) return;
    const { clock, manager, parameters } = this.#dependencies;
    const full = this.count(['outbound-full-relay']);
    const wanted = FULL_RELAY + (this.#extraOutbound ? 1 : 0);
    const type = full < wanted ? 'outbound-full-relay' : 'block-relay-only';
    if (type === 'block-relay-only' && this.count([type]) >= BLOCK_RELAY) return;
    manager.resolveCollisions();
    const anchor = this.count(['block-relay-only']) < BLOCK_RELAY ? this.anchors.shift() : undefined;
    const address = anchor ?? this.#choose(false);
    if (address === undefined) {
      this.#scheduleDial(IDLE_RETRY);
      return;
    }
    const target = { scheme: parameters.dial, host: formatHost(address), port: address.port };
    const before = clock.monotonic();
    await this.#dial(target, anchor === undefined ? type : 'block-relay-only');
    this.#scheduleDial(Math.max(0, DIAL_PACE - (clock.monotonic() - before)));
  }

  /** An address of a group we have no outbound peer in, not tried lately. */
  #choose(newOnly: boolean): NetworkAddress | undefined {
    const { bans, clock, manager, parameters } = this.#dependencies;
    const groups = new Set<string>();
    const hosts = new Set<string>();
    for (const peer of this.#peers.values()) {
      if (peer.networkAddress === undefined) continue;
      hosts.add(formatAddress(peer.networkAddress));
      hosts.add(peer.address);
      if (peer.listensAt !== undefined) hosts.add(peer.listensAt);
      if (!peer.inbound) groups.add(groupOf(peer.networkAddress, parameters.localPeers));
    }
    const now = clock.now() / 1000;
    for (let tries = 0; tries < SELECT_TRIES; tries++) {
      const known = manager.select(newOnly);
      if (known === undefined) return undefined;
      const { address, key } = known;
      if (hosts.has(key) || groups.has(groupOf(address, parameters.localPeers))) continue;
      // On local networks an address that failed is likely to come back: nodes are restarted.
      const age = parameters.localPeers ? 60 : REDIAL_AGE;
      if (now - known.lastTry < age && tries < SELECT_TRIES / 2) continue;
      if (now - known.lastTry < 5 || !isUsefulPeer(known.services)) continue;
      if (bans.isBanned(address) || bans.isDiscouraged(address) || this.#own.has(key)) continue;
      return address;
    }
    return undefined;
  }

  /** Whether a peer that we are dialling carries this nonce; then we met ourselves, and do not dial it again. */
  isOwnNonce(nonce: bigint): boolean {
    for (const peer of this.#peers.values())
      if (!peer.inbound && !peer.ready && peer.nonce === nonce) {
        this.#own.add(peer.address);
        return true;
      }
    return false;
  }

  /** Now and then an address that was only heard of is tried, and left at once: so `tried` stays full. */
  #scheduleFeeler(): void {
    const { clock, manager, parameters, random } = this.#dependencies;
    this.#feelerTimer = clock.schedule(exponential(random, FEELER_INTERVAL), () => {
      this.#scheduleFeeler();
      if (this.count(['outbound-full-relay']) < FULL_RELAY) return;
      manager.resolveCollisions();
      const address = manager.selectCollision()?.address ?? this.#choose(true);
      if (address === undefined) return;
      void this.#dial({ scheme: parameters.dial, host: formatHost(address), port: address.port }, 'feeler');
    });
  }

  /** Disconnects for an offence: peers added by hand are spared, local ones are not remembered for it. */
  punish(peer: Peer, reason: string): void {
    const { bans, logger } = this.#dependencies;
    logger.log('info', 'net', `peer ${peer.id} misbehaves: ${reason}`, { address: peer.address });
    if (peer.type === 'manual') return;
    const address = peer.networkAddress;
    if (address !== undefined && !isLocal(address)) bans.discourage(address);
    peer.close(reason);
  }
}

function textOf(target: Target): string {
  return joinHostPort(target.host, target.port);
}

function addressOf(remote: string): NetworkAddress | undefined {
  const match = /^\[?(.+?)\]?:(\d+)$/.exec(remote);
  return match === null ? undefined : parseAddress(match[1]!, Number(match[2]));
}
