/**
 * The calls that programs make by the thousand: a small request of the plainest form, on a connection that
 * is kept. They are read from the socket and answered here in a third of the time that Node's HTTP server
 * takes for it. A connection that brings anything else is handed to that server as if nothing had been read
 * of it, and stays there. Owns no rule about who may call.
 */
import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { CallEndpoint, Permission } from './call-endpoint.ts';

/** Bytes of a request; larger ones come in many pieces. */
const LIMIT = 0x10000;
const HEAD_LIMIT = 0x2000;
const POST = /^POST (\/(?:wallet\/[!-~]*)?(?:\?[!-~]*)?) HTTP\/1\.1$/;
const HEADER = /^([A-Za-z-]+): *([!-~]|[!-~][ -~]*[!-~])$/;
/** What clients send that changes nothing, and what is understood here. */
const ORDINARY = new Set([
  ...['host', 'authorization', 'content-length', 'connection'],
  ...['content-type', 'user-agent', 'accept', 'accept-encoding', 'accept-language', 'sec-fetch-mode'],
]);

interface Head {
  readonly text: string;
  readonly path: string;
  readonly bodyLength: number;
  readonly permission: Permission;
}

export class QuickCalls {
  readonly #endpoint: CallEndpoint;
  readonly #timeout: number;
  readonly #open = new Set<QuickConnection>();
  #stopping = false;
  #date = '';
  #dateSecond = 0;

  /** @param timeout milliseconds that a connection may be idle */
  constructor(endpoint: CallEndpoint, timeout: number) {
    this.#endpoint = endpoint;
    this.#timeout = timeout;
  }

  /** Looks at each new connection of the server first. */
  attach(server: Server): void {
    const accept = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      socket.setTimeout(this.#timeout);
      const connection = new QuickConnection(socket, this.#endpoint, {
        handOver: () => {
          socket.setTimeout(0);
          for (const listener of accept) listener.call(server, socket);
        },
        head: (status, length) => this.#head(status, length),
        isStopping: () => this.#stopping,
        closed: () => this.#open.delete(connection),
      });
      this.#open.add(connection);
    });
  }

  /** Closes connections as soon as they are idle. */
  stop(): void {
    this.#stopping = true;
    for (const connection of this.#open) connection.closeIfIdle();
  }

  /** Waits for nobody any longer. */
  abort(): void {
    for (const connection of this.#open) connection.abort();
  }

  /** What Node's server writes. */
  #head(status: number, bodyLength: number): string {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#dateSecond) {
      this.#dateSecond = second;
      this.#date = new Date(second * 1000).toUTCString();
    }
    const type = bodyLength === 0 ? '' : 'content-type: application/json\r\n';
    const length = status === 204 ? '' : `content-length: ${bodyLength}\r\n`;
    return (
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${type}${length}Date: ${this.#date}\r\n` +
      `Connection: keep-alive\r\nKeep-Alive: timeout=${this.#timeout / 1000}\r\n\r\n`
    );
  }
}

interface Surroundings {
  /** Gives the socket to Node's server. */
  handOver(): void;
  head(status: number, bodyLength: number): string;
  isStopping(): boolean;
  closed(): void;
}

class QuickConnection {
  readonly #socket: Socket;
  readonly #endpoint: CallEndpoint;
  readonly #surroundings: Surroundings;
  /** What was received while a call is under way, or the first piece of a request. */
  #received: Buffer | undefined;
  /** A call is under way, or its answer. */
  #busy = false;
  #ended = false;
  /** Of the last request: nearly always the next one has the same. */
  #head: Head | undefined;

