/** What a subscription takes and tells, as JSON has it: for who writes events, and for who reads them. Types only. */
import type { RemovalReason } from '../mempool/results.ts';

export type Topic = 'chain' | 'mempool' | 'peers' | `wallet:${string}`;

/** How much is told of transactions. */
export type Detail = 'headers' | 'txids' | 'hex' | 'decoded';

/** Up to where a subscriber knows everything. Sequences of the mempool hold for one run of the node, its `boot`. */
export type Position = {
  /** The hash of its last block, or several, newest first, of which the first that the node knows counts. */
  readonly block?: string | readonly string[];
  readonly boot?: string;
  readonly mempool?: number;
} & { readonly [wallet: `wallet:${string}`]: number };

export interface BlockTold {
  readonly hash: string;
  readonly height: number;
  /** Absent of the genesis block. */
  readonly previousblockhash?: string;
  /** Seconds since 1970 */
  readonly time: number;
}

interface Common {
  /** The subscription. */
  readonly s: string;
  /** Events of the subscription are counted from 1. */
  readonly n: number;
}

/** A block joined the active chain, with those of its transactions that the filter lets through. */
interface ConnectedEvent extends Common {
  readonly topic: 'chain';
  readonly type: 'connected';
  /** `header`: 80 bytes in hex, where the detail is `headers` or `hex`. */
  readonly block: BlockTold & { readonly header?: string };
  readonly txids?: readonly string[];
  /** Hex, or objects as getblock shows them with verbosity 2. */
  readonly transactions?: readonly unknown[];
}
interface DisconnectedEvent extends Common {
  readonly topic: 'chain';
  readonly type: 'disconnected';
  readonly block: BlockTold;
}
export type ChainEvent = ConnectedEvent | DisconnectedEvent;

/** `sequence` is that of the last change which the event takes into account. */
export type MempoolEvent = Common & { readonly topic: 'mempool'; readonly sequence: number } & (
    | { readonly type: 'snapshot'; readonly txids: readonly string[] }
    | {
        readonly type: 'added';
        readonly txid: string;
        readonly vsize: number;
        readonly fee: number;
        /** With detail `hex` and `decoded`, unless it has left again meanwhile. */
        readonly hex?: string;
        readonly transaction?: unknown;
      }
    | { readonly type: 'removed'; readonly txid: string; readonly reason: RemovalReason }
    /** Instead of `removed`, where `batch` was asked for: what a block took out, 5,000 at a time. */
    | { readonly type: 'confirmed'; readonly txids: readonly string[] }
  );

/** A wallet's transaction as it stands now, new or changed. */
export interface WalletEvent extends Common {
  readonly topic: `wallet:${string}`;
  readonly type: 'transaction';
  readonly sequence: number;
  readonly txid: string;
  /** Bitcoin that the wallet has more by it, or less. */
  readonly amount: number;
  /** Negative: so many blocks ago another took its place. */
  readonly confirmations: number;
  readonly blockhash?: string;
  readonly blockheight?: number;
  readonly abandoned: boolean;
  readonly hex?: string;
  readonly transaction?: unknown;
}

export interface PeerTold {
  readonly id: number;
  readonly addr: string;
  readonly inbound: boolean;
  readonly connection_type: string;
  readonly version: number;
  readonly subver: string;
}
export type PeersEvent = Common & { readonly topic: 'peers' } & (
    | { readonly type: 'snapshot'; readonly peers: readonly PeerTold[] }
    | { readonly type: 'connected'; readonly peer: PeerTold }
    | { readonly type: 'disconnected'; readonly peer: { readonly id: number } }
  );

/** Every 15 seconds: what the subscriber has been told, by topic. */
export type HeartbeatEvent = Common & {
  readonly type: 'heartbeat';
  readonly topic?: never;
  readonly tip: { readonly hash: string; readonly height: number };
  readonly mempool?: number;
} & { readonly [wallet: `wallet:${string}`]: number };

/** The last of a subscription that cannot go on. */
interface EndedEvent extends Common {
  readonly type: 'ended';
  readonly topic?: never;
  readonly error: { readonly code: number; readonly message: string };
}

export type SubscriptionEvent =
  | ChainEvent
  | MempoolEvent
  | WalletEvent
  | PeersEvent
  | HeartbeatEvent
  | EndedEvent;
