/**
 * White paper section 5: moves the active chain to the branch with the most work. Owns the one loop that
 * connects and disconnects blocks; runs only inside the chain's queue, so nothing else writes meanwhile.
 *
 * Blocks are pipelined: while the scripts of one are verified, the next are read, checked and given their
 * coins, on layers above the chainstate. They are merged in order; a failure drops the layers above it.
 */
import { type CheckedBlock, checkBlock } from '../core/consensus/check-block.ts';
import {
  type ConnectResult,
  disconnectBlock,
  isBip30Exception,
  type ScriptCheck,
} from '../core/consensus/connect-block.ts';
import { Invalid } from '../core/encoding/errors.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { scriptErrorMessage } from '../core/script/errors.ts';
import type { Clock, Logger } from '../seams.ts';
import type { ActiveChain } from './active-chain.ts';
import type { BlockStore } from './block-store.ts';
import type { Chainstate } from './chainstate.ts';
import { connectUpon } from './connecting.ts';
import type { BlockEvent, RefusedEvent } from './events.ts';
import type { HeaderEntry } from './header-entry.ts';
import type { HeaderTree } from './header-tree.ts';
import { RecentBlocks } from './recent-blocks.ts';
import { ScriptBatches, type Verification } from './script-batches.ts';
import type { ScriptFailure, ScriptVerifier } from './script-verifier.ts';
import { CorruptionError } from './storage.ts';

/** Blocks judged at once: one whose scripts run, one ready to follow, one in preparation. */
const BLOCKS_IN_FLIGHT = 3;
/** Or more of them, if all are not larger than this: the scripts of some are one piece of work then. */
const BYTES_IN_FLIGHT = 64 << 10;
/** Each is a layer in which coins are looked for. */
const MAX_IN_FLIGHT = 24;
/** Milliseconds after which everything else gets its turn. */
const MAX_TURN = 10;

export interface ActivationParts {
  readonly parameters: NetworkParameters;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly scriptVerifier: ScriptVerifier;
  readonly tree: HeaderTree;
  readonly active: ActiveChain;
  readonly blocks: BlockStore;
  readonly chainstate: Chainstate;
}

/** What the chain does around the loop. */
export interface ActivationHooks {
  /** Stores what was received meanwhile. */
  intake(): Promise<void>;
  scriptsNeeded(entry: HeaderEntry): boolean;
  /** A block is about to be connected, so many milliseconds after it was begun. */
  verified(milliseconds: number): void;
  connected(event: BlockEvent): Promise<void>;
  disconnected(event: BlockEvent): void;
  refused(event: RefusedEvent): void;
}

interface InFlight {
  readonly entry: HeaderEntry;
  readonly block: CheckedBlock;
  readonly result: ConnectResult;
  readonly verification: Verification;
  /** Monotonic milliseconds. */
  readonly begun: number;
}

export class Activation {
  readonly #parts: ActivationParts;
  readonly #hooks: ActivationHooks;
  #flight: InFlight[] = [];
  readonly #recent = new RecentBlocks();
  readonly #scripts: ScriptBatches;
  #turnStarted = 0;
  #stopping = false;
  /** Blocks came since the last intake began. */
  #hasArrivals = false;
  #onArrival: () => void = () => {};

  constructor(parts: ActivationParts, hooks: ActivationHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.#scripts = new ScriptBatches(parts.scriptVerifier);
  }

  /** Blocks are being judged. */
  get isConnecting(): boolean {
    return this.#flight.length > 0;
  }

  /** Keeps a block that was just stored at hand for its connection. */
  remember(entry: HeaderEntry, block: CheckedBlock): void {
    this.#recent.add(entry, block);
  }

