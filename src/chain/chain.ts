/**
 * The chain: one door for blocks and headers, one writer, and what everyone else may ask about it.
 */
import type { Block } from '../core/block/block.ts';
import type { BlockHash, BlockHeader } from '../core/block/header.ts';
import type { BlockUndo } from '../core/consensus/undo.ts';
import type { Invalid } from '../core/encoding/errors.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { Coin } from '../core/transaction/coin.ts';
import type { OutPoint } from '../core/transaction/transaction.ts';
import type { Clock, Logger, Random } from '../seams.ts';
import type { HeaderEntry } from './header-entry.ts';
import type { ScriptVerifier } from './script-verifier.ts';
import { Signal } from './signal.ts';
import type { Storage } from './storage.ts';

export interface ChainOptions {
  /** Bound of the coin cache in MiB. */
  readonly dbcache?: number;
  /** In place of the network file's; null verifies all scripts. */
  readonly assumeValid?: string | null;
  readonly minimumChainWork?: bigint;
  /** Seconds, in place of the network file's. */
  readonly maxTipAge?: number;
  /** 0 keeps every block, 1 prunes on demand only, more is the target in MiB. */
  readonly prune?: number;
  /** Blocks checked at start (0: all) and how thoroughly (0 to 4). */
  readonly checkBlocks?: number;
  readonly checkLevel?: number;
  /** Rebuild everything from the block files, or the coins only. */
  readonly reindex?: 'blocks' | 'chainstate';
}

export interface ChainDependencies {
  readonly parameters: NetworkParameters;
  readonly clock: Clock;
  /** Salts the coin cache. */
  readonly random: Random;
  readonly storage: Storage;
  readonly scriptVerifier: ScriptVerifier;
  readonly logger: Logger;
}

/**
 * `new`: the block was not stored before. `connected`: it is valid to the last script, being or having been
 * in the active chain; false where it lies on a side branch or was not wanted (submitblock's `inconclusive`).
 */
export type BlockVerdict =
  | { readonly ok: true; readonly new: boolean; readonly connected: boolean }
  | { readonly ok: false; readonly invalid: Invalid };

/** `last`: the entry of the last header that was accepted or known. */
export type HeadersVerdict =
  | { readonly ok: true; readonly last: HeaderEntry | undefined; readonly new: number }
  | { readonly ok: false; readonly invalid: Invalid; readonly last: HeaderEntry | undefined };

/** A block that joined or left the active chain. `sequence` counts these events without a gap. */
export interface BlockEvent {
  readonly entry: HeaderEntry;
  readonly block: Block;
  readonly undo: BlockUndo;
  readonly sequence: number;
}

export interface TipEvent {
  readonly tip: HeaderEntry;
  /** Last block that the new active chain shares with the old one. */
  readonly fork: HeaderEntry;
}

/** The states of getchaintips. */
export type TipStatus = 'active' | 'valid-fork' | 'valid-headers' | 'headers-only' | 'invalid';

export interface ChainTip {
  readonly entry: HeaderEntry;
  /** Blocks from the active chain to this tip. */
  readonly branchLength: number;
  readonly status: TipStatus;
}

export class Chain {
  readonly parameters: NetworkParameters;

  /** A block joined or left the active chain; in order, right after it was committed. */
  readonly connected = new Signal<BlockEvent>();
  readonly disconnected = new Signal<BlockEvent>();
  /** The tip changed; after all `connected` and `disconnected` of one change. */
  readonly tipChanged = new Signal<TipEvent>();
  /** There is a new best header. */
  readonly headersChanged = new Signal<HeaderEntry>();
  /** A block that was stored before turned out to be invalid. */
  readonly refused = new Signal<{ readonly entry: HeaderEntry; readonly invalid: Invalid }>();
  /** The disk failed or there is a bug: nothing is written any more; the node should stop. */
  readonly fatal = new Signal<Error>();

  private constructor(_options: ChainOptions, dependencies: ChainDependencies) {
    this.parameters = dependencies.parameters;
  }

