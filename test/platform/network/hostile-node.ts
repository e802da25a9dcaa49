/** A real node on real sockets, and peers that behave as badly as a test wants. */
import { connect, type Socket } from 'node:net';
import { Chain } from '../../../src/chain/chain.ts';
import type { Block } from '../../../src/core/block/block.ts';
import { REGTEST } from '../../../src/core/parameters/presets.ts';
import { nobleEngine } from '../../../src/core/script/noble-engine.ts';
import { Mempool } from '../../../src/mempool/mempool.ts';
import type { NetworkDependencies } from '../../../src/network/context.ts';
import { decodeEnvelope, EnvelopeSplitter, encodeEnvelope } from '../../../src/network/messages/envelope.ts';
import {
  type Body,
  type Command,
  decodeBody,
  encodeBody,
  isCommand,
} from '../../../src/network/messages/table.ts';
import { Network } from '../../../src/network/network.ts';
import type { NetworkOptions } from '../../../src/network/options.ts';
import { InlineScriptVerifier } from '../../../src/platform/memory/inline-script-verifier.ts';
import { MemoryStorage } from '../../../src/platform/memory/memory-storage.ts';
import { SystemClock } from '../../../src/platform/node/clock.ts';
import { NodeTransport } from '../../../src/platform/node/network/node-transport.ts';
import { systemRandom } from '../../../src/platform/node/random.ts';
import { silentLogger } from '../../support/memory-chain.ts';

export const { magic } = REGTEST;

export interface SocketNode {
  readonly chain: Chain;
  readonly mempool: Mempool;
  readonly network: Network;
  readonly port: number;
  stop(): Promise<void>;
}

export async function startSocketNode(
  blocks: readonly Block[] = [],
  options: Partial<NetworkOptions> = {},
  parts: Partial<Pick<NetworkDependencies, 'random' | 'filters'>> = {},
  allowedOrigins: readonly string[] = [],
): Promise<SocketNode> {
  const clock = new SystemClock();
  const storage = new MemoryStorage();
  const scriptVerifier = new InlineScriptVerifier(nobleEngine, clock);
  const common = {
    parameters: REGTEST,
    clock,
    random: systemRandom,
    storage,
    logger: silentLogger,
    scriptVerifier,
    ...parts,
  };
  const chain = await Chain.open({ maxTipAge: 0 }, common);
  for (const block of blocks) await chain.acceptBlock(block, { requested: true });
  const mempool = new Mempool({}, chain, common);
  const network = new Network(
    { bind: ['127.0.0.1:0'], addNodes: [], connect: [], userAgent: '/Penny:test/', ...options },
    { ...common, chain, mempool, transport: new NodeTransport({ magic, allowedOrigins }) },
  );
  await network.start();
  const port = Number(network.boundAddresses[0]!.split(':')[1]);
  return {
    chain,
    mempool,
    network,
    port,
    async stop() {
      await network.stop();
      await chain.close();
    },
  };
}

/** Milliseconds after which what has not happened will not: most is there in a few. */
const PATIENCE = 30_000;

/** Until it holds; at most so many milliseconds. */
export async function eventually(condition: () => boolean, milliseconds = PATIENCE): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    if (condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return condition();
}

/** A peer on a raw TCP socket that says what it is told to, and keeps what it hears. */
export class RawPeer {
  readonly socket: Socket;
  readonly heard: { readonly command: string; readonly payload: Uint8Array }[] = [];
  closed = false;
  /** Called for each message heard. */
  onMessage: (command: string, payload: Uint8Array) => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    const splitter = new EnvelopeSplitter(magic, 5_000_000);
    socket.on('data', (chunk) =>
      splitter.push(new Uint8Array(chunk), (envelope) => {
        const message = decodeEnvelope(magic, envelope);
        this.heard.push(message);
        this.onMessage(message.command, message.payload);
      }),
    );
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('error', () => {});
  }

  static async dial(port: number): Promise<RawPeer> {
    const socket = connect({ host: '127.0.0.1', port });
    const peer = new RawPeer(socket);
    await new Promise((resolve) => socket.once('connect', resolve));
    return peer;
  }

  /** Dials and shakes hands. */
  static async join(port: number, options: { readonly height?: number } = {}): Promise<RawPeer> {
    const peer = await RawPeer.dial(port);
    peer.send('version', versionBody(options.height ?? 0));
    await peer.hears('version');
    peer.send('wtxidrelay', {});
    peer.send('sendaddrv2', {});
    peer.send('verack', {});
    await peer.hears('verack');
    return peer;
  }

  send<C extends Command>(command: C, body: Body<C>): void {
    this.sendRaw(encodeEnvelope(magic, command, encodeBody(command, body)));
  }

  sendRaw(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  async hears(command: string, milliseconds = PATIENCE): Promise<Uint8Array> {
    const find = () => this.heard.find((message) => message.command === command);
    if (!(await eventually(() => find() !== undefined, milliseconds))) throw new Error(`no ${command} came`);
    return find()!.payload;
  }

  count(command: string): number {
    return this.heard.filter((message) => message.command === command).length;
  }

  /** A ping is answered: the node is alive to this peer. */
  async isServed(milliseconds = PATIENCE): Promise<boolean> {
    const before = this.count('pong');
    this.send('ping', { nonce: 1n });
    return eventually(() => this.count('pong') > before, milliseconds);
  }

  /** Serves these blocks to whoever asks for headers or blocks. */
  serve(blocks: readonly Block[]): void {
    this.onMessage = (command, payload) => {
      if (!isCommand(command)) return;
      if (command === 'getheaders')
        this.send('headers', { headers: blocks.slice(0, 2_000).map((block) => block.header) });
      if (command !== 'getdata') return;
      for (const { hash } of decodeBody('getdata', payload).items) {
        const block = blocks.find(({ header }) => Buffer.from(header.hashBytes).equals(hash));
        if (block !== undefined) this.send('block', { block });
      }
    };
  }

  end(): void {
    this.socket.destroy();
  }
}

export function versionBody(height: number, nonce = 1n): Body<'version'> {
  const nowhere = { services: 0n, ip: new Uint8Array(16), port: 0 };
  return {
    version: 70_016,
    services: 1_033n,
    time: BigInt(Math.floor(Date.now() / 1000)),
    receiver: nowhere,
    sender: nowhere,
    nonce,
    userAgent: '/hostile/',
    startHeight: height,
    relay: true,
  };
}
