/**
 * Connections over the web's WebSocket: one binary frame is one message in its envelope. It dials only, never names
 * what it dials in numbers, and cannot be kept from reading: what nobody takes is kept, and a peer that goes on is left.
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

export class WebTransport implements Transport {
  /** Addresses that came without a scheme, or with one that there is no socket for, are tried as WebSockets. */
  dial({ scheme, host, port }: Target, signal: AbortSignal): Promise<Connection> {
    const remote = joinHostPort(host, port);
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${scheme === 'wss' ? scheme : 'ws'}://${remote}`);
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
  readonly #socket: WebSocket;
  #events: ConnectionEvents | undefined;
  #maximum = MAXIMUM_HANDSHAKE_MESSAGE;
  /** What was not taken yet, and what it costs. */
  #waiting: Uint8Array[] = [];
  #cost = 0;
  #isPaused = true;
  #isClosed = false;
  #isFull = false;

  /** @param socket open */
  constructor(socket: WebSocket, remote: string) {
    this.remote = remote;
    this.#socket = socket;
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => this.#receive(data);
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
  }

  resume(): void {
    this.#isPaused = false;
    while (!this.#isPaused && !this.#isClosed && this.#waiting.length > 0) {
      const envelope = this.#waiting.shift()!;
      this.#cost -= envelope.length + MESSAGE_OVERHEAD;
      this.#events!.message(envelope);
    }
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
