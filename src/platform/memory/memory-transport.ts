/**
 * A network in memory: transports that reach each other by host name, with latency, bandwidth and loss,
 * on whatever clock it is given. For tests and simulation.
 */
import {
  type Connection,
  type ConnectionEvents,
  ENVELOPE_HEADER_SIZE,
  type Listener,
  LOW_WATER_MARK,
  MAXIMUM_MESSAGE,
  type Target,
  type Transport,
} from '../../network/transport.ts';
import type { Clock, Random } from '../../seams.ts';

export interface MemoryNetworkOptions {
  /** One-way milliseconds between two hosts; 10 by default. */
  readonly latency?: (from: string, to: string) => number;
  /** Bytes a millisecond that a host can send; unlimited by default. */
  readonly bandwidth?: (host: string) => number;
  /** Chance that a message is lost and sent again, as TCP does. */
  readonly loss?: number;
  /** True of a message that never arrives. */
  readonly drop?: (from: string, to: string, envelope: Uint8Array) => boolean;
}

/** What a lost message waits until TCP sends it again. */
const RETRANSMISSION = 200;
const FIRST_PORT = 49_152;

export class MemoryNetwork {
  readonly clock: Clock;
  readonly #random: Random;
  readonly #options: MemoryNetworkOptions;
  readonly #listeners = new Map<string, (connection: Connection) => void>();
  readonly #ports = new Map<string, number>();
  readonly #open = new Set<MemoryConnection>();
  #reachable: (a: string, b: string) => boolean = () => true;
  #observer: ((from: string, to: string, envelope: Uint8Array) => void) | undefined;

  constructor(options: MemoryNetworkOptions, dependencies: { clock: Clock; random: Random }) {
    this.#options = options;
    this.clock = dependencies.clock;
    this.#random = dependencies.random;
  }

