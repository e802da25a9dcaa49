/**
 * With whom we are connected: dials those added by hand, and whom it is told to; accepts others, and lets
 * one go when there is no room. Owns no message, and no choice of whom to dial: that is `outbound`.
 */
import { Signal } from '../chain/signal.ts';
import { utf8 } from '../core/encoding/bytes.ts';
import { sha256 } from '../core/encoding/hashes.ts';
import type { Timer } from '../seams.ts';
import type { NetworkContext, Peers } from './context.ts';
import { selectPeerToEvict } from './eviction.ts';
import type { Command } from './messages/table.ts';
import {
  addressOf,
  formatAddress,
  groupOf,
  isLocal,
  joinHostPort,
  type NetworkAddress,
  parseAddress,
  parseTarget,
} from './network-address.ts';
import {
  DEFAULT_INBOUND_RELAY_PERCENT,
  DEFAULT_MAXIMUM_CONNECTIONS,
  DEFAULT_PEER_TIMEOUT,
} from './options.ts';
import { Peer, type PeerEvents } from './peer.ts';
import type { ConnectionType } from './peer-info.ts';
import { type Permission, permissionsOf } from './permissions.ts';
import { BLOCK_RELAY, FULL_RELAY, INBOUND_MEMORY, MINUTE, RESERVED_OUTBOUND, SECOND } from './protocol.ts';
import type { Connection, Target } from './transport.ts';

const DIAL_TIMEOUT = 5 * SECOND;
/** A proxy may have to find a way first. */
const PROXY_TIMEOUT = 60 * SECOND;
const FIRST_RETRY = SECOND;
const MAXIMUM_RETRY = MINUTE;
/** What can be dialled besides nodes that are added. */
export type DialledByHand = Exclude<ConnectionType, 'inbound' | 'manual'>;
const MOST: Partial<Record<DialledByHand, number>> = {
  'outbound-full-relay': FULL_RELAY,
  'block-relay-only': BLOCK_RELAY,
};

/** Who answers to messages. @throws DecodeError */
type Receive = PeerEvents['message'];

/** A node added by hand, connected again whenever it is lost. */
interface AddedNode {
  readonly text: string;
  readonly target: Target;
  wait: number;
  timer: Timer | undefined;
  dialling: boolean;
}

export class Connections implements Peers, PeerEvents {
  /** A connection stands; its handshake may begin. */
  readonly opened = new Signal<Peer>();
  /** Whatever became of its handshake. */
  readonly left = new Signal<Peer>();
  /** There may be room to dial another. */
  readonly roomMade = new Signal<void>();
  readonly #context: Omit<NetworkContext, 'peers'>;
  #receive: Receive | undefined;
  readonly #peers = new Map<number, Peer>();
  readonly #added = new Map<string, AddedNode>();
  /** Addresses being dialled, to abort them at the end. */
  readonly #dials = new Map<string, AbortController>();
  readonly #evictionKey: string;
  /** Addresses at which we found ourselves. */
  readonly #own = new Set<string>();
  #nextId = 0;
  /** Bytes that inbound peers held when that was last summed up, and what they may hold besides by now. */
  #held = 0;
  #active = true;
  #running = false;

  constructor(context: Omit<NetworkContext, 'peers'>) {
    this.#context = context;
    const { options, random } = context;
    this.#evictionKey = String(random.below(2 ** 48));
    for (const text of options.connect ?? options.addNodes) this.add(text);
  }

  /** Lets others in, and dials. @param receive told of every message */
  start(receive: Receive): void {
    this.#receive = receive;
    this.#running = true;
    this.#dialAll();
  }

