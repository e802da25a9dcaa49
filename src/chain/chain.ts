/**
 * The chain: one door for blocks, one for headers, one writer, and what everyone else may ask. The rules are
 * in `core/consensus`; the loop that moves the tip is in `activation.ts`.
 */
import type { Block } from '../core/block/block.ts';
import type { BlockHash, BlockHeader } from '../core/block/header.ts';
import type { Invalid } from '../core/encoding/errors.ts';
import type { Coin } from '../core/transaction/coin.ts';
import type { OutPoint } from '../core/transaction/transaction.ts';
import { Activation } from './activation.ts';
import { ActiveChain } from './active-chain.ts';
import { isAssumedValid } from './assume-valid.ts';
import { asInvalid, BlockIntake } from './block-intake.ts';
import { BlockStore } from './block-store.ts';
import { type ChainParts, ChainView } from './chain-view.ts';
import { Chainstate } from './chainstate.ts';
import type { BlockEvent, BlockVerdict, HeadersVerdict } from './events.ts';
import type { HeaderEntry } from './header-entry.ts';
import { HeaderTree } from './header-tree.ts';
import {
  type AcceptBlockOptions,
  type ChainDependencies,
  type ChainOptions,
  DEFAULT_BATCH_COINS,
  DEFAULT_BLOCK_FILE_SIZE,
  DEFAULT_CHECK_BLOCKS,
  DEFAULT_CHECK_LEVEL,
  DEFAULT_DBCACHE,
} from './options.ts';
import { Progress } from './progress.ts';
import { checkProposal } from './proposal.ts';
import { Pruner } from './pruning.ts';
import { decodeRemembered, remember } from './remembered.ts';
import { rewind } from './rewinding.ts';
import { COIN_STORE, INDEX_STORE, REINDEX_KEY } from './schema.ts';
import { checkBlockFiles, clearForReindex, loadCoins, loadTree, saveIndex } from './startup.ts';
import { verifyChain } from './verification.ts';
import { BlockRequestError, WriterQueue } from './writer-queue.ts';

export type { BlockEvent, BlockVerdict, HeadersVerdict } from './events.ts';
export type { ChainOptions } from './options.ts';

/** Milliseconds between flushes while nothing else makes one necessary. */
const FLUSH_INTERVAL = 10 * 60_000;
/** Entries of the index that are changed and not written: what a kill makes the node ask for again. */
const MAX_UNSAVED = 256;
/** Bytes of the blocks among them. */
const MAX_UNSAVED_BYTES = 1 << 20;

export class Chain extends ChainView {
  readonly #dependencies: ChainDependencies;
  readonly #options: ChainOptions;
  readonly #intake: BlockIntake;
  readonly #activation: Activation;
  readonly #queue: WriterQueue;
  #reindexing = false;
  /** By block file: from where on it has more than the index knew at start; see `reindex.ts`. */
  unknownBlocks: ReadonlyMap<number, number> = new Map();
  /** The tip as last announced by `tipChanged`. */
  #announced!: HeaderEntry;
  /** Whose coins the database has. */
  #flushed!: HeaderEntry;
  #flushedAt = 0;
  #unsavedBytes = 0;

