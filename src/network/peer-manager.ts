/**
 * Puts the parts of the protocol together for every peer: which of them hears of a new peer, which answers
 * to a message, and what is shown of it. Owns no part's work and no connection.
 */
import type { Chain } from '../chain/chain.ts';
import type { HeaderEntry } from '../chain/header-entry.ts';
import { type BlockHash, BlockHeader, HEADER_SIZE } from '../core/block/header.ts';
import { toDisplayHex } from '../core/encoding/bytes.ts';
import { Reader } from '../core/encoding/reader.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { Mempool } from '../mempool/mempool.ts';
import type { Clock, Logger, Random } from '../seams.ts';
import type { AddressManager } from './address-manager.ts';
import { AddressRelay } from './address-relay.ts';
import { BlockDownload } from './block-download.ts';
import { BlockRelay } from './block-relay.ts';
import type { Connections } from './connections.ts';
import type { Handlers, NetworkContext } from './context.ts';
import { FilterServing, type FilterSource } from './filter-serving.ts';
import { Handshake } from './handshake.ts';
import { HeaderSync } from './header-sync.ts';
import { LocalAddresses } from './local-addresses.ts';
import {
  type InventoryItem,
  InventoryType,
  readInventory,
  withoutWitnessFlag,
} from './messages/inventory.ts';
import { type Command, decodeBody, type Message } from './messages/table.ts';
import { networkName } from './network-address.ts';
import type { Peer } from './peer.ts';
import { PeerChains } from './peer-chain.ts';
import type { PeerInfo } from './peer-info.ts';
import { Serving } from './serving.ts';
import { TransactionAnnouncer } from './transaction-announcer.ts';
import { TransactionFetcher } from './transaction-fetcher.ts';
import type { UploadTarget } from './upload-target.ts';

export interface PeerManagerOptions {
  readonly services: bigint;
  readonly userAgent: string;
  readonly blocksOnly: boolean;
  readonly pruned: boolean;
}

export interface PeerManagerDependencies {
  readonly parameters: NetworkParameters;
  readonly chain: Chain;
  readonly mempool: Mempool;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly filters: FilterSource | undefined;
  readonly connections: Connections;
  readonly addresses: AddressManager;
  readonly local: LocalAddresses;
  readonly upload: UploadTarget;
  readonly addressesLearned: () => void;
  /** A handshake is done. */
  readonly ready: () => void;
}

export class PeerManager {
  readonly #dependencies: PeerManagerDependencies;
  readonly #handshake: Handshake;
  readonly #chains = new PeerChains();
  readonly #headers: HeaderSync;
  readonly #download: BlockDownload;
  readonly #blocks: BlockRelay;
  readonly #announcer: TransactionAnnouncer;
  readonly #fetcher: TransactionFetcher;
  readonly #addressRelay: AddressRelay;
  readonly #serving: Serving;
  readonly #handlers: Handlers;

