/**
 * White paper section 5: the tree of all headers, and which branches could become the active chain. In
 * memory, from one pass over the index at start. Knows nothing of coins, and writes nothing: what changed
 * is in `dirty` until the writer takes it.
 */
import type { BlockHash, BlockHeader } from '../core/block/header.ts';
import { checkHeaderWork } from '../core/consensus/check-block.ts';
import { checkHeaderContext } from '../core/consensus/contextual.ts';
import { fromDisplayHex } from '../core/encoding/bytes.ts';
import { Invalid } from '../core/encoding/errors.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { ActiveChain } from './active-chain.ts';
import { HeaderEntry, isForgotten, previousAt, ROW_SIZE, type Row, rowOf } from './header-entry.ts';
import { HeaderMap } from './header-map.ts';
import { damagedIndex, PAGE_SIZE } from './schema.ts';

/** Blocks loaded from disk count as seen before all that come later; the old active chain before the rest. */
const SEQUENCE_LOADED = 1;
const SEQUENCE_LOADED_ACTIVE = 0;

export interface RememberedEntry {
  readonly hash: BlockHash;
  /** Its order of arrival. */
  readonly sequence: number;
  readonly row: Uint8Array;
}

export class HeaderTree {
  readonly #parameters: NetworkParameters;
  readonly #entries: HeaderMap;
  /** Complete up to the block itself, valid as far as known, and at least as good as the tip; the tip too. */
  readonly #candidates = new Set<HeaderEntry>();
  /** By a parent that lacks a block on its way: blocks that were received already. */
  readonly #unlinked = new Map<HeaderEntry, HeaderEntry[]>();
  #base: HeaderEntry | undefined;
  /** The best candidate, until one is added that may be better, or it drops out. */
  #best: HeaderEntry | undefined;
  #genesis: HeaderEntry | undefined;
  #bestHeader: HeaderEntry | undefined;
  /** The header with the most work of those known to be invalid. */
  bestFailed: HeaderEntry | undefined;
  #nextSequence = SEQUENCE_LOADED + 1;
  /** preciousblock counts down, so that its block wins over all seen before. */
  #preciousSequence = -1;
  #preciousWork = 0n;
  /** As they are in the index, by their numbers; and bytes of the last that are used. */
  readonly #pages: Uint8Array[] = [];
  #used = 0;
  /** Entries that differ from the index on disk. */
  readonly dirty = new Set<HeaderEntry>();

  /** @param salt for the table of hashes */
  constructor(parameters: NetworkParameters, salt = 0) {
    this.#parameters = parameters;
    this.#entries = new HeaderMap(salt);
  }

  get genesis(): HeaderEntry {
    return this.#genesis!;
  }

  get bestHeader(): HeaderEntry {
    return this.#bestHeader!;
  }

  /** The block of a snapshot that is not verified: below it nothing can be undone, so that each branch must have it. */
  get base(): HeaderEntry | undefined {
    return this.#base;
  }

  /** Goes on from a snapshot's block. @param chainTransactionCount up to there */
  assume(base: HeaderEntry, chainTransactionCount: number): void {
    this.#base = base;
    base.chainTransactionCount = chainTransactionCount;
    const waiting = this.#unlinked.get(base) ?? [];
    this.#unlinked.delete(base);
    for (const entry of waiting) this.#link(entry);
  }

  /** All up to the snapshot's block is verified. */
  confirm(tip: HeaderEntry): void {
    this.#base = undefined;
    this.rebuildCandidates(tip);
  }

  #canBeHad(entry: HeaderEntry): boolean {
    const base = this.#base;
    if (entry.failed !== 'none' || entry.chainTransactionCount === 0) return false;
    return base === undefined || entry.descendsFrom(base);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(hash: BlockHash): HeaderEntry | undefined {
    return this.#entries.find(fromDisplayHex(hash));
  }

  entries(): readonly HeaderEntry[] {
    return this.#entries.entries;
  }

