/** The active chain by height: the branch whose coins the chainstate holds. */
import { forkOf, type HeaderEntry } from './header-entry.ts';

export class ActiveChain {
  readonly #entries: HeaderEntry[] = [];

  get tip(): HeaderEntry {
    return this.#entries.at(-1)!;
  }

  at(height: number): HeaderEntry | undefined {
    return this.#entries[height];
  }

  includes(entry: HeaderEntry): boolean {
    return this.#entries[entry.height] === entry;
  }

  next(entry: HeaderEntry): HeaderEntry | undefined {
    return this.includes(entry) ? this.#entries[entry.height + 1] : undefined;
  }

  /** The last active block that an entry descends from. */
  forkWith(entry: HeaderEntry): HeaderEntry {
    return forkOf(entry, this.tip);
  }

  reset(tip: HeaderEntry): void {
    this.#entries.length = tip.height + 1;
    for (let at: HeaderEntry | null = tip; at !== null; at = at.parent) this.#entries[at.height] = at;
  }

  push(entry: HeaderEntry): void {
    this.#entries.push(entry);
  }

  pop(): void {
    this.#entries.pop();
  }
}
