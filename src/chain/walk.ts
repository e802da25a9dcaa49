/**
 * The walk of blocks through their stages (`stages/`), white paper section 5: received and checked they wait here; they
 * are stored, connected, verified, committed and announced, until the branch with the most work is the active chain.
 * Owns the one loop that does so; runs only inside the chain's queue, so nothing else writes meanwhile.
 *
 * Blocks are pipelined: while the scripts of one are verified, the next are read, checked and given their
 * coins, on layers above the chainstate. They are merged in order; a failure drops the layers above it.
 */
import type { ConnectResult } from '../core/consensus/connect-block.ts';
import { Invalid } from '../core/encoding/errors.ts';
import type { ChainDisk } from './disk.ts';
import type { HeaderEntry } from './header-entry.ts';
import type { ChainParts } from './parts.ts';
import { RecentBlocks } from './recent-blocks.ts';
import { Announcer } from './stages/announce.ts';
import { type Connected, commit, takeBack } from './stages/commit.ts';
import { connectUpon } from './stages/connect.ts';
import type { Reception } from './stages/receive.ts';
import { store, takeStored } from './stages/store.ts';
import { needsScripts, ScriptBatches, scriptInvalid, type Verification } from './stages/verify.ts';

/** Blocks judged at once: one whose scripts run, one ready to follow, one in preparation. */
const BLOCKS_IN_FLIGHT = 3;
/** Or more of them, if all are not larger than this: the scripts of some are one piece of work then. */
const BYTES_IN_FLIGHT = 64 << 10;
/** Each is a layer in which coins are looked for. */
const MAX_IN_FLIGHT = 24;
/** Milliseconds after which everything else gets its turn. */
const MAX_TURN = 10;

interface InFlight extends Connected {
  readonly verification: Verification;
  /** Monotonic milliseconds. */
  readonly begun: number;
}

export class Walk {
  readonly #parts: ChainParts;
  readonly #disk: ChainDisk;
  readonly #reception: Reception;
  /** Where to: by default, the best branch that can be had. */
  readonly #target: () => HeaderEntry;
  readonly #announcer: Announcer;
  readonly #recent = new RecentBlocks();
  readonly #scripts: ScriptBatches;
  #flight: InFlight[] = [];
  #turnStarted = 0;
  #stopping = false;

  constructor(
    parts: ChainParts,
    disk: ChainDisk,
    reception: Reception,
    target = () => parts.tree.best(parts.active),
  ) {
    this.#parts = parts;
    this.#disk = disk;
    this.#reception = reception;
    this.#target = target;
    this.#announcer = new Announcer(parts);
    this.#scripts = new ScriptBatches(parts.scriptVerifier);
  }

  /** Blocks are being judged. */
  get isGoingOn(): boolean {
    return this.#flight.length > 0;
  }

