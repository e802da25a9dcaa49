/**
 * White paper section 5, the network: what the rest of the node sees of it. Owns the wiring of its parts
 * and nothing that they do.
 */
import type { Chain } from '../chain/chain.ts';
import type { HeaderEntry } from '../chain/header-entry.ts';
import { Signal } from '../chain/signal.ts';
import type { Storage } from '../chain/storage.ts';
import { coreWords } from '../core/encoding/errors.ts';
import type { Mempool } from '../mempool/mempool.ts';
import type { Clock, Logger, Random, Timer } from '../seams.ts';
import { AddressManager } from './address-manager.ts';
import { type Ban, BanList, DEFAULT_BAN_TIME } from './ban-list.ts';
import { Connections } from './connections.ts';
import type { FilterSource } from './filter-serving.ts';
import { LocalAddresses } from './local-addresses.ts';
import { formatHost, type NetworkName, networkName, parseAddress, parseTarget } from './network-address.ts';
import { NetworkFiles } from './network-files.ts';
import { DEFAULT_MAXIMUM_CONNECTIONS, DEFAULT_PEER_TIMEOUT, type NetworkOptions } from './options.ts';
import { Outbound } from './outbound.ts';
import type { Peer } from './peer.ts';
import type { AddressCount, KnownAddress, NetworkTotals, PeerInfo } from './peer-info.ts';
import { PeerManager } from './peer-manager.ts';
import type { Door } from './permissions.ts';
import { MINUTE, SECOND, Service } from './protocol.ts';
import { logSyncProgress } from './sync-progress.ts';
import type { Listener, Transport } from './transport.ts';
import { UploadTarget } from './upload-target.ts';

export interface NetworkDependencies {
  readonly chain: Chain;
  readonly mempool: Mempool;
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly storage: Storage;
  readonly logger: Logger;
  /** Where BIP157 filters come from; undefined does not serve them (Core's -peerblockfilters). */
  readonly filters?: FilterSource;
}

const SAVE_INTERVAL = 15 * MINUTE;
const REVIEW_INTERVAL = 10 * MINUTE;

export class Network {
  readonly options: NetworkOptions;
  /** A peer came, its handshake done, or went. */
  readonly peersChanged = new Signal<void>();
  readonly #dependencies: NetworkDependencies;
  readonly #addresses: AddressManager;
  readonly #bans: BanList;
  /** Peers by hand: an address that cannot be read throws an AddressError. */
  readonly connections: Pick<Connections, 'active' | 'add' | 'dialAs' | 'remove' | 'added' | 'connectOnce'>;
  readonly local: Pick<LocalAddresses, 'list'>;
  readonly uploadTarget: UploadTarget;
  readonly #local: LocalAddresses;
  readonly #connections: Connections;
  readonly #outbound: Outbound;
  readonly #peers: PeerManager;
  readonly #files: NetworkFiles;
  readonly #totals = { bytesReceived: 0, bytesSent: 0 };
  /** Bytes by message of peers that are gone. */
  readonly #gone = { sent: new Map<string, number>(), received: new Map<string, number>() };
  #listeners: Listener[] = [];
  #timers: Timer[] = [];
  #retry: Timer | undefined;
  #tipChangedAt = 0;
  #started = false;
  #stopped = false;

  /** NODE_* bits we offer. */
  readonly localServices: bigint;

