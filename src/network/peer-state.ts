/** What the parts of the protocol keep of a peer, each its own: it lives and ends with the peer. */
import type { HeaderEntry } from '../chain/header-entry.ts';
import type { BlockHash } from '../core/block/header.ts';
import { type FeeRate, satPerKvB } from '../core/transaction/fee-rate.ts';
import type { MempoolEntry } from '../mempool/entry.ts';
import type { Timer } from '../seams.ts';
import type { PartialBlock } from './compact-block.ts';
import type { TimedAddress } from './messages/addresses.ts';
import { KNOWN_A_PEER } from './protocol.ts';
import { RecentSet } from './recent-set.ts';

export interface BlockRequest {
  readonly entry: HeaderEntry;
  /** Milliseconds of the node's time. */
  since: number;
  /** A compact block that waits for its missing transactions, or one that could not be put together. */
  partial: PartialBlock | 'failed' | undefined;
}

/** Blocks that it was asked for: block download's. */
export class PeerBlocks {
  readonly requests = new Map<BlockHash, BlockRequest>();
  /** Since it last delivered one, so many that were asked of it came from others, late. */
  keptBack = 0;
  /** When to look again whether others keep back what this peer waits for. */
  hedgeTimer: Timer | undefined;
  /** Runs while all that may be asked for waits for a block of this peer. */
  stalls: Timer | undefined;
  /** When to look whether it delivers at all. */
  watchTimer: Timer | undefined;

  get heights(): number[] {
    return Array.from(this.requests.values(), ({ entry }) => entry.height);
  }
}

/** Gossip of transactions with it: the announcer's. */
export class PeerTransactions {
  readonly queue = new Map<string, MempoolEntry>();
  /** Wtxids, or txids for peers without BIP339, that the peer has told us or we told it. */
  readonly known = new RecentSet<string>(KNOWN_A_PEER);
  timer: Timer | undefined;
  feeTimer: Timer | undefined;
  feeFilter: FeeRate = satPerKvB(0n);
  sentFeeFilter: FeeRate | undefined;
  /** It asked for all that the mempool has (BIP35). */
  wantsAll = false;
  /** It may ask for what had come to the mempool before this number: before all but what a reorganisation returned. */
  lastSequence = 1;
}

/** Gossip of addresses with it: address relay's. */
export class PeerAddresses {
  readonly known = new RecentSet<string>(KNOWN_A_PEER);
  readonly queue = new Map<string, TimedAddress>();
  timer: Timer | undefined;
  tokens = 1;
  refilledAt: number;
  answered = false;
  processed = 0;
  limited = 0;

  constructor(now: number) {
    this.refilledAt = now;
  }
}