  /** The transport of a host, named by an IP address. */
  transport(host: string): Transport {
    return {
      dial: (target, signal) => this.#dial(host, target, signal),
      listen: (name, port, onConnection) => Promise.resolve(this.#listen(host, name, port, onConnection)),
      resolve: () => Promise.resolve([]),
    };
  }

  /** Who can reach whom from now on; connections between others end. */
  partition(reachable: (a: string, b: string) => boolean): void {
    this.#reachable = reachable;
    for (const connection of [...this.#open])
      if (!reachable(connection.localHost, connection.remoteHost)) connection.end('partitioned');
  }

  /** Told of every message as it is sent. */
  observe(observer: (from: string, to: string, envelope: Uint8Array) => void): void {
    this.#observer = observer;
  }

  #port(host: string): number {
    const port = this.#ports.get(host) ?? FIRST_PORT;
    this.#ports.set(host, port + 1);
    return port;
  }

  #listen(
    host: string,
    name: string,
    port: number,
    onConnection: (connection: Connection) => void,
  ): Listener {
    const address = `${name === '0.0.0.0' || name === '::' ? host : name}:${port || this.#port(host)}`;
    if (this.#listeners.has(address)) throw new Error(`address in use: ${address}`);
    this.#listeners.set(address, onConnection);
    return {
      address,
      close: async () => {
        this.#listeners.delete(address);
      },
    };
  }

  async #dial(host: string, target: Target, signal: AbortSignal): Promise<Connection> {
    const address = `${target.host}:${target.port}`;
    const wait = 2 * this.latency(host, target.host);
    await new Promise<void>((resolve) => this.clock.schedule(wait, resolve));
    const accept = this.#listeners.get(address);
    if (signal.aborted) throw new Error('aborted');
    if (accept === undefined || !this.#reachable(host, target.host)) throw new Error('connection refused');
    const local = `${host}:${this.#port(host)}`;
    const near = new MemoryConnection(this, local, address);
    const far = new MemoryConnection(this, address, local);
    near.peer = far;
    far.peer = near;
    this.#open.add(near).add(far);
    accept(far);
    return near;
  }

  latency(from: string, to: string): number {
    return this.#options.latency?.(from, to) ?? 10;
  }

  /** Milliseconds that a message takes on the wire, latency aside. */
  duration(host: string, bytes: number): number {
    const speed = this.#options.bandwidth?.(host) ?? Number.POSITIVE_INFINITY;
    return bytes / speed;
  }

  /** Milliseconds lost by loss. */
  delay(): number {
    const { loss = 0 } = this.#options;
    return loss > 0 && this.#random.below(1_000_000) < loss * 1_000_000 ? RETRANSMISSION : 0;
  }

  drops(from: string, to: string, envelope: Uint8Array): boolean {
    return this.#options.drop?.(from, to, envelope) === true;
  }

  sent(from: string, to: string, envelope: Uint8Array): void {
    this.#observer?.(from, to, envelope);
  }

  forget(connection: MemoryConnection): void {
    this.#open.delete(connection);
  }
}

class MemoryConnection implements Connection {
  readonly local: string;
  readonly remote: string;
  /** The other end; set by the network before anyone has either. */
  peer!: MemoryConnection;
  bufferedAmount = 0;
  readonly partialAmount = 0;
  readonly #network: MemoryNetwork;
  #events: ConnectionEvents | undefined;
  #maximum = MAXIMUM_MESSAGE;
  #received: Uint8Array[] = [];
  #paused = false;
  #ended = false;
  /** When the wire is free, and when the last message arrives: they arrive in order. */
  #freeAt = 0;
  #arrivesAt = 0;

  constructor(network: MemoryNetwork, local: string, remote: string) {
    this.#network = network;
    this.local = local;
    this.remote = remote;
  }

  get localHost(): string {
    return hostOf(this.local);
  }

  get remoteHost(): string {
    return hostOf(this.remote);
  }

  start(events: ConnectionEvents): void {
    this.#events = events;
    if (this.#ended) events.closed('');
    else this.#deliver();
  }

  send(envelope: Uint8Array): void {
    if (this.#ended) return;
    const network = this.#network;
    const now = network.clock.monotonic();
    network.sent(this.localHost, this.remoteHost, envelope);
    this.bufferedAmount += envelope.length;
    this.#freeAt = Math.max(this.#freeAt, now) + network.duration(this.localHost, envelope.length);
    const latency = network.latency(this.localHost, this.remoteHost) + network.delay();
    this.#arrivesAt = Math.max(this.#arrivesAt, this.#freeAt + latency);
    const lost = network.drops(this.localHost, this.remoteHost, envelope);
    network.clock.schedule(this.#arrivesAt - now, () => {
      this.#taken(envelope.length);
      if (!lost) this.peer.#receive(envelope);
    });
  }

  #taken(bytes: number): void {
    const before = this.bufferedAmount;
    this.bufferedAmount -= bytes;
    if (!this.#ended && before > LOW_WATER_MARK && this.bufferedAmount <= LOW_WATER_MARK)
      this.#events?.drained();
  }

  #receive(envelope: Uint8Array): void {
    if (this.#ended) return;
    if (envelope.length < ENVELOPE_HEADER_SIZE || envelope.length > this.#maximum) {
      this.end('message too large');
      return;
    }
    this.#received.push(envelope);
    this.#deliver();
  }

  #deliver(): void {
    while (this.#events !== undefined && !this.#paused && !this.#ended) {
      const envelope = this.#received.shift();
      if (envelope === undefined) return;
      this.#events.message(envelope);
    }
  }

  setMaximumMessage(bytes: number): void {
    this.#maximum = bytes;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
  }

  close(): void {
    if (this.#ended) return;
    this.#finish('');
    const { clock } = this.#network;
    const wait = Math.max(
      this.#network.latency(this.localHost, this.remoteHost),
      this.#arrivesAt - clock.monotonic(),
    );
    clock.schedule(wait, () => this.peer.#finish(''));
  }

  /** Both ends at once, as when the wire is cut. */
  end(reason: string): void {
    this.#finish(reason);
    this.peer.#finish(reason);
  }

  #finish(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#received = [];
    this.#network.forget(this);
    this.#events?.closed(reason);
  }
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}
