/** What the network tells others about itself: the data behind getpeerinfo and its relatives. */

import type { NetworkName } from './network-address.ts';
import type { Permission } from './permissions.ts';

export type ConnectionType =
  | 'inbound'
  | 'manual'
  | 'outbound-full-relay'
  | 'block-relay-only'
  | 'feeler'
  | 'addr-fetch';

/** Times are seconds since the epoch, 0 for never; durations are seconds; rates satoshi per 1,000 vbytes. */
export interface PeerInfo {
  readonly id: number;
  /** As dialled or as accepted: `host:port`. */
  readonly address: string;
  readonly addressBind: string;
  /** Our address as this peer reports it. */
  readonly addressLocal: string | undefined;
  readonly network: NetworkName;
  readonly services: bigint;
  readonly relayTransactions: boolean;
  readonly lastInvSequence: number;
  readonly invToSend: number;
  readonly lastSend: number;
  readonly lastReceive: number;
  readonly lastTransaction: number;
  readonly lastBlock: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly connectedAt: number;
  readonly timeOffset: number;
  readonly pingTime: number | undefined;
  readonly minimumPing: number | undefined;
  readonly pingWait: number | undefined;
  readonly version: number;
  readonly userAgent: string;
  readonly inbound: boolean;
  /** We chose this peer as a high-bandwidth compact block peer (BIP152). */
  readonly highBandwidthTo: boolean;
  /** This peer chose us. */
  readonly highBandwidthFrom: boolean;
  /** Height the peer claimed in its version message. */
  readonly startingHeight: number;
  readonly presyncedHeaders: number;
  /** Height of the last header in common, -1 if none is known. */
  readonly syncedHeaders: number;
  readonly syncedBlocks: number;
  /** Heights of the blocks asked of this peer. */
  readonly inFlight: readonly number[];
  readonly addressRelay: boolean;
  readonly addressesProcessed: number;
  readonly addressesRateLimited: number;
  readonly minimumFeeFilter: bigint;
  readonly bytesSentPerMessage: Readonly<Record<string, number>>;
  readonly bytesReceivedPerMessage: Readonly<Record<string, number>>;
  readonly connectionType: ConnectionType;
  readonly permissions: readonly Permission[];
}

export interface KnownAddress {
  /** Seconds since the epoch. */
  readonly time: number;
  readonly services: bigint;
  readonly host: string;
  readonly port: number;
  readonly network: NetworkName;
}

export interface AddressCount {
  readonly new: number;
  readonly tried: number;
}

export interface NetworkTotals {
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

export interface LocalAddress {
  readonly host: string;
  readonly port: number;
  /** How many peers reported it. */
  readonly score: number;
}
