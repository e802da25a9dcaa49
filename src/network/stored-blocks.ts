/** Blocks that came and are not connected yet: how much they are, and who gave them. */
import type { HeaderEntry } from '../chain/header-entry.ts';
import type { Block } from '../core/block/block.ts';
import type { BlockHash } from '../core/block/header.ts';
import type { Peer } from './peer.ts';
import { DOWNLOAD_WINDOW } from './protocol.ts';

/** Blocks that are remembered at most. */
const MAXIMUM = 2 * DOWNLOAD_WINDOW;

interface StoredBlock {
  readonly height: number;
  readonly bytes: number;
  /** Who gave it, if it is to be blamed should the block turn out invalid. */
  readonly source: Peer | undefined;
}

export class StoredBlocks {
  readonly #blocks = new Map<BlockHash, StoredBlock>();
  #bytes = 0;
  #usualBytes = 0;

  /** Of all of them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of a block, as the last ones were. */
  get usualBytes(): number {
    return this.#usualBytes;
  }

  source(hash: BlockHash): Peer | undefined {
    return this.#blocks.get(hash)?.source;
  }

  add({ hash, height }: HeaderEntry, { bytes }: Block, source: Peer | undefined): void {
    this.delete(hash);
    this.#blocks.set(hash, { height, bytes: bytes.length, source });
    this.#bytes += bytes.length;
    this.#usualBytes += (bytes.length - this.#usualBytes) / 8;
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size > MAXIMUM) this.delete(oldest!);
  }

  delete(hash: BlockHash): void {
    this.#bytes -= this.#blocks.get(hash)?.bytes ?? 0;
    this.#blocks.delete(hash);
  }

  /** Forgets those up to this height: what is connected, and what came for a branch that has lost. */
  deleteUpTo(limit: number): void {
    for (const [hash, { height }] of this.#blocks) if (height <= limit) this.delete(hash);
  }
}
