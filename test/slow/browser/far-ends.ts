/** The other ends of a browser's connections: real ones of this process, whose owner in the page is told of everything. */
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { REGTEST } from '../../../src/core/parameters/presets.ts';
import { MAXIMUM_MESSAGE } from '../../../src/network/transport.ts';
import { NodeTransport } from '../../../src/platform/node/network/node-transport.ts';
import { FarWord } from './in-page/harness-interface.ts';

/** For each connection that comes, a listener is made, and the one that it lets in belongs to it. */
export class FarEnds {
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
  }

  static async open(origin: string): Promise<FarEnds> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
    const transport = new NodeTransport({ magic: REGTEST.magic, allowedOrigins: [origin] });
    server.on('connection', (owner) => void serve(owner, transport));
    await new Promise((resolve) => server.once('listening', resolve));
    return new FarEnds(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const owner of this.#server.clients) owner.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function serve(owner: WebSocket, transport: NodeTransport): Promise<void> {
  const tell = (word: FarWord, bytes: Uint8Array = Buffer.alloc(0)): void =>
    owner.send(Buffer.concat([Buffer.of(word), bytes]));
  const listener = await transport.listen('127.0.0.1', 0, (connection) => {
    connection.setMaximumMessage(MAXIMUM_MESSAGE);
    owner.on('message', (data: Buffer) => {
      if (data[0] === FarWord.message) connection.send(data.subarray(1));
      else connection.close();
    });
    tell(FarWord.opened);
    connection.start({
      message: (envelope) => tell(FarWord.message, envelope),
      partial: () => {},
      drained: () => {},
      closed: () => tell(FarWord.closed),
    });
  });
  owner.on('close', () => void listener.close());
  tell(FarWord.listening, Buffer.from(listener.address));
}
