/** The transports of a Node process: dials WebSockets and TCP as the address says, listens for both. */
import { lookup } from 'node:dns/promises';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Connection, Listener, Target, Transport } from '../../../network/transport.ts';
import { SharedListener } from './listener.ts';
import { endpoint } from './socket-bytes.ts';
import { TcpConnection } from './tcp-connection.ts';
import { WEBSOCKET_OPTIONS, WebSocketConnection } from './websocket-connection.ts';

interface NodeTransportOptions {
  /** 4 bytes in wire order. */
  readonly magic: Uint8Array;
  /** Browser origins that may connect. */
  readonly allowedOrigins?: readonly string[];
}

export class NodeTransport implements Transport {
  readonly #magic: Uint8Array;
  readonly #allowedOrigins: readonly string[];

  constructor(options: NodeTransportOptions) {
    this.#magic = options.magic;
    this.#allowedOrigins = options.allowedOrigins ?? [];
  }

  dial(target: Target, signal: AbortSignal): Promise<Connection> {
    return target.scheme === 'tcp' ? this.#dialTcp(target, signal) : this.#dialWebSocket(target, signal);
  }

  listen(host: string, port: number, onConnection: (connection: Connection) => void): Promise<Listener> {
    const options = { host, port, magic: this.#magic, allowedOrigins: this.#allowedOrigins };
    return SharedListener.open(options, onConnection);
  }

  async resolve(name: string): Promise<readonly string[]> {
    try {
      return (await lookup(name, { all: true })).map(({ address }) => address);
    } catch {
      return [];
    }
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

  #dialWebSocket({ scheme, host, port }: Target, signal: AbortSignal): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const webSocket = new WebSocket(`${scheme}://${endpoint(host, port)}`, {
        ...WEBSOCKET_OPTIONS,
        followRedirects: false,
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
        resolve(new WebSocketConnection(webSocket, socket!));
      });
    });
  }
}
