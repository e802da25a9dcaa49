/**
 * White paper section 5, the network: what the rest of the node sees of it. Owns the wiring of its parts
 * and nothing that they do.
 */
import type { Chain } from '../chain/chain.ts';
import type { HeaderEntry } from '../chain/header-entry.ts';
import type { Storage } from '../chain/storage.ts';
import type { Transaction } from '../core/transaction/transaction.ts';
import type { Mempool } from '../mempool/mempool.ts';
import type { Clock, Logger, Random } from '../seams.ts';
import type { FilterSource } from './filter-serving.ts';
import type {
  AddedNodeInfo,
  AddressCount,
  Ban,
  KnownAddress,
  LocalAddress,
  NetworkName,
  NetworkTotals,
  PeerInfo,
} from './peer-info.ts';
import type { Transport } from './transport.ts';

export interface NetworkOptions {
  /** `host:port` to bind, port 0 for a free one; empty does not listen. */
  readonly bind: readonly string[];
  /** Dial only these (Core's -connect); undefined finds peers by itself. */
  readonly connect?: readonly string[];
  /** Keep connections to these (Core's -addnode). `host[:port]`, with or without ws://, wss://, tcp://. */
  readonly addNodes: readonly string[];
  /** Addresses to learn others from (-seednode, --seed), besides the network file's. */
  readonly seeds?: readonly string[];
  /** Addresses to advertise (Core's -externalip): `host[:port]`. */
  readonly externalAddresses?: readonly string[];
  /** Core's -maxconnections; 125 by default. */
  readonly maximumConnections?: number;
  /** Relay no transactions of others (Core's -blocksonly). */
  readonly blocksOnly?: boolean;
  /** The chain is pruned: do not offer NODE_NETWORK. */
  readonly pruned?: boolean;
  /** `/Penny:0.1.0/` with comments as BIP14 has them. */
  readonly userAgent: string;
  /** Default seconds of a ban (Core's -bantime). */
  readonly banTime?: number;
  /** Resolve the network file's DNS seeds (Core's -dnsseed); true by default. */
  readonly dnsSeed?: boolean;
}

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

export class Network {
  readonly options: NetworkOptions;
  readonly #dependencies: NetworkDependencies;

  constructor(options: NetworkOptions, dependencies: NetworkDependencies) {
    this.options = options;
    this.#dependencies = dependencies;
  }

  /** Loads what is known of the network, binds, and begins to dial. @throws if an address cannot be bound. */
  async start(): Promise<void> {}

  /** Ends all connections and saves addresses, bans and anchors. */
  async stop(): Promise<void> {}

  /** `host:port` actually bound. */
  get boundAddresses(): readonly string[] {
    return [];
  }

  /** NODE_* bits we offer. */
  get localServices(): bigint {
    return 0n;
  }

  /** Core's setnetworkactive: false ends all connections and makes no new ones. */
  get active(): boolean {
    return true;
  }

  setActive(_active: boolean): void {}

  peers(): PeerInfo[] {
    return [];
  }

  connectionCount(): { readonly inbound: number; readonly outbound: number } {
    return { inbound: 0, outbound: 0 };
  }

  /** Median of our peers' clocks less ours, in seconds. */
  get timeOffset(): number {
    return 0;
  }

  /** Keeps a connection to `address` (addnode add). False if it was added before. @throws AddressError */
  addNode(_address: string): boolean {
    return true;
  }

  /** addnode remove. False if it was not added. */
  removeNode(_address: string): boolean {
    return true;
  }

  /** One attempt (addnode onetry); resolves when it is connected or has failed. */
  async connectOnce(_address: string): Promise<boolean> {
    return true;
  }

  addedNodes(): AddedNodeInfo[] {
    return [];
  }

  /** By `host:port` as in `PeerInfo.address`, or by id. False if there is no such peer. */
  disconnect(_peer: string | number): boolean {
    return true;
  }

  /** Asks every peer for a pong now. */
  pingAll(): void {}

  /** Bans an address or subnet and ends its connections. `until` in seconds since the epoch. @throws AddressError */
  ban(_subnet: string, _until?: number): boolean {
    return true;
  }

  /** False if it was not banned. */
  unban(_subnet: string): boolean {
    return true;
  }

  bans(): Ban[] {
    return [];
  }

  clearBans(): void {}

  /** A random sample of known addresses; 0 for all. */
  knownAddresses(_count: number, _network?: NetworkName): KnownAddress[] {
    return [];
  }

  /** addpeeraddress: puts one address into the tables. False if they have no room for it. */
  addKnownAddress(_host: string, _port: number, _tried: boolean): boolean {
    return true;
  }

  /** getaddrmaninfo, by network. */
  addressCounts(): ReadonlyMap<NetworkName, AddressCount> {
    return new Map();
  }

  totals(): NetworkTotals {
    return { bytesReceived: 0, bytesSent: 0 };
  }

  localAddresses(): LocalAddress[] {
    return [];
  }

  /** Asks one peer for a block (getblockfrompeer). @throws Error with Core's text */
  requestBlock(_entry: HeaderEntry, _peerId: number): void {}

  /**
   * A transaction of our own, already in the mempool: announced again until some peer has asked for it.
   * (Everything that enters the mempool is announced once anyway.)
   */
  broadcast(_transaction: Transaction): void {}

  /** Where the best peer says the chain ends; for progress. */
  get bestKnownHeight(): number {
    return -1;
  }
}