  static open(_options: ChainOptions, _dependencies: ChainDependencies): Promise<Chain> {
    throw new Error('not yet');
  }
  get tip(): HeaderEntry {
    throw new Error('not yet');
  }
  /** The header with the most work that is not known to be invalid. */
  get bestHeader(): HeaderEntry {
    throw new Error('not yet');
  }
  get height(): number {
    throw new Error('not yet');
  }
  get genesis(): HeaderEntry {
    throw new Error('not yet');
  }
  /** Work that a branch of headers must promise before it is worth storing: anti-spam, for `network`. */
  get workThreshold(): bigint {
    throw new Error('not yet');
  }
  get isInitialBlockDownload(): boolean {
    throw new Error('not yet');
  }
  /** 0 to 1, by transactions. */
  get verificationProgress(): number {
    throw new Error('not yet');
  }
  entry(_hash: BlockHash): HeaderEntry | undefined {
    throw new Error('not yet');
  }
  /** On the active chain. */
  entryAt(_height: number): HeaderEntry | undefined {
    throw new Error('not yet');
  }
  isActive(_entry: HeaderEntry): boolean {
    throw new Error('not yet');
  }
  next(_entry: HeaderEntry): HeaderEntry | undefined {
    throw new Error('not yet');
  }
  acceptHeaders(_headers: readonly BlockHeader[]): HeadersVerdict {
    throw new Error('not yet');
  }
  /** @param options.requested false: it came unasked, and Core's rules against floods say if it is stored. */
  acceptBlock(_block: Block, _options?: { readonly requested?: boolean }): Promise<BlockVerdict> {
    throw new Error('not yet');
  }
  /** Whether the block would be valid on top of the tip, proof of work aside (getblocktemplate's proposals). */
  testBlock(_block: Block): Promise<Invalid | null> {
    throw new Error('not yet');
  }
  readBlock(_entry: HeaderEntry): Promise<Block> {
    throw new Error('not yet');
  }
  readBlockBytes(_entry: HeaderEntry): Promise<Uint8Array> {
    throw new Error('not yet');
  }
  readUndo(_entry: HeaderEntry): Promise<BlockUndo> {
    throw new Error('not yet');
  }
  coin(_outpoint: OutPoint): Promise<Coin | undefined> {
    throw new Error('not yet');
  }
  coins(_outpoints: readonly OutPoint[]): Promise<(Coin | undefined)[]> {
    throw new Error('not yet');
  }
  /** Hashes (32 bytes, internal order) from an entry (the tip) down to genesis, ever sparser. */
  locator(_entry?: HeaderEntry): Uint8Array[] {
    throw new Error('not yet');
  }
  /** The first block of a locator that is on the active chain; genesis if none is. */
  findFork(_locator: readonly Uint8Array[]): HeaderEntry {
    throw new Error('not yet');
  }
  tips(): ChainTip[] {
    throw new Error('not yet');
  }
  invalidate(_hash: BlockHash): Promise<void> {
    throw new Error('not yet');
  }
  reconsider(_hash: BlockHash): Promise<void> {
    throw new Error('not yet');
  }
  precious(_hash: BlockHash): Promise<void> {
    throw new Error('not yet');
  }
  verify(_level: number, _blocks: number): Promise<boolean> {
    throw new Error('not yet');
  }
  /** Every unspent coin by (txid bytes, vout), as of one tip. */
  snapshotCoins(): Promise<{ readonly tip: HeaderEntry; readonly coins: AsyncIterable<[OutPoint, Coin]> }> {
    throw new Error('not yet');
  }
  /** Height below which blocks may be missing; 0 if nothing was pruned. */
  get pruneHeight(): number {
    throw new Error('not yet');
  }
  /** Deletes files whose blocks all lie at or below a height; returns the height of the last block pruned. */
  prune(_height: number): Promise<number> {
    throw new Error('not yet');
  }
  flush(): Promise<void> {
    throw new Error('not yet');
  }
  close(): Promise<void> {
    throw new Error('not yet');
  }
}
