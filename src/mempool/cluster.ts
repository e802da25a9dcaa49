/** Placeholder for the first commit's types. */
import type { MempoolEntry } from './entry.ts';

export interface Chunk {
  readonly entries: readonly MempoolEntry[];
  readonly fee: bigint;
  readonly weight: number;
}
export class Cluster {
  readonly entries: ReadonlySet<MempoolEntry> = new Set();
}
