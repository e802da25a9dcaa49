/** What both kinds of connection do with a Node socket. */

import type { Socket } from 'node:net';
import { joinHostPort } from '../../../network/network-address.ts';
import { LOW_WATER_MARK, MESSAGE_OVERHEAD } from '../../../network/transport.ts';

/** Plain bytes that hold no larger buffer alive: a small message kept for long must not keep its neighbours. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return 2 * bytes.length < bytes.buffer.byteLength
    ? new Uint8Array(bytes)
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * Messages on their way into a socket. What is written until the current task and its promises are done leaves in one
 * piece; whoever writes more than the socket holds well is told when there is room.
 */
export class Outgoing {
  readonly #socket: Socket;
  readonly #buffered: () => number;
  readonly #drained: () => unknown;
  #corked = false;
  #full = false;
  /** Messages that the socket has not taken yet. */
  #unwritten = 0;

  /** @param buffered bytes that were written and did not leave */
  constructor(socket: Socket, buffered: () => number, drained: () => unknown) {
    this.#socket = socket;
    this.#buffered = buffered;
    this.#drained = drained;
    socket.setNoDelay(true);
  }

  /** Bytes, with what keeping them takes. */
  get amount(): number {
    return this.#buffered() + MESSAGE_OVERHEAD * this.#unwritten;
  }

  /** @param write is given what to call when the socket has taken it */
  send(write: (written: () => void) => void): void {
    this.#hold();
    this.#unwritten++;
    write(this.#written);
    if (this.amount > LOW_WATER_MARK) this.#full = true;
  }

  readonly #written = (): void => {
    this.#unwritten--;
    if (!this.#full || this.amount > LOW_WATER_MARK) return;
    this.#full = false;
    this.#drained();
  };

  #hold(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => this.flush());
  }

  /** Nothing waits any more for what else may be sent. */
  flush(): void {
    this.#corked = false;
    this.#socket.uncork();
  }
}

/** Milliseconds in which what was sent last may still leave. */
export const LINGER = 1_000;

/** `host:port`, `[host]:port` for IPv6; IPv4 addresses that Node shows mapped into IPv6 are shown plain. */
export function endpoint(address: string | undefined, port: number | undefined): string {
  const host = (address ?? '').replace(/^::ffff:(?=\d+\.)/, '');
  return joinHostPort(host, port ?? 0);
}
