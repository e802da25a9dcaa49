/** A peer in memory that says what a test tells it to, keeps what it hears, and gives the blocks that it was given. */
import type { Block } from '../../src/core/block/block.ts';
import { equalBytes } from '../../src/core/encoding/bytes.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import type { DialledByHand } from '../../src/network/connections.ts';
import { decodeEnvelope, encodeEnvelope } from '../../src/network/messages/envelope.ts';
import {
  type Body,
  type Command,
  decodeBody,
  encodeBody,
  isCommand,
} from '../../src/network/messages/table.ts';
import type { Connection } from '../../src/network/transport.ts';
import { versionBody } from '../platform/network/hostile-node.ts';
import { type MemoryNode, type MemoryWorld, PORT } from './memory-node.ts';

const { magic } = REGTEST;

/** What it says of itself besides the usual. */
interface Manner {
  readonly services?: bigint;
  readonly wtxidRelay?: boolean;
  readonly relay?: boolean;
  /** False: it says its version, and no more. */
  readonly verack?: boolean;
}

export class Scripted {
  readonly heard: { readonly command: string; readonly payload: Uint8Array }[] = [];
  closed = false;
  /** Blocks that it gives to who asks. */
  readonly blocks: Block[] = [];
  readonly #connection: Connection;

  /** Dials a node, and shakes hands.  */
  static async join(
    world: MemoryWorld,
    host: string,
    node: MemoryNode,
    options: Manner = {},
  ): Promise<Scripted> {
    const target = { scheme: 'tcp', host: node.host, port: PORT } as const;
    const dialled = world.net.transport(host).dial(target, new AbortController().signal);
    const peer = new Scripted(await world.settle(dialled), options);
    await world.pass(1);
    return peer;
  }

  /** Is dialled by a node, as a peer of this kind. */
  static async answer(
    world: MemoryWorld,
    host: string,
    node: MemoryNode,
    type: DialledByHand,
    options: Manner = {},
  ): Promise<Scripted> {
    let peer: Scripted | undefined;
    const answer = (connection: Connection): void => {
      peer = new Scripted(connection, options);
    };
    await world.settle(world.net.transport(host).listen(host, PORT, answer));
    await world.settle(node.network.connections.dialAs(`${host}:${PORT}`, type));
    await world.pass(1);
    return peer!;
  }

  constructor(connection: Connection, options: Manner = {}) {
    this.#connection = connection;
    connection.start({
      message: (envelope) => {
        const message = decodeEnvelope(magic, envelope);
        this.heard.push(message);
        if (message.command === 'getdata') this.#serve(decodeBody('getdata', message.payload));
      },
      partial: () => {},
      drained: () => {},
      closed: () => {
        this.closed = true;
      },
    });
    const version = versionBody(0);
    const { services = version.services, relay = version.relay } = options;
    this.send('version', { ...version, services, relay });
    if (options.verack === false) return;
    if (options.wtxidRelay) this.send('wtxidrelay', {});
    this.send('verack', {});
    this.send('sendcmpct', { announce: false, version: 2n });
  }

  #serve({ items }: Body<'getdata'>): void {
    for (const { hash } of items) {
      const block = this.blocks.find(({ header }) => equalBytes(header.hashBytes, hash));
      if (block !== undefined) this.send('block', { block });
    }
  }

  send<C extends Command>(command: C, body: Body<C>): void {
    this.#connection.send(encodeEnvelope(magic, command, encodeBody(command, body)));
  }

  announce(block: Block): void {
    this.send('headers', { headers: [block.header] });
  }

  heardOf<C extends Command>(command: C): Body<C>[] {
    return this.heard
      .filter((message) => isCommand(message.command) && message.command === command)
      .map(({ payload }) => decodeBody(command, payload));
  }
}
