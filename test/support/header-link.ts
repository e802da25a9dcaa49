/** A header's place in a chain that is one list: HeaderLink for tests of pure rules. */
import { BlockHeader, type HeaderFields } from '../../src/core/block/header.ts';
import { workFromBits } from '../../src/core/block/target.ts';
import { genesisBlock } from '../../src/core/consensus/genesis.ts';
import { type HeaderLink, MEDIAN_TIME_SPAN } from '../../src/core/consensus/header-link.ts';
import type { NetworkParameters } from '../../src/core/parameters/network.ts';

export class ListedHeader implements HeaderLink {
  readonly height: number;
  readonly header: BlockHeader;
  readonly parent: ListedHeader | null;
  readonly chainWork: bigint;
  readonly medianTimePast: number;
  readonly #list: readonly ListedHeader[];

  constructor(header: BlockHeader, parent: ListedHeader | null, height = (parent?.height ?? -1) + 1) {
    this.header = header;
    this.parent = parent;
    this.height = height;
    this.chainWork = (parent?.chainWork ?? 0n) + workFromBits(header.bits);
    this.medianTimePast = medianTime(header, parent);
    // Lists are shared along a chain; a second child of one parent gets a copy of its own.
    const list = parent === null ? [] : parent.#list.at(-1) === parent ? parent.#list : parent.#chain();
    (list as ListedHeader[]).push(this);
    this.#list = list;
  }

  static genesis(parameters: NetworkParameters): ListedHeader {
    return new ListedHeader(genesisBlock(parameters).header, null);
  }

  #chain(): ListedHeader[] {
    return this.#list.slice(0, this.#list.indexOf(this) + 1);
  }

  ancestor(height: number): ListedHeader {
    const link = this.#list[height - this.#list[0]!.height];
    if (link === undefined || height > this.height) throw new RangeError(`no ancestor at height ${height}`);
    return link;
  }

  /** A child; what is not given is as in this header, but for a version that every rule accepts. */
  child(fields: Partial<HeaderFields> = {}): ListedHeader {
    const { header } = this;
    return new ListedHeader(
      BlockHeader.from({ ...header, version: 0x20000000, prevHash: header.hashBytes, ...fields }),
      this,
    );
  }
}

/** Median of the times of a block and its ten predecessors, in seconds. */
export function medianTime(header: BlockHeader, parent: HeaderLink | null): number {
  const times = [header.time];
  for (let link = parent; link !== null && times.length < MEDIAN_TIME_SPAN; link = link.parent)
    times.push(link.header.time);
  times.sort((a, b) => a - b);
  return times[times.length >> 1]!;
}
