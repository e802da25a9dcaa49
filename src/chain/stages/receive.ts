/**
 * First stage of a block: it is received, and waits to be stored; whoever brought it waits for what becomes of it.
 * Owns who waits and what they are answered. Judges nothing.
 */
import type { CheckedBlock } from '../../core/consensus/check-block.ts';
import type { Invalid } from '../../core/encoding/errors.ts';
import type { ActiveChain } from '../active-chain.ts';
import type { BlockVerdict } from '../events.ts';
import type { HeaderEntry, Position } from '../header-entry.ts';
import type { HeaderTree } from '../header-tree.ts';

export interface Received {
  readonly entry: HeaderEntry;
  readonly block: CheckedBlock;
  /** Where it lies in the block files already. */
  readonly position: Position | undefined;
}

interface Waiting {
  readonly verdict: Promise<BlockVerdict>;
  readonly resolve: (verdict: BlockVerdict) => void;
  readonly reject: (error: Error) => void;
}

export class Reception {
  #arrivals: Received[] = [];
  #onArrival: () => void = () => {};
  readonly #waiting = new Map<HeaderEntry, Waiting>();
  /** Blocks that failed; answered for when the chain has found its way back to the best tip. */
  readonly #refusals = new Map<HeaderEntry, Invalid>();

  /** What becomes of a block that came before and is not judged yet. */
  verdictOf(entry: HeaderEntry): Promise<BlockVerdict> | undefined {
    return this.#waiting.get(entry)?.verdict;
  }

  add(received: Received): Promise<BlockVerdict> {
    let resolve!: Waiting['resolve'];
    let reject!: Waiting['reject'];
    const verdict = new Promise<BlockVerdict>((resolve_, reject_) => {
      resolve = resolve_;
      reject = reject_;
    });
    this.#waiting.set(received.entry, { verdict, resolve, reject });
    this.#arrivals.push(received);
    this.#onArrival();
    return verdict;
  }

  get hasArrivals(): boolean {
    return this.#arrivals.length > 0;
  }

  nextArrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#onArrival = resolve;
    });
  }

  /** What comes meanwhile has to wait, or the chain would connect nothing while peers send. */
  takeArrivals(): readonly Received[] {
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    return arrivals;
  }

  answer(entry: HeaderEntry, verdict: BlockVerdict): void {
    this.#waiting.get(entry)?.resolve(verdict);
    this.#waiting.delete(entry);
  }

  /** Answers for those of the stored blocks that are not on the way to the best tip. */
  answerSideBranches(stored: readonly HeaderEntry[], target: HeaderEntry): void {
    for (const entry of stored)
      if (!target.descendsFrom(entry)) this.answer(entry, { ok: true, new: true, connected: false });
  }

  refuse(entry: HeaderEntry, invalid: Invalid): void {
    this.#refusals.set(entry, invalid);
  }

  /** The chain has come to rest: answers for all that are stored. */
  answerAll(active: ActiveChain): void {
    for (const entry of [...this.#waiting.keys()]) {
      const invalid = this.#refusals.get(entry);
      if (invalid !== undefined) this.answer(entry, { ok: false, invalid });
      else if (entry.haveData) this.answer(entry, { ok: true, new: true, connected: active.includes(entry) });
    }
    this.#refusals.clear();
  }

  /** What waits for an entry that the tree has forgotten is not stored. */
  forget(tree: HeaderTree): void {
    const isKnown = (entry: HeaderEntry) => tree.get(entry.hash) === entry;
    this.#arrivals = this.#arrivals.filter(({ entry }) => isKnown(entry));
    for (const entry of [...this.#waiting.keys()])
      if (!isKnown(entry)) this.answer(entry, { ok: true, new: true, connected: false });
  }

  /** No answer will come any more. */
  rejectAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
