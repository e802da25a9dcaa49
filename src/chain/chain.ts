/**
 * The chain: one door for blocks, one for headers, one writer, and what everyone else may ask. The rules are
 * in `core/consensus`; the loop that moves the tip is in `activation.ts`.
 */
import type { Block } from '../core/block/block.ts';
import type { BlockHash, BlockHeader } from '../core/block/header.ts';
import { workFromBits } from '../core/block/target.ts';
import { checkBlock } from '../core/consensus/check-block.ts';
import { coinsNeeded, connectBlock } from '../core/consensus/connect-block.ts';
import { checkBlockContext, checkHeaderContext } from '../core/consensus/contextual.ts';
import type { BlockUndo } from '../core/consensus/undo.ts';
import { Invalid } from '../core/encoding/errors.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { Coin } from '../core/transaction/coin.ts';
import type { OutPoint } from '../core/transaction/transaction.ts';
import { Activation, scriptInvalid } from './activation.ts';
import { ActiveChain } from './active-chain.ts';
import { isAssumedValid } from './assume-valid.ts';
import { asInvalid, BlockIntake } from './block-intake.ts';
import { BlockStore } from './block-store.ts';
import { Chainstate } from './chainstate.ts';
import type { BlockEvent, BlockVerdict, ChainTip, HeadersVerdict, RefusedEvent, TipEvent } from './events.ts';
import type { HeaderEntry } from './header-entry.ts';
import { HeaderTree } from './header-tree.ts';
import type { KeyValueStore } from './key-value-store.ts';
import {
  type AcceptBlockOptions,
  type ChainDependencies,
  type ChainOptions,
  DEFAULT_BATCH_COINS,
  DEFAULT_CHECK_BLOCKS,
  DEFAULT_CHECK_LEVEL,
  DEFAULT_DBCACHE,
} from './options.ts';
import { Progress } from './progress.ts';
import { Pruner } from './pruning.ts';
import { COIN_STORE, INDEX_STORE } from './schema.ts';
import { Signal } from './signal.ts';
import { loadCoins, loadTree, saveIndex } from './startup.ts';
import { CorruptionError } from './storage.ts';
import { chainTips } from './tips.ts';
import { verifyChain } from './verification.ts';
import { BlockRequestError, WriterQueue } from './writer-queue.ts';

export type { BlockEvent, BlockVerdict, ChainTip, HeadersVerdict, TipEvent } from './events.ts';
export type { ChainOptions } from './options.ts';

/** Milliseconds between flushes while nothing else makes one necessary. */
const FLUSH_INTERVAL = 10 * 60_000;
/** Blocks of work by which a branch of headers may be behind the tip and still be stored. */
const ANTI_SPAM_BLOCKS = 144n;

interface Stores {
  readonly index: KeyValueStore;
  readonly blocks: BlockStore;
  readonly chainstate: Chainstate;
}

export class Chain {
  readonly parameters: NetworkParameters;
  readonly #dependencies: ChainDependencies;
  readonly #options: ChainOptions;
  readonly #index: KeyValueStore;
  readonly #blocks: BlockStore;
  readonly #chainstate: Chainstate;
  readonly #tree: HeaderTree;
  readonly #active = new ActiveChain();
  readonly #intake: BlockIntake;
  readonly #activation: Activation;
  readonly #progress: Progress;
  readonly #pruner: Pruner;
  readonly #queue: WriterQueue;
  /** The network file's, or what the options say instead. */
  readonly #minimumChainWork: bigint;
  /** The tip as last announced by `tipChanged`. */
  #announced!: HeaderEntry;
  /** Whose coins the database has. */
  #flushed!: HeaderEntry;
  #flushedAt = 0;

  /** A block joined or left the active chain; in order, right after it was committed. */
  readonly connected = new Signal<BlockEvent>();
  readonly disconnected = new Signal<BlockEvent>();
  /** The tip changed; after the `connected` and `disconnected` that led there. */
  readonly tipChanged = new Signal<TipEvent>();
  /** There is a new best header. */
  readonly headersChanged = new Signal<HeaderEntry>();
  /** A block that was stored before turned out to be invalid. */
  readonly refused = new Signal<RefusedEvent>();
  /** The disk failed or there is a bug: nothing is written any more; the node should stop. */
  readonly fatal = new Signal<Error>();

