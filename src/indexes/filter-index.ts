/** BIP158 basic filters of all blocks (`-blockfilterindex`), and the headers that chain them (BIP157). */
import type { HeaderEntry } from '../chain/header-entry.ts';
import { CorruptionError } from '../chain/storage.ts';
import { basicFilter, filterHeader } from '../core/block/filter.ts';
import { concatBytes } from '../core/encoding/bytes.ts';
import { Follower, type IndexContent, type IndexDependencies } from './follower.ts';

/** 'f' block hash (32) -> filter header (32), filter. Filters of blocks that were left stay. */
const PREFIX = Uint8Array.of(0x66);

interface BlockFilter {
  /** With its leading element count. */
  readonly filter: Uint8Array;
  /** 32 bytes, internal order. */
  readonly header: Uint8Array;
}

const keyOf = (entry: HeaderEntry): Uint8Array => concatBytes(PREFIX, entry.hashBytes);

const content: IndexContent = {
  async connect({ entry, block, undo }, store) {
    const { parent } = entry;
    const before = parent === null ? new Uint8Array(32) : await store.get(keyOf(parent));
    if (before === undefined)
      throw new CorruptionError(`basic block filter index lacks the filter of block ${parent!.hash}`);
    const spent = undo.flatMap((coins) => coins.map((coin) => coin.output));
    const filter = basicFilter(block, spent);
    return [{ put: keyOf(entry), value: concatBytes(filterHeader(filter, before.subarray(0, 32)), filter) }];
  },
};

export class FilterIndex {
  readonly follower: Follower;

  private constructor(follower: Follower) {
    this.follower = follower;
  }

  static async open(dependencies: IndexDependencies): Promise<FilterIndex> {
    return new FilterIndex(await Follower.open('blockfilter/basic', content, dependencies));
  }

  /** Resolves when the chain's tip is in the index. */
  synchronize(): Promise<void> {
    return this.follower.synchronize();
  }

  /** Undefined if the block was never active while the index ran. */
  async find(entry: HeaderEntry): Promise<BlockFilter | undefined> {
    const value = await this.follower.get(keyOf(entry));
    return value === undefined ? undefined : { header: value.slice(0, 32), filter: value.slice(32) };
  }

  close(): Promise<void> {
    return this.follower.close();
  }
}
