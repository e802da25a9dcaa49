/**
 * The chain: one door for blocks, one for headers, one writer, and what everyone else may ask. The rules are
 * in `core/consensus`; what a block passes behind the door is in `stages/`, and `walk.ts` leads it through.
 */
import type { Block } from '../core/block/block.ts';
import type { BlockHash, BlockHeader } from '../core/block/header.ts';
import type { Invalid } from '../core/encoding/errors.ts';
import type { AssumedCoins } from '../core/parameters/network.ts';
import type { Coin } from '../core/transaction/coin.ts';
import type { OutPoint } from '../core/transaction/transaction.ts';
import type { Timer } from '../seams.ts';
import { ActiveChain } from './active-chain.ts';
import { loadAssumed } from './assumed-coins.ts';
import { Assuming, type Snapshot } from './assuming.ts';
import type { Background } from './background.ts';
import { BlockStore } from './block-store.ts';
import { ChainView } from './chain-view.ts';
import { Chainstate, type ChainstateOptions } from './chainstate.ts';
import { ChainDisk } from './disk.ts';
import type { BlockVerdict, HeadersVerdict } from './events.ts';
import type { HeaderEntry } from './header-entry.ts';
import { HeaderTree } from './header-tree.ts';
import {
  type AcceptBlockOptions,
  type ChainOptions,
  DEFAULT_BATCH_COINS,
  DEFAULT_BLOCK_FILE_SIZE,
  DEFAULT_CHECK_BLOCKS,
  DEFAULT_CHECK_LEVEL,
  DEFAULT_DBCACHE,
} from './options.ts';
import type { ChainDependencies, ChainParts } from './parts.ts';
import { Progress } from './progress.ts';
import { checkProposal } from './proposal.ts';
import { Pruner } from './pruning.ts';
import { decodeRemembered, remember } from './remembered.ts';
import { rewind } from './rewinding.ts';
import { COIN_STORE, damagedIndex, INDEX_STORE, REINDEX_KEY, SNAPSHOT_STORE } from './schema.ts';
import { asInvalid, checkContext, checkForm, checkHeaders, isWanted } from './stages/check.ts';
import { Reception } from './stages/receive.ts';
import { checkBlockFiles, clearForReindex, loadCoins, loadTip, loadTree } from './startup.ts';
import { CorruptionError, type Storage } from './storage.ts';
import { verifyChain } from './verification.ts';
import { Walk } from './walk.ts';
import { BlockRequestError, WriterQueue } from './writer-queue.ts';

export type { BlockEvent, BlockVerdict, HeadersVerdict } from './events.ts';
export type { ChainOptions } from './options.ts';

/** Milliseconds until headers that came are written, which a kill may cost meanwhile; with blocks they are at once. */
const SAVE_DELAY = 500;
/** Of blocks declared invalid, so many at the tip give their transactions back to the mempool (Core's number). */
const MAX_RETURNED_BLOCKS = 10;

/** What a chain is opened with besides its parts. */
interface Coins {
  readonly storage: Storage;
  readonly coinOptions: Readonly<ChainstateOptions>;
  /** Those of before, where there are a snapshot's. */
  readonly assumed: { readonly coins: AssumedCoins; readonly former: Chainstate } | undefined;
}

export class Chain extends ChainView {
  readonly #options: ChainOptions;
  readonly #queue: WriterQueue;
  /** Resolves when the blocks that have come by now are judged. */
  readonly settled = (): Promise<void> => this.#queue.run(async () => {}).catch(() => {});
  readonly #reception = new Reception();
  #disk!: ChainDisk;
  #walk!: Walk;
  #assuming!: Assuming;
  #reindexing = false;
  /** When the index will be written. */
  #saving: Timer | undefined;
  /** By block file: from where on it has more than the index knew at start; see `reindex.ts`. */
  unknownBlocks: ReadonlyMap<number, number> = new Map();