  #dialAll(): void {
    for (const node of this.#added.values()) this.#dialAdded(node);
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
    else if (this.#running) this.#dialAll();
  }

  #endAll(reason: string): void {
    for (const node of this.#added.values()) node.timer?.cancel();
    for (const dial of this.#dials.values()) dial.abort();
    for (const peer of [...this.#peers.values()]) peer.close(reason);
  }

  all(): IterableIterator<Peer> {
    return this.#peers.values();
  }

  *ready(): Iterable<Peer> {
    for (const peer of this.#peers.values()) if (peer.ready && !peer.closed) yield peer;
  }

  peer(id: number): Peer | undefined {
    return this.#peers.get(id);
  }

  /** False if it was added before. @throws AddressError */
  add(text: string): boolean {
    if (this.#added.has(text)) return false;
    const { parameters } = this.#context;
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
    const { parameters } = this.#context;
    return this.dial(parseTarget(text, parameters.dial, parameters.p2pPort), 'manual');
  }

  /** As if it had been found. False if there are as many of the kind as there may be. @throws AddressError */
  async dialAs(text: string, type: DialledByHand): Promise<boolean> {
    const { parameters } = this.#context;
    const target = parseTarget(text, parameters.dial, parameters.p2pPort);
    if (this.count(type) >= (MOST[type] ?? Infinity)) return false;
    await this.dial(target, type);
    return true;
  }

  /** The transport's listener hands over a connection. @param granted to whom this listener lets in */
  accept(connection: Connection, granted: readonly Permission[] = []): void {
    const address = addressOf(connection.remote);
    const permissions = permissionsOf(this.#context.options.whitelist ?? [], address, 'inbound', granted);
    const refusal = this.#refusal(address, permissions.has('noban'));
    if (refusal === undefined) this.#open(connection, 'inbound', connection.remote, permissions);
    else {
      this.#log(`connection from ${connection.remote} dropped (${refusal})`);
      connection.close();
    }
  }

  message(peer: Peer, command: Command, payload: Uint8Array): Promise<void> | void {
    return this.#receive!(peer, command, payload);
  }

  noted(text: string): void {
    this.#log(text);
  }

  offence(peer: Peer, reason: string): void {
    this.punish(peer, reason);
  }

  failed(error: Error): void {
    this.#context.chain.fatal.emit(error);
  }

  /** Its place may be filled, and an added node is dialled again. */
  closed(peer: Peer): void {
    this.#peers.delete(peer.id);
    this.left.emit(peer);
    this.#log(`Cleared nodestate for peer=${peer.id}`);
    if (!this.#running || !this.#active) return;
    for (const node of this.#added.values())
      if (peer.address === textOf(node.target)) this.#retryAdded(node, peer.ready);
    this.roomMade.emit();
  }

  /** Strangers share so much of our memory: of too many who send and do not read, who holds most goes. */
  grew(peer: Peer, bytes: number): void {
    if (!peer.inbound) return;
    this.#held += bytes;
    if (this.#held <= INBOUND_MEMORY) return;
    const inbound = [...this.#peers.values()].filter((other) => other.inbound);
    inbound.sort((a, b) => b.held - a.held);
    this.#held = inbound.reduce((sum, { held }) => sum + held, 0);
    for (let i = 0; this.#held > INBOUND_MEMORY && i < inbound.length; i++) {
      this.#held -= inbound[i]!.held;
      inbound[i]!.close('takes too much memory');
    }
  }

  /** Whether connections are made at all now. */
  get isOpen(): boolean {
    return this.#running && this.#active;
  }

  count(type: ConnectionType): number {
    let count = 0;
    for (const peer of this.#peers.values()) if (peer.type === type) count++;
    return count;
  }

  /** We met ourselves at this address, `host:port`. */
  isOwn(address: string): boolean {
    return this.#own.has(address);
  }

  #log(message: string): void {
    this.#context.logger.log('debug', 'net', message);
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
    void this.dial(node.target, 'manual').then((connected) => {
      node.dialling = false;
      if (connected) node.wait = FIRST_RETRY;
      else if (this.#running && this.#active) this.#retryAdded(node, false);
    });
  }

  /** Waits longer after each failure, up to a minute. */
  #retryAdded(node: AddedNode, worked: boolean): void {
    if (this.#added.get(node.text) !== node) return;
    const { clock, random } = this.#context;
    node.wait = worked ? FIRST_RETRY : Math.min(2 * node.wait, MAXIMUM_RETRY);
    node.timer?.cancel();
    const jitter = random.below(Math.floor(node.wait / 4) + 1);
    node.timer = clock.schedule(node.wait + jitter, () => this.#dialAdded(node), 'process');
  }

  /** True once it is connected. Never rejects. */
  async dial(target: Target, type: ConnectionType): Promise<boolean> {
    const text = textOf(target);
    if (!this.#active || this.#dials.has(text) || this.#connectedTo(target) !== undefined) return false;
    const { addresses, clock, options, transport } = this.#context;
    const controller = new AbortController();
    this.#dials.set(text, controller);
    const timeout = options.reach?.proxies.name === undefined ? DIAL_TIMEOUT : PROXY_TIMEOUT;
    const timer = clock.schedule(timeout, () => controller.abort(), 'process');
    const address = parseAddress(target.host, target.port);
    if (address !== undefined) addresses.attempt(address);
    try {
      const connection = await transport.dial(target, controller.signal);
      if (!this.#running || !this.#active) {
        connection.close();
        return false;
      }
      const remote = addressOf(connection.remote) ?? address;
      const grants = type === 'manual' ? (this.#context.options.whitelist ?? []) : [];
      this.#open(connection, type, text, permissionsOf(grants, remote, 'outbound'));
      return true;
    } catch (error) {
      this.#log(`cannot connect to ${text}: ${(error as Error).message}`);
      return false;
    } finally {
      timer.cancel();
      this.#dials.delete(text);
    }
  }

  #open(
    connection: Connection,
    type: ConnectionType,
    address: string,
    permissions: ReadonlySet<Permission>,
  ): void {
    const { clock, parameters, random } = this.#context;
    const { peerTimeout: timeout = DEFAULT_PEER_TIMEOUT } = this.#context.options;
    const options = { id: this.#nextId++, type, magic: parameters.magic, address, permissions, timeout };
    const peer = new Peer(options, { connection, clock, random, events: this });
    this.#peers.set(peer.id, peer);
    peer.start();
    this.opened.emit(peer);
  }

  /** Why an inbound connection is not taken; undefined if it is (perhaps in the place of another). */
  #refusal(address: NetworkAddress | undefined, noBan: boolean): string | undefined {
    const { bans } = this.#context;
    if (!this.#active || !this.#running) return 'network is turned off';
    if (!noBan && address !== undefined && bans.isBanned(address)) return 'banned';
    const inbound = [...this.#peers.values()].filter((peer) => peer.inbound);
    const discouraged = !noBan && address !== undefined && bans.isDiscouraged(address);
    if (discouraged && inbound.length + 1 >= this.#maximumInbound) return 'discouraged';
    return inbound.length < this.#maximumInbound || this.#evict(inbound) ? undefined : 'full';
  }

  get #maximumInbound(): number {
    const { maximumConnections = DEFAULT_MAXIMUM_CONNECTIONS } = this.#context.options;
    return Math.max(0, maximumConnections - RESERVED_OUTBOUND);
  }

  hasRoomForRelay(peer: Peer): boolean {
    const { inboundRelayPercent = DEFAULT_INBOUND_RELAY_PERCENT } = this.#context.options;
    const relaying = [...this.#peers.values()].filter((each) => each.inbound && each.version?.relay);
    const most = Math.floor((this.#maximumInbound * inboundRelayPercent) / 100);
    return relaying.length <= most || this.#evict(relaying.filter((each) => each !== peer));
  }

  /** Lets one of them go, if there is one that can. */
  #evict(peers: readonly Peer[]): boolean {
    const { parameters } = this.#context;
    const evictable = peers.filter((peer) => !peer.may('noban'));
    const evicted = selectPeerToEvict(
      evictable.map((peer) => {
        const group =
          peer.networkAddress === undefined ? '' : groupOf(peer.networkAddress, parameters.localPeers);
        return {
          id: peer.id,
          connectedAt: peer.connectedAt,
          minimumPing: peer.pings.minimum ?? Number.POSITIVE_INFINITY,
          lastBlock: peer.lastBlock,
          lastTransaction: peer.lastTransaction,
          relaysTransactions: peer.version?.relay ?? false,
          group,
          keyedGroup: this.#keyed(group),
        };
      }),
    );
    if (evicted === undefined) return false;
    this.#peers.get(evicted)!.close('selected inbound connection for eviction');
    return true;
  }

  #keyed(group: string): number {
    const digest = sha256(utf8(`${this.#evictionKey}|${group}`));
    return new DataView(digest.buffer, digest.byteOffset).getUint32(0, true);
  }

  /** Then we met ourselves, and do not dial it again. */
  isOwnNonce(nonce: bigint): boolean {
    for (const peer of this.#peers.values())
      if (!peer.inbound && !peer.ready && peer.nonce === nonce) {
        this.#own.add(peer.address);
        return true;
      }
    return false;
  }

  /** Disconnects for an offence: peers added by hand and those with leave are spared, local ones are not remembered for it. */
  punish(peer: Peer, reason: string): void {
    const { bans, logger } = this.#context;
    logger.log('info', 'net', `Misbehaving: peer=${peer.id}: ${reason}`, { address: peer.address });
    if (peer.type === 'manual' || peer.may('noban')) return;
    const address = peer.networkAddress;
    if (address !== undefined && !isLocal(address)) bans.discourage(address);
    peer.close(reason);
  }
}

function textOf(target: Target): string {
  return joinHostPort(target.host, target.port);
}
