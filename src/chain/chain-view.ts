/** What everyone may ask of a chain, and hear from it; nothing here changes it. */
import type { BlockHash } from '../core/block/header.ts';
import { workFromBits } from '../core/block/target.ts';
import { unknownRules } from '../core/consensus/version-bits.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { Coin } from '../core/transaction/coin.ts';
import type { OutPoint } from '../core/transaction/transaction.ts';
import type { ActiveChain } from './active-chain.ts';
import type { Background } from './background.ts';
import type { BlockStore } from './block-store.ts';
import type { Chainstate } from './chainstate.ts';
import { ChainEvents, type ChainTip } from './events.ts';
import type { HeaderEntry } from './header-entry.ts';
import type { ChainParts } from './parts.ts';
import type { Pruner } from './pruning.ts';
import { CorruptionError } from './storage.ts';
import { chainTips } from './tips.ts';

/** Blocks of work by which a branch of headers may be behind the tip and still be stored. */
const ANTI_SPAM_BLOCKS = 144n;

/** Blocks of work by which an invalid branch must be ahead to be worth a warning. */
const LONG_INVALID_BRANCH = 6n;
const INVALID_BRANCH =
  'Warning: Found invalid chain more than 6 blocks longer than our best chain. This could be due to database corruption or consensus incompatibility with peers.';

type BlockReader = Pick<
  BlockStore,
  'sizeOnDisk' | 'readBlock' | 'readBlockBytes' | 'readPart' | 'readUndo' | 'readUndoBytes'
>;

export abstract class ChainView extends ChainEvents {
  readonly parameters: NetworkParameters;
  /** To read what is stored; what is not there any more throws a MissingDataError. */
  readonly blocks: BlockReader;
  readonly pruner: Pick<Pruner, 'target' | 'prunedHeight' | 'locks'>;
  protected readonly parts: ChainParts;

  constructor(parts: Omit<ChainParts, 'events'>) {
    super();
    this.parameters = parts.parameters;
    this.blocks = parts.blocks;
    this.pruner = parts.pruner;
    this.parts = { ...parts, events: this };
  }

  /** Seconds a tip may be old while the chain is up to date; 0 where its age says nothing. */
  get maxTipAge(): number {
    return this.parts.progress.options.maxTipAge;
  }

  get tip(): HeaderEntry {
    return this.parts.active.tip;
  }

  /** The block of a snapshot that the coins began with, until a start finds it verified. */
  abstract readonly snapshotBase: HeaderEntry | undefined;
  /** The coins that are brought there meanwhile, to verify it. */
  abstract readonly background: Background | undefined;

  /** All that is verified from the genesis block on: the active chain, but for what follows from a snapshot. */
  get verifiedChain(): ActiveChain {
    return this.background?.active ?? this.parts.active;
  }

  /** Height of the last active block that is not here: pruned, or to come in the background. -1 if all are. */
  get lastMissing(): number {
    if (this.background === undefined) return this.pruner.prunedHeight;
    let at = this.tip;
    while (at.parent !== null && at.haveUndo) at = at.parent;
    return at.parent === null ? -1 : at.height;
  }

  get height(): number {
    return this.tip.height;
  }

  get genesis(): HeaderEntry {
    return this.parts.tree.genesis;
  }

  /** The header with the most work that is not known to be invalid. */
  get bestHeader(): HeaderEntry {
    return this.parts.tree.bestHeader;
  }

  /** Work that a branch of headers must promise before it is worth storing: against spam, for `network`. */
  get workThreshold(): bigint {
    const nearTip = this.tip.chainWork - ANTI_SPAM_BLOCKS * workFromBits(this.tip.bits);
    const { minimumChainWork } = this.parts;
    return nearTip > minimumChainWork ? nearTip : minimumChainWork;
  }

  get isInitialBlockDownload(): boolean {
    return this.parts.progress.isInitialBlockDownload(this.tip, this.bestHeader);
  }

  get coinCaches(): Chainstate['caches'] {
    return this.parts.chainstate.caches;
  }

  /** Bytes of coins in memory that are not on the disk yet. */
  get coinCacheBytes(): number {
    return this.parts.chainstate.cacheBytes;
  }

  /** 0 to 1. */
  get verificationProgress(): number {
    return this.progressOf(this.tip);
  }

  /** The same where this block is the tip. */
  progressOf(tip: HeaderEntry): number {
    return this.parts.progress.verification(tip, this.bestHeader);
  }

  /** What a person should know, in Core's words. */
  get warnings(): string[] {
    const { tip } = this;
    if (this.isInitialBlockDownload) return [];
    const failedWork = this.parts.tree.bestFailed?.chainWork ?? 0n;
    const isLonger = failedWork > tip.chainWork + LONG_INVALID_BRANCH * workFromBits(tip.bits);
    const unknown = unknownRules(tip, this.parameters);
    return [
      ...(isLonger ? [INVALID_BRANCH] : []),
      ...unknown.map((bit) => `Unknown new rules activated (versionbit ${bit})`),
    ];
  }

  entry(hash: BlockHash): HeaderEntry | undefined {
    return this.parts.tree.get(hash);
  }

  /** On the active chain. */
  entryAt(height: number): HeaderEntry | undefined {
    return this.parts.active.at(height);
  }

  isActive(entry: HeaderEntry): boolean {
    return this.parts.active.includes(entry);
  }

  /** The active block above an active block. */
  next(entry: HeaderEntry): HeaderEntry | undefined {
    return this.parts.active.next(entry);
  }

  /** Hashes (32 bytes, internal order) from an entry (the tip) down to genesis, ever sparser. */
  locator(entry: HeaderEntry = this.tip): Uint8Array[] {
    return this.parts.tree.locator(entry);
  }

  /** The first block of a locator that is on the active chain; genesis if none is. */
  findFork(locator: readonly Uint8Array[]): HeaderEntry {
    return this.parts.tree.findFork(locator, (entry) => this.isActive(entry));
  }

  /** The ends of all branches, highest first. */
  tips(): ChainTip[] {
    return chainTips(this.parts.tree, this.parts.active);
  }

  /**
   * In the order asked for, all as of one tip; undefined where a coin does not exist or is spent, which is proved.
   * @throws CorruptionError, which is fatal whoever asks: the next block would meet it
   */
  async coins(outpoints: readonly OutPoint[]): Promise<(Coin | undefined)[]> {
    try {
      return await this.parts.chainstate.coins(outpoints);
    } catch (error) {
      if (error instanceof CorruptionError) this.fatal.emit(error);
      throw error;
    }
  }
}
