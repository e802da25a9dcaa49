/**
 * Keeps a wallet at the chain's tip: block by block as events come, and by reading blocks where it is
 * behind. Owns where the wallet is; what a block means is the wallet's business.
 */

import type { Block } from '../core/block/block.ts';
import type { BlockHash } from '../core/block/header.ts';
import { TIMESTAMP_WINDOW } from '../core/consensus/limits.ts';
import type { Clock } from '../seams.ts';
import type { BlockPlace, ChainListener, ChainSource } from './chain-source.ts';
import { WalletError } from './wallet-error.ts';

interface FollowedBlock {
  readonly hash: BlockHash;
  readonly height: number;
}

export interface Follower {
  connect(block: Block, place: BlockPlace): void;
  /** These blocks are no longer in the chain: all above this height. */
  disconnectAbove(height: number): void;
  /** The position changed. */
  moved(): void;
}

/** Blocks of which every hash is kept, to find the fork of a reorganisation; below, one in a thousand. */
const TRAIL = 100;
/** Blocks read before others get their turn. */
const BLOCKS_PER_TURN = 16;

interface ScanProgress {
  /** Seconds. */
  readonly startedAt: number;
  readonly progress: number;
}

/** Before the first block. */
const NOWHERE: FollowedBlock = Object.freeze({ hash: '' as BlockHash, height: -1 });

export class ChainFollower {
  readonly #chain: ChainSource;
  readonly #clock: Clock;
  readonly #follower: Follower;
  /** Blocks processed, oldest first; the last is where the wallet is. */
  #trail: FollowedBlock[];
  #scan: { startedAt: number; progress: number; aborted: boolean } | null = null;

  constructor(chain: ChainSource, clock: Clock, follower: Follower, trail: readonly FollowedBlock[]) {
    this.#chain = chain;
    this.#clock = clock;
    this.#follower = follower;
    this.#trail = [...trail];
  }

  get last(): FollowedBlock {
    return this.#trail.at(-1) ?? NOWHERE;
  }

  /** Newest first. */
  get locator(): readonly FollowedBlock[] {
    return [...this.#trail].reverse();
  }

  /** The wallet is what it was when it had come this far. */
  rewind(locator: readonly FollowedBlock[]): void {
    this.#trail = [...locator].reverse();
  }

  /** Seconds and share of a scan that is going on. */
  get scanning(): ScanProgress | null {
    return this.#scan;
  }

  abortScan(): boolean {
    if (this.#scan === null) return false;
    this.#scan.aborted = true;
    return true;
  }

  /** For the chain's events; what does not join on to the wallet's position is left to `catchUp`. */
  readonly listener: Pick<ChainListener, 'blockConnected' | 'blockDisconnected'> = {
    blockConnected: (block, place) => {
      if (block.header.prev === this.last.hash) this.#advance(block, place);
    },
    blockDisconnected: ({ header }, { hash, height }) => {
      if (hash === this.last.hash) this.#stepBack({ hash: header.prev, height: height - 1 });
    },
  };

  /** To the block before, even if the trail begins later: everything up to there was processed. */
  #stepBack(before: FollowedBlock): void {
    this.#trail.pop();
    if (this.last.hash !== before.hash) this.#trail.push(before);
    this.#follower.disconnectAbove(before.height);
    this.#follower.moved();
  }

  #advance(block: Block | null, place: FollowedBlock & BlockPlace): void {
    if (block !== null) this.#follower.connect(block, place);
    this.#trail.push({ hash: place.hash, height: place.height });
    if (this.#trail.length > 2 * TRAIL)
      this.#trail = this.#trail.filter(({ height }) => place.height - height < TRAIL || height % 1000 === 0);
    this.#follower.moved();
  }

  /** Back to the last block that is still in the chain. */
  #rewind(): void {
    const before = this.last;
    const active = this.#trail.findLastIndex(({ hash }) => this.#chain.placeOf(hash) !== undefined);
    this.#trail.length = active + 1;
    if (this.last.hash === before.hash) return;
    this.#follower.disconnectAbove(this.last.height);
    this.#follower.moved();
  }

  /** Starts at the tip: for a wallet that cannot have a history. */
  startAtTip(): void {
    const { hash, height } = this.#chain.tip();
    this.#trail = [{ hash, height }];
    this.#follower.moved();
  }

  /** Moves to the tip. @param birthday seconds; older blocks are passed unread */
  async catchUp(birthday: number): Promise<void> {
    for (let turn = 1; ; turn++) {
      this.#rewind();
      const { last } = this;
      if (last.hash === this.#chain.tip().hash) return;
      const place = this.#chain.blockAt(last.height + 1)!;
      const old = place.time + TIMESTAMP_WINDOW < birthday;
      const block = old ? null : await this.#read(place);
      if (turn % BLOCKS_PER_TURN === 0 && !old) await this.#clock.yield();
      // Meanwhile the chain, or this position by an event, may have moved.
      if (this.last === last && this.#chain.placeOf(place.hash) !== undefined) this.#advance(block, place);
    }
  }

  #read(place: BlockPlace): Promise<Block> {
    if (!this.#chain.hasBlock(place.hash))
      throw new WalletError(
        `Prune: last wallet synchronisation goes beyond pruned data (block ${place.height})`,
      );
    return this.#chain.readBlock(place.hash);
  }

  /**
   * Reads blocks of the active chain again, up to `to` or the tip.
   * @returns the last height read @throws WalletError if a scan is going on or was aborted
   */
  async rescan(from: number, to: number | null): Promise<number> {
    if (this.#scan !== null)
      throw new WalletError('Wallet is currently rescanning. Abort existing rescan or wait.');
    const scan = { startedAt: this.#clock.seconds(), progress: 0, aborted: false };
    this.#scan = scan;
    try {
      let height = from;
      for (; height <= (to ?? this.last.height); height++) {
        const place = this.#chain.blockAt(height);
        if (place === undefined) break;
        const block = await this.#read(place);
        if (scan.aborted) throw new WalletError('Rescan aborted by user.', 'misc');
        if (this.#chain.placeOf(place.hash) !== undefined) this.#follower.connect(block, place);
        scan.progress = (height - from + 1) / ((to ?? this.last.height) - from + 1);
        if (height % BLOCKS_PER_TURN === 0) await this.#clock.yield();
      }
      return height - 1;
    } finally {
      this.#scan = null;
    }
  }

  /** The first block that may have a transaction of this time. */
  heightOf(timestamp: number): number {
    let height = 0;
    while (height < this.last.height && this.#chain.blockAt(height)!.time + TIMESTAMP_WINDOW < timestamp)
      height++;
    return height;
  }
}
