/**
 * What the contextual rules may see of a header's place in the tree. The chain's header entries
 * implement it; the rules never see more of the chain than this.
 */
import type { BlockHeader } from '../block/header.ts';

export interface HeaderLink {
  /** 0 for the genesis block. */
  readonly height: number;
  readonly header: BlockHeader;
  /** null for the genesis block. */
  readonly parent: HeaderLink | null;
  /** Seconds: median of the times of this block and the ten before it. */
  readonly medianTimePast: number;
  /** The ancestor (or this block itself) at a height from 0 to this block's. */
  ancestor(height: number): HeaderLink;
}

/** Blocks whose median time is the clock of the chain. */
export const MEDIAN_TIME_SPAN = 11;
