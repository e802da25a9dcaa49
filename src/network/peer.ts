/**
 * One peer: its connection, what was agreed with it, its messages in order, and the times and sizes that
 * it must keep. Owns no meaning of messages after the handshake's; those go to the handler it is given.
 */
import { coreWords, DecodeError } from '../core/encoding/errors.ts';
import type { Clock, Random, Timer } from '../seams.ts';
import { Offence } from './messages/codec.ts';
import { decodeEnvelope, encodeEnvelope } from './messages/envelope.ts';
import type { Version } from './messages/handshake.ts';
import { type Body, type Command, encodeBody, isCommand } from './messages/table.ts';
import { addressOf, type NetworkAddress } from './network-address.ts';
import { PeerChain } from './peer-chain.ts';
import type { ConnectionType } from './peer-info.ts';
import { PeerPing } from './peer-ping.ts';
import { type PeerAddresses, PeerBlocks, type PeerTransactions } from './peer-state.ts';
import type { Permission } from './permissions.ts';
import {
  IDLE_TIMEOUT,
  PING_INTERVAL,
  RECEIVE_QUEUE_BYTES,
  Service,
  SLOW_READER_TIMEOUT,
} from './protocol.ts';
import {
  BUFFER_LIMIT,
  type Connection,
  ENVELOPE_HEADER_SIZE,
  HIGH_WATER_MARK,
  MAXIMUM_HANDSHAKE_MESSAGE,
  MAXIMUM_MESSAGE,
  MESSAGE_OVERHEAD,
} from './transport.ts';

interface PeerOptions {
  readonly id: number;
  readonly type: ConnectionType;
  readonly magic: Uint8Array;
  /** As dialled; the connection's remote address if it was accepted. */
  readonly address: string;
  readonly permissions: ReadonlySet<Permission>;
  /** Milliseconds for the handshake, and until silence counts. */
  readonly timeout: number;
}

/** Whom a peer tells what happens. */
export interface PeerEvents {
  /** A message of a known kind in a well-formed envelope. Awaited before the next. @throws DecodeError */
  message(peer: Peer, command: Command, payload: Uint8Array): Promise<void> | void;
  /** A line for the log, in Bitcoin Core's words: people look for them. */
  noted(text: string): void;
  /** The peer broke the protocol. */
  offence(peer: Peer, reason: string): void;
  /** It holds so many bytes more of our memory, or did for a while. */
  grew(peer: Peer, bytes: number): void;
  closed(peer: Peer): void;
  /** Not its fault: a bug or a failing disk. */
  failed(error: Error): void;
}

/** Messages, and milliseconds, after which others get their turn. */
const TURN = 16;
const TURN_TIME = 10;

export class Peer {
  readonly id: number;
  readonly type: ConnectionType;
  readonly permissions: ReadonlySet<Permission>;
  readonly address: string;
  readonly networkAddress: NetworkAddress | undefined;
  readonly connection: Connection;
  /** Its version message, once received. */
  version: Version | undefined;
  /** Both have said verack. */
  ready = false;
  wtxidRelay = false;
  addressV2 = false;
  sendHeaders = false;
  /** `host:port` at which an inbound peer says it can be dialled: then it need not be, for it is here. */
  listensAt: string | undefined;
  /** Nonce of the version we sent. */
  readonly nonce: bigint;

  readonly chain = new PeerChain();
  readonly blocks = new PeerBlocks();
  /** Undefined with whom there is no such gossip. */
  transactions: PeerTransactions | undefined;
  addresses: PeerAddresses | undefined;

  /** Seconds since the epoch. */
  readonly connectedAt: number;
  lastSend = 0;
  lastReceive = 0;
  lastTransaction = 0;
  lastBlock = 0;
  /** Seconds by which its clock is ahead of ours. */
  timeOffset = 0;
  readonly pings: PeerPing;
  readonly sent = new Map<string, number>();
  readonly received = new Map<string, number>();
  bytesSent = 0;

  readonly #magic: Uint8Array;
  readonly #timeout: number;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #events: PeerEvents;
  /** Bytes of whole messages. */
  #receivedBytes = 0;
  #queue: Uint8Array[] = [];
  /** Bytes of messages that are not done with, and what keeping them costs. */
  #queued = 0;
  #waiting: (() => void)[] = [];
  #processing = false;
  #paused = false;
  #closed = false;
  readonly #timers = new Set<Timer>();
  #timer: Timer;
  #openedAt: number;
  #heardAt: number;
  #slowSince: number | undefined;

