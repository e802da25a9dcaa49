/** What both kinds of connection do with a Node socket. */
import type { Socket } from 'node:net';

/** Plain bytes that hold no larger buffer alive: a small message kept for long must not keep its neighbours. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return 2 * bytes.length < bytes.buffer.byteLength
    ? new Uint8Array(bytes)
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** What is written until the current task and its promises are done leaves in one piece. */
export class Cork {
  readonly #socket: Socket;
  #corked = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  hold(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }
}

/** `host:port`, `[host]:port` for IPv6; IPv4 addresses that Node shows mapped into IPv6 are shown plain. */
export function endpoint(address: string | undefined, port: number | undefined): string {
  const host = (address ?? '').replace(/^::ffff:(?=\d+\.)/, '');
  return host.includes(':') ? `[${host}]:${port ?? 0}` : `${host}:${port ?? 0}`;
}
