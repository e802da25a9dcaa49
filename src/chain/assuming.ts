/**
 * The chain goes on from a snapshot's coins, and those that it had are brought to the snapshot's block in the background,
 * to be compared there. Owns when the one begins and the other ends; runs inside the chain's queue but for what takes
 * long and touches no coins of the chain: filling the database, hashing what is in it.
 */
import {
  type Assumption,
  exceeds,
  FalseSnapshotError,
  fillAssumed,
  findAssumption,
  hashOf,
  noteAssumed,
  noteVerified,
  putAside,
} from './assumed-coins.ts';
import { Background } from './background.ts';
import { Chainstate, type ChainstateOptions } from './chainstate.ts';
import type { ChainDisk } from './disk.ts';
import type { HeaderEntry } from './header-entry.ts';
import type { ChainParts } from './parts.ts';
import { SNAPSHOT_STORE } from './schema.ts';
import type { Storage } from './storage.ts';
import { SnapshotError, type SnapshotHeader, type SnapshotReader } from './utxo-snapshot.ts';
import type { Walk } from './walk.ts';
import type { WriterQueue } from './writer-queue.ts';

interface Dependencies {
  readonly queue: WriterQueue;
  readonly disk: ChainDisk;
  readonly walk: Walk;
  readonly storage: Storage;
  readonly coinOptions: Readonly<ChainstateOptions>;
}

/** A file whose header was read. */
export interface Snapshot {
  readonly reader: SnapshotReader;
  readonly header: SnapshotHeader;
}

export class Assuming {
  readonly #parts: ChainParts;
  readonly #dependencies: Dependencies;
  /** The block of a snapshot that the coins began with, until a start finds it verified. */
  base: HeaderEntry | undefined;
  /** Undefined when it is verified. */
  background: Background | undefined;
  /** A snapshot is loaded, or compared. */
  #busy: Promise<void> | undefined;
  /** The background has a turn in the queue already. */
  #isFollowing = false;
  #isFalse = false;
  #stopped = false;

  constructor(parts: ChainParts, dependencies: Dependencies) {
    this.#parts = parts;
    this.#dependencies = dependencies;
  }