  /** Connects and disconnects until the best branch that can be had is active. */
  async run(): Promise<void> {
    const { tree, active, clock } = this.#parts;
    this.#turnStarted = clock.monotonic();
    for (;;) {
      this.#hasArrivals = false;
      await this.#hooks.intake();
      const target = tree.best(active);
      const head = this.#flight.at(-1)?.entry ?? active.tip;
      const goesOn = target.height > head.height && target.ancestor(head.height) === head;
      if (goesOn && this.#hasRoom && !this.#stopping) await this.#begin(target.ancestor(head.height + 1));
      else if (await this.#arrivesFirst()) continue;
      else if (this.#flight.length > 0) await this.#settle();
      else if (target !== active.tip && !this.#stopping) await this.disconnectTip();
      else break;
      await this.#takeTurns();
    }
    this.#recent.prune(active.tip);
  }

  /** Blocks came: they may be the next ones, for which threads have nothing to do. */
  arrived(): void {
    this.#hasArrivals = true;
    this.#onArrival();
  }

  get #hasRoom(): boolean {
    const { length } = this.#flight;
    if (length < BLOCKS_IN_FLIGHT) return true;
    if (length === MAX_IN_FLIGHT) return false;
    return this.#flight.reduce((sum, { block }) => sum + block.bytes.length, 0) < BYTES_IN_FLIGHT;
  }

  /** Whether blocks come before the oldest one in flight is verified; not asked where none could be begun. */
  async #arrivesFirst(): Promise<boolean> {
    const [oldest] = this.#flight;
    if (oldest === undefined || !this.#hasRoom || this.#stopping) return false;
    if (this.#hasArrivals) return true;
    this.#scripts.send();
    const arrival = new Promise<boolean>((resolve) => {
      this.#onArrival = () => resolve(true);
    });
    const verified = oldest.verification().then(
      () => false,
      () => false,
    );
    return Promise.race([verified, arrival]);
  }

  /** Begins nothing more: what is in flight ends, and the rest is found at the next start. */
  stop(): void {
    this.#stopping = true;
  }

  async #takeTurns(): Promise<void> {
    const { clock } = this.#parts;
    if (clock.monotonic() - this.#turnStarted < MAX_TURN) return;
    await clock.yield();
    this.#turnStarted = clock.monotonic();
  }

  /** Judges a block on top of those in flight, and has its scripts verified. */
  async #begin(entry: HeaderEntry): Promise<void> {
    const begun = this.#parts.clock.monotonic();
    const block = await this.#take(entry);
    if (block === undefined) return;
    const place = { height: entry.height, hash: entry.hash, parent: entry.parent! };
    const layers = this.#flight.map(({ result }) => result.layer);
    let result: ConnectResult;
    try {
      result = await connectUpon(layers, block, place, this.#parts, this.#hooks.scriptsNeeded(entry));
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      // Blame it only if the blocks it was judged upon hold.
      while (this.#flight.length > 0) await this.#settle();
      if (this.#parts.active.tip !== entry.parent) return;
      // A coin that is missing may be one that the disk has lost.
      if (error.reason === 'bad-txns-inputs-missingorspent') await this.#parts.chainstate.verify();
      this.#fail(entry, error);
      return;
    }
    const verification = this.#scripts.add(result.scriptChecks);
    this.#flight.push({ entry, block, result, verification, begun });
  }

  /** Waits for the oldest block in flight, and merges it or drops all. */
  async #settle(): Promise<void> {
    const [oldest] = this.#flight;
    const failure = await oldest!.verification();
    if (failure !== null) {
      const dropped = this.#flight;
      this.#flight = [];
      await Promise.all(dropped.map(({ verification }) => verification()));
      this.#fail(oldest!.entry, scriptInvalid(oldest!.result.scriptChecks, failure));
      return;
    }
    await this.#commit(oldest!);
  }

  async #commit({ entry, block, result, begun }: InFlight): Promise<void> {
    const { parameters, tree, active, blocks, chainstate } = this.#parts;
    if (!(await blocks.hasUndo(entry))) entry.undo = await blocks.writeUndo(entry, result.undo);
    entry.validScripts = true;
    tree.dirty.add(entry);
    chainstate.apply(result.changes, { fresh: true, repeats: isBip30Exception(entry, parameters) });
    active.push(entry);
    this.#flight.shift();
    tree.pruneCandidates(entry);
    this.#hooks.verified(this.#parts.clock.monotonic() - begun);
    await this.#hooks.connected({ entry, block, undo: result.undo });
  }

  #fail(entry: HeaderEntry, invalid: Invalid): void {
    const { hash, height } = entry;
    const said = `Block validation error: ${invalid.message}`;
    this.#parts.logger.log('warn', 'validation', said, { hash, height });
    this.#parts.tree.markFailed(entry);
    this.#hooks.refused({ entry, invalid });
  }

  /** Takes the tip off the active chain. Nothing may be in flight. */
  async disconnectTip(): Promise<void> {
    const { active, blocks, chainstate, parameters } = this.#parts;
    const entry = active.tip;
    if (entry.parent === null) throw new Error('the genesis block cannot be disconnected');
    const block = await blocks.readBlock(entry);
    const undo = await blocks.readUndo(entry);
    const removal = disconnectBlock(block, entry.height, undo);
    await chainstate.checkRemoval(removal, [], entry.height < parameters.heights.bip34);
    chainstate.apply(removal, { fresh: false });
    active.pop();
    this.#hooks.disconnected({ entry, block, undo });
  }

  /** The block, from memory or disk; undefined if a power cut kept it from the disk: it must be fetched again. */
  async #take(entry: HeaderEntry): Promise<CheckedBlock | undefined> {
    const recent = this.#recent.take(entry);
    if (recent !== undefined) return recent;
    try {
      return checkBlock(await this.#parts.blocks.readBlock(entry), this.#parts.parameters);
    } catch (error) {
      if (!(error instanceof CorruptionError && (await this.#parts.blocks.isUnwritten(entry)))) throw error;
      this.#parts.logger.log('warn', 'validation', `lost the data of block ${entry.hash}: ${error.message}`);
      this.#parts.tree.loseData(entry);
      return undefined;
    }
  }
}

/** Core's reason for a block with an invalid script. */
export function scriptInvalid(
  checks: readonly ScriptCheck[],
  { check, input, error }: ScriptFailure,
): Invalid {
  const { tx } = checks[check]!;
  const reason = `block-script-verify-flag-failed (${scriptErrorMessage(error)})`;
  return new Invalid('consensus', reason, `input ${input} of ${tx.txid} (wtxid ${tx.wtxid})`);
}
