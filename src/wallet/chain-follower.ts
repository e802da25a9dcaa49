/**
 * Keeps a wallet at the chain's tip: block by block as events come, and by reading blocks where it is
 * behind. Owns where the wallet is; what a block means is the wallet's business.
 */

import type { Block } from '../core/block/block.ts';
import type { BlockHash } from '../core/block/header.ts';
import { TIMESTAMP_WINDOW } from '../core/consensus/limits.ts';
import type { Clock } from '../seams.ts';
import type { BlockPlace, ChainListener, ChainSource } from './chain-source.ts';
import type { Gap, LocatorRecord } from './records.ts';
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
  #gap: Gap | undefined;
  #scan: { startedAt: number; progress: number; aborted: boolean } | null = null;

  constructor(chain: ChainSource, clock: Clock, follower: Follower, { blocks, gap }: LocatorRecord) {
    this.#chain = chain;
    this.#clock = clock;
    this.#follower = follower;
    this.#trail = [...blocks].reverse();
    this.#gap = gap;
  }

  get last(): FollowedBlock {
    return this.#trail.at(-1) ?? NOWHERE;
  }

  get locator(): LocatorRecord {
    return { blocks: [...this.#trail].reverse(), ...(this.#gap && { gap: this.#gap }) };
  }

  /** The wallet is what it was when it had come this far. */
  rewind({ blocks, gap }: LocatorRecord): void {
    this.#trail = [...blocks].reverse();
    this.#gap = gap;
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
  readonly listener: Pick<ChainListener, 'blockConnected' | 'blockDisconnected' | 'leapt'> = {
    leapt: (to) => {
      if (this.last.height >= to.height) return;
      this.#rewind();
      this.#gap ??= { from: this.last.height + 1, to: to.height };
      this.#advance(null, to);
    },
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
    this.#disconnectAbove(before.height);
  }

  #disconnectAbove(height: number): void {
    this.#follower.disconnectAbove(height);
    const gap = this.#gap;
    if (gap !== undefined)
      this.#gap = gap.from > height ? undefined : { ...gap, to: Math.min(gap.to, height) };
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
    this.#disconnectAbove(this.last.height);
  }

  /** Starts at the tip: for a wallet that cannot have a history. */
  startAtTip(): void {
    const { hash, height } = this.#chain.tip();
    this.#trail = [{ hash, height }];
    this.#follower.moved();
  }

  /** @throws WalletError if blocks are not here that it must read to come to the tip; Core wants its last one too */
  requireBlocks(birthday: number): void {
    this.#rewind();
    const tip = this.#chain.tip().height;
    let from = Math.max(0, this.#gap === undefined ? this.last.height : this.#gap.from - 1);
    while (from < tip && this.#chain.blockAt(from + 1)!.time + TIMESTAMP_WINDOW < birthday) from++;
    const missing = this.#chain.lastMissing(from, tip - 1);
    if (missing !== undefined) throw this.#lacks(missing);
  }

  #lacks({ height }: BlockPlace): WalletError {
    return new WalletError(
      this.#chain.isVerifying()
        ? `Wallet loading failed. Error loading wallet. Wallet requires blocks to be downloaded, and software does not currently support loading wallets while blocks are being downloaded out of order when using assumeutxo snapshots. Wallet should be able to load successfully after node sync reaches height ${height + 1}`
        : 'Wallet loading failed. Prune: last wallet synchronisation goes beyond pruned data. You need to -reindex (download the whole blockchain again in case of a pruned node)',
    );
  }

  /** Reads the blocks that were left out, when they are here. */
  async fillGap(): Promise<void> {
    const gap = this.#gap;
    if (gap === undefined || this.#chain.lastMissing(gap.from, gap.to) !== undefined) return;
    await this.rescan(gap.from, gap.to);
    this.#gap = undefined;
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
    if (!this.#chain.hasBlock(place.hash)) throw this.#lacks(place);
    return this.#chain.readBlock(place.hash);
  }

  /** @throws WalletError if blocks that are to be read again are not here */
  requireRange(from: number, to: number): void {
    if (this.#chain.lastMissing(from, to) === undefined) return;
    throw new WalletError(
      this.#chain.isVerifying()
        ? 'Failed to rescan unavailable blocks: those below a snapshot are still on their way. See getchainstates, and try again when they are here.'
        : "Can't rescan beyond pruned data. Use RPC call getblockchaininfo to determine your pruned height.",
      'misc',
    );
  }

  /**
   * Reads blocks of the active chain again, up to `to` or the tip; those that are not here are left out.
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
        if (!this.#chain.hasBlock(place.hash)) continue;
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