  /** @param former the coins that the chain had, as of `tip` */
  begin(assumption: Assumption, former: Chainstate, tip: HeaderEntry): void {
    const { tree, blocks, pruner, chainstate } = this.#parts;
    const background = new Background(assumption, former, tip, this.#parts);
    for (const coins of [former, chainstate]) coins.limit = this.#dependencies.coinOptions.limit / 2;
    let lastFile = 0;
    for (const { height, data } of tree.entries())
      if (height < background.base.height) lastFile = Math.max(lastFile, data?.file ?? 0);
    blocks.divide(lastFile);
    pruner.isNeeded = (entry) => background.needs(entry);
    this.base = background.base;
    this.background = background;
  }

  /** See `Chain.loadSnapshot`. */
  async load(snapshot: Snapshot, isFree: () => boolean): Promise<HeaderEntry> {
    const { parameters, tree } = this.#parts;
    if (this.#dependencies.storage.rename === undefined)
      throw new SnapshotError('There can be no second chainstate here');
    if (this.base !== undefined || this.#busy !== undefined)
      throw new SnapshotError("Can't activate a snapshot-based chainstate more than once");
    const assumption = findAssumption(snapshot.header, parameters, tree);
    const loading = this.#load(snapshot, assumption, isFree);
    this.#busy = loading.catch(() => {});
    try {
      await loading;
    } finally {
      this.#busy = undefined;
    }
    this.follow();
    return assumption.base;
  }

  async #load(snapshot: Snapshot, assumption: Assumption, isFree: () => boolean): Promise<void> {
    const { queue, walk, storage, coinOptions } = this.#dependencies;
    const { active } = this.#parts;
    if (!isFree()) throw new SnapshotError("Can't activate a snapshot when mempool not empty");
    if (!exceeds(assumption, active))
      throw new SnapshotError('Population failed: Work does not exceed active chainstate');
    await storage.destroy(SNAPSHOT_STORE);
    const limit = coinOptions.limit / 2;
    const chainstate = new Chainstate(await storage.store(SNAPSHOT_STORE), { ...coinOptions, limit });
    try {
      await fillAssumed(chainstate, snapshot, assumption, () => this.#stopped);
      const refusal = await queue.run(() => this.#activate(chainstate, assumption, isFree));
      if (refusal !== undefined) throw refusal;
    } catch (error) {
      if (this.#parts.chainstate !== chainstate) {
        await chainstate.close();
        await storage.destroy(SNAPSHOT_STORE);
      }
      throw error;
    }
    await queue.run(() => walk.run());
  }

  /** @returns what hinders it now, though nothing did when the file was begun */
  async #activate(
    chainstate: Chainstate,
    assumption: Assumption,
    isFree: () => boolean,
  ): Promise<SnapshotError | undefined> {
    const { tree, active, chainstate: former, logger, events } = this.#parts;
    const { disk, storage } = this.#dependencies;
    const { base, coins } = assumption;
    const { tip } = active;
    if (!exceeds(assumption, active)) return new SnapshotError('work does not exceed active chainstate');
    if (!isFree()) return new SnapshotError("Can't activate a snapshot when mempool not empty");
    if (base.failed !== 'none')
      return new SnapshotError(`The base block header (${base.hash}) is part of an invalid chain`);
    await disk.flush();
    await noteAssumed(storage, assumption);
    this.#parts.chainstate = chainstate;
    active.reset(base);
    disk.restart();
    tree.assume(base, coins.chainTxCount);
    tree.rebuildCandidates(base);
    this.begin(assumption, former, tip);
    logger.log('info', 'validation', `[snapshot] successfully activated snapshot ${base.hash}`);
    events.verified.emit();
    return undefined;
  }

  /** The background goes on, where there is one, as soon as the chain is at rest. */
  follow(): void {
    const { background } = this;
    if (background === undefined || this.#isFollowing || this.#busy !== undefined) return;
    this.#isFollowing = true;
    this.#dependencies.queue.runInBackground(async () => {
      this.#isFollowing = false;
      // What came while this turn was waiting for the queue is stored behind it, and asks for no other.
      await this.#dependencies.walk.run();
      const mayGoOn = await background.run();
      if (background.base.failed !== 'none') throw await this.#refute('a block up to there is invalid');
      this.#parts.events.verified.emit();
      if (background.isDone && !this.#stopped) this.#busy = this.#conclude(background).catch(() => {});
      else if (mayGoOn) this.follow();
    });
  }

  /** All blocks up to the snapshot's are verified: are these its coins? Errors end the queue. */
  async #conclude(background: Background): Promise<void> {
    const { queue, walk, storage, coinOptions } = this.#dependencies;
    const { tree, blocks, pruner, active, chainstate, logger, events } = this.#parts;
    const { assumption } = background;
    const expected = assumption.coins.hashSerialized;
    await queue.run(() => background.flush());
    const hash = await hashOf(background.chainstate, () => this.#stopped).catch((error) => {
      // The next start hashes them again.
      if (error instanceof SnapshotError) throw error;
      return queue.run<string>(() => Promise.reject(error));
    });
    await queue.run(async () => {
      if (hash !== expected)
        throw await this.#refute(`the hash of its coins should be ${expected}, and theirs is ${hash}`);
      await background.chainstate.close();
      await noteVerified(storage, assumption);
      this.background = undefined;
      tree.confirm(active.tip);
      blocks.unite();
      pruner.isNeeded = () => false;
      chainstate.limit = coinOptions.limit;
      logger.log(
        'info',
        'validation',
        `[snapshot] snapshot beginning at ${this.base!.hash} has been fully validated`,
      );
      events.verified.emit();
      await walk.run();
    });
  }

  async #refute(reason: string): Promise<FalseSnapshotError> {
    const { assumption } = this.background!;
    const { tree } = this.#parts;
    const { base } = assumption;
    // What was found of the blocks above was found by its coins.
    for (const entry of tree.entries()) {
      if (entry === base || !entry.descendsFrom(base)) continue;
      entry.validScripts = false;
      entry.undo = null;
      if (base.failed === 'none') entry.failed = 'none';
      tree.dirty.add(entry);
    }
    await this.#dependencies.disk.saveIndex({ sync: true });
    this.#isFalse = true;
    return new FalseSnapshotError(assumption, reason);
  }

  /** Begins nothing more. */
  stop(): void {
    this.#stopped = true;
    this.background?.stop();
  }

  /** After the queue, and the coins of the chain. */
  async close(): Promise<void> {
    await this.#busy;
    await this.background?.chainstate.close();
    if (this.#isFalse) await putAside(this.#dependencies.storage);
  }
}
