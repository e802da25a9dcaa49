/** A connection over a WebSocket: one binary frame is one message in its envelope. */
import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import {
  type Connection,
  type ConnectionEvents,
  ENVELOPE_HEADER_SIZE,
  HIGH_WATER_MARK,
  LOW_WATER_MARK,
  MAXIMUM_HANDSHAKE_MESSAGE,
  MAXIMUM_MESSAGE,
  MESSAGE_OVERHEAD,
} from '../../../network/transport.ts';
import { endpoint, LINGER, Outgoing, ownBytes } from './socket-bytes.ts';

/** Bytes that may arrive before the handshake is over, whatever their frames claim: `ws` itself cannot be told later. */
const HANDSHAKE_BYTES = 64 * 1024;
/** For both sides. What `ws` would hold of a message that never ends is bounded; compression is not worth its attacks. */
export const WEBSOCKET_OPTIONS = Object.freeze({
  maxPayload: MAXIMUM_MESSAGE,
  maxFragments: 1_024,
  maxBufferedChunks: 16 * 1_024,
  perMessageDeflate: false,
  autoPong: false,
  skipUTF8Validation: true,
});
/** RFC 6455: the other side sends what the protocol has no place for. */
const PROTOCOL_ERROR = 1_002;

export class WebSocketConnection implements Connection {
  readonly remote: string;
  readonly local: string;
  readonly #webSocket: WebSocket;
  readonly #outgoing: Outgoing;
  #maximum = MAXIMUM_HANDSHAKE_MESSAGE;
  #events: ConnectionEvents | undefined;
  #received: Uint8Array[] = [];
  #closed = false;
  /** Since the last whole message: `ws` does not tell what it keeps. */
  partialAmount = 0;
  /** Until the handshake is over. */
  #bytesLeft = HANDSHAKE_BYTES;
  readonly #count = (chunk: Uint8Array): void => {
    this.partialAmount += chunk.length + MESSAGE_OVERHEAD;
    this.#bytesLeft -= chunk.length;
    if (this.#closed) this.#endOverfull();
    else if (this.#bytesLeft < 0) this.#finish('too much before verack');
    else this.#events?.partial(chunk.length + MESSAGE_OVERHEAD);
  };

  /** @param webSocket open, with `socket` below it @param remote where it leads, if not to the other end of the socket */
  constructor(webSocket: WebSocket, socket: Socket, remote?: string) {
    this.remote = remote ?? endpoint(socket.remoteAddress, socket.remotePort);
    this.local = endpoint(socket.localAddress, socket.localPort);
    this.#webSocket = webSocket;
    this.#outgoing = new Outgoing(
      socket,
      () => webSocket.bufferedAmount,
      () => this.#closed || this.#events?.drained(),
    );
    socket.prependListener('data', this.#count);
    webSocket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    webSocket.on('ping', (data) => {
      // Answered by hand: a flood of pings to a peer that does not read must not fill our buffer.
      if (this.bufferedAmount < HIGH_WATER_MARK) webSocket.pong(data);
    });
    webSocket.on('error', (error) => this.#finish(error.message));
    webSocket.on('close', () => this.#finish(''));
  }

  get bufferedAmount(): number {
    return this.#outgoing.amount;
  }

  start(events: ConnectionEvents): void {
    this.#events = events;
    if (this.#closed) {
      events.closed('');
      return;
    }
    for (const envelope of this.#received.splice(0)) events.message(envelope);
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#closed) return;
    const bytes = data as Buffer;
    this.partialAmount = 0;
    if (!isBinary || bytes.length > this.#maximum || bytes.length < ENVELOPE_HEADER_SIZE) {
      this.#finish(isBinary ? 'message of impossible length' : 'text frame');
      return;
    }
    const envelope = ownBytes(bytes);
    if (this.#events === undefined) this.#received.push(envelope);
    else this.#events.message(envelope);
  }

  send(envelope: Uint8Array): void {
    if (this.#closed) return;
    this.#outgoing.send((written) => this.#webSocket.send(envelope, written));
  }

  flush(): void {
    this.#outgoing.flush();
  }

  setMaximumMessage(bytes: number): void {
    this.#maximum = bytes;
    if (bytes > MAXIMUM_HANDSHAKE_MESSAGE) this.#bytesLeft = Number.POSITIVE_INFINITY;
  }

  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }

  close(): void {
    this.#finish('');
  }

  /** `ws` goes on keeping what arrives until the other side has closed too. */
  #endOverfull(): void {
    if (this.bufferedAmount + this.partialAmount > LOW_WATER_MARK) this.#webSocket.terminate();
  }

  #finish(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#received = [];
    // A closing handshake is good manners, but nobody is waited for.
    this.#webSocket.close(reason === '' ? undefined : PROTOCOL_ERROR);
    this.#endOverfull();
    setTimeout(() => this.#webSocket.terminate(), LINGER).unref();
    this.#events?.closed(reason);
  }
}
