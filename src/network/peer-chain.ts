/** What we know of a peer's chain: shared by header sync, block download, block relay and serving. */
import type { Chain } from '../chain/chain.ts';
import { forkOf, type HeaderEntry } from '../chain/header-entry.ts';
import type { BlockHash } from '../core/block/header.ts';
import type { Timer } from '../seams.ts';
import type { HeadersPresync } from './headers-presync.ts';

export class PeerChain {
  /** The block with the most work that the peer has told us of. */
  best: HeaderEntry | undefined;
  /** The last block it announced whose header we do not have yet. */
  unknown: BlockHash | undefined;
  /** The last block that it and we both have. */
  common: HeaderEntry | undefined;
  /** The best header that we sent it. */
  announced: HeaderEntry | undefined;
  /** The last block of a full answer to its getblocks. */
  continuation: HeaderEntry | undefined;
  /** Monotonic time of the getheaders that was not answered yet. */
  headersAsked: number | undefined;
  /** It is asked for headers by ourselves. */
  headersStarted = false;
  /** When the bulk of them was asked of it, in milliseconds of the node's time. */
  bulkSince: number | undefined;
  /** If not: it was, because it told of a block. */
  askedForInventory = false;
  presync: HeadersPresync | undefined;
  /** Runs while headers that it sent are too new for our clock. */
  tooNew: Timer | undefined;
  /** Our tip when the peer was first seen to have less work. */
  behind: HeaderEntry | undefined;
  /** It was asked once more since. */
  warned = false;
  /** BIP152: it accepts compact blocks; it wants them unasked; we want them unasked from it. */
  compactBlocks = false;
  highBandwidthFrom = false;
  highBandwidthTo = false;

  /** The peer has this block, and so all before it. */
  has(entry: HeaderEntry): boolean {
    return [this.best, this.announced].some((top) => top?.descendsFrom(entry));
  }

  learn(entry: HeaderEntry): void {
    if (this.best === undefined || entry.chainWork >= this.best.chainWork) this.best = entry;
  }

  /** Entries were forgotten: what is left of what is known. */
  rewind(chain: Chain): void {
    const left = (entry: HeaderEntry | undefined): HeaderEntry | undefined => {
      let at = entry;
      while (at !== undefined && chain.entry(at.hash) !== at) at = at.parent ?? undefined;
      return at;
    };
    this.best = left(this.best);
    this.announced = left(this.announced);
    this.common = undefined;
    this.continuation = undefined;
    this.unknown = undefined;
    this.presync = undefined;
    this.behind = undefined;
  }

  /** A block announced before its header was known may be known by now. */
  resolve(chain: Chain): void {
    const entry = this.unknown === undefined ? undefined : chain.entry(this.unknown);
    if (entry === undefined) return;
    this.unknown = undefined;
    this.learn(entry);
  }

  /** The last block in common with the chain of `tip`. Needs `best`. */
  commonWith(tip: HeaderEntry): HeaderEntry {
    this.common = forkOf(this.common ?? tip, this.best!);
    return this.common;
  }
}
