/** BIP157: serves compact block filters to light clients. Owns the requests; an index owns the filters. */
import type { HeaderEntry } from '../chain/header-entry.ts';

/** What the filter index offers; undefined where it has not reached the block yet. */
export interface FilterSource {
  /** The BIP158 basic filter with its leading element count. */
  filter(entry: HeaderEntry): Promise<Uint8Array | undefined>;
  /** 32 bytes, internal order. */
  filterHeader(entry: HeaderEntry): Promise<Uint8Array | undefined>;
}
