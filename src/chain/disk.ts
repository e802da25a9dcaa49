/**
 * What of a chain is on the disk between two flushes, and in which order it gets there.
 *
 * - A block is in its file as soon as it is stored, and its undo data when it is connected; the system writes both
 *   when it likes. A power cut may lose the ends of files: what was lost is fetched again.
 * - The index, which says where they lie, follows when blocks are connected, or many of them at a time, and
 *   is not synced either. A kill costs at most `MAX_UNSAVED` entries; their blocks are found again in the files behind
 *   what the index knows (`checkBlockFiles`, `reindex.ts`).
 * - Coins are in memory only. The database has those of the block `flushed`.
 *
 * A flush syncs files, then the index that points into them, then writes the coins, between a marker that says from
 * which block to which and the record that names the new one (`Chainstate.flush`). A start that finds the marker goes
 * the way from one to the other again (`startup.ts`). Files are deleted when the index has forgotten their blocks.
 */
import type { HeaderEntry } from './header-entry.ts';
import type { HeaderTree } from './header-tree.ts';
import type { KeyValueStore, Operation } from './key-value-store.ts';
import type { ChainParts } from './parts.ts';
import { PRUNE_AFTER_HEIGHT } from './pruning.ts';
import { pageKey } from './schema.ts';

/** Milliseconds between flushes while nothing else makes one necessary. */
const FLUSH_INTERVAL = 10 * 60_000;
/** Entries of the index that are changed and not written: what a kill makes the node ask for again. */
const MAX_UNSAVED = 256;
/** Bytes of the blocks among them. */
const MAX_UNSAVED_BYTES = 1 << 20;

interface SaveOptions {
  readonly sync?: boolean;
  readonly forgotten?: readonly HeaderEntry[];
  readonly also?: readonly Operation[];
}

/** Writes the pages of entries that changed, or that the tree has forgotten. */
export async function saveIndex(
  index: KeyValueStore,
  tree: HeaderTree,
  { sync = false, forgotten = [], also = [] }: SaveOptions = {},
): Promise<void> {
  if (tree.dirty.size + forgotten.length === 0 && !sync) return;
  for (const entry of forgotten) entry.leave();
  const pages = new Set<number>();
  for (const entries of [tree.dirty, forgotten]) for (const { page } of entries) pages.add(page);
  tree.dirty.clear();
  const operations = Array.from(pages, (page) => ({ put: pageKey(page), value: tree.page(page).slice() }));
  await index.batch([...also, ...operations], { sync });
}

export class ChainDisk {
  readonly #parts: ChainParts;
  /** Whose coins the database has. */
  #flushed: HeaderEntry;
  #flushedAt: number;
  #unsavedBytes = 0;

  /** @param parts of a chain that stands as its database has it */
  constructor(parts: ChainParts) {
    this.#parts = parts;
    this.#flushed = parts.active.tip;
    this.#flushedAt = parts.clock.monotonic();
  }

  get flushed(): HeaderEntry {
    return this.#flushed;
  }

  /** The chain stands on other coins, all of which are in their database. */
  restart(): void {
    this.#flushed = this.#parts.active.tip;
  }

  saveIndex(options: SaveOptions = {}): Promise<void> {
    this.#unsavedBytes = 0;
    return saveIndex(this.#parts.index, this.#parts.tree, options);
  }

  /** Only if it is much: who waits for a small block waits for its connection, and not for a write before that. */
  async saveStored(stored: readonly HeaderEntry[]): Promise<void> {
    for (const { data } of stored) this.#unsavedBytes += data!.size;
    const { dirty } = this.#parts.tree;
    if (dirty.size >= MAX_UNSAVED || this.#unsavedBytes >= MAX_UNSAVED_BYTES) await this.saveIndex();
  }

  async flush(): Promise<void> {
    const { blocks, chainstate, active, clock, events } = this.#parts;
    const begun = clock.monotonic();
    await blocks.sync();
    await this.saveIndex({ sync: true });
    await chainstate.flush(this.#flushed.hashBytes, active.tip.hashBytes);
    this.#flushed = active.tip;
    this.#flushedAt = clock.monotonic();
    events.timed.emit({ what: 'flush', milliseconds: this.#flushedAt - begun });
  }

  async flushIfDue(): Promise<void> {
    const { chainstate, clock, progress, active, tree } = this.#parts;
    const isLate =
      clock.monotonic() - this.#flushedAt > FLUSH_INTERVAL &&
      !progress.isInitialBlockDownload(active.tip, tree.bestHeader);
    if (isLate || chainstate.isFull) await this.flush();
  }

  /** Deletes files whose blocks all lie at or below a height. */
  async prune(height: number): Promise<void> {
    await this.flush();
    await this.#deleteFiles(this.#parts.pruner.prune(Math.min(height, this.#parts.active.tip.height)));
  }

  /** Deletes files if there is more than shall be. */
  async pruneIfOver(): Promise<void> {
    const { blocks, pruner, active, parameters } = this.#parts;
    const isLong = active.tip.height > (parameters.pruneAfterHeight ?? PRUNE_AFTER_HEIGHT);
    if (!isLong || !pruner.isOver(blocks.sizeOnDisk)) return;
    await this.flush();
    await this.#deleteFiles(await pruner.pruneToTarget(active.tip));
  }

  /** The index forgets the blocks before their files go. */
  async #deleteFiles(files: readonly number[]): Promise<void> {
    await this.saveIndex({ sync: true });
    for (const file of files) await this.#parts.blocks.remove(file);
  }
}
