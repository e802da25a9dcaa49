/** The transports of a Node process: dials WebSockets and TCP as the address says, listens for both. */
import { lookup } from 'node:dns/promises';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import { DIRECT, proxyFor, type Reach } from '../../../network/reach.ts';
import type { Connection, Listener, Target, Transport } from '../../../network/transport.ts';
import { SharedListener } from './listener.ts';
import { endpoint } from './socket-bytes.ts';
import { dialThrough } from './socks5.ts';
import { TcpConnection } from './tcp-connection.ts';
import { WEBSOCKET_OPTIONS, WebSocketConnection } from './websocket-connection.ts';

interface NodeTransportOptions {
  /** 4 bytes in wire order. */
  readonly magic: Uint8Array;
  /** Browser origins that may connect. */
  readonly allowedOrigins?: readonly string[];
  readonly reach?: Reach;
}

export class NodeTransport implements Transport {
  readonly #magic: Uint8Array;
  readonly #allowedOrigins: readonly string[];
  readonly #reach: Reach;
  /** None where a proxy looks names up. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;

  constructor(options: NodeTransportOptions) {
    this.#magic = options.magic;
    this.#allowedOrigins = options.allowedOrigins ?? [];
    this.#reach = options.reach ?? DIRECT;
    if (this.#reach.proxies.name === undefined) this.resolve = lookUp;
  }

  async dial(target: Target, signal: AbortSignal): Promise<Connection> {
    const proxy = proxyFor(this.#reach, target.host);
    const through = proxy && (await dialThrough(proxy, target, signal));
    if (target.scheme !== 'tcp') return this.#dialWebSocket(target, signal, through);
    if (through === undefined) return this.#dialTcp(target, signal);
    return new TcpConnection(through, this.#magic, endpoint(target.host, target.port));
  }

  listen(host: string, port: number, onConnection: (connection: Connection) => void): Promise<Listener> {
    const options = { host, port, magic: this.#magic, allowedOrigins: this.#allowedOrigins };
    return SharedListener.open(options, onConnection);
  }

  #dialTcp({ host, port }: Target, signal: AbortSignal): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port });
      const abort = (): void => void socket.destroy(new Error('timed out'));
      signal.addEventListener('abort', abort);
      socket.once('error', reject);
      socket.once('connect', () => {
        signal.removeEventListener('abort', abort);
        socket.off('error', reject);
        resolve(new TcpConnection(socket, this.#magic));
      });
    });
  }

  #dialWebSocket(
    { scheme, host, port }: Target,
    signal: AbortSignal,
    through: Socket | undefined,
  ): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const secure = (): Socket => connectTls({ socket: through!, servername: host });
      const createConnection = scheme === 'wss' ? secure : () => through!;
      const webSocket = new WebSocket(`${scheme}://${endpoint(host, port)}`, {
        ...WEBSOCKET_OPTIONS,
        followRedirects: false,
        ...(through !== undefined && { createConnection: createConnection as typeof connect }),
      });
      const abort = (): void => webSocket.terminate();
      let socket: Socket | undefined;
      signal.addEventListener('abort', abort);
      webSocket.on('upgrade', (response: IncomingMessage) => {
        socket = response.socket;
      });
      webSocket.once('error', reject);
      webSocket.once('open', () => {
        signal.removeEventListener('abort', abort);
        webSocket.off('error', reject);
        resolve(new WebSocketConnection(webSocket, socket!, through && endpoint(host, port)));
      });
    });
  }
}

async function lookUp(name: string): Promise<readonly string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