  constructor(socket: Socket, endpoint: CallEndpoint, surroundings: Surroundings) {
    this.#socket = socket;
    this.#endpoint = endpoint;
    this.#surroundings = surroundings;
    socket.on('data', this.#onData).on('end', this.#onEnd).on('timeout', this.closeIfIdle);
    socket.on('error', this.abort).on('close', surroundings.closed);
  }

  readonly closeIfIdle = (): void => {
    if (!this.#busy) this.#socket.destroy();
  };

  readonly abort = (): void => {
    this.#socket.destroy();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    if (!this.#busy) this.#socket.destroySoon();
  };

  readonly #onData = (chunk: Buffer): void => {
    const earlier = this.#received;
    const bytes = earlier === undefined ? chunk : Buffer.concat([earlier, chunk]);
    this.#received = undefined;
    if (this.#busy) {
      this.#received = bytes;
      // Who does not wait for answers gets them, but is not read from meanwhile.
      if (bytes.length > LIMIT) this.#socket.pause();
      return;
    }
    const end = bytes.indexOf('\r\n\r\n');
    const head = end < 0 || end > HEAD_LIMIT ? undefined : this.#readHead(bytes.toString('latin1', 0, end));
    const missing = head === undefined ? -1 : end + 4 + head.bodyLength - bytes.length;
    if (missing === 0) void this.#call(bytes.subarray(end + 4), head!);
    // Many clients send a body apart from its head. In more pieces it is no quick call.
    else if (missing > 0 && earlier === undefined && bytes.length + missing <= LIMIT) this.#received = bytes;
    else this.#handOver(bytes);
  };

  /** Undefined unless all of it is ordinary and the caller may call. */
  #readHead(text: string): Head | undefined {
    const last = this.#head;
    if (text === last?.text) return last;
    const [first, ...lines] = text.split('\r\n');
    const path = POST.exec(first!)?.[1];
    const headers: Record<string, string> = Object.create(null);
    for (const line of lines) {
      const match = HEADER.exec(line);
      if (match === null) return undefined;
      const name = match[1]!.toLowerCase();
      if (!ORDINARY.has(name) || name in headers) return undefined;
      headers[name] = match[2]!;
    }
    const { host, authorization, connection = 'keep-alive', 'content-length': length = '' } = headers;
    const isPlain = connection.toLowerCase() === 'keep-alive' && /^\d{1,6}$/.test(length);
    if (path === undefined || host === undefined || !isPlain) return undefined;
    const permission = this.#endpoint.permit(this.#socket, { host, authorization });
    if (typeof permission === 'number') return undefined;
    this.#head = { text, path, bodyLength: Number(length), permission };
    return this.#head;
  }

  #handOver(bytes: Buffer): void {
    const socket = this.#socket;
    socket.off('data', this.#onData).off('end', this.#onEnd).off('timeout', this.closeIfIdle);
    socket.off('error', this.abort).off('close', this.#surroundings.closed);
    this.#surroundings.closed();
    socket.pause();
    socket.unshift(bytes);
    this.#surroundings.handOver();
    socket.resume();
  }

  async #call(body: Buffer, { path, permission }: Head): Promise<void> {
    const socket = this.#socket;
    this.#busy = true;
    const answer = await this.#endpoint.call(body, path, permission);
    const length = Buffer.byteLength(answer.body);
    const head = this.#surroundings.head(answer.status, length);
    let isFlushed: boolean;
    // One write of one string: each piece would be a buffer of its own.
    if (length <= LIMIT) isFlushed = socket.write(head + answer.body);
    else {
      // But what is large is not copied once more for that, and ASCII is not translated.
      socket.write(head);
      isFlushed = socket.write(answer.body, length === answer.body.length ? 'latin1' : 'utf8');
    }
    if (isFlushed) this.#finish();
    else socket.once('drain', () => this.#finish());
  }

  #finish(): void {
    this.#busy = false;
    const next = this.#received;
    if (this.#surroundings.isStopping() || (this.#ended && next === undefined)) this.#socket.destroySoon();
    if (next === undefined || this.#surroundings.isStopping()) return;
    this.#received = undefined;
    if (this.#socket.isPaused()) this.#socket.resume();
    this.#onData(next);
  }
}