  private constructor(options: ChainOptions, parts: Omit<ChainParts, 'events'>) {
    super(parts);
    this.#options = options;
    this.#queue = new WriterQueue((error) => {
      parts.logger.log('error', 'validation', `stopping: ${error.message}`);
      this.#reception.rejectAll(error);
      this.fatal.emit(error);
    });
  }

  /**
   * Opens what is on the disk, mends what a kill left behind, checks the last blocks, and connects what can be.
   * @throws CorruptionError if only `--reindex` helps, FutureTipError
   */
  static async open(options: ChainOptions, dependencies: ChainDependencies): Promise<Chain> {
    const { storage, parameters, random, clock, logger, scriptVerifier } = dependencies;
    if (options.reindex !== undefined) await clearForReindex(storage, options.reindex);
    const assumed = await loadAssumed(storage, parameters, logger);
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
      const coinsIn = async (name: string) =>
        new Chainstate(keep(await storage.store(name)), { ...coinOptions });
      const former = await coinsIn(COIN_STORE);
      const chainstate = assumed ? await coinsIn(SNAPSHOT_STORE) : former;
      const { minimumChainWork = parameters.minimumChainWork, maxTipAge = parameters.maxTipAge } = options;
      const { assumeValid = parameters.assumeValid } = options;
      const tree = new HeaderTree(parameters, new DataView(salt.buffer, salt.byteOffset).getInt32(4));
      const chain = new Chain(options, {
        ...{ parameters, clock, logger, scriptVerifier },
        ...{ index, blocks, chainstate, tree, minimumChainWork, assumeValid },
        active: new ActiveChain(),
        progress: new Progress({ ...parameters, minimumChainWork, maxTipAge }, clock),
        pruner: new Pruner(options.prune ?? 0, blocks, tree, logger),
      });
      await chain.#start({ storage, coinOptions, assumed: assumed && { coins: assumed, former } });
      return chain;
    } catch (error) {
      for (const part of opened) await part.close();
      throw error;
    }
  }

  async #start({ assumed, ...dependencies }: Coins): Promise<void> {
    const { parts } = this;
    this.#reindexing = (await parts.index.get(REINDEX_KEY)) !== undefined;
    await loadTree(parts);
    const base = assumed && parts.tree.get(assumed.coins.blockHash as BlockHash);
    if (assumed && base === undefined)
      throw damagedIndex(`it lacks block ${assumed.coins.blockHash}, whose coins there are`);
    if (assumed) parts.tree.assume(base!, assumed.coins.chainTxCount);
    await loadCoins(parts);
    this.unknownBlocks = await checkBlockFiles(parts);
    const [queue, disk] = [this.#queue, new ChainDisk(parts)];
    this.#disk = disk;
    this.#walk = new Walk(parts, disk, this.#reception);
    this.#assuming = new Assuming(parts, { ...dependencies, queue, disk, walk: this.#walk });
    if (assumed) {
      const { coins, former } = assumed;
      const tip = await loadTip({ ...parts, chainstate: former });
      this.#assuming.begin({ base: base!, coins }, former, tip ?? parts.tree.genesis);
    }
    parts.pruner.load();
    const { checkLevel = DEFAULT_CHECK_LEVEL, checkBlocks = DEFAULT_CHECK_BLOCKS } = this.#options;
    for (const problem of [
      await verifyChain(parts, checkLevel, checkBlocks, parts.tree.base?.height),
      await this.background?.verify(checkLevel, checkBlocks),
    ])
      if (problem instanceof CorruptionError) throw problem;
    this.#options.onLoaded?.(this);
    await this.#queue.run(async () => {
      // Declared invalid, and the coins not written since.
      while (this.tip.failed !== 'none') await this.#walk.takeBack();
      if (this.tip !== this.#disk.flushed) parts.tree.rebuildCandidates(this.tip);
      await this.#walk.run();
    });
    this.#assuming.follow();
  }

  get snapshotBase(): HeaderEntry | undefined {
    return this.#assuming.base;
  }

  get background(): Background | undefined {
    return this.#assuming.background;
  }

  /**
   * Goes on from a snapshot (loadtxoutset), which is verified in the background.
   * @param isFree asked before and after its coins are read: nothing else may depend on those that there were
   * @returns the snapshot's block
   * @throws SnapshotError in Core's words, and nothing has changed
   */
  loadSnapshot(snapshot: Snapshot, isFree: () => boolean): Promise<HeaderEntry> {
    return this.#assuming.load(snapshot, isFree);
  }

  /** Blocks are being judged: more would have to wait for their turn. */
  get isConnecting(): boolean {
    return this.#walk.isGoingOn;
  }

  /** The header door. Headers follow one another; the first that is refused ends it. */
  acceptHeaders(headers: readonly BlockHeader[]): HeadersVerdict {
    const verdict = checkHeaders(headers, this.parts);
    this.#saveSoon();
    return verdict;
  }

  /** The block door. Resolves when the block is connected, refused, or stored on a side branch. */
  async acceptBlock(block: Block, options: AcceptBlockOptions = {}): Promise<BlockVerdict> {
    if (this.#queue.halted !== undefined) throw this.#queue.halted;
    const { requested = true, position } = options;
    const checked = checkForm(block, this.parts);
    this.#saveSoon();
    if (!checked.ok) return checked;
    const { entry } = checked;
    if (entry.haveData) return { ok: true, new: false, connected: entry.validScripts };
    const known = this.#reception.verdictOf(entry);
    if (known !== undefined)
      return known.then((verdict) => (verdict.ok ? { ...verdict, new: false } : verdict));
    if (!requested && !isWanted(entry, this.parts)) return { ok: true, new: false, connected: false };
    const placed = checkContext(checked, this.parts);
    if (!placed.ok) this.#assuming.follow();
    if (!placed.ok) return placed;
    const verdict = this.#reception.add({ entry, block: placed.block, position });
    if (entry.parent === this.tip) this.extended.emit({ entry, block });
    this.#queue.runInBackground(() => this.#walk.run());
    this.#assuming.follow();
    return verdict;
  }

  /** What came is written when there is nothing better to do: a block goes on to others first. */
  #saveSoon(): void {
    if (this.#saving !== undefined) return;
    const { clock } = this.parts;
    this.#saving = clock.schedule(
      SAVE_DELAY,
      () => {
        this.#saving = undefined;
        this.#queue.runInBackground(() => this.#disk.saveIndex());
      },
      'process',
    );
  }

  /** Whether the block would be valid on top of the tip, proof of work aside (getblocktemplate's proposals). */
  testBlock(block: Block): Promise<Invalid | null> {
    return this.#queue.run(async () => {
      try {
        await checkProposal(block, this.parts);
        return null;
      } catch (error) {
        return asInvalid(error);
      }
    });
  }

  /** Every unspent coin by (txid bytes, vout), as of one tip; the chain goes on meanwhile. */
  snapshotCoins(): Promise<{ readonly tip: HeaderEntry; readonly coins: AsyncIterable<[OutPoint, Coin]> }> {
    return this.#queue.run(async () => {
      await this.#disk.flush();
      return { tip: this.tip, coins: await this.parts.chainstate.snapshot() };
    });
  }

  /** What is known now, for `rewind`: blocks stay in their files. */
  remember(): Promise<Uint8Array> {
    return this.#queue.run(async () => {
      this.#requireAll();
      await this.#walk.run();
      return remember(this.parts);
    });
  }

  /** Brings back what was known once, and forgets what came since: see `rewinding.ts`. */
  async rewind(bytes: Uint8Array, left: () => Promise<void>): Promise<void> {
    const remembered = decodeRemembered(bytes);
    await this.#queue.run(async () => {
      this.#requireAll();
      await this.#walk.run();
      const [walk, disk, reception] = [this.#walk, this.#disk, this.#reception];
      await rewind(remembered, this.parts, { walk, disk, reception }, left);
      await this.#walk.run();
    });
  }

  /** Declares a block invalid, and with it all that is built on it (invalidateblock). */
  invalidate(hash: BlockHash): Promise<void> {
    return this.#queue.run(async () => {
      const entry = this.#known(hash);
      if (entry.parent === null) throw new BlockRequestError('the genesis block cannot be invalidated');
      const isBelow = entry.height <= (this.background?.base.height ?? 0);
      if (this.isActive(entry) && (!entry.haveUndo || isBelow))
        throw new BlockRequestError(`Block ${hash} is pruned`);
      for (let count = 0; this.isActive(entry); count++)
        await this.#walk.takeBack(count >= MAX_RETURNED_BLOCKS);
      this.parts.tree.markFailed(entry);
      this.parts.tree.rebuildCandidates(this.tip);
      await this.#walk.run();
    });
  }

  /** Takes an invalidation back, whoever made it. */
  reconsider(hash: BlockHash): Promise<void> {
    return this.#queue.run(async () => {
      this.parts.tree.clearFailed(this.#known(hash));
      this.parts.tree.rebuildCandidates(this.tip);
      await this.#walk.run();
    });
  }

  /** Prefers a block to others of the same work, as if it had been seen first. */
  precious(hash: BlockHash): Promise<void> {
    return this.#queue.run(async () => {
      const entry = this.#known(hash);
      if (entry.chainWork >= this.tip.chainWork) this.parts.tree.makePrecious(entry, this.tip);
      await this.#walk.run();
    });
  }

  /** verifychain. @param blocks from the tip down; 0 is all. */
  verify(level: number, blocks: number): Promise<boolean> {
    return this.#queue.run(async () => {
      const problem = await verifyChain(this.parts, level, blocks, this.parts.tree.base?.height);
      if (problem !== null) this.parts.logger.log('error', 'validation', problem.message);
      return problem === null;
    });
  }

  /** Deletes files whose blocks all lie at or below a height; returns the height of the last block pruned. */
  prune(height: number): Promise<number> {
    return this.#queue.run(async () => {
      await this.#disk.prune(height);
      return this.lastMissing;
    });
  }

  /** As each file that is begun does. */
  pruneIfOver(): Promise<void> {
    return this.#queue.run(() => this.#disk.pruneIfOver());
  }

  /** The block files are to be read again: see `reindex.ts`. */
  get isReindexing(): boolean {
    return this.#reindexing;
  }

  /** All block files were read again. */
  endReindex(): Promise<void> {
    return this.#queue.run(async () => {
      await this.#disk.flush();
      await this.parts.index.batch([{ delete: REINDEX_KEY }], { sync: true });
      this.#reindexing = false;
      this.verified.emit();
    });
  }

  flush(): Promise<void> {
    return this.#queue.run(async () => {
      await this.#disk.flush();
      await this.background?.flush();
    });
  }

  /** Writes what is not written yet, and closes the stores. After a fatal error nothing more is written. */
  async close(): Promise<void> {
    this.#walk.stop();
    this.#saving?.cancel();
    this.#assuming.stop();
    try {
      if (this.#queue.halted === undefined) await this.flush();
    } finally {
      await this.#queue.close();
      const { index, chainstate, blocks } = this.parts;
      for (const store of [index, chainstate, blocks, this.#assuming]) await store.close();
    }
  }

  #requireAll(): void {
    if (this.background !== undefined)
      throw new BlockRequestError('not while the UTXO snapshot is verified in the background');
  }

  #known(hash: BlockHash): HeaderEntry {
    const entry = this.entry(hash);
    if (entry === undefined) throw new BlockRequestError(`Block not found: ${hash}`);
    return entry;
  }
}
