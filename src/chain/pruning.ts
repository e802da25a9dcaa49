/**
 * Which block files go (Core's rules): whole files, oldest first, never near the tip or what a follower needs.
 * Forgets their blocks; the chain writes that down before it deletes them.
 */
import type { Logger } from '../seams.ts';
import type { BlockStore } from './block-store.ts';
import type { HeaderEntry } from './header-entry.ts';
import type { HeaderTree } from './header-tree.ts';

/** BIP159: a pruned node still serves this many blocks. */
export const MIN_BLOCKS_TO_KEEP = 288;
/** A chain must be longer than this before any block goes, where its network's file does not say it. */
export const PRUNE_AFTER_HEIGHT = 1_000;
/** Core's: bytes of blocks and undo data that may come until it is looked again. */
const ROOM = 17 << 20;

export class Pruner {
  /** MiB; 0 is off, 1 on demand only. */
  readonly target: number;
  readonly #blocks: BlockStore;
  readonly #tree: HeaderTree;
  readonly #logger: Logger;
  #prunedHeight = -1;
  /** Followers that still need all blocks above a height, each saying which. */
  readonly locks = new Set<() => number>();
  /** Blocks that are yet to be connected in the background. */
  isNeeded: (entry: HeaderEntry) => boolean = () => false;

  constructor(target: number, blocks: BlockStore, tree: HeaderTree, logger: Logger) {
    this.target = target;
    this.#blocks = blocks;
    this.#tree = tree;
    this.#logger = logger;
  }

  /** @param bytes of all files */
  isOver(bytes: number): boolean {
    return this.target > 1 && bytes + ROOM >= this.target * 2 ** 20;
  }

  /** Of the highest block that was pruned; -1 if none was. */
  get prunedHeight(): number {
    return this.#prunedHeight;
  }

  /** Learns from the tree what was pruned before. */
  load(): void {
    for (const entry of this.#tree.entries())
      if (entry.transactionCount > 0 && !entry.haveData)
        this.#prunedHeight = Math.max(this.#prunedHeight, entry.height);
  }

  /** Gives up files until the rest takes no more than the target; returns their numbers. */
  async pruneToTarget(tip: HeaderEntry): Promise<number[]> {
    const files = this.#files();
    const given: number[] = [];
    let total = 0;
    for (const file of files.keys()) total += await this.#blocks.fileSize(file);
    for (const [file, entries] of files) {
      if (!this.isOver(total)) break;
      if (!this.#prunable(file, entries, tip.height - MIN_BLOCKS_TO_KEEP)) continue;
      total -= await this.#blocks.fileSize(file);
      this.#forget(file, entries);
      given.push(file);
    }
    return given;
  }

  /** Gives up the files whose blocks all lie at or below a height; returns their numbers. */
  prune(height: number): number[] {
    const given: number[] = [];
    for (const [file, entries] of this.#files()) {
      if (!this.#prunable(file, entries, height)) continue;
      this.#forget(file, entries);
      given.push(file);
    }
    return given;
  }

  #prunable(file: number, entries: readonly HeaderEntry[], height: number): boolean {
    if (this.#blocks.isWritten(file)) return false;
    const limit = Math.min(height, ...[...this.locks].map((lock) => lock()));
    return entries.every((entry) => entry.height <= limit && !this.isNeeded(entry));
  }

  #forget(file: number, entries: readonly HeaderEntry[]): void {
    for (const entry of entries) {
      this.#tree.loseData(entry);
      this.#prunedHeight = Math.max(this.#prunedHeight, entry.height);
    }
    this.#logger.log('info', 'prune', `pruning block file ${file}`, { blocks: entries.length });
  }

  /** The blocks in each file, oldest file first. */
  #files(): Map<number, HeaderEntry[]> {
    const files = new Map<number, HeaderEntry[]>();
    for (const entry of this.#tree.entries()) {
      const { data } = entry;
      if (data === null) continue;
      const entries = files.get(data.file);
      if (entries === undefined) files.set(data.file, [entry]);
      else entries.push(entry);
    }
    return new Map([...files].sort(([a], [b]) => a - b));
  }
}