  constructor(
    options: PeerOptions,
    dependencies: { connection: Connection; clock: Clock; random: Random; events: PeerEvents },
  ) {
    this.id = options.id;
    this.type = options.type;
    this.permissions = options.permissions;
    this.address = options.address;
    this.#magic = options.magic;
    this.#timeout = options.timeout;
    this.connection = dependencies.connection;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
    this.#events = dependencies.events;
    this.networkAddress = addressOf(this.connection.remote) ?? addressOf(options.address);
    this.pings = new PeerPing(this.#clock);
    this.nonce = this.#nonce();
    this.connectedAt = this.#clock.seconds();
    this.#openedAt = this.#clock.elapsed();
    this.#heardAt = this.#openedAt;
    this.connection.setMaximumMessage(MAXIMUM_HANDSHAKE_MESSAGE);
    this.#timer = this.#awaitHandshake();
  }

  #awaitHandshake(): Timer {
    return this.schedule(this.#timeout, () => this.close('handshake timeout'));
  }

  /** Begins to process messages. */
  start(): void {
    this.connection.start({
      message: (envelope) => this.#receive(envelope),
      partial: (bytes) => this.#events.grew(this, bytes),
      drained: () => this.#wake(),
      closed: (reason) => this.close(reason),
    });
  }

  may(permission: Permission): boolean {
    return this.permissions.has(permission);
  }

  get inbound(): boolean {
    return this.type === 'inbound';
  }

  get services(): bigint {
    return this.version?.services ?? 0n;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether it reads what we send: nothing more is served to it otherwise. */
  get hasRoom(): boolean {
    return this.connection.bufferedAmount < HIGH_WATER_MARK;
  }

  /** Resolves when it has read enough of what it was sent, or is gone. */
  async room(): Promise<void> {
    while (!this.#closed && !this.hasRoom)
      await new Promise<void>((resolve) => void this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Bytes of our memory that it takes: what it has sent and what it has not read. */
  get held(): number {
    return this.#closed ? 0 : this.#queued + this.connection.partialAmount + this.connection.bufferedAmount;
  }

  get bytesReceived(): number {
    return this.#receivedBytes + this.connection.partialAmount;
  }

  /** We dialled it, or it has leave: strangers are asked after those. */
  get preferred(): boolean {
    return !this.inbound || this.may('noban');
  }

  /** Serves whole blocks, not only recent ones. */
  get servesHistory(): boolean {
    return (this.services & Service.NETWORK) !== 0n;
  }

  get servesWitnesses(): boolean {
    return (this.services & Service.WITNESS) !== 0n;
  }

  send<C extends Command>(command: C, body: Body<C>): void {
    if (!this.#closed) this.sendPayload(command, encodeBody(command, body));
  }

  /** For payloads that are at hand as bytes. */
  sendPayload(command: string, payload: Uint8Array): void {
    if (this.#closed) return;
    const size = ENVELOPE_HEADER_SIZE + payload.length;
    this.connection.send(encodeEnvelope(this.#magic, command, payload));
    this.note(`sending ${command} (${payload.length} bytes) peer=${this.id}`);
    this.bytesSent += size;
    this.sent.set(command, (this.sent.get(command) ?? 0) + size);
    this.lastSend = this.#clock.seconds();
    this.#events.grew(this, size);
    if (this.connection.bufferedAmount > BUFFER_LIMIT) this.close('does not read what it asks for');
  }

  /** Both sides have said verack: larger messages are allowed, and pings begin. */
  becomeReady(): void {
    this.ready = true;
    this.connection.setMaximumMessage(MAXIMUM_MESSAGE);
    this.#timer.cancel();
    this.ping();
    this.#timer = this.schedule(PING_INTERVAL, () => this.#watch());
  }

  ping(): void {
    if (!this.ready) return;
    const nonce = this.#nonce();
    this.pings.sent(nonce);
    this.send('ping', { nonce });
  }

  receivePong(nonce: bigint | undefined): void {
    const problem = this.pings.answered(nonce);
    if (problem !== undefined) this.note(`pong peer=${this.id}: ${problem}`);
  }

  /** For the log, in detail. */
  note(text: string): void {
    this.#events.noted(text);
  }

  /** As the clock's, but what waits ends with the peer. */
  schedule(milliseconds: number, task: () => void): Timer {
    if (this.#closed) return { cancel: () => {} };
    const timer = this.#clock.schedule(milliseconds, () => {
      this.#timers.delete(timer);
      task();
    });
    this.#timers.add(timer);
    return {
      cancel: () => {
        timer.cancel();
        this.#timers.delete(timer);
      },
    };
  }

  /** Ends the connection; `closed` is told once. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
    this.#queue = [];
    this.#queued = 0;
    // First: who sees that it ended may look into the log for the reason.
    if (reason !== '') this.note(`${reason}, disconnecting peer=${this.id}`);
    this.connection.close();
    this.#wake();
    this.#events.closed(this);
  }

  #nonce(): bigint {
    const bytes = this.#random.bytes(8);
    return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  }

  /** Every two minutes: is it still there, and does it read? */
  #watch(): void {
    const fault = this.#fault();
    if (fault !== undefined) {
      this.close(fault);
      return;
    }
    if (this.pings.wait === undefined) this.ping();
    this.#timer = this.schedule(PING_INTERVAL, () => this.#watch());
  }

  #fault(): string | undefined {
    const now = this.#clock.elapsed();
    if (now - this.#openedAt > this.#timeout) {
      if (now - this.#heardAt > IDLE_TIMEOUT) return 'idle';
      const { wait = 0 } = this.pings;
      if (wait > IDLE_TIMEOUT) return `ping timeout: ${(wait / 1000).toFixed(6)}s`;
    }
    if (this.hasRoom) this.#slowSince = undefined;
    else {
      this.#slowSince ??= now;
      if (now - this.#slowSince >= SLOW_READER_TIMEOUT) return 'slow reader';
    }
    return undefined;
  }

  /** Somebody moved our time forward by so many milliseconds: the peer has not been silent for so long. */
  timeMoved(milliseconds: number): void {
    this.#heardAt += milliseconds;
    this.#openedAt += milliseconds;
    this.pings.timeMoved(milliseconds);
    if (this.#slowSince !== undefined) this.#slowSince += milliseconds;
    for (const request of this.blocks.requests.values()) request.since += milliseconds;
    if (this.chain.bulkSince !== undefined) this.chain.bulkSince += milliseconds;
    if (this.ready || this.#closed) return;
    this.#timer.cancel();
    this.#timer = this.#awaitHandshake();
  }

  #receive(envelope: Uint8Array): void {
    if (this.#closed) return;
    this.#heardAt = this.#clock.elapsed();
    this.lastReceive = this.#clock.seconds();
    this.#receivedBytes += envelope.length;
    this.#queue.push(envelope);
    this.#queued += envelope.length + MESSAGE_OVERHEAD;
    if (this.#queued > RECEIVE_QUEUE_BYTES && !this.#paused) {
      this.#paused = true;
      this.connection.pause();
    }
    if (!this.#processing) void this.#process();
    this.#events.grew(this, envelope.length + MESSAGE_OVERHEAD);
  }

  async #process(): Promise<void> {
    this.#processing = true;
    let turn = 0;
    let began = this.#clock.monotonic();
    while (this.#queue.length > 0) {
      // Who does not read our answers asks for no more of them: what it sends waits, in the end on the wire.
      if (!this.hasRoom) await this.room();
      const envelope = this.#queue.shift();
      if (envelope === undefined) break;
      const handled = this.#handle(envelope);
      if (handled !== undefined) await handled;
      if (this.#closed) break;
      this.#queued -= envelope.length + MESSAGE_OVERHEAD;
      if (this.#paused && this.#queued < RECEIVE_QUEUE_BYTES / 2) {
        this.#paused = false;
        this.connection.resume();
      }
      if (++turn < TURN && this.#clock.monotonic() - began < TURN_TIME) continue;
      await this.#clock.yield();
      turn = 0;
      began = this.#clock.monotonic();
    }
    this.#processing = false;
  }

  #handle(envelope: Uint8Array): Promise<void> | undefined {
    let what = '';
    try {
      const { command, payload } = decodeEnvelope(this.#magic, envelope);
      what = `${command}, ${payload.length} bytes`;
      this.note(`received: ${command} (${payload.length} bytes) peer=${this.id}`);
      this.#count(isCommand(command) ? command : '*other*', envelope);
      // Unknown messages are ignored, so that others may extend the protocol.
      if (!isCommand(command)) return undefined;
      const handled = this.#events.message(this, command, payload);
      return handled?.catch((error: unknown) => this.#blame(what, error));
    } catch (error) {
      if (what === '') this.#count('*other*', envelope);
      this.#blame(what, error);
      return undefined;
    }
  }

  #count(command: string, { length }: Uint8Array): void {
    this.received.set(command, (this.received.get(command) ?? 0) + length);
  }

  #blame(what: string, error: unknown): void {
    if (error instanceof Offence) this.#events.offence(this, `${what.split(',')[0]} ${error.message}`.trim());
    else if (error instanceof DecodeError && what === '') this.note(`${error.message}, peer=${this.id}`);
    else if (error instanceof DecodeError)
      this.note(`ProcessMessages(${what}): Exception '${coreWords(error, 'DataStream')}' caught`);
    else this.#events.failed(error as Error);
  }
}
