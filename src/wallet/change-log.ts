/**
 * In which order a wallet's transactions last changed, by a number that lasts: it is in their records. Whoever knows
 * everything up to a number is told what has a higher one, as soon as that is on the disk.
 */
import { countLeading } from '../core/encoding/sorted.ts';

/** What is known of a transaction, as far as it matters here. */
interface Changing {
  sequence: number;
  readonly order: number;
  readonly unsent?: boolean;
}

interface Change<T> {
  readonly sequence: number;
  readonly entry: T;
}

export class ChangeLog<T extends Changing> {
  /** Ascending. Of those of one transaction the last counts. */
  #changes: Change<T>[] = [];
  #last: number;
  /** The last that is on the disk. */
  #kept: number;
  #isKeeping = false;
  readonly #settled: () => Promise<void>;
  readonly #told: () => void;

  /**
   * @param now milliseconds since the epoch: numbers begin here at the least, so that those of a wallet that was put
   * back from a copy are none that its later life had given
   * @param settled resolves when all that was written so far is on the disk
   * @param told that changes are on the disk
   */
  constructor(now: number, settled: () => Promise<void>, told: () => void) {
    this.#last = now;
    this.#kept = now;
    this.#settled = settled;
    this.#told = told;
  }

  /** The highest number given. */
  get last(): number {
    return this.#last;
  }

  /** As the store has them. Records of old have no number: theirs is their order. */
  load(entries: readonly T[]): void {
    for (const entry of entries) entry.sequence ||= entry.order + 1;
    this.#changes = Array.from(entries, (entry) => ({ sequence: entry.sequence, entry }));
    this.#changes.sort((a, b) => a.sequence - b.sequence);
    this.#last = Math.max(this.#last, this.#changes.at(-1)?.sequence ?? 0);
    this.#kept = this.#last;
  }

  /** It is new, or another than before, and will be written. @param count transactions that there are */
  add(entry: T, count: number): void {
    entry.sequence = ++this.#last;
    this.#changes.push({ sequence: entry.sequence, entry });
    if (this.#changes.length > 2 * count + 100) this.#changes = this.#changes.filter(isLast);
    if (!this.#isKeeping) void this.#keep();
  }

  /** The next change after one that is known, of those that are on the disk. */
  after(known: number): T | undefined {
    const first = countLeading(this.#changes, ({ sequence }) => sequence <= known);
    for (let i = first; i < this.#changes.length && this.#changes[i]!.sequence <= this.#kept; i++)
      // A payment that is not sent yet may be taken back.
      if (isLast(this.#changes[i]!) && !this.#changes[i]!.entry.unsent) return this.#changes[i]!.entry;
    return undefined;
  }

  async #keep(): Promise<void> {
    this.#isKeeping = true;
    try {
      while (this.#kept < this.#last) {
        // What belongs together comes before a promise has its turn.
        await undefined;
        const last = this.#last;
        await this.#settled();
        this.#kept = last;
        this.#told();
      }
    } catch {
      // The wallet is closed: what the disk does not have is told when it was read from the chain again.
    } finally {
      this.#isKeeping = false;
    }
  }
}

const isLast = ({ sequence, entry }: Change<Changing>): boolean => entry.sequence === sequence;
