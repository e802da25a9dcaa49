/**
 * Events of a node for programs and pages: they come one after the other, whatever becomes of the connection and of
 * the node meanwhile. Owns the connection, and up to where its user knows everything.
 */

import type {
  BlockTold,
  ChainEvent,
  Detail,
  HeartbeatEvent,
  MempoolEvent,
  PeersEvent,
  Position,
  SubscriptionEvent,
  Topic,
  WalletEvent,
} from '../events/event-types.ts';
import { RpcCode, RpcError, type RpcErrorCode } from '../rpc/errors.ts';

/** What is used of a WebSocket: a browser's, or that of the package `ws`. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(text: string): void;
  close(): void;
  /** Where it can be kept from reading. */
  pause?(): void;
  resume?(): void;
}
export type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike;

export interface EventSource {
  /** `http://127.0.0.1:8332/` */
  readonly url: string;
  /** `user:password`, asked at each connection. */
  readonly cookie: () => string | Promise<string>;
  /** Milliseconds between attempts to connect again; default 500. */
  readonly retryDelay?: number;
  /** Default the platform's own, or else that of the package `ws`. */
  readonly WebSocket?: WebSocketClass;
}

export interface SubscribeOptions<T extends Topic = Topic, H extends boolean = boolean> {
  readonly topics: readonly T[];
  /** Up to where everything is known; what is left out begins now. */
  readonly from?: Position;
  /** What is told of transactions; default their txids. */
  readonly detail?: Detail;
  /** Only transactions that pay to these or spend from them. */
  readonly addresses?: readonly string[];
  /** The same by output script in hex. */
  readonly scripts?: readonly string[];
  readonly descriptors?: readonly (
    | string
    | { readonly desc: string; readonly range?: number | readonly [number, number] }
  )[];
  /** What a block takes out of the mempool in one event, `confirmed`, instead of one each. */
  readonly batch?: boolean;
  /** Tell of heartbeats as well. */
  readonly heartbeats?: H;
  /** Ends it: the iteration is over then. */
  readonly signal?: AbortSignal;
}

type OfTopic<T extends Topic> = T extends 'chain'
  ? ChainEvent
  : T extends 'mempool'
    ? MempoolEvent
    : T extends 'peers'
      ? PeersEvent
      : WalletEvent;
export type EventOf<T extends Topic, H extends boolean> =
  | OfTopic<T>
  | (H extends true ? HeartbeatEvent : never);

/** Milliseconds without even a heartbeat, which comes every 15 seconds, until the connection is given up. */
const SILENCE = 45_000;
const RETRY_DELAY = 500;
/** Events that wait for their reader before no more are read. */
const WAITING = 1_000;
/** Blocks by which a node that has lost its last ones is shown where to begin. */
const TRAIL = 1_000;

interface Subscribed {
  readonly position: Position;
  readonly from?: { readonly hash: string; readonly height: number };
}

/** The connection is gone, or there never was one. */
class Disconnected extends Error {
  override readonly name = 'Disconnected';
}

/**
 * Connects again by itself once it was connected, and goes on where it was.
 * @throws Error if the node cannot be reached at first; RpcError if it refuses, or cannot tell any further
 */
export async function* subscribe<T extends Topic, H extends boolean = false>(
  source: EventSource,
  options: SubscribeOptions<T, H>,
): AsyncGenerator<EventOf<T, H>, void, undefined> {
  const { signal, from = {}, heartbeats = false } = options;
  const known = new Known(from);
  for (let attempt = 0; !signal?.aborted; attempt++) {
    let connection: Connection | undefined;
    try {
      connection = await Connection.open(source, signal);
      for (const event of known.begin(await connection.subscribe(options, known))) {
        yield event as EventOf<T, H>;
        known.add(event);
      }
      for (;;) {
        const event = await connection.next();
        if (event.type === 'ended') throw new RpcError(event.error.code as RpcErrorCode, event.error.message);
        if (event.type !== 'heartbeat' || heartbeats) yield event as EventOf<T, H>;
        known.add(event);
        attempt = 0;
      }
    } catch (error) {
      if (signal?.aborted) return;
      const isStarting = error instanceof RpcError && error.code === RpcCode.IN_WARMUP;
      if (!isStarting && !(error instanceof Disconnected && known.isBegun)) throw error;
    } finally {
      connection?.close();
    }
    await pause((source.retryDelay ?? RETRY_DELAY) * Math.min(attempt + 1, 10), signal);
  }
}

/** Up to where the user knows everything. */
class Known {
  #position: Position;
  /** The last blocks, oldest first. */
  readonly #trail: BlockTold[] = [];
  isBegun = false;

  constructor(position: Position) {
    this.#position = position;
  }