  constructor(options: NetworkOptions, dependencies: NetworkDependencies) {
    this.options = options;
    this.#dependencies = dependencies;
    const { chain, clock, random, filters } = dependencies;
    const { parameters } = chain;
    this.localServices =
      Service.NETWORK_LIMITED |
      Service.WITNESS |
      (options.pruned ? 0n : Service.NETWORK) |
      (filters === undefined ? 0n : Service.COMPACT_FILTERS);
    this.#addresses = new AddressManager(parameters, { clock, random });
    this.#bans = new BanList(clock);
    this.#files = new NetworkFiles(dependencies, { addresses: this.#addresses, bans: this.#bans });
    this.#local = new LocalAddresses(parameters, options.externalAddresses ?? []);
    this.#connections = new Connections(
      {
        grants: options.whitelist ?? [],
        connect: options.connect,
        addNodes: options.addNodes,
        maximumConnections: options.maximumConnections ?? DEFAULT_MAXIMUM_CONNECTIONS,
        peerTimeout: options.peerTimeout ?? DEFAULT_PEER_TIMEOUT,
      },
      {
        ...dependencies,
        parameters,
        manager: this.#addresses,
        bans: this.#bans,
        events: {
          message: (peer, command, payload) => this.#peers.receive(peer, command, payload),
          malformed: (_, what, error) =>
            dependencies.logger.log(
              'debug',
              'net',
              `ProcessMessages(${what}): Exception '${coreWords(error, 'DataStream')}' caught`,
            ),
          offence: (peer, reason) => this.#connections.punish(peer, reason),
          grew: (peer, bytes) => this.#connections.grew(peer, bytes),
          closed: (peer, reason) => this.#closed(peer, reason),
          failed: (error) => chain.fatal.emit(error),
        },
        opened: (peer) => this.#peers.opened(peer),
        roomMade: () => this.#outbound.roomMade(),
      },
    );
    this.local = this.#local;
    this.connections = this.#connections;
    this.#outbound = new Outbound(
      { seeds: options.seeds ?? [], dnsSeed: options.dnsSeed ?? true },
      {
        ...dependencies,
        parameters,
        manager: this.#addresses,
        bans: this.#bans,
        connections: this.#connections,
      },
    );
    this.uploadTarget = new UploadTarget(options.maximumUpload ?? 0, clock, () => this.totals().bytesSent);
    this.#peers = new PeerManager(
      {
        services: this.localServices,
        userAgent: options.userAgent,
        blocksOnly: options.blocksOnly ?? false,
        pruned: options.pruned ?? false,
      },
      {
        ...dependencies,
        parameters,
        filters,
        connections: this.#connections,
        addresses: this.#addresses,
        local: this.#local,
        upload: this.uploadTarget,
        addressesLearned: () => this.#outbound.learned(),
        ready: () => this.peersChanged.emit(),
      },
    );
    logSyncProgress(dependencies);
    chain.tipChanged.subscribe(() => {
      this.#tipChangedAt = clock.elapsed();
    });
  }

  /** Loads what is known of the network, binds, and begins to dial. @throws if an address cannot be bound. */
  async start(): Promise<void> {
    this.#outbound.anchors = await this.#files.load();
    this.#started = true;
    const { chain, clock, transport } = this.#dependencies;
    const open = this.options.bind.map((bind): Door => ({ bind, permissions: [] }));
    for (const { bind, permissions } of [...open, ...(this.options.whitebind ?? [])]) {
      const { host, port } = parseTarget(bind, chain.parameters.dial, chain.parameters.p2pPort, 0);
      const listener = await transport.listen(host, port, (connection) =>
        this.#connections.accept(connection, permissions),
      );
      this.#listeners.push(listener);
    }
    this.#local.ports = this.boundAddresses.map((address) =>
      Number(address.slice(address.lastIndexOf(':') + 1)),
    );
    this.#tipChangedAt = clock.elapsed();
    this.#peers.start();
    this.#connections.start();
    if (this.options.connect === undefined && this.#connections.active) this.#outbound.start();
    this.#every(SAVE_INTERVAL, () => this.#saveSoon());
    this.#every(REVIEW_INTERVAL, () => {
      this.#checkTip();
      this.#peers.review();
    });
  }

  /** Ends all connections and saves addresses, bans and anchors. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of [...this.#timers, this.#retry]) timer?.cancel();
    await this.#files.saveAnchors(this.#connections.ready());
    this.#outbound.stop();
    this.#connections.stop();
    this.#peers.stop();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    await this.#files.save();
  }

  /** `host:port` actually bound. */
  get boundAddresses(): readonly string[] {
    return this.#listeners.map((listener) => listener.address);
  }

  /** Core's setnetworkactive: false ends all connections and makes no new ones. */
  setActive(active: boolean): void {
    this.#connections.setActive(active);
    this.#outbound.stop();
    if (this.#started && active && this.options.connect === undefined) this.#outbound.start();
  }

  peers(): PeerInfo[] {
    return [...this.#connections.peers()]
      .filter((peer) => !peer.closed)
      .map((peer) => this.#peers.describe(peer));
  }

  connectionCount(): { readonly inbound: number; readonly outbound: number } {
    const inbound = this.#connections.count('inbound');
    return { inbound, outbound: [...this.#connections.peers()].length - inbound };
  }

  /** The node's time was moved forward by so many milliseconds, which nobody has let us wait for. */
  timeMoved(milliseconds: number): void {
    for (const peer of this.#connections.peers()) peer.timeMoved(milliseconds);
    this.#peers.timeMoved(milliseconds);
  }

  /** Median of our peers' clocks less ours, in seconds. */
  get timeOffset(): number {
    const offsets = [...this.#connections.ready()]
      .filter((peer) => !peer.inbound)
      .map((peer) => peer.timeOffset);
    return offsets.sort((a, b) => a - b)[offsets.length >> 1] ?? 0;
  }

  /** By `host:port` as in `PeerInfo.address`, or by id. False if there is no such peer. */
  disconnect(peer: string | number): boolean {
    const found = [...this.#connections.peers()].filter((each) => each.id === peer || each.address === peer);
    for (const each of found) each.close('disconnected by hand');
    return found.length > 0;
  }

  /** Any message, or none: false if there is no such peer. */
  sendRaw(peerId: number, command: string, payload: Uint8Array): boolean {
    const peer = this.#connections.peer(peerId);
    peer?.sendPayload(command, payload);
    return peer !== undefined;
  }

  /** Transactions that wait for their parents, and the ids of the peers that have them. */
  orphans(): ReturnType<PeerManager['orphans']> {
    return this.#peers.orphans();
  }

  /** Asks every peer for a pong now. */
  pingAll(): void {
    for (const peer of this.#connections.ready()) peer.ping();
  }

  /** Bans an address or subnet and ends its connections. `until` in seconds since the epoch. @throws AddressError */
  ban(subnet: string, until?: number): boolean {
    const now = this.#dependencies.clock.seconds();
    const added = this.#bans.add(subnet, until ?? now + (this.options.banTime ?? DEFAULT_BAN_TIME));
    for (const peer of [...this.#connections.peers()])
      if (peer.networkAddress !== undefined && this.#bans.isBanned(peer.networkAddress)) peer.close('banned');
    this.#saveSoon();
    return added;
  }

  /** False if it was not banned. @throws AddressError */
  unban(subnet: string): boolean {
    const removed = this.#bans.remove(subnet);
    this.#saveSoon();
    return removed;
  }

  bans(): Ban[] {
    return this.#bans.list();
  }

  clearBans(): void {
    this.#bans.clear();
    this.#saveSoon();
  }

  /** A random sample of known addresses; 0 for all. */
  knownAddresses(count: number, network?: NetworkName): KnownAddress[] {
    const known = this.#addresses.sample(network === undefined ? count : 0, 0).map((peer) => ({
      time: peer.time,
      services: peer.services,
      host: formatHost(peer.address),
      port: peer.address.port,
      network: networkName(peer.address),
    }));
    if (network === undefined) return known;
    const matching = known.filter((peer) => peer.network === network);
    return count === 0 ? matching : matching.slice(0, count);
  }

  /** addpeeraddress: puts one address into the tables. False if they have no room for it. */
  addKnownAddress(host: string, port: number, tried: boolean): boolean {
    const address = parseAddress(host, port);
    if (address === undefined) return false;
    const time = this.#dependencies.clock.seconds();
    const added = this.#addresses.add(
      { time, services: Service.NETWORK | Service.WITNESS, address },
      address,
    );
    if (added && tried) this.#addresses.good(address);
    this.#outbound.learned();
    return added;
  }

  /** getaddrmaninfo, by network. */
  addressCounts(): ReadonlyMap<NetworkName, AddressCount> {
    const counts = new Map<NetworkName, { new: number; tried: number }>();
    for (const { address, tried } of this.#addresses.all()) {
      const name = networkName(address);
      const count = counts.get(name) ?? { new: 0, tried: 0 };
      count[tried ? 'tried' : 'new']++;
      counts.set(name, count);
    }
    return counts;
  }

  totals(): NetworkTotals {
    const totals = { ...this.#totals };
    for (const peer of this.#connections.peers()) {
      totals.bytesReceived += peer.bytesReceived;
      totals.bytesSent += peer.bytesSent;
    }
    return totals;
  }

  /** Since the start, of all peers there were. */
  bytesByMessage(): { direction: 'sent' | 'received'; message: string; bytes: number }[] {
    return (['sent', 'received'] as const).flatMap((direction) => {
      const sums = new Map(this.#gone[direction]);
      for (const peer of this.#connections.peers()) addTo(sums, peer[direction]);
      return Array.from(sums, ([message, bytes]) => ({ direction, message, bytes }));
    });
  }

  /** Asks one peer for a block (getblockfrompeer). @throws Error with Core's text */
  requestBlock(entry: HeaderEntry, peerId: number): void {
    this.#peers.requestBlock(entry, this.#connections.peer(peerId));
  }

  #closed(peer: Peer, reason: string): void {
    if (reason !== '')
      this.#dependencies.logger.log('debug', 'net', `${reason}, disconnecting peer=${peer.id}`);
    this.#totals.bytesReceived += peer.bytesReceived;
    this.#totals.bytesSent += peer.bytesSent;
    addTo(this.#gone.sent, peer.sent);
    addTo(this.#gone.received, peer.received);
    if (peer.ready && !peer.inbound && peer.networkAddress !== undefined)
      this.#addresses.seen(peer.networkAddress);
    this.#local.forget(peer);
    this.#peers.closed(peer);
    this.#connections.closed(peer);
    this.peersChanged.emit();
  }

  /** No new block for long: perhaps our peers keep them from us, and one more would help. */
  #checkTip(): void {
    const { chain, clock } = this.#dependencies;
    const usual = Math.max(3 * chain.parameters.targetSpacing * SECOND, REVIEW_INTERVAL);
    this.#outbound.setExtraOutbound(clock.elapsed() - this.#tipChangedAt > usual);
  }

  /** The node goes on without: what could not be written is tried again. */
  async #saveSoon(): Promise<void> {
    if (await this.#files.save()) return;
    this.#retry?.cancel();
    if (!this.#stopped)
      this.#retry = this.#dependencies.clock.schedule(MINUTE, () => this.#saveSoon(), 'scheduler');
  }

  #every(interval: number, task: () => void): void {
    const index = this.#timers.length;
    const arm = (): void => {
      this.#timers[index] = this.#dependencies.clock.schedule(
        interval,
        () => {
          task();
          arm();
        },
        'scheduler',
      );
    };
    arm();
  }
}

function addTo(sums: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [name, value] of more) sums.set(name, (sums.get(name) ?? 0) + value);
}