  constructor(options: PeerManagerOptions, dependencies: PeerManagerDependencies) {
    this.#dependencies = dependencies;
    const { addresses, chain, clock, connections, filters, local, upload } = dependencies;
    const { services, userAgent, blocksOnly, pruned } = options;
    this.#handshake = new Handshake(
      { services, userAgent, relay: !blocksOnly },
      {
        clock,
        height: () => chain.height,
        isOwnNonce: (nonce) => connections.isOwnNonce(nonce),
        ready: (peer) => this.#ready(peer),
      },
    );
    const context: NetworkContext = {
      ...dependencies,
      readyPeers: () => connections.ready(),
      punish: (peer, reason) => connections.punish(peer, reason),
    };
    const chains = this.#chains;
    this.#download = new BlockDownload(context, chains);
    this.#headers = new HeaderSync(context, chains, (peer, last) => this.#blocks.headersAccepted(peer, last));
    this.#announcer = new TransactionAnnouncer(context, { blocksOnly });
    this.#fetcher = new TransactionFetcher(context, this.#announcer);
    this.#blocks = new BlockRelay(context, {
      chains,
      download: this.#download,
      headers: this.#headers,
      extra: () => this.#fetcher.extra(),
      blocksOnly,
    });
    this.#addressRelay = new AddressRelay(context, addresses, {
      own: (peer) => local.advertised(peer, services, clock.seconds()),
      learned: dependencies.addressesLearned,
    });
    this.#serving = new Serving(context, { chains, announcer: this.#announcer, upload, pruned });
    chain.rewound.subscribe(() => this.#rewind());
    const noBloom = (peer: Peer): void => peer.close('bloom filters are not served');
    this.#handlers = {
      ping: (peer, body) => {
        if (body.nonce !== undefined) peer.send('pong', body);
      },
      pong: (peer, body) => peer.receivePong(body.nonce),
      feefilter: (peer, body) => this.#announcer.setFeeFilter(peer, body.feeRate),
      tx: (peer, body) => this.#fetcher.receive(peer, body.transaction),
      filterload: noBloom,
      filteradd: noBloom,
      filterclear: noBloom,
      ...this.#headers.handlers,
      ...this.#blocks.handlers,
      ...this.#addressRelay.handlers,
      ...this.#serving.handlers,
      ...new FilterServing(context, filters).handlers,
    };
  }

  start(): void {
    this.#announcer.start();
  }

  timeMoved(milliseconds: number): void {
    this.#download.timeMoved(milliseconds);
  }

  /** The chain was taken back to what it was: blocks and transactions that came since are news again. */
  #rewind(): void {
    const { chain, connections } = this.#dependencies;
    const peers = [...connections.ready()];
    for (const peer of peers) this.#chains.of(peer).rewind(chain);
    for (const peer of peers) {
      this.#download.remove(peer);
      this.#download.add(peer);
    }
    this.#announcer.rewind();
    this.#fetcher.rewind();
  }

  /** Every ten minutes: do our outbound peers keep up? */
  review(): void {
    this.#headers.review();
  }

  stop(): void {
    this.#announcer.stop();
    this.#fetcher.stop();
  }

  /** A connection stands. */
  opened(peer: Peer): void {
    this.#handshake.begin(peer);
  }

  /** Whether a message is worth decoding: what nobody asked for may cost many times its bytes. */
  #wants(peer: Peer, command: Command, payload: Uint8Array): boolean {
    if (command === 'tx') return this.#fetcher.isWorthDecoding(peer, payload.length);
    if (command === 'block' && payload.length >= HEADER_SIZE)
      return this.#wantsBlock(peer, BlockHeader.read(new Reader(payload)));
    if (command === 'blocktxn' && payload.length >= 32)
      return (
        this.#download.request(peer, toDisplayHex(payload.subarray(0, 32)) as BlockHash)?.partial !==
        undefined
      );
    return true;
  }

  /** One that leads nowhere nobody sends unasked. */
  #wantsBlock(peer: Peer, header: BlockHeader): boolean {
    if (this.#dependencies.chain.entry(header.prev) !== undefined) return this.#download.wants(header);
    this.#dependencies.connections.punish(peer, 'AcceptBlock FAILED (prev-blk-not-found)');
    return false;
  }

  /** @throws DecodeError */
  receive(peer: Peer, command: Command, payload: Uint8Array): Promise<void> | void {
    if (!peer.ready)
      return this.#handshake.receive(peer, { command, body: decodeBody(command, payload) } as Message);
    if (command === 'inv') return this.#receiveInventory(peer, readInventory(payload));
    if (command === 'notfound') return this.#receiveNotFound(peer, readInventory(payload));
    if (command === 'getdata') return this.#serving.sendData(peer, readInventory(payload));
    if (!this.#wants(peer, command, payload)) return;
    const handler = this.#handlers[command] as
      | ((peer: Peer, body: Message['body']) => Promise<void> | void)
      | undefined;
    const body = decodeBody(command, payload);
    return handler?.(peer, body);
  }

  closed(peer: Peer): void {
    this.#blocks.remove(peer);
    this.#announcer.remove(peer);
    this.#fetcher.remove(peer);
    this.#addressRelay.remove(peer);
    this.#headers.remove(peer);
    this.#download.remove(peer);
  }

  #ready(peer: Peer): void {
    const { addresses, clock, local, logger } = this.#dependencies;
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
    if (peer.type === 'feeler') {
      peer.close('feeler done');
      return;
    }
    local.learn(peer);
    this.#blocks.add(peer);
    this.#download.add(peer);
    this.#announcer.add(peer);
    this.#addressRelay.add(peer);
    this.#headers.add(peer);
    this.#dependencies.ready();
  }

  #receiveInventory(peer: Peer, items: Iterable<InventoryItem>): void {
    let block: InventoryItem | undefined;
    for (const item of items) {
      if (peer.closed) return;
      if (item.type === InventoryType.BLOCK) block = item;
      else if (item.type === InventoryType.TX || item.type === InventoryType.WTX)
        this.#fetcher.announced(peer, item);
    }
    // The last of several is the tip; its headers bring the others.
    if (block !== undefined) this.#headers.announced(peer, toDisplayHex(block.hash) as BlockHash);
    this.#download.fill(peer);
  }

  #receiveNotFound(peer: Peer, items: Iterable<InventoryItem>): void {
    for (const item of items) {
      if (withoutWitnessFlag(item.type) === InventoryType.BLOCK)
        this.#download.notFound(peer, toDisplayHex(item.hash) as BlockHash);
      else this.#fetcher.notFound(peer, item);
    }
  }

  /** Asks one peer for a block (getblockfrompeer). @throws Error with Core's text */
  requestBlock(entry: HeaderEntry, peer: Peer | undefined): void {
    if (peer === undefined || !peer.ready) throw new Error('Peer does not exist');
    if (!peer.servesWitnesses) throw new Error('Pre-SegWit peer');
    if (this.#download.request(peer, entry.hash) !== undefined)
      throw new Error('Already requested from this peer');
    this.#download.ask(peer, [entry]);
  }

  orphans(): ReturnType<TransactionFetcher['orphans']> {
    return this.#fetcher.orphans();
  }

  describe(peer: Peer): PeerInfo {
    const chain = this.#chains.of(peer);
    const counts = this.#addressRelay.counts(peer);
    const seconds = (milliseconds: number | undefined): number | undefined =>
      milliseconds === undefined ? undefined : milliseconds / 1000;
    return {
      id: peer.id,
      address: peer.address,
      addressBind: peer.connection.local,
      addressLocal: LocalAddresses.reportedBy(peer),
      network: networkName(peer.networkAddress),
      services: peer.services,
      relayTransactions: (peer.version?.relay ?? false) && TransactionAnnouncer.relaysTo(peer),
      lastInvSequence: this.#announcer.lastSequence(peer),
      invToSend: this.#announcer.queued(peer),
      lastSend: peer.lastSend,
      lastReceive: peer.lastReceive,
      lastTransaction: peer.lastTransaction,
      lastBlock: peer.lastBlock,
      bytesSent: peer.bytesSent,
      bytesReceived: peer.bytesReceived,
      connectedAt: peer.connectedAt,
      timeOffset: peer.timeOffset,
      pingTime: seconds(peer.pingTime),
      minimumPing: seconds(peer.minimumPing),
      pingWait: seconds(peer.pingWait),
      version: peer.version?.version ?? 0,
      userAgent: peer.version?.userAgent ?? '',
      inbound: peer.inbound,
      highBandwidthTo: chain.highBandwidthTo,
      highBandwidthFrom: chain.highBandwidthFrom,
      startingHeight: peer.version?.startHeight ?? -1,
      presyncedHeaders: chain.presync?.height ?? -1,
      syncedHeaders: chain.best?.height ?? -1,
      syncedBlocks: chain.common?.height ?? -1,
      inFlight: this.#download.heights(peer),
      addressRelay: counts !== undefined,
      addressesProcessed: counts?.processed ?? 0,
      addressesRateLimited: counts?.limited ?? 0,
      minimumFeeFilter: this.#announcer.feeFilter(peer),
      bytesSentPerMessage: Object.fromEntries(peer.sent),
      bytesReceivedPerMessage: Object.fromEntries(peer.received),
      connectionType: peer.type,
      permissions: [...peer.permissions],
    };
  }
}