  /** @param all also blocks from which to go on if the last one is not known any more */
  position(all: boolean): Position {
    const last = this.#trail.at(-1);
    if (last === undefined) return this.#position;
    if (!all) return { ...this.#position, block: last.hash };
    const hashes: string[] = [];
    for (let i = this.#trail.length - 1, step = 1; i >= 0; i -= step) {
      hashes.push(this.#trail[i]!.hash);
      if (hashes.length > 10) step *= 2;
    }
    const { previousblockhash } = this.#trail[0]!;
    return { ...this.#position, block: previousblockhash ? [...hashes, previousblockhash] : hashes };
  }

  /** What the node has lost is not part of its chain any more, and only its reader knows of it. */
  *begin({ position, from }: Subscribed): Iterable<ChainEvent> {
    this.isBegun = true;
    for (let last = this.#trail.at(-1); from && last && last.hash !== from.hash; last = this.#trail.at(-1)) {
      if (last.height <= from.height) break;
      yield { s: '', n: 0, topic: 'chain', type: 'disconnected', block: last };
    }
    // What was known of the mempool in another run of the node is no position in this one.
    const { mempool: _, ...known } = this.#position;
    this.#position = { ...known, ...position };
  }

  add(event: SubscriptionEvent): void {
    if (event.topic === 'chain') {
      this.#position = { ...this.#position, block: event.block.hash };
      if (event.type === 'connected') {
        const { hash, height, previousblockhash, time } = event.block;
        this.#trail.push({ hash, height, ...(previousblockhash && { previousblockhash }), time });
        if (this.#trail.length > 2 * TRAIL) this.#trail.splice(0, TRAIL);
      } else {
        if (this.#trail.at(-1)?.hash === event.block.hash) this.#trail.pop();
        this.#position = { ...this.#position, block: event.block.previousblockhash! };
      }
    } else if (event.topic === 'mempool') this.#position = { ...this.#position, mempool: event.sequence };
    else if (event.topic !== undefined && event.topic !== 'peers')
      this.#position = { ...this.#position, [event.topic]: event.sequence };
  }
}

interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly code: RpcErrorCode; readonly message: string };
  readonly method?: string;
  readonly params?: SubscriptionEvent;
}

class Connection {
  readonly #socket: WebSocketLike;
  readonly #signal: AbortSignal | undefined;
  readonly #events: SubscriptionEvent[] = [];
  #answer: ((message: Message) => void) | undefined;
  /** Rejects when the connection is gone. */
  readonly #failed: Promise<never>;
  #reject!: (error: Disconnected) => void;
  #failure: Disconnected | undefined;
  #wake: (() => void) | undefined;
  #isPaused = false;
  readonly #abort = (): void => this.#fail('it was ended');

  private constructor(socket: WebSocketLike, signal: AbortSignal | undefined) {
    this.#socket = socket;
    this.#signal = signal;
    this.#failed = new Promise((_, reject) => (this.#reject = reject));
    this.#failed.catch(() => undefined);
    socket.onmessage = ({ data }: { data: string }) => this.#receive(JSON.parse(data));
    socket.onerror = ({ message }: { message?: string }) => this.#fail(message || 'the connection failed');
    socket.onclose = () => this.#fail('the connection was closed');
    signal?.addEventListener('abort', this.#abort);
  }

  /** @throws Disconnected */
  static async open(source: EventSource, signal: AbortSignal | undefined): Promise<Connection> {
    const { url, cookie } = source;
    const WebSocket = source.WebSocket ?? (await platformWebSocket());
    const target = new URL('/events', url);
    target.protocol = target.protocol.replace('http', 'ws');
    const password = await passwordOf(cookie);
    // A page cannot send headers with it.
    const socket = new WebSocket(target.href, ['penny', `authorization.${password}`]);
    const connection = new Connection(socket, signal);
    const opened = new Promise<void>((resolve) => (socket.onopen = () => resolve()));
    try {
      await Promise.race([opened, connection.#failed]);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** @throws RpcError, Disconnected */
  async subscribe(options: SubscribeOptions, known: Known): Promise<Subscribed> {
    const { topics, batch, detail, addresses, scripts, descriptors } = options;
    const ask = (from: Position): Promise<Subscribed> =>
      this.#call('subscribe', { topics, from, batch, detail, addresses, scripts, descriptors });
    try {
      return await ask(known.position(false));
    } catch (error) {
      if (!(error instanceof RpcError && error.code === RpcCode.INVALID_ADDRESS_OR_KEY)) throw error;
      return ask(known.position(true));
    }
  }

  async #call<R>(method: string, params: object): Promise<R> {
    const answered = new Promise<Message>((resolve) => (this.#answer = resolve));
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id: 0, method, params }));
    const { result, error } = await Promise.race([answered, this.#failed]);
    if (error) throw new RpcError(error.code, error.message, method);
    return result as R;
  }

  /** @throws Disconnected */
  async next(): Promise<SubscriptionEvent> {
    const timer = setTimeout(() => this.#fail('nothing was heard for long'), SILENCE);
    try {
      while (this.#events.length === 0) {
        if (this.#failure) throw this.#failure;
        this.#hold(false);
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      return this.#events.shift()!;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#socket.onclose = null;
    this.#hold(false);
    this.#socket.close();
  }

  #receive(message: Message): void {
    if (message.method === 'event') {
      this.#events.push(message.params!);
      if (this.#events.length >= WAITING) this.#hold(true);
      this.#wake?.();
    } else this.#answer?.(message);
  }

  /** A reader that is slow keeps the node from telling more, where the platform lets it. */
  #hold(wanted: boolean): void {
    if (wanted === this.#isPaused) return;
    this.#isPaused = wanted;
    this.#socket[wanted ? 'pause' : 'resume']?.();
  }

  #fail(reason: string): void {
    this.#failure ??= new Disconnected(reason);
    this.#reject(this.#failure);
    this.#wake?.();
  }
}

/** In base64url. A node that is being restarted has no cookie file. @throws Disconnected */
async function passwordOf(cookie: EventSource['cookie']): Promise<string> {
  try {
    return btoa((await cookie()).trim())
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replace(/=+$/, '');
  } catch (error) {
    throw new Disconnected((error as Error).message, { cause: error });
  }
}

/** Node has one of its own from 22 on. */
async function platformWebSocket(): Promise<WebSocketClass> {
  const { WebSocket } = globalThis as { WebSocket?: WebSocketClass };
  return WebSocket ?? ((await import('ws')).WebSocket as unknown as WebSocketClass);
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end);
  });
}
