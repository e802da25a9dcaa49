/**
 * The block door: judges what can be judged of a block without coins, stores it, and answers when the chain
 * has made up its mind about it. Knows nothing of connecting.
 */
import type { Block } from '../core/block/block.ts';
import type { BlockHeader } from '../core/block/header.ts';
import { type CheckedBlock, checkBlock } from '../core/consensus/check-block.ts';
import { checkBlockContext } from '../core/consensus/contextual.ts';
import { Invalid } from '../core/encoding/errors.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { ActiveChain } from './active-chain.ts';
import type { BlockStore } from './block-store.ts';
import type { BlockVerdict, ExtendedEvent, HeadersVerdict } from './events.ts';
import type { HeaderEntry, Position } from './header-entry.ts';
import type { HeaderTree } from './header-tree.ts';
import type { AcceptBlockOptions } from './options.ts';

/** Core: an unrequested block this far above the tip is not worth its disk space. */
const MAX_UNREQUESTED_DISTANCE = 288;

export interface IntakeParts {
  readonly parameters: NetworkParameters;
  readonly tree: HeaderTree;
  readonly active: ActiveChain;
  readonly blocks: BlockStore;
  readonly minimumChainWork: bigint;
}

export interface IntakeHooks {
  acceptHeaders(headers: readonly BlockHeader[]): HeadersVerdict;
  extended(event: ExtendedEvent): void;
  /** Something waits to be stored. */
  wake(): void;
  /** The tree changed without that. */
  changed(): void;
}

interface Incoming {
  readonly entry: HeaderEntry;
  readonly block: CheckedBlock;
  readonly position: Position | undefined;
}

interface Waiting {
  readonly verdict: Promise<BlockVerdict>;
  readonly resolve: (verdict: BlockVerdict) => void;
  readonly reject: (error: Error) => void;
}

export class BlockIntake {
  readonly #parts: IntakeParts;
  readonly #hooks: IntakeHooks;
  #incoming: Incoming[] = [];
  readonly #waiting = new Map<HeaderEntry, Waiting>();
  /** Blocks that failed; answered for when the chain has found its way back to the best tip. */
  readonly #refusals = new Map<HeaderEntry, Invalid>();

  constructor(parts: IntakeParts, hooks: IntakeHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
  }

  async accept(block: Block, { requested = true, position }: AcceptBlockOptions): Promise<BlockVerdict> {
    const { tree, parameters } = this.#parts;
    let entry: HeaderEntry;
    let checked: CheckedBlock;
    try {
      // Before the header is stored: a body that fails here never condemns the header (CVE-2012-2459).
      checked = checkBlock(block, parameters);
      const headers = this.#hooks.acceptHeaders([block.header]);
      if (!headers.ok) return headers;
      entry = headers.last!;
    } catch (error) {
      return { ok: false, invalid: asInvalid(error) };
    }
    if (entry.haveData) return { ok: true, new: false, connected: entry.validScripts };
    const waiting = this.#waiting.get(entry);
    if (waiting !== undefined) {
      const verdict = await waiting.verdict;
      return verdict.ok ? { ...verdict, new: false } : verdict;
    }
    if (!requested && !this.#isWanted(entry)) return { ok: true, new: false, connected: false };
    try {
      checkBlockContext(checked, entry.parent!, parameters);
    } catch (error) {
      const invalid = asInvalid(error);
      if (invalid.kind !== 'mutated') {
        tree.markFailed(entry);
        this.#hooks.changed();
      }
      return { ok: false, invalid };
    }
    this.#incoming.push({ entry, block: checked, position });
    const verdict = this.#wait(entry);
    if (entry.parent === this.#parts.active.tip) this.#hooks.extended({ entry, block });
    this.#hooks.wake();
    return verdict;
  }

  #wait(entry: HeaderEntry): Promise<BlockVerdict> {
    let resolve!: Waiting['resolve'];
    let reject!: Waiting['reject'];
    const verdict = new Promise<BlockVerdict>((resolve_, reject_) => {
      resolve = resolve_;
      reject = reject_;
    });
    this.#waiting.set(entry, { verdict, resolve, reject });
    return verdict;
  }

  /** Core's rules against floods, for a block that came unasked. */
  #isWanted(entry: HeaderEntry): boolean {
    const { tip } = this.#parts.active;
    return (
      entry.transactionCount === 0 &&
      entry.chainWork >= tip.chainWork &&
      entry.height <= tip.height + MAX_UNREQUESTED_DISTANCE &&
      entry.chainWork >= this.#parts.minimumChainWork
    );
  }

  /**
   * Writes what came in to the block files; what comes meanwhile has to wait, or the chain would connect nothing
   * while peers send. @returns the entries that have their data now.
   */
  async store(remember: (entry: HeaderEntry, block: CheckedBlock) => void): Promise<HeaderEntry[]> {
    const { tree, active, blocks } = this.#parts;
    const stored: HeaderEntry[] = [];
    const incoming = this.#incoming;
    this.#incoming = [];
    for (const { entry, block, position } of incoming) {
      entry.data = await blocks.writeBlock(block, position);
      tree.receive(entry, block.transactions.length, active.tip);
      remember(entry, block);
      stored.push(entry);
    }
    return stored;
  }

  /** Answers for those of the stored blocks that are not on the way to the best tip. */
  answerSideBranches(stored: readonly HeaderEntry[], target: HeaderEntry): void {
    for (const entry of stored)
      if (entry.height > target.height || target.ancestor(entry.height) !== entry)
        this.answer(entry, { ok: true, new: true, connected: false });
  }

  answer(entry: HeaderEntry, verdict: BlockVerdict): void {
    this.#waiting.get(entry)?.resolve(verdict);
    this.#waiting.delete(entry);
  }

  refuse(entry: HeaderEntry, invalid: Invalid): void {
    this.#refusals.set(entry, invalid);
  }

  /** The chain has come to rest: answers for all that are stored. */
  answerAll(): void {
    for (const entry of [...this.#waiting.keys()]) {
      const invalid = this.#refusals.get(entry);
      if (invalid !== undefined) this.answer(entry, { ok: false, invalid });
      else if (entry.haveData)
        this.answer(entry, { ok: true, new: true, connected: this.#parts.active.includes(entry) });
    }
    this.#refusals.clear();
  }

  /** What waits for an entry that the tree has forgotten is not stored. @param told hears of it before those who wait */
  forget(told: () => void): void {
    const isKnown = (entry: HeaderEntry) => this.#parts.tree.get(entry.hash) === entry;
    this.#incoming = this.#incoming.filter(({ entry }) => isKnown(entry));
    told();
    for (const entry of [...this.#waiting.keys()])
      if (!isKnown(entry)) this.answer(entry, { ok: true, new: true, connected: false });
  }

  /** No answer will come any more. */
  rejectAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** Doors turn broken rules into verdicts; anything else is a bug or a failing disk. */
export function asInvalid(error: unknown): Invalid {
  if (error instanceof Invalid) return error;
  throw error;
}
