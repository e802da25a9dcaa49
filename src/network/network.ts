/**
 * White paper section 5, the network: what the rest of the node sees of it. Owns the wiring of its parts
 * and nothing that they do.
 */
import type { HeaderEntry } from '../chain/header-entry.ts';
import { Signal } from '../chain/signal.ts';
import type { Timer } from '../seams.ts';
import { AddressManager, BUCKET_SIZE, type KnownPeer } from './address-manager.ts';
import { AddressRelay } from './address-relay.ts';
import { type Ban, BanList, DEFAULT_BAN_TIME } from './ban-list.ts';
import { BlockDownload } from './block-download.ts';
import { BlockRelay } from './block-relay.ts';
import { Connections } from './connections.ts';
import type { NetworkContext, NetworkDependencies, Part } from './context.ts';
import { FilterServing } from './filter-serving.ts';
import { HeaderSync } from './header-sync.ts';
import { LocalAddresses } from './local-addresses.ts';
import { MessageRouter } from './message-router.ts';
import type { TimedAddress } from './messages/addresses.ts';
import {
  AddressError,
  formatHost,
  type NetworkName,
  networkName,
  parseAddress,
  parseTarget,
} from './network-address.ts';
import { NetworkFiles } from './network-files.ts';
import type { NetworkOptions } from './options.ts';
import { Outbound } from './outbound.ts';
import { describePeer } from './peer-description.ts';
import type { AddressCount, KnownAddress, NetworkTotals, PeerInfo } from './peer-info.ts';
import type { Door } from './permissions.ts';
import { MINUTE, REVIEW_INTERVAL, Service } from './protocol.ts';
import { Serving } from './serving.ts';
import { logSyncProgress } from './sync-progress.ts';
import { Traffic } from './traffic.ts';
import { TransactionAnnouncer } from './transaction-announcer.ts';
import { TransactionFetcher } from './transaction-fetcher.ts';
import type { Connection, Listener } from './transport.ts';
import { UploadTarget } from './upload-target.ts';

const SAVE_INTERVAL = 15 * MINUTE;

export class Network {
  readonly options: NetworkOptions;
  /** A peer came, its handshake done, or went. */
  readonly peersChanged = new Signal<void>();
  readonly #context: NetworkContext;
  /** Peers by hand: an address that cannot be read throws an AddressError. */
  readonly connections: Pick<Connections, 'active' | 'add' | 'dialAs' | 'remove' | 'added' | 'connectOnce'>;
  readonly uploadTarget: UploadTarget;
  readonly #connections: Connections;
  readonly #traffic: Traffic;
  readonly #download: BlockDownload;
  readonly #fetcher: TransactionFetcher;
  readonly #outbound: Outbound;
  readonly #parts: readonly Part[];
  readonly #router: MessageRouter;
  readonly #files: NetworkFiles;
  #listeners: Listener[] = [];
  #timers: Timer[] = [];
  #retry: Timer | undefined;
  #stopped = false;

