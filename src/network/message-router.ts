/** Which part of the protocol hears of a peer, and which answers to a message. Owns no part's work. */
import type { BlockHash } from '../core/block/header.ts';
import { toDisplayHex } from '../core/encoding/bytes.ts';
import type { BlockDownload } from './block-download.ts';
import type { Handlers, NetworkContext, Part, Screens } from './context.ts';
import { Handshake } from './handshake.ts';
import type { HeaderSync } from './header-sync.ts';
import {
  type InventoryItem,
  InventoryType,
  isTransaction,
  readInventory,
  withoutWitnessFlag,
} from './messages/inventory.ts';
import { type Command, decodeBody, type Message } from './messages/table.ts';
import type { Peer } from './peer.ts';
import type { Serving } from './serving.ts';
import type { TransactionFetcher } from './transaction-fetcher.ts';

/** Whose are the messages that have no body of their own, but a list to be read item by item. */
interface InventoryParts {
  readonly headers: HeaderSync;
  readonly download: BlockDownload;
  readonly fetcher: TransactionFetcher;
  readonly serving: Serving;
}

/** Such are answered by the handshake, even if they come after it. */
const HANDSHAKE: ReadonlySet<Command> = new Set(['version', 'verack', 'wtxidrelay', 'sendaddrv2']);

export class MessageRouter {
  readonly #context: NetworkContext;
  readonly #handshake: Handshake;
  readonly #parts: readonly Part[];
  readonly #inventory: InventoryParts;
  readonly #handlers: Handlers;
  readonly #screens: Screens;

  /** @param parts all of them, in the order in which they hear of a peer */
  constructor(context: NetworkContext, parts: readonly Part[], inventory: InventoryParts) {
    this.#context = context;
    this.#handshake = new Handshake(context);
    this.#parts = parts;
    this.#inventory = inventory;
    const pings: Handlers = {
      ping: async (peer, body) => {
        if (body.nonce === undefined) return;
        // Who reads one message after the other answers when the blocks before are judged, and peers rely on it.
        if (!context.chain.isInitialBlockDownload) await context.chain.settled();
        peer.send('pong', body);
      },
      pong: (peer, body) => peer.receivePong(body.nonce),
    };
    this.#handlers = Object.assign({}, pings, ...parts.map(({ handlers }) => handlers));
    this.#screens = Object.assign({}, ...parts.map(({ screens }) => screens));
  }

  /** A connection stands. */
  opened(peer: Peer): void {
    this.#handshake.begin(peer);
  }

  closed(peer: Peer): void {
    if (peer.ready && !peer.inbound && peer.networkAddress !== undefined)
      this.#context.addresses.seen(peer.networkAddress);
    for (const part of this.#parts) part.closed?.(peer);
  }

  /** @throws DecodeError */
  receive(peer: Peer, command: Command, payload: Uint8Array): Promise<void> | void {
    const { ready } = peer;
    if (!ready || HANDSHAKE.has(command)) {
      this.#handshake.receive(peer, { command, body: decodeBody(command, payload) } as Message);
      // That a feeler has a version says that it is there, and that is all we wanted to know.
      const isDone = peer.ready || (peer.type === 'feeler' && peer.version !== undefined);
      if (!ready && isDone && !peer.closed) this.#ready(peer);
      return;
    }
    if (command === 'inv') return this.#receiveInventory(peer, readInventory(payload));
    if (command === 'notfound') return this.#receiveNotFound(peer, readInventory(payload));
    if (command === 'getdata') return this.#inventory.serving.sendData(peer, readInventory(payload));
    if (this.#screens[command]?.(peer, payload) === false) return;
    const handler = this.#handlers[command] as
      | ((peer: Peer, body: Message['body']) => Promise<void> | void)
      | undefined;
    const body = decodeBody(command, payload);
    return handler?.(peer, body);
  }

  #ready(peer: Peer): void {
    const { addresses, clock, logger } = this.#context;
    const { userAgent, startHeight } = peer.version!;
    logger.log('info', 'net', `peer ${peer.id} connected`, {
      address: peer.address,
      type: peer.type,
      userAgent,
      height: startHeight,
    });
    const address = peer.networkAddress;
    if (address !== undefined && !peer.inbound) {
      // A node added by hand is one that others may hear of, too.
      addresses.add({ time: clock.seconds(), services: peer.services, address }, address);
      addresses.setServices(address, peer.services);
      addresses.good(address);
    }
    if (peer.type === 'feeler') peer.close('feeler connection completed');
    else for (const part of this.#parts) part.opened?.(peer);
  }

  #receiveInventory(peer: Peer, items: Iterable<InventoryItem>): void {
    const { download, fetcher, headers } = this.#inventory;
    const seen = new Set<string>();
    let block: InventoryItem | undefined;
    for (const item of items) {
      if (peer.closed) return;
      if (item.type === InventoryType.BLOCK) block = item;
      else if (isTransaction(item)) fetcher.announced(peer, item, seen);
    }
    // The last of several is the tip; its headers bring the others.
    if (block !== undefined) headers.announced(peer, toDisplayHex(block.hash) as BlockHash);
    download.fill(peer);
  }

  #receiveNotFound(peer: Peer, items: Iterable<InventoryItem>): void {
    const { download, fetcher } = this.#inventory;
    for (const item of items) {
      if (withoutWitnessFlag(item.type) === InventoryType.BLOCK)
        download.notFound(peer, toDisplayHex(item.hash) as BlockHash);
      else fetcher.notFound(peer, item);
    }
  }
}