  /** Of the index. */
  page(page: number): Uint8Array {
    const bytes = this.#pages[page]!;
    return page === this.#pages.length - 1 ? bytes.subarray(0, this.#used) : bytes;
  }

  /** Adds a page of the index; parents come first. @throws CorruptionError */
  loadPage(page: number, bytes: Uint8Array): void {
    const rows = new Uint8Array(PAGE_SIZE);
    rows.set(bytes);
    this.#pages[page] = rows;
    this.#used = bytes.length;
    for (let at = 0; at < bytes.length; at += ROW_SIZE) {
      const row = { page, bytes: rows, at };
      // Forgotten and come again, and a kill before the one was written, but behind the other: it is there twice.
      if (!isForgotten(row) && this.#entries.find(rows, at) === undefined) this.#load(row);
    }
  }

  /** Adds a header that lies in no page yet. @throws CorruptionError */
  load(row: Uint8Array): void {
    this.dirty.add(this.#load(this.#keep(row)));
  }

  #load(row: Row): HeaderEntry {
    const [last, from] = [this.#entries.entries.at(-1), previousAt(row)];
    const parent = last?.hasHash(row.bytes, from) ? last : this.#entries.find(row.bytes, from);
    if (parent === undefined && this.#genesis !== undefined)
      throw damagedIndex(`it lacks the parent of ${new HeaderEntry(row, null).hash}`);
    const entry = this.#insert(row, parent ?? null);
    entry.sequence = SEQUENCE_LOADED;
    if (entry.transactionCount > 0) this.#link(entry);
    this.#raiseBestHeader(entry);
    return entry;
  }

  /** After the last `load`: the coins say which tip was active. */
  finishLoading(tip: HeaderEntry): void {
    for (let at: HeaderEntry | null = tip; at !== null; at = at.parent) at.sequence = SEQUENCE_LOADED_ACTIVE;
    if (tip.chainWork >= this.bestHeader.chainWork) this.#bestHeader = tip;
    this.rebuildCandidates(tip);
  }

  /** @throws CorruptionError if the index is not empty. */
  addGenesis(header: BlockHeader): HeaderEntry {
    if (this.#genesis !== undefined) throw damagedIndex('it has a genesis block already');
    const entry = this.#insert(this.#keep(rowOf(header.hashBytes, header.bytes)), null);
    this.#raiseBestHeader(entry);
    return entry;
  }

  /**
   * The header's entry, new or known.
   * @param now seconds since the epoch.
   * @throws Invalid
   */
  accept(header: BlockHeader, now: number): HeaderEntry {
    const known = this.#entries.find(header.hashBytes);
    if (known !== undefined) {
      if (known.failed === 'none') return known;
      const detail = `block ${known.hash} was previously marked invalid`;
      throw new Invalid('duplicate', 'duplicate-invalid', detail);
    }
    checkHeaderWork(header, this.#parameters);
    const parent = this.#entries.find(header.prevHash);
    if (parent === undefined) throw new Invalid('missing', 'prev-blk-not-found', `parent ${header.prev}`);
    if (parent.failed !== 'none')
      throw new Invalid('consensus', 'bad-prevblk', `parent ${header.prev} is invalid`);
    checkHeaderContext(header, parent, this.#parameters, now);
    const entry = this.#insert(this.#keep(rowOf(header.hashBytes, header.bytes)), parent);
    this.dirty.add(entry);
    this.#raiseBestHeader(entry);
    return entry;
  }

  /** The block's data are stored: it, and those that waited for it, may become candidates. */
  receive(entry: HeaderEntry, transactionCount: number, tip: HeaderEntry): void {
    const again = entry.chainTransactionCount > 0;
    entry.transactionCount = transactionCount;
    this.dirty.add(entry);
    for (const linked of this.#link(entry)) {
      linked.sequence = this.#nextSequence++;
      if (this.#canBeHad(linked) && !isBetter(tip, linked)) this.#addCandidate(linked);
    }
    // Data that had been lost: branches above it, which had dropped out, may come back.
    if (again) this.rebuildCandidates(tip);
  }

  #addCandidate(entry: HeaderEntry): void {
    this.#candidates.add(entry);
    // Usually it extends the best one, and then no search is needed.
    if (this.#best !== undefined) this.#best = entry.parent === this.#best ? entry : undefined;
  }

  /** Counts transactions from the genesis block on; returns the entries that became complete. */
  #link(entry: HeaderEntry): HeaderEntry[] {
    const { parent } = entry;
    if (parent !== null && parent.chainTransactionCount === 0) {
      const waiting = this.#unlinked.get(parent);
      if (waiting === undefined) this.#unlinked.set(parent, [entry]);
      else if (!waiting.includes(entry)) waiting.push(entry);
      return [];
    }
    const linked = [entry];
    for (const at of linked) {
      at.chainTransactionCount = (at.parent?.chainTransactionCount ?? 0) + at.transactionCount;
      if (this.#unlinked.size === 0) continue;
      linked.push(...(this.#unlinked.get(at) ?? []));
      this.#unlinked.delete(at);
    }
    return linked;
  }

  /**
   * The tip of the best branch that can be had: most work, then first seen. Branches that turn out to have a
   * failed block, or one that was pruned, drop out on the way.
   */
  best(active: ActiveChain): HeaderEntry {
    for (;;) {
      let best = this.#best;
      if (best !== undefined) return best;
      for (const candidate of this.#candidates)
        if (best === undefined || isBetter(candidate, best)) best = candidate;
      // A branch was left for another, and neither can be had: what is still active is the best.
      if (best === undefined) this.rebuildCandidates(active.tip);
      else if (isComplete(best, active)) this.#best = best;
      else this.#candidates.delete(best);
    }
  }

  /** Drops the candidates that are worse than the tip; the tip itself stays. */
  pruneCandidates(tip: HeaderEntry): void {
    for (const candidate of this.#candidates)
      if (isBetter(tip, candidate)) this.#candidates.delete(candidate);
  }

  rebuildCandidates(tip: HeaderEntry): void {
    this.#best = undefined;
    this.#candidates.clear();
    this.#candidates.add(tip);
    for (const entry of this.#entries.entries)
      if (this.#canBeHad(entry) && !isBetter(tip, entry)) this.#candidates.add(entry);
  }

  /** The block broke a rule: neither it nor anything above it can ever be active. */
  markFailed(entry: HeaderEntry): void {
    this.#setFailed(entry, 'self');
    for (const other of this.#entries.entries)
      if (other !== entry && other.failed === 'none' && other.descendsFrom(entry))
        this.#setFailed(other, 'ancestor');
    this.#findBestHeader();
  }

  #setFailed(entry: HeaderEntry, failed: HeaderEntry['failed']): void {
    entry.failed = failed;
    this.#dropCandidate(entry);
    this.dirty.add(entry);
  }

  #dropCandidate(entry: HeaderEntry): void {
    this.#candidates.delete(entry);
    this.#best = undefined;
  }

  /** The block's data cannot be read: it must be fetched again before its branch can be had. */
  loseData(entry: HeaderEntry): void {
    entry.data = null;
    entry.undo = null;
    this.#best = undefined;
    this.dirty.add(entry);
  }

  /** Forgives a block, its ancestors and its descendants (reconsiderblock). */
  clearFailed(entry: HeaderEntry): void {
    for (const other of this.#entries.entries) {
      if (other.failed === 'none') continue;
      if (entry.descendsFrom(other) || other.descendsFrom(entry)) {
        other.failed = 'none';
        this.dirty.add(other);
      }
    }
    this.#findBestHeader();
  }

  /**
   * Brings back what was known once. What came since is forgotten, and whatever held its entries holds nothing.
   * @returns the entries that are forgotten
   */
  rewind(records: readonly RememberedEntry[], tip: HeaderEntry): HeaderEntry[] {
    const kept = new Set<HeaderEntry>();
    for (const { sequence, row } of records) {
      const entry = this.#entries.find(row)!;
      if (entry.restore(row)) this.dirty.add(entry);
      entry.sequence = sequence;
      entry.chainTransactionCount = 0;
      kept.add(entry);
      this.#nextSequence = Math.max(this.#nextSequence, sequence + 1);
    }
    const forgotten = this.#entries.entries.filter((entry) => !kept.has(entry));
    this.#entries.keep((entry) => kept.has(entry));
    for (const entry of forgotten) this.dirty.delete(entry);
    this.#unlinked.clear();
    for (const entry of this.#entries.entries) if (entry.transactionCount > 0) this.#link(entry);
    this.#findBestHeader();
    this.rebuildCandidates(tip);
    return forgotten;
  }

  /** Makes a block win over others of equal work (preciousblock). */
  makePrecious(entry: HeaderEntry, tip: HeaderEntry): void {
    // Work was added since the last call: the count may start again (Core).
    if (tip.chainWork > this.#preciousWork) this.#preciousSequence = -1;
    this.#preciousWork = tip.chainWork;
    entry.sequence = this.#preciousSequence--;
    this.#best = undefined;
    if (this.#canBeHad(entry)) this.#candidates.add(entry);
  }

  #insert(row: Row, parent: HeaderEntry | null): HeaderEntry {
    const entry = new HeaderEntry(row, parent);
    this.#entries.add(entry);
    this.#genesis ??= entry;
    return entry;
  }

  /** Behind all others, which its parent is among. */
  #keep(row: Uint8Array): Row {
    if (this.#used === PAGE_SIZE || this.#pages.length === 0) {
      this.#pages.push(new Uint8Array(PAGE_SIZE));
      this.#used = 0;
    }
    const page = this.#pages.length - 1;
    const bytes = this.#pages[page]!;
    const at = this.#used;
    bytes.set(row, at);
    this.#used += ROW_SIZE;
    return { page, bytes, at };
  }

  #raiseBestHeader(entry: HeaderEntry): void {
    if (entry.failed !== 'none') {
      if (entry.chainWork > (this.bestFailed?.chainWork ?? 0n)) this.bestFailed = entry;
      return;
    }
    if (this.#bestHeader === undefined || entry.chainWork > this.#bestHeader.chainWork)
      this.#bestHeader = entry;
  }

  #findBestHeader(): void {
    this.#bestHeader = undefined;
    this.bestFailed = undefined;
    for (const entry of this.#entries.entries) this.#raiseBestHeader(entry);
  }

  /** Hashes from an entry down to the genesis block: ten in a row, then at doubling distances (Core). */
  locator(from: HeaderEntry): Uint8Array[] {
    const hashes: Uint8Array[] = [];
    let step = 1;
    for (let at = from; ; at = at.ancestor(Math.max(at.height - step, 0))) {
      hashes.push(at.hashBytes);
      if (at.height === 0) return hashes;
      if (hashes.length > 10) step *= 2;
    }
  }

  /** The highest known block of a locator for which `accepted` holds; the genesis block if there is none. */
  findFork(locator: readonly Uint8Array[], accepted: (entry: HeaderEntry) => boolean): HeaderEntry {
    for (const hash of locator) {
      const entry = this.#entries.find(hash);
      if (entry !== undefined && accepted(entry)) return entry;
    }
    return this.genesis;
  }

  /** Entries without children. */
  leaves(): HeaderEntry[] {
    const parents = new Set<HeaderEntry | null>();
    for (const entry of this.#entries.entries) parents.add(entry.parent);
    return this.#entries.entries.filter((entry) => !parents.has(entry));
  }
}

/** Every block from the active chain up to this one can be connected, as far as is known. */
function isComplete(entry: HeaderEntry, active: ActiveChain): boolean {
  let at = entry;
  while (!active.includes(at) && at.failed === 'none' && at.haveData) at = at.parent!;
  return active.includes(at);
}

/** More work; then seen earlier. */
function isBetter(a: HeaderEntry, b: HeaderEntry): boolean {
  if (a.chainWork !== b.chainWork) return a.chainWork > b.chainWork;
  return a.sequence < b.sequence;
}