  constructor(options: NetworkOptions, dependencies: NetworkDependencies) {
    this.options = options;
    const { chain, clock, filters } = dependencies;
    const { parameters } = chain;
    // Old blocks are not here while a snapshot is verified.
    const services = (): bigint =>
      Service.NETWORK_LIMITED |
      Service.WITNESS |
      (options.pruned || chain.background !== undefined ? 0n : Service.NETWORK) |
      (filters === undefined ? 0n : Service.COMPACT_FILTERS);
    const addresses = new AddressManager(parameters, dependencies);
    const bans = new BanList(clock);
    const local = new LocalAddresses(parameters, options.externalAddresses ?? []);
    const own = { ...dependencies, options, parameters, services, addresses, bans, local };
    const connections = new Connections(own);
    const context = { ...own, peers: connections };
    this.#context = context;
    this.#connections = connections;
    this.connections = connections;
    this.#files = new NetworkFiles(context);
    this.#traffic = new Traffic(connections);
    this.uploadTarget = new UploadTarget(options.maximumUpload ?? 0, clock, () => this.totals().bytesSent);

    const headers = new HeaderSync(context);
    const download = new BlockDownload(context);
    const announcer = new TransactionAnnouncer(context);
    const fetcher = new TransactionFetcher(context, announcer);
    const serving = new Serving(context, announcer, this.uploadTarget);
    const blocks = new BlockRelay(context, { headers, download, extra: () => fetcher.extra() });
    const tell = (): void => this.peersChanged.emit();
    this.#download = download;
    this.#fetcher = fetcher;
    this.#outbound = new Outbound(context, connections);
    this.#parts = [
      ...[local, blocks, download, announcer, new AddressRelay(context), headers, fetcher, serving],
      ...[new FilterServing(context), this.#outbound, this.#traffic, { opened: tell, closed: tell }],
    ];
    this.#router = new MessageRouter(context, this.#parts, { headers, download, fetcher, serving });
    connections.opened.subscribe((peer) => this.#router.opened(peer));
    connections.left.subscribe((peer) => this.#router.closed(peer));
    logSyncProgress(dependencies);
  }

  /** NODE_* bits we offer. */
  get localServices(): bigint {
    return this.#context.services();
  }

  get local(): Pick<LocalAddresses, 'list'> {
    return this.#context.local;
  }

  /** Loads what is known of the network, binds, and begins to dial. @throws if an address cannot be bound. */
  async start(): Promise<void> {
    this.#outbound.anchors = await this.#files.load();
    const { local, parameters, transport } = this.#context;
    const open = this.options.bind.map((bind): Door => ({ bind, permissions: [] }));
    for (const { bind, permissions } of [...open, ...(this.options.whitebind ?? [])]) {
      const { host, port } = parseTarget(bind, parameters.dial, parameters.p2pPort, 0);
      const accept = (connection: Connection): void => this.#connections.accept(connection, permissions);
      this.#listeners.push(await transport.listen(host, port, accept).catch(unresolved(host)));
    }
    // Peers see the proxy, and nobody should be told of more.
    const seen = this.options.reach?.proxies.name === undefined ? this.boundAddresses : [];
    local.ports = seen.map((address) => Number(address.slice(address.lastIndexOf(':') + 1)));
    this.#connections.start((peer, command, payload) => this.#router.receive(peer, command, payload));
    for (const part of this.#parts) part.start?.();
    this.#every(SAVE_INTERVAL, () => this.#saveSoon());
    this.#every(REVIEW_INTERVAL, () => {
      for (const part of this.#parts) part.review?.();
    });
  }

  /** Ends all connections and saves addresses, bans and anchors. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of [...this.#timers, this.#retry]) timer?.cancel();
    await this.#files.saveAnchors(this.#connections.ready());
    this.#connections.stop();
    for (const part of this.#parts) part.stop?.();
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
    if (active) this.#outbound.start();
  }

  peers(): PeerInfo[] {
    return [...this.#connections.all()].filter((peer) => !peer.closed).map(describePeer);
  }

  connectionCount(): { readonly inbound: number; readonly outbound: number; readonly total: number } {
    const inbound = this.#connections.count('inbound');
    const total = [...this.#connections.all()].length;
    return { inbound, outbound: total - inbound, total };
  }

  /** The node's time was moved forward by so many milliseconds, which nobody has let us wait for. */
  timeMoved(milliseconds: number): void {
    for (const peer of this.#connections.all()) peer.timeMoved(milliseconds);
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
    const found = [...this.#connections.all()].filter((each) => each.id === peer || each.address === peer);
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
  orphans(): ReturnType<TransactionFetcher['orphans']> {
    return this.#fetcher.orphans();
  }

  /** Asks every peer for a pong now. */
  pingAll(): void {
    for (const peer of this.#connections.ready()) peer.ping();
  }

  /** Bans an address or subnet and ends its connections. `until` in seconds since the epoch. @throws AddressError */
  ban(subnet: string, until?: number): boolean {
    const now = this.#context.clock.seconds();
    const added = this.#context.bans.add(subnet, until ?? now + (this.options.banTime ?? DEFAULT_BAN_TIME));
    for (const peer of [...this.#connections.all()])
      if (peer.networkAddress !== undefined && this.#context.bans.isBanned(peer.networkAddress))
        peer.close('banned');
    this.#saveSoon();
    return added;
  }

  /** False if it was not banned. @throws AddressError */
  unban(subnet: string): boolean {
    const removed = this.#context.bans.remove(subnet);
    this.#saveSoon();
    return removed;
  }

  bans(): Ban[] {
    return this.#context.bans.list();
  }

  clearBans(): void {
    this.#context.bans.clear();
    this.#saveSoon();
  }

  /** A random sample of known addresses; 0 for all. */
  knownAddresses(count: number, network?: NetworkName): KnownAddress[] {
    const known = this.#context.addresses.sample(network === undefined ? count : 0, 0).map(describeAddress);
    if (network === undefined) return known;
    const matching = known.filter((peer) => peer.network === network);
    return count === 0 ? matching : matching.slice(0, count);
  }

  /** addpeeraddress: puts one address into the tables. False if they have no room for it. */
  addKnownAddress(host: string, port: number, tried: boolean): boolean {
    const address = parseAddress(host, port);
    if (address === undefined) return false;
    const time = this.#context.clock.seconds();
    const added = this.#context.addresses.add(
      { time, services: Service.NETWORK | Service.WITNESS, address },
      address,
    );
    if (added && tried) this.#context.addresses.good(address);
    this.#context.addresses.learned.emit();
    return added;
  }

  /** getrawaddrman: by table, and by bucket and position in it. */
  addressTables(): Record<'new' | 'tried', Record<string, KnownAddress & { readonly source: KnownAddress }>> {
    const list = (table: ReadonlyMap<number, KnownPeer>) =>
      Object.fromEntries(
        Array.from(table, ([place, peer]) => [
          `${Math.floor(place / BUCKET_SIZE)}/${place % BUCKET_SIZE}`,
          { ...describeAddress(peer), source: describeAddress({ ...peer, address: peer.source }) },
        ]),
      );
    const tables = this.#context.addresses.tables();
    return { new: list(tables.new), tried: list(tables.tried) };
  }

  /** getaddrmaninfo, by network. */
  addressCounts(): ReadonlyMap<NetworkName, AddressCount> {
    const counts = new Map<NetworkName, { new: number; tried: number }>();
    for (const { address, tried } of this.#context.addresses.all()) {
      const name = networkName(address);
      const count = counts.get(name) ?? { new: 0, tried: 0 };
      count[tried ? 'tried' : 'new']++;
      counts.set(name, count);
    }
    return counts;
  }

  totals(): NetworkTotals {
    return this.#traffic.totals();
  }

  /** Since the start, of all peers there were. */
  bytesByMessage(): ReturnType<Traffic['byMessage']> {
    return this.#traffic.byMessage();
  }

  /** Asks one peer for a block (getblockfrompeer). @throws Error with Core's text */
  requestBlock(entry: HeaderEntry, peerId: number): void {
    this.#download.askByHand(this.#connections.peer(peerId), entry);
  }

  /** The node goes on without: what could not be written is tried again. */
  async #saveSoon(): Promise<void> {
    if (await this.#files.save()) return;
    this.#retry?.cancel();
    if (!this.#stopped)
      this.#retry = this.#context.clock.schedule(MINUTE, () => this.#saveSoon(), 'scheduler');
  }

  #every(interval: number, task: () => void): void {
    const index = this.#timers.length;
    const arm = (): void => {
      this.#timers[index] = this.#context.clock.schedule(
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

function describeAddress({ time, services, address }: TimedAddress): KnownAddress {
  return {
    time,
    services,
    host: formatHost(address),
    port: address.port,
    network: networkName(address),
  };
}

/** @throws AddressError where a host has no address, or the error itself */
const unresolved =
  (host: string) =>
  (error: Error & { readonly syscall?: string }): never => {
    if (error.syscall !== 'getaddrinfo') throw error;
    throw new AddressError(`Cannot resolve -bind address: '${host}'`);
  };
