/**
 * One port for both kinds of peers: a WebSocket begins with `GET `, a Bitcoin peer with the network's magic.
 * Nothing is said before it is known which it is: a Bitcoin Core node tries its encrypted transport first,
 * and falls back to this one only if it was hung up on without a word.
 */
import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Connection, Listener } from '../../../network/transport.ts';
import { endpoint } from './socket-bytes.ts';
import { TcpConnection } from './tcp-connection.ts';
import { WEBSOCKET_OPTIONS, WebSocketConnection } from './websocket-connection.ts';

/** Milliseconds from the first packet to an open connection, upgrade included. */
const OPENING_TIMEOUT = 10_000;
/** Sockets that have not said what they are: when there are more, the oldest goes, of the address that has most. */
const MAXIMUM_OPENING = 128;
const MAXIMUM_HEADER_BYTES = 8 * 1024;
const HTTP_METHOD = new TextEncoder().encode('GET ');
const PREFIX_LENGTH = 4;

interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** 4 bytes in wire order. */
  readonly magic: Uint8Array;
  /** Browser origins that may connect; others that name an origin are refused. */
  readonly allowedOrigins: readonly string[];
}

export class SharedListener implements Listener {
  readonly #options: ListenerOptions;
  readonly #onConnection: (connection: Connection) => void;
  readonly #server: Server;
  readonly #http: HttpServer;
  readonly #webSockets: WebSocketServer;
  /** Oldest first. */
  readonly #opening = new Map<Socket, NodeJS.Timeout>();

  private constructor(options: ListenerOptions, onConnection: (connection: Connection) => void) {
    this.#options = options;
    this.#onConnection = onConnection;
    this.#webSockets = new WebSocketServer({
      ...WEBSOCKET_OPTIONS,
      noServer: true,
      clientTracking: false,
    });
    this.#http = createHttpServer({ maxHeaderSize: MAXIMUM_HEADER_BYTES });
    this.#http.on('request', (_request, response) => response.writeHead(426, { connection: 'close' }).end());
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head));
    this.#http.on('clientError', (_error, socket) => socket.destroy());
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** @throws if the port cannot be bound */
  static open(
    options: ListenerOptions,
    onConnection: (connection: Connection) => void,
  ): Promise<SharedListener> {
    const listener = new SharedListener(options, onConnection);
    return new Promise((resolve, reject) => {
      listener.#server.once('error', reject);
      listener.#server.listen({ host: options.host, port: options.port }, () => {
        listener.#server.off('error', reject);
        resolve(listener);
      });
    });
  }

  get address(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return endpoint(address, port);
  }

  close(): Promise<void> {
    for (const socket of this.#opening.keys()) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#opened(socket));
    this.#opening.set(
      socket,
      setTimeout(() => socket.destroy(), OPENING_TIMEOUT),
    );
    if (this.#opening.size > MAXIMUM_OPENING) this.#turnOut();
    this.#sniff(socket);
  }

  #turnOut(): void {
    const byAddress = new Map<string | undefined, Socket[]>();
    let most: Socket[] = [];
    for (const socket of this.#opening.keys()) {
      const sockets = byAddress.get(socket.remoteAddress) ?? [];
      byAddress.set(socket.remoteAddress, sockets);
      if (sockets.push(socket) > most.length) most = sockets;
    }
    most[0]?.destroy();
  }

  /** It is what it will be: the time for that is no longer counted. */
  #opened(socket: Socket): void {
    clearTimeout(this.#opening.get(socket));
    this.#opening.delete(socket);
  }

  /** Looks at the first bytes and puts them back. */
  #sniff(socket: Socket): void {
    let seen = new Uint8Array(0);
    const chunks: Uint8Array[] = [];
    const onData = (chunk: Uint8Array): void => {
      seen = Uint8Array.from([...seen, ...chunk.subarray(0, PREFIX_LENGTH)]);
      const isHttp = isPrefix(seen, HTTP_METHOD);
      const isBitcoin = isPrefix(seen, this.#options.magic);
      if (!isHttp && !isBitcoin) {
        socket.destroy();
        return;
      }
      chunks.push(chunk);
      if (seen.length < PREFIX_LENGTH) return;
      socket.off('data', onData);
      socket.pause();
      socket.unshift(Buffer.concat(chunks));
      if (isHttp) {
        this.#http.emit('connection', socket);
        socket.resume();
      } else this.#openTcp(socket);
    };
    socket.on('data', onData);
  }

  #openTcp(socket: Socket): void {
    this.#opened(socket);
    this.#onConnection(new TcpConnection(socket, this.#options.magic));
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { origin } = request.headers;
    // Any page that a browser shows could dial a node on its visitor's machine: pages must be let in by name.
    if (origin !== undefined && !this.#options.allowedOrigins.includes(origin)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.#opened(socket);
      this.#onConnection(new WebSocketConnection(webSocket, socket));
    });
  }
}

function isPrefix(seen: Uint8Array, whole: Uint8Array): boolean {
  return seen.subarray(0, PREFIX_LENGTH).every((byte, i) => byte === whole[i]);
}
