/** Received blocks kept at hand until they are connected; others are read from the disk and decoded again. */
import type { CheckedBlock } from '../core/consensus/check-block.ts';
import type { HeaderEntry } from './header-entry.ts';

/** Decoded they take ten times as much. */
const MAX_BYTES = 8 << 20;
const MAX_BLOCKS = 64;

export class RecentBlocks {
  readonly #blocks = new Map<HeaderEntry, CheckedBlock>();
  #bytes = 0;

  /** Of too many, those nearest to the tip are kept. */
  add(entry: HeaderEntry, block: CheckedBlock): void {
    this.take(entry);
    this.#blocks.set(entry, block);
    this.#bytes += block.bytes.length;
    while (this.#bytes > MAX_BYTES || this.#blocks.size > MAX_BLOCKS) this.take(this.#farthest());
  }

  take(entry: HeaderEntry): CheckedBlock | undefined {
    const block = this.#blocks.get(entry);
    if (block === undefined) return undefined;
    this.#blocks.delete(entry);
    this.#bytes -= block.bytes.length;
    return block;
  }

  /** Keeps only what can still be connected on top of this tip. */
  prune(tip: HeaderEntry): void {
    for (const entry of this.#blocks.keys()) if (entry === tip || !entry.descendsFrom(tip)) this.take(entry);
  }

  #farthest(): HeaderEntry {
    let farthest: HeaderEntry | undefined;
    for (const entry of this.#blocks.keys())
      if (farthest === undefined || entry.height > farthest.height) farthest = entry;
    return farthest!;
  }
}
