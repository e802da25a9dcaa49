/** A connection over plain TCP: Bitcoin's own peers. Messages are cut out of the stream. */
import type { Socket } from 'node:net';
import { EnvelopeSplitter } from '../../../network/messages/envelope.ts';
import {
  type Connection,
  type ConnectionEvents,
  LOW_WATER_MARK,
  MAXIMUM_HANDSHAKE_MESSAGE,
} from '../../../network/transport.ts';
import { endpoint, LINGER, Outgoing, ownBytes } from './socket-bytes.ts';

export class TcpConnection implements Connection {
  readonly remote: string;
  readonly local: string;
  readonly #socket: Socket;
  readonly #splitter: EnvelopeSplitter;
  readonly #outgoing: Outgoing;
  #events: ConnectionEvents | undefined;
  #closed = false;

  /**
   * @param socket connected, and not read from yet but for what was put back
   * @param remote where it leads, if not to the other end of the socket
   */
  constructor(socket: Socket, magic: Uint8Array, remote?: string) {
    this.remote = remote ?? endpoint(socket.remoteAddress, socket.remotePort);
    this.local = endpoint(socket.localAddress, socket.localPort);
    this.#socket = socket;
    this.#splitter = new EnvelopeSplitter(magic, MAXIMUM_HANDSHAKE_MESSAGE);
    this.#outgoing = new Outgoing(
      socket,
      () => socket.writableLength,
      () => this.#closed || this.#events?.drained(),
    );
    socket.on('error', (error) => this.#finish(error.message));
    socket.on('close', () => this.#finish(''));
  }

  get bufferedAmount(): number {
    return this.#outgoing.amount;
  }

  get partialAmount(): number {
    return this.#splitter.kept;
  }

  start(events: ConnectionEvents): void {
    this.#events = events;
    if (this.#socket.destroyed) {
      this.#finish('');
      return;
    }
    this.#socket.on('data', (chunk: Uint8Array) => this.#receive(chunk));
    this.#socket.resume();
  }

  #receive(chunk: Uint8Array): void {
    // Nothing is kept for one that is only left to read what it was told last.
    if (this.#closed) return;
    const before = this.partialAmount;
    try {
      this.#splitter.push(chunk, (envelope) => {
        if (!this.#closed) this.#events!.message(ownBytes(envelope));
      });
      if (!this.#closed && this.partialAmount > before) this.#events!.partial(this.partialAmount - before);
    } catch (error) {
      this.#finish((error as Error).message);
    }
  }

  send(envelope: Uint8Array): void {
    if (this.#closed) return;
    this.#outgoing.send((written) => this.#socket.write(envelope, written));
  }

  flush(): void {
    this.#outgoing.flush();
  }

  setMaximumMessage(bytes: number): void {
    this.#splitter.maximum = bytes;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#finish('');
  }

  #finish(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    // What was sent last (a reason to go, a header) may still leave; a peer that does not read is not waited for.
    if (this.bufferedAmount === 0 || this.bufferedAmount + this.partialAmount > LOW_WATER_MARK)
      this.#socket.destroy();
    else {
      this.#socket.end();
      setTimeout(() => this.#socket.destroy(), LINGER).unref();
    }
    this.#events?.closed(reason);
  }
}