  private constructor(options: ChainOptions, dependencies: ChainDependencies, parts: ChainParts) {
    super(parts);
    this.#options = options;
    this.#dependencies = dependencies;
    this.#queue = new WriterQueue((error) => this.#fail(error));
    this.#intake = new BlockIntake(parts, {
      acceptHeaders: (headers) => this.acceptHeaders(headers),
      extended: (event) => this.extended.emit(event),
      wake: () => {
        this.#activation.arrived();
        this.#queue.runInBackground(() => this.#activate());
      },
      changed: () => this.#queue.runInBackground(() => this.#saveIndex()),
    });
    this.#activation = new Activation(
      { ...dependencies, ...parts },
      {
        intake: () => this.#takeIn(),
        scriptsNeeded: (entry) => this.#scriptsNeeded(entry),
        verified: (milliseconds) => this.timed.emit({ what: 'verification', milliseconds }),
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
   * @throws CorruptionError if only `--reindex` helps, FutureTipError
   */
  static async open(options: ChainOptions, dependencies: ChainDependencies): Promise<Chain> {
    const { storage, parameters, random, clock, logger } = dependencies;
    if (options.reindex !== undefined) await clearForReindex(storage, options.reindex);
    const opened: { close(): Promise<void> }[] = [];
    const keep = <T extends { close(): Promise<void> }>(part: T): T => {
      opened.push(part);
      return part;
    };
    try {
      const index = keep(await storage.store(INDEX_STORE));
      const { blockFileSize: maximumSize = DEFAULT_BLOCK_FILE_SIZE } = options;
      const files = keep(await storage.blockFiles());
      const blocks = await BlockStore.open(files, { parameters, maximumSize });
      const { dbcache = DEFAULT_DBCACHE, batchCoins = DEFAULT_BATCH_COINS } = options;
      const salt = random.bytes(8);
      const coinOptions = { limit: dbcache * 2 ** 20, salt, batchCoins };
      const chainstate = new Chainstate(keep(await storage.store(COIN_STORE)), coinOptions);
      const { minimumChainWork = parameters.minimumChainWork, maxTipAge = parameters.maxTipAge } = options;
      const tree = new HeaderTree(parameters, new DataView(salt.buffer, salt.byteOffset).getInt32(4));
      const chain = new Chain(options, dependencies, {
        ...{ parameters, index, blocks, chainstate, tree, minimumChainWork },
        active: new ActiveChain(),
        progress: new Progress({ ...parameters, minimumChainWork, maxTipAge }, clock),
        pruner: new Pruner(options.prune ?? 0, blocks, tree, logger),
      });
      await chain.#start();
      return chain;
    } catch (error) {
      for (const part of opened) await part.close();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const parts = { ...this.#dependencies, ...this.parts };
    this.#reindexing = (await this.parts.index.get(REINDEX_KEY)) !== undefined;
    await loadTree(parts);
    await loadCoins(parts);
    this.unknownBlocks = await checkBlockFiles(parts);
    this.#announced = this.tip;
    this.#flushed = this.tip;
    this.#flushedAt = this.#dependencies.clock.monotonic();
    this.parts.pruner.load();
    const { checkLevel = DEFAULT_CHECK_LEVEL, checkBlocks = DEFAULT_CHECK_BLOCKS } = this.#options;
    const problem = await verifyChain(parts, checkLevel, checkBlocks);
    if (problem !== null) throw problem;
    this.#options.onLoaded?.(this);
    await this.#queue.run(async () => {
      // Declared invalid, and the coins not written since.
      while (this.tip.failed !== 'none') await this.#activation.disconnectTip();
      if (this.tip !== this.#flushed) this.parts.tree.rebuildCandidates(this.tip);
      await this.#activate();
    });
  }

  /** Blocks are being judged: more would have to wait for their turn. */
  get isConnecting(): boolean {
    return this.#activation.isConnecting;
  }

  /** The header door. Headers follow one another; the first that is refused ends it. */
  acceptHeaders(headers: readonly BlockHeader[]): HeadersVerdict {
    const before = this.parts.tree.size;
    let last: HeaderEntry | undefined;
    let invalid: Invalid | undefined;
    try {
      for (const header of headers) last = this.parts.tree.accept(header, this.#dependencies.clock.seconds());
    } catch (error) {
      invalid = asInvalid(error);
    }
    if (this.parts.tree.dirty.size > 0) this.#queue.runInBackground(() => this.#saveIndex());
    return invalid === undefined
      ? { ok: true, last, new: this.parts.tree.size - before }
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
      try {
        await checkProposal(
          block,
          this.parts,
          this.#dependencies.scriptVerifier,
          this.#dependencies.clock.seconds(),
        );
        return null;
      } catch (error) {
        return asInvalid(error);
      }
    });
  }

  /** Every unspent coin by (txid bytes, vout), as of one tip; the chain goes on meanwhile. */
  snapshotCoins(): Promise<{ readonly tip: HeaderEntry; readonly coins: AsyncIterable<[OutPoint, Coin]> }> {
    return this.#queue.run(async () => {
      await this.#flush();
      return { tip: this.tip, coins: await this.parts.chainstate.snapshot() };
    });
  }

  /** What is known now, for `rewind`: blocks stay in their files. */
  remember(): Promise<Uint8Array> {
    return this.#queue.run(() => this.#activate().then(() => remember(this.parts)));
  }

  /** Brings back what was known once, and forgets what came since: see `rewinding.ts`. */
  async rewind(bytes: Uint8Array, left: () => Promise<void>): Promise<void> {
    const remembered = decodeRemembered(bytes);
    await this.#queue.run(async () => {
      await this.#activate();
      await rewind(remembered, this.parts, {
        left,
        disconnect: () => this.#activation.disconnectTip(),
        forgotten: () => this.#intake.forget(() => this.rewound.emit()),
        flushed: () => this.#flushed,
        flush: () => this.#flush(),
      });
      await this.#activate();
    });
  }

  /** Declares a block invalid, and with it all that is built on it (invalidateblock). */
  invalidate(hash: BlockHash): Promise<void> {
    return this.#queue.run(async () => {
      const entry = this.#known(hash);
      if (entry.parent === null) throw new BlockRequestError('the genesis block cannot be invalidated');
      if (this.isActive(entry) && !entry.haveUndo) throw new BlockRequestError(`Block ${hash} is pruned`);
      while (this.isActive(entry)) await this.#activation.disconnectTip();
      this.parts.tree.markFailed(entry);
      this.parts.tree.rebuildCandidates(this.tip);
      await this.#activate();
    });
  }

  /** Takes an invalidation back, whoever made it. */
  reconsider(hash: BlockHash): Promise<void> {
    return this.#queue.run(async () => {
      this.parts.tree.clearFailed(this.#known(hash));
      this.parts.tree.rebuildCandidates(this.tip);
      await this.#activate();
    });
  }

  /** Prefers a block to others of the same work, as if it had been seen first. */
  precious(hash: BlockHash): Promise<void> {
    return this.#queue.run(async () => {
      const entry = this.#known(hash);
      if (entry.chainWork >= this.tip.chainWork) this.parts.tree.makePrecious(entry, this.tip);
      await this.#activate();
    });
  }

  /** verifychain. @param blocks from the tip down; 0 is all. */
  verify(level: number, blocks: number): Promise<boolean> {
    return this.#queue.run(async () => {
      const problem = await verifyChain({ ...this.#dependencies, ...this.parts }, level, blocks);
      if (problem !== null) this.#dependencies.logger.log('error', 'validation', problem.message);
      return problem === null;
    });
  }

  /** Deletes files whose blocks all lie at or below a height; returns the height of the last block pruned. */
  prune(height: number): Promise<number> {
    return this.#queue.run(async () => {
      await this.#flush();
      await this.#deleteFiles(this.parts.pruner.prune(Math.min(height, this.height)));
      return this.pruner.prunedHeight;
    });
  }

  /** The index forgets the blocks before their files go. */
  async #deleteFiles(files: readonly number[]): Promise<void> {
    await this.#saveIndex({ sync: true });
    for (const file of files) await this.parts.blocks.remove(file);
  }

  /** The block files are to be read again: see `reindex.ts`. */
  get isReindexing(): boolean {
    return this.#reindexing;
  }

  /** All block files were read again. */
  endReindex(): Promise<void> {
    return this.#queue.run(async () => {
      await this.#flush();
      await this.parts.index.batch([{ delete: REINDEX_KEY }], { sync: true });
      this.#reindexing = false;
    });
  }

  flush(): Promise<void> {
    return this.#queue.run(() => this.#flush());
  }

  /** Writes what is not written yet, and closes the stores. After a fatal error nothing more is written. */
  async close(): Promise<void> {
    this.#activation.stop();
    try {
      if (this.#queue.halted === undefined) await this.flush();
    } finally {
      await this.#queue.close();
      const { index, chainstate, blocks } = this.parts;
      for (const store of [index, chainstate, blocks]) await store.close();
    }
  }

  #fail(error: Error): void {
    this.#dependencies.logger.log('error', 'validation', `stopping: ${error.message}`);
    this.#intake.rejectAll(error);
    this.fatal.emit(error);
  }

  async #activate(): Promise<void> {
    await this.#activation.run();
    await this.#saveIndex();
    this.#announce();
    this.#intake.answerAll();
  }

  /** Stores the blocks that came in meanwhile, and prunes if they took much room. */
  async #takeIn(): Promise<void> {
    const { blocks, pruner } = this.parts;
    const { chunks } = blocks;
    const stored = await this.#intake.store((entry, block) => this.#activation.remember(entry, block));
    if (stored.length === 0) return;
    for (const { data } of stored) this.#unsavedBytes += data!.size;
    // While one block follows the other, many of them at a time: a write each takes longer than a small block.
    if (!this.isConnecting || this.#isMuchUnsaved) await this.#saveIndex();
    this.#intake.answerSideBranches(stored, this.parts.tree.best(this.parts.active));
    if (blocks.chunks > chunks && pruner.isOver(blocks.sizeOnDisk)) {
      await this.#flush();
      await this.#deleteFiles(await pruner.pruneToTarget(this.tip));
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
    if (due || this.parts.chainstate.isFull) await this.#flush();
    this.#intake.answer(entry, { ok: true, new: true, connected: true });
  }

  #announce(): void {
    if (this.#announced === this.tip) return;
    const fork = this.parts.active.forkWith(this.#announced);
    this.#announced = this.tip;
    this.tipChanged.emit({ tip: this.tip, fork });
  }

  /** Blocks and undo data first, then the index that points to them, then the coins. */
  async #flush(): Promise<void> {
    const begun = this.#dependencies.clock.monotonic();
    await this.parts.blocks.sync();
    await this.#saveIndex({ sync: true });
    await this.parts.chainstate.flush(this.#flushed.hashBytes, this.tip.hashBytes);
    this.#flushed = this.tip;
    this.#flushedAt = this.#dependencies.clock.monotonic();
    this.timed.emit({ what: 'flush', milliseconds: this.#flushedAt - begun });
  }

  #scriptsNeeded(entry: HeaderEntry): boolean {
    if (entry.validScripts) return false;
    const { assumeValid = this.parameters.assumeValid } = this.#options;
    const assumed = assumeValid === null ? undefined : this.entry(assumeValid as BlockHash);
    const { parameters, minimumChainWork } = this.parts;
    const limits = { targetSpacing: parameters.targetSpacing, minimumChainWork };
    return !isAssumedValid(entry, assumed, this.bestHeader, limits);
  }

  #known(hash: BlockHash): HeaderEntry {
    const entry = this.entry(hash);
    if (entry === undefined) throw new BlockRequestError(`Block not found: ${hash}`);
    return entry;
  }

  get #isMuchUnsaved(): boolean {
    return this.parts.tree.dirty.size >= MAX_UNSAVED || this.#unsavedBytes >= MAX_UNSAVED_BYTES;
  }

  #saveIndex(options = { sync: false }): Promise<void> {
    this.#unsavedBytes = 0;
    return saveIndex(this.parts.index, this.parts.tree, options);
  }
}
