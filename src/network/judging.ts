/** Blocks that have come and are being judged: which, how many bytes, and who waits for fewer of them. */
import type { Block } from '../core/block/block.ts';
import type { BlockHash } from '../core/block/header.ts';

/** Bytes beyond which no more are asked for: they come faster than they are verified. */
const MAXIMUM_BYTES = 4 << 20;

export class Judging {
  readonly #hashes = new Set<BlockHash>();
  #bytes = 0;
  readonly #waiting: (() => void)[] = [];

  has(hash: BlockHash): boolean {
    return this.#hashes.has(hash);
  }

  get isFull(): boolean {
    return this.#bytes > MAXIMUM_BYTES;
  }

  add({ hash, bytes }: Block): void {
    this.#hashes.add(hash);
    this.#bytes += bytes.length;
  }

  delete({ hash, bytes }: Block): void {
    this.#hashes.delete(hash);
    this.#bytes -= bytes.length;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when they are not too many. */
  async room(): Promise<void> {
    while (this.isFull) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
  }
}