  /** Connects and disconnects until the best branch that can be had is active, and everybody knows. */
  async run(): Promise<void> {
    const { active, clock } = this.#parts;
    this.#turnStarted = clock.monotonic();
    for (;;) {
      await this.#storeArrivals();
      const target = this.#target();
      const head = this.#flight.at(-1)?.entry ?? active.tip;
      const goesOn = target !== head && target.descendsFrom(head);
      if (goesOn && this.#hasRoom && !this.#stopping) await this.#begin(target.ancestor(head.height + 1));
      else if (await this.#arrivesFirst()) continue;
      else if (this.isGoingOn) await this.#settle();
      else if (target !== active.tip && !this.#stopping) await this.takeBack();
      else break;
      await this.#takeTurns();
    }
    this.#recent.prune(active.tip);
    // Who is told of a block finds it again after a kill.
    await this.#disk.saveIndex();
    this.#announcer.tip();
    this.#reception.answerAll(active);
  }

  /** Begins nothing more: what is in flight ends, and the rest is found at the next start. */
  stop(): void {
    this.#stopping = true;
  }

  /** Takes the tip off the active chain. Nothing may be in flight. */
  async takeBack(forgotten = false): Promise<void> {
    this.#parts.events.disconnected.emit({ ...(await takeBack(this.#parts)), forgotten });
  }

  async #storeArrivals(): Promise<void> {
    const { blocks } = this.#parts;
    const { chunks } = blocks;
    const stored = await store(this.#reception.takeArrivals(), this.#parts, this.#recent);
    if (stored.length === 0) return;
    await this.#disk.saveStored(stored);
    this.#reception.answerSideBranches(stored, this.#target());
    if (blocks.chunks > chunks) await this.#disk.pruneIfOver();
  }

  get #hasRoom(): boolean {
    const { length } = this.#flight;
    if (length < BLOCKS_IN_FLIGHT) return true;
    if (length === MAX_IN_FLIGHT) return false;
    return this.#flight.reduce((sum, { block }) => sum + block.bytes.length, 0) < BYTES_IN_FLIGHT;
  }

  /**
   * Whether blocks come before the oldest one in flight is verified: they may be the next ones, for which threads have
   * nothing to do. Not asked where none could be begun.
   */
  async #arrivesFirst(): Promise<boolean> {
    const [oldest] = this.#flight;
    if (oldest === undefined || !this.#hasRoom || this.#stopping) return false;
    if (this.#reception.hasArrivals) return true;
    this.#scripts.send();
    const verified = oldest.verification().then(
      () => false,
      () => false,
    );
    return Promise.race([verified, this.#reception.nextArrival().then(() => true)]);
  }

  async #takeTurns(): Promise<void> {
    const { clock } = this.#parts;
    if (clock.monotonic() - this.#turnStarted < MAX_TURN) return;
    await clock.yield();
    this.#turnStarted = clock.monotonic();
  }

  /** Judges a block on top of those in flight, and has its scripts verified. */
  async #begin(entry: HeaderEntry): Promise<void> {
    const parts = this.#parts;
    const begun = parts.clock.monotonic();
    const block = await takeStored(entry, parts, this.#recent);
    if (block === undefined) return;
    const place = { height: entry.height, hash: entry.hash, parent: entry.parent! };
    const layers = this.#flight.map(({ result }) => result.layer);
    let result: ConnectResult;
    try {
      result = await connectUpon(layers, block, place, parts, needsScripts(entry, parts));
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      // Blame it only if the blocks it was judged upon hold.
      while (this.isGoingOn) await this.#settle();
      if (parts.active.tip !== entry.parent) return;
      // A coin that is missing may be one that the disk has lost.
      if (error.reason === 'bad-txns-inputs-missingorspent') await parts.chainstate.verify();
      this.#fail(entry, error);
      return;
    }
    const verification = this.#scripts.add(result.scriptChecks);
    this.#flight.push({ entry, block, result, verification, begun });
  }

  /** Waits for the oldest block in flight, and merges it or drops all. */
  async #settle(): Promise<void> {
    const [oldest] = this.#flight as [InFlight];
    const { entry, result, verification, begun } = oldest;
    const failure = await verification();
    if (failure !== null) {
      const dropped = this.#flight;
      this.#flight = [];
      await Promise.all(dropped.map((each) => each.verification()));
      this.#fail(entry, scriptInvalid(result.scriptChecks, failure));
      return;
    }
    const event = await commit(oldest, this.#parts);
    this.#flight.shift();
    const { events, clock } = this.#parts;
    events.timed.emit({ what: 'verification', milliseconds: clock.monotonic() - begun });
    this.#announcer.connected(event);
    await this.#disk.flushIfDue();
    this.#reception.answer(entry, { ok: true, new: true, connected: true });
  }

  #fail(entry: HeaderEntry, invalid: Invalid): void {
    const { hash, height } = entry;
    const { logger, tree, events } = this.#parts;
    logger.log('warn', 'validation', `Block validation error: ${invalid.message}`, { hash, height });
    tree.markFailed(entry);
    this.#reception.refuse(entry, invalid);
    events.refused.emit({ entry, invalid });
  }
}
