/** What every part of the network works with, and what a part is. */
import type { Chain } from '../chain/chain.ts';
import type { HeaderEntry } from '../chain/header-entry.ts';
import type { Storage } from '../chain/storage.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { Mempool } from '../mempool/mempool.ts';
import type { Seams } from '../seams.ts';
import type { AddressManager } from './address-manager.ts';
import type { BanList } from './ban-list.ts';
import type { LocalAddresses } from './local-addresses.ts';
import type { Body, Command } from './messages/table.ts';
import type { NetworkOptions } from './options.ts';
import type { Peer } from './peer.ts';
import type { Transport } from './transport.ts';

/** What the filter index offers; undefined where it has not reached the block yet. */
export interface FilterSource {
  /** The BIP158 basic filter with its leading element count. */
  filter(entry: HeaderEntry): Promise<Uint8Array | undefined>;
  /** 32 bytes, internal order. */
  filterHeader(entry: HeaderEntry): Promise<Uint8Array | undefined>;
}

/** What the node gives. */
export interface NetworkDependencies extends Seams {
  readonly chain: Chain;
  readonly mempool: Mempool;
  readonly transport: Transport;
  readonly storage: Storage;
  /** Where BIP157 filters come from; undefined does not serve them (Core's -peerblockfilters). */
  readonly filters?: FilterSource | undefined;
}

export interface NetworkContext extends NetworkDependencies {
  readonly options: NetworkOptions;
  readonly parameters: NetworkParameters;
  /** NODE_* bits we offer now. */
  services(): bigint;
  readonly addresses: AddressManager;
  readonly bans: BanList;
  readonly local: LocalAddresses;
  readonly peers: Peers;
}

/** With whom we are connected. */
export interface Peers {
  all(): Iterable<Peer>;
  /** Those whose handshake is done, oldest first. */
  ready(): Iterable<Peer>;
  /** It broke the protocol or its data broke a rule: disconnect and discourage it. */
  punish(peer: Peer, reason: string): void;
  /** Of strangers that want transactions there is a share: for one more another goes. False if none can. */
  hasRoomForRelay(peer: Peer): boolean;
  /** A peer that we are dialling carries this nonce: we dialled ourselves. */
  isOwnNonce(nonce: bigint): boolean;
}

/** One part of the protocol, or of finding those who speak it. */
export interface Part {
  readonly handlers?: Handlers;
  readonly screens?: Screens;
  start?(): void;
  stop?(): void;
  /** The handshake is done. */
  opened?(peer: Peer): void;
  /** A peer whose handshake was done, or not, is gone. */
  closed?(peer: Peer): void;
  /** Every ten minutes. */
  review?(): void;
}

/** How a part answers to messages: one function a command. @throws DecodeError */
export type Handlers = {
  readonly [C in Command]?: (peer: Peer, body: Body<C>) => Promise<void> | void;
};

/** Whether a message is worth decoding: what nobody asked for may cost many times its bytes. @throws DecodeError */
export type Screens = { readonly [C in Command]?: (peer: Peer, payload: Uint8Array) => boolean };
