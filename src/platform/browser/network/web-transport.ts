/**
 * Connections over the web's WebSockets: one binary frame is one message in its envelope. It dials only, and never names
 * what it dials in numbers. Where a browser has no other, they cannot be kept from reading: what nobody takes is kept, and
 * a peer that goes on is left.
 */
import { joinHostPort } from '../../../network/network-address.ts';
import {
  BUFFER_LIMIT,
  type Connection,
  type ConnectionEvents,
  ENVELOPE_HEADER_SIZE,
  LOW_WATER_MARK,
  MAXIMUM_HANDSHAKE_MESSAGE,
  MESSAGE_OVERHEAD,
  type Target,
  type Transport,
} from '../../../network/transport.ts';

/** A browser does not tell. */
const OWN_ADDRESS = '0.0.0.0:0';
/** Milliseconds between looks at whether there is room again: nothing tells. */
const LOOK = 20;

/** What is used of a WebSocket. */
interface Socket {
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  readonly bufferedAmount: number;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
  /** Where it can be kept from reading; until it is told to go on it reads nothing. */
  pause?(): void;
  resume?(): void;
}

/** Chromium's: no types have it yet. */
interface WebSocketStream {
  readonly opened: Promise<{
    readonly readable: ReadableStream<Uint8Array<ArrayBuffer> | ArrayBuffer | string>;
    readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
  }>;
  readonly closed: Promise<unknown>;
  close(): void;
}
declare const WebSocketStream: new (
  url: string,
  options: { readonly signal: AbortSignal },
) => WebSocketStream;
const hasStreams = 'WebSocketStream' in globalThis;

/** A WebSocket that reads only what is taken: its peer waits then. */
class StreamSocket implements Socket {
  onmessage: Socket['onmessage'] = null;
  onerror: Socket['onerror'] = null;
  onclose: Socket['onclose'] = null;
  bufferedAmount = 0;
  readonly #stream: WebSocketStream;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer> | ArrayBuffer | string>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  #isPaused = true;
  #isEnded = false;
  #goOn = (): void => {};

  private constructor(stream: WebSocketStream, { readable, writable }: Awaited<WebSocketStream['opened']>) {
    this.#stream = stream;
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    void this.#read();
    // Whoever reads finds the end by itself, behind what came before it.
    const ended = (): void => {
      this.#isEnded = true;
      this.#goOn();
    };
    stream.closed.then(ended, ended);
  }

  /** @throws Error that says as little as browsers do */
  static async open(url: string, signal: AbortSignal): Promise<StreamSocket> {
    const stream = new WebSocketStream(url, { signal });
    stream.closed.catch(() => {});
    try {
      return new StreamSocket(stream, await stream.opened);
    } catch {
      throw new Error(signal.aborted ? 'timed out' : 'cannot be reached');
    }
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        if (this.#isPaused && !this.#isEnded) await new Promise<void>((resolve) => (this.#goOn = resolve));
        const { value, done } = await this.#reader.read();
        if (done) break;
        const data = value instanceof Uint8Array ? value.slice().buffer : value;
        this.onmessage?.({ data } as never);
      }
      this.onclose?.({} as never);
    } catch {
      this.onerror?.({} as never);
    }
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.bufferedAmount += bytes.length;
    const sent = (): void => {
      this.bufferedAmount -= bytes.length;
    };
    this.#writer.write(bytes).then(sent, sent);
  }

  close(): void {
    try {
      this.#stream.close();
    } catch {
      // It was closed by the other side.
    }
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#goOn();
  }
}

export class WebTransport implements Transport {
  /** Addresses that came without a scheme, or with one that there is no socket for, are tried as WebSockets. */
  dial({ scheme, host, port }: Target, signal: AbortSignal): Promise<Connection> {
    const remote = joinHostPort(host, port);
    const url = `${scheme === 'wss' ? scheme : 'ws'}://${remote}`;
    if (hasStreams) return StreamSocket.open(url, signal).then((socket) => new WebConnection(socket, remote));
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      socket.binaryType = 'arraybuffer';
      const abort = (): void => {
        socket.close();
        reject(new Error('timed out'));
      };
      signal.addEventListener('abort', abort);
      // Why, a browser does not tell.
      socket.onerror = () => reject(new Error('cannot be reached'));
      socket.onopen = () => {
        signal.removeEventListener('abort', abort);
        resolve(new WebConnection(socket, remote));
      };
    });
  }

  listen(): Promise<never> {
    return Promise.reject(new Error('A browser cannot listen'));
  }
}

class WebConnection implements Connection {
  readonly remote: string;
  readonly local = OWN_ADDRESS;
  /** A browser hands out whole messages only. */
  readonly partialAmount = 0;
  readonly #socket: Socket;
  #events: ConnectionEvents | undefined;
  #maximum = MAXIMUM_HANDSHAKE_MESSAGE;
  /** What was not taken yet, and what it costs. */
  #waiting: Uint8Array[] = [];
  #cost = 0;
  #isPaused = true;
  #isClosed = false;
  #isFull = false;

  /** @param socket open */
  constructor(socket: Socket, remote: string) {
    this.remote = remote;
    this.#socket = socket;
    socket.onmessage = ({ data }: { readonly data: ArrayBuffer | string }) => this.#receive(data);
    socket.onerror = () => this.#finish('the connection failed');
    socket.onclose = () => this.#finish('');
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  start(events: ConnectionEvents): void {
    this.#events = events;
    if (this.#isClosed) events.closed('');
    else this.resume();
  }

  #receive(data: ArrayBuffer | string): void {
    if (this.#isClosed) return;
    if (typeof data === 'string') this.#finish('text frame');
    else if (data.byteLength > this.#maximum || data.byteLength < ENVELOPE_HEADER_SIZE)
      this.#finish('message of impossible length');
    else if (!this.#isPaused) this.#events!.message(new Uint8Array(data));
    else {
      this.#cost += data.byteLength + MESSAGE_OVERHEAD;
      this.#waiting.push(new Uint8Array(data));
      if (this.#cost > BUFFER_LIMIT) this.#finish('more than can be taken');
    }
  }

  send(envelope: Uint8Array): void {
    if (this.#isClosed) return;
    this.#socket.send(envelope as Uint8Array<ArrayBuffer>);
    if (this.#isFull || this.bufferedAmount < LOW_WATER_MARK) return;
    this.#isFull = true;
    this.#look();
  }

  #look(): void {
    setTimeout(() => {
      if (this.#isClosed) return;
      if (this.bufferedAmount >= LOW_WATER_MARK) return this.#look();
      this.#isFull = false;
      this.#events?.drained();
    }, LOOK);
  }

  setMaximumMessage(bytes: number): void {
    this.#maximum = bytes;
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause?.();
  }

  resume(): void {
    this.#isPaused = false;
    while (!this.#isPaused && !this.#isClosed && this.#waiting.length > 0) {
      const envelope = this.#waiting.shift()!;
      this.#cost -= envelope.length + MESSAGE_OVERHEAD;
      this.#events!.message(envelope);
    }
    if (!this.#isPaused && !this.#isClosed) this.#socket.resume?.();
  }

  close(): void {
    this.#finish('');
  }

  #finish(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting = [];
    this.#socket.close();
    this.#events?.closed(reason);
  }
}