  private constructor(options: ChainOptions, dependencies: ChainDependencies, stores: Stores) {
    const { parameters, clock, logger, scriptVerifier } = dependencies;
    const { index, blocks, chainstate } = stores;
    const tree = new HeaderTree(parameters);
    const active = this.#active;
    this.parameters = parameters;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#index = index;
    this.#blocks = blocks;
    this.#chainstate = chainstate;
    this.#tree = tree;
    const minimumChainWork = options.minimumChainWork ?? parameters.minimumChainWork;
    this.#minimumChainWork = minimumChainWork;
    const maxTipAge = options.maxTipAge ?? parameters.maxTipAge;
    this.#progress = new Progress({ ...parameters, minimumChainWork, maxTipAge }, clock);
    this.#pruner = new Pruner(options.prune ?? 0, blocks, tree, logger);
    this.#queue = new WriterQueue((error) => this.#fail(error));
    this.#intake = new BlockIntake(
      { parameters, tree, active, blocks, minimumChainWork },
      {
        acceptHeaders: (headers) => this.acceptHeaders(headers),
        wake: () => this.#queue.runInBackground(() => this.#activate()),
        changed: () => this.#queue.runInBackground(() => saveIndex(index, tree)),
      },
    );
    this.#activation = new Activation(
      { parameters, clock, logger, scriptVerifier, tree, active, blocks, chainstate },
      {
        intake: () => this.#takeIn(),
        scriptsNeeded: (entry) => this.#scriptsNeeded(entry),
        connected: (event) => this.#onConnected(event),
        disconnected: (event) => this.disconnected.emit(event),
        refused: (event) => {
          this.#intake.refuse(event.entry, event.invalid);
          this.refused.emit(event);
        },
      },
    );
  }

  /**
   * Opens what is on the disk, mends what a kill left behind, checks the last blocks, and connects what can be.
   * @throws CorruptionError if only `--reindex` helps.
   */
  static async open(options: ChainOptions, dependencies: ChainDependencies): Promise<Chain> {
    const { storage, parameters, random } = dependencies;
    const index = await storage.store(INDEX_STORE);
    const blocks = await BlockStore.open(await storage.blockFiles(), parameters.magic);
    const { dbcache = DEFAULT_DBCACHE, batchCoins = DEFAULT_BATCH_COINS } = options;
    const coinOptions = { limit: dbcache * 2 ** 20, salt: random.bytes(8), batchCoins };
    const chainstate = new Chainstate(await storage.store(COIN_STORE), coinOptions);
    const chain = new Chain(options, dependencies, { index, blocks, chainstate });
    try {
      await chain.#start();
    } catch (error) {
      await chain.#closeStores();
      throw error;
    }
    return chain;
  }

  async #start(): Promise<void> {
    const { parameters, logger, clock } = this.#dependencies;
    const parts = { parameters, logger, index: this.#index, tree: this.#tree };
    const more = { active: this.#active, blocks: this.#blocks, chainstate: this.#chainstate };
    await loadTree({ ...parts, ...more });
    await loadCoins({ ...parts, ...more });
    this.#announced = this.tip;
    this.#flushed = this.tip;
    this.#flushedAt = clock.monotonic();
    this.#pruner.load();
    const { checkLevel = DEFAULT_CHECK_LEVEL, checkBlocks = DEFAULT_CHECK_BLOCKS } = this.#options;
    const problem = await this.#verify(checkLevel, checkBlocks);
    if (problem !== null) throw new CorruptionError(`the block database is corrupt: ${problem}`);
    this.#options.onLoaded?.(this);
    await this.#queue.run(() => this.#activate());
  }

  get tip(): HeaderEntry {
    return this.#active.tip;
  }

  get height(): number {
    return this.tip.height;
  }

  get genesis(): HeaderEntry {
    return this.#tree.genesis;
  }

  /** The header with the most work that is not known to be invalid. */
  get bestHeader(): HeaderEntry {
    return this.#tree.bestHeader;
  }

  /** Work that a branch of headers must promise before it is worth storing: against spam, for `network`. */
  get workThreshold(): bigint {
    const nearTip = this.tip.chainWork - ANTI_SPAM_BLOCKS * workFromBits(this.tip.bits);
    return nearTip > this.#minimumChainWork ? nearTip : this.#minimumChainWork;
  }

  get isInitialBlockDownload(): boolean {
    return this.#progress.isInitialBlockDownload(this.tip, this.bestHeader);
  }

  /** 0 to 1. */
  get verificationProgress(): number {
    return this.#progress.verification(this.tip, this.bestHeader);
  }

  /** Bytes of the coin cache. */
  get coinCacheMemory(): number {
    return this.#chainstate.cacheMemory;
  }

  /** Bytes of all block and undo files. */
  get sizeOnDisk(): number {
    return this.#blocks.sizeOnDisk;
  }

  /** MiB that block files may take; 1: pruned on demand only, 0: never. */
  get pruneTarget(): number {
    return this.#options.prune ?? 0;
  }

  entry(hash: BlockHash): HeaderEntry | undefined {
    return this.#tree.get(hash);
  }

  /** On the active chain. */
  entryAt(height: number): HeaderEntry | undefined {
    return this.#active.at(height);
  }

  isActive(entry: HeaderEntry): boolean {
    return this.#active.includes(entry);
  }

  /** The active block above an active block. */
  next(entry: HeaderEntry): HeaderEntry | undefined {
    return this.#active.next(entry);
  }

  /** The last active block that an entry descends from. */
  forkWith(entry: HeaderEntry): HeaderEntry {
    return this.#active.forkWith(entry);
  }

  /** Hashes (32 bytes, internal order) from an entry (the tip) down to genesis, ever sparser. */
  locator(entry: HeaderEntry = this.tip): Uint8Array[] {
    return this.#tree.locator(entry);
  }

  /** The first block of a locator that is on the active chain; genesis if none is. */
  findFork(locator: readonly Uint8Array[]): HeaderEntry {
    return this.#tree.findFork(locator, (entry) => this.isActive(entry));
  }

  /** The ends of all branches, highest first. */
  tips(): ChainTip[] {
    return chainTips(this.#tree, this.#active);
  }

  /** The header door. Headers follow one another; the first that is refused ends it. */
  acceptHeaders(headers: readonly BlockHeader[]): HeadersVerdict {
    const before = this.#tree.size;
    let last: HeaderEntry | undefined;
    let invalid: Invalid | undefined;
    const best = this.bestHeader;
    try {
      for (const header of headers) last = this.#tree.accept(header, this.#now());
    } catch (error) {
      invalid = asInvalid(error);
    }
    if (this.#tree.dirty.size > 0) this.#queue.runInBackground(() => saveIndex(this.#index, this.#tree));
    if (this.bestHeader !== best) this.headersChanged.emit(this.bestHeader);
    return invalid === undefined
      ? { ok: true, last, new: this.#tree.size - before }
      : { ok: false, invalid, last };
  }

  /** The block door. Resolves when the block is connected, refused, or stored on a side branch. */
  async acceptBlock(block: Block, options: AcceptBlockOptions = {}): Promise<BlockVerdict> {
    if (this.#queue.halted !== undefined) throw this.#queue.halted;
    return this.#intake.accept(block, options);
  }

  /** Whether the block would be valid on top of the tip, proof of work aside (getblocktemplate's proposals). */
  testBlock(block: Block): Promise<Invalid | null> {
    return this.#queue.run(async () => {
      const { parameters } = this;
      const parent = this.tip;
      try {
        if (block.header.prev !== parent.hash)
          throw new Invalid('policy', 'inconclusive-not-best-prevblk', 'the block does not build on the tip');
        checkHeaderContext(block.header, parent, parameters, this.#now());
        const checked = checkBlock(block, parameters, { checkPow: false });
        checkBlockContext(checked, parent, parameters);
        const place = { height: parent.height + 1, hash: block.hash, parent };
        const coins = await this.#chainstate.fetch(coinsNeeded(block, place, parameters), []);
        const { scriptChecks } = connectBlock(checked, place, coins, parameters, { scripts: true });
        const failure = await this.#dependencies.scriptVerifier.verify(scriptChecks);
        return failure === null ? null : scriptInvalid(scriptChecks, failure);
      } catch (error) {
        return asInvalid(error);
      }
    });
  }

  /** @throws MissingDataError if the block was never received or is pruned. */
  readBlock(entry: HeaderEntry): Promise<Block> {
    return this.#blocks.readBlock(entry);
  }

  readBlockBytes(entry: HeaderEntry): Promise<Uint8Array> {
    return this.#blocks.readBlockBytes(entry);
  }

  readUndo(entry: HeaderEntry): Promise<BlockUndo> {
    return this.#blocks.readUndo(entry);
  }

  async coin(outpoint: OutPoint): Promise<Coin | undefined> {
    return (await this.#chainstate.coins([outpoint]))[0];
  }

  /** In the order asked for; undefined where a coin does not exist or is spent. */
  coins(outpoints: readonly OutPoint[]): Promise<(Coin | undefined)[]> {
    return this.#chainstate.coins(outpoints);
  }

  /** Every unspent coin by (txid bytes, vout), as of one tip; the chain goes on meanwhile. */
  snapshotCoins(): Promise<{ readonly tip: HeaderEntry; readonly coins: AsyncIterable<[OutPoint, Coin]> }> {
    return this.#queue.run(async () => {
      await this.#flush();
      return { tip: this.tip, coins: await this.#chainstate.snapshot() };
    });
  }

  /** Declares a block invalid, and with it all that is built on it (invalidateblock). */
  invalidate(hash: BlockHash): Promise<void> {
    return this.#queue.run(async () => {
      const entry = this.#known(hash);
      if (entry.parent === null) throw new BlockRequestError('the genesis block cannot be invalidated');
      while (this.isActive(entry)) await this.#activation.disconnectTip();
      this.#tree.markFailed(entry);
      this.#tree.rebuildCandidates(this.tip);
      await this.#activate();
    });
  }

  /** Takes an invalidation back, whoever made it. */
  reconsider(hash: BlockHash): Promise<void> {
    return this.#queue.run(async () => {
      this.#tree.clearFailed(this.#known(hash));
      this.#tree.rebuildCandidates(this.tip);
      await this.#activate();
    });
  }

  /** Prefers a block to others of the same work, as if it had been seen first. */
  precious(hash: BlockHash): Promise<void> {
    return this.#queue.run(async () => {
      const entry = this.#known(hash);
      if (entry.chainWork >= this.tip.chainWork) this.#tree.makePrecious(entry, this.tip);
      await this.#activate();
    });
  }

  /** verifychain. @param blocks from the tip down; 0 is all. */
  verify(level: number, blocks: number): Promise<boolean> {
    return this.#queue.run(async () => {
      const problem = await this.#verify(level, blocks);
      if (problem !== null) this.#dependencies.logger.log('error', 'validation', problem);
      return problem === null;
    });
  }

  #verify(level: number, count: number): Promise<string | null> {
    const { clock, scriptVerifier } = this.#dependencies;
    const [parameters, active, blocks] = [this.parameters, this.#active, this.#blocks];
    const parts = { parameters, clock, scriptVerifier, active, blocks, chainstate: this.#chainstate };
    return verifyChain(parts, level, count);
  }

  /** Height up to which blocks may be missing; -1 if none was pruned. */
  get pruneHeight(): number {
    return this.#pruner.prunedHeight;
  }

  /** Followers that still need blocks above a height, each saying which. */
  get pruneLocks(): Set<() => number> {
    return this.#pruner.locks;
  }

  /** Deletes files whose blocks all lie at or below a height; returns the height of the last block pruned. */
  prune(height: number): Promise<number> {
    return this.#queue.run(async () => {
      await this.#flush();
      await this.#deleteFiles(this.#pruner.prune(Math.min(height, this.height)));
      return this.pruneHeight;
    });
  }

  /** The index forgets the blocks before their files go. */
  async #deleteFiles(files: readonly number[]): Promise<void> {
    await saveIndex(this.#index, this.#tree, { sync: true });
    for (const file of files) await this.#blocks.remove(file);
  }

  flush(): Promise<void> {
    return this.#queue.run(() => this.#flush());
  }

  /** Writes what is not written yet, and closes the stores. After a fatal error nothing more is written. */
  async close(): Promise<void> {
    try {
      if (this.#queue.halted === undefined) await this.flush();
    } finally {
      await this.#queue.close();
      await this.#closeStores();
    }
  }

  async #closeStores(): Promise<void> {
    await this.#index.close();
    await this.#chainstate.close();
    await this.#blocks.close();
  }

  #fail(error: Error): void {
    this.#dependencies.logger.log('error', 'validation', `stopping: ${error.message}`);
    this.#intake.rejectAll(error);
    this.fatal.emit(error);
  }

  async #activate(): Promise<void> {
    await this.#activation.run();
    await saveIndex(this.#index, this.#tree);
    this.#announce();
    this.#intake.answerAll();
  }

  /** Stores the blocks that came in meanwhile, and prunes if a file became full. */
  async #takeIn(): Promise<void> {
    const file = this.#blocks.currentFile;
    const stored = await this.#intake.store((entry, block) => this.#activation.remember(entry, block));
    if (stored.length === 0) return;
    await saveIndex(this.#index, this.#tree);
    this.#intake.answerSideBranches(
      stored,
      this.#tree.best((entry) => this.isActive(entry)),
    );
    if (this.#blocks.currentFile !== file && this.#pruner.isAutomatic) {
      await this.#flush();
      await this.#deleteFiles(await this.#pruner.pruneToTarget(this.tip));
    }
  }

  async #onConnected(event: BlockEvent): Promise<void> {
    const { entry } = event;
    const { logger, clock } = this.#dependencies;
    const syncing = this.isInitialBlockDownload;
    const transactions = event.block.transactions.length;
    const fields = { hash: entry.hash, height: entry.height, transactions };
    logger.log(syncing ? 'debug' : 'info', 'validation', 'new tip', fields);
    this.connected.emit(event);
    // In the middle of a reorganisation the new branch is not the better one yet.
    if (entry.chainWork > this.#announced.chainWork) this.#announce();
    const due = clock.monotonic() - this.#flushedAt > FLUSH_INTERVAL && !syncing;
    if (due || this.#chainstate.isFull) await this.#flush();
    this.#intake.answer(entry, { ok: true, new: true, connected: true });
  }

  #announce(): void {
    if (this.#announced === this.tip) return;
    const fork = this.#active.forkWith(this.#announced);
    this.#announced = this.tip;
    this.tipChanged.emit({ tip: this.tip, fork });
  }

  /** Blocks and undo data first, then the index that points to them, then the coins (DESIGN.md, State). */
  async #flush(): Promise<void> {
    await this.#blocks.sync();
    await saveIndex(this.#index, this.#tree, { sync: true });
    await this.#chainstate.flush(this.#flushed.hashBytes, this.tip.hashBytes);
    this.#flushed = this.tip;
    this.#flushedAt = this.#dependencies.clock.monotonic();
  }

  #scriptsNeeded(entry: HeaderEntry): boolean {
    if (entry.validScripts) return false;
    const { assumeValid = this.parameters.assumeValid } = this.#options;
    const assumed = assumeValid === null ? undefined : this.entry(assumeValid as BlockHash);
    const { targetSpacing } = this.parameters;
    const limits = { targetSpacing, minimumChainWork: this.#minimumChainWork };
    return !isAssumedValid(entry, assumed, this.bestHeader, limits);
  }

  #known(hash: BlockHash): HeaderEntry {
    const entry = this.entry(hash);
    if (entry === undefined) throw new BlockRequestError(`Block not found: ${hash}`);
    return entry;
  }

  #now(): number {
    return Math.floor(this.#dependencies.clock.now() / 1000);
  }
}
