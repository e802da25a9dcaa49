/** What the network is opened with. Types and defaults only. */
import type { Door, SubnetGrant } from './permissions.ts';
import type { Reach } from './reach.ts';

export interface NetworkOptions {
  /** `host:port` to bind, port 0 for a free one; empty does not listen. */
  readonly bind: readonly string[];
  /** Addresses to bind besides, and what is granted to whom they let in (Core's -whitebind). */
  readonly whitebind?: readonly Door[];
  /** What is granted to whom (Core's -whitelist). */
  readonly whitelist?: readonly SubnetGrant[];
  /** Dial only these (Core's -connect); undefined finds peers by itself. */
  readonly connect?: readonly string[];
  /** Keep connections to these (Core's -addnode). `host[:port]`, with or without ws://, wss://, tcp://. */
  readonly addNodes: readonly string[];
  /** Addresses to learn others from (-seednode, --seed), besides the network file's. */
  readonly seeds?: readonly string[];
  /** Addresses to advertise (Core's -externalip): `host[:port]`. */
  readonly externalAddresses?: readonly string[];
  /** Core's -maxconnections; 125 by default. */
  readonly maximumConnections?: number;
  /** How many of those who dial us may want transactions (Core's -inboundrelaypercent). */
  readonly inboundRelayPercent?: number;
  /** Bytes a day, after which old blocks are not served (Core's -maxuploadtarget); 0, the default, is any number. */
  readonly maximumUpload?: number;
  /** Through whom others are reached, and who; the transport dials by it. Directly and all by default. */
  readonly reach?: Reach;
  /** Relay no transactions of others (Core's -blocksonly). */
  readonly blocksOnly?: boolean;
  /** The chain is pruned: do not offer NODE_NETWORK. */
  readonly pruned?: boolean;
  /** `/Penny:0.1.0/` with comments as BIP14 has them. */
  readonly userAgent: string;
  /** Default seconds of a ban (Core's -bantime). */
  readonly banTime?: number;
  /** Milliseconds from its connection on in which a peer is not judged for being silent. */
  readonly peerTimeout?: number;
  /** Resolve the network file's DNS seeds (Core's -dnsseed); true by default. */
  readonly dnsSeed?: boolean;
}

export const DEFAULT_PEER_TIMEOUT = 60_000;
export const DEFAULT_MAXIMUM_CONNECTIONS = 125;
export const DEFAULT_INBOUND_RELAY_PERCENT = 50;
