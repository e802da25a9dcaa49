/** BIP157: serves compact block filters to light clients. Owns the requests; an index owns the filters. */
import type { HeaderEntry } from '../chain/header-entry.ts';
import type { BlockHash } from '../core/block/header.ts';
import { toDisplayHex } from '../core/encoding/bytes.ts';
import { hash256 } from '../core/encoding/hashes.ts';
import type { FilterSource, Handlers, NetworkContext, Part } from './context.ts';
import { type FilterRange, MAXIMUM_FILTER_HEADERS } from './messages/filters.ts';
import type { Peer } from './peer.ts';

const BASIC_FILTER = 0;
const MAXIMUM_FILTERS = 1_000;
const CHECKPOINT_INTERVAL = 1_000;
const NO_HEADER = new Uint8Array(32);

export class FilterServing implements Part {
  readonly #context: NetworkContext;
  readonly #source: FilterSource | undefined;
  readonly handlers: Handlers;

  /** Without a source filters are not served, and whoever asks is let go. Bloom filters (BIP37) are never served. */
  constructor(context: NetworkContext) {
    this.#context = context;
    this.#source = context.filters;
    const noBloom = (peer: Peer): void => peer.close('bloom filters are not served');
    this.handlers = {
      ...{ filterload: noBloom, filteradd: noBloom, filterclear: noBloom },
      getcfilters: (peer, range) => this.#sendFilters(peer, range),
      getcfheaders: (peer, range) => this.#sendHeaders(peer, range),
      getcfcheckpt: (peer, body) => this.#sendCheckpoints(peer, body.filterType, body.stopHash),
    };
  }

  /** The last block asked for, if the request may be answered; a senseless one ends the connection. */
  #stop(peer: Peer, filterType: number, stopHash: Uint8Array): HeaderEntry | undefined {
    const hash = toDisplayHex(stopHash) as BlockHash;
    const entry = this.#context.chain.entry(hash);
    if (this.#source === undefined || filterType !== BASIC_FILTER)
      peer.close(`peer requested unsupported block filter type: ${filterType}`);
    else if (entry !== undefined && (entry.validScripts || this.#context.chain.isActive(entry))) return entry;
    else peer.close(`peer requested invalid block hash: ${hash}`);
    return undefined;
  }

  #range(peer: Peer, range: FilterRange, limit: number): HeaderEntry[] | undefined {
    const stop = this.#stop(peer, range.filterType, range.stopHash);
    if (stop === undefined) return undefined;
    const count = stop.height - range.startHeight + 1;
    if (count < 1 || count > limit) {
      const heights = `start height ${range.startHeight} and stop height ${stop.height}`;
      peer.close(
        count < 1
          ? `peer sent invalid getcfilters/getcfheaders with ${heights}`
          : `peer requested too many cfilters/cfheaders: ${count} / ${limit}`,
      );
      return undefined;
    }
    return Array.from({ length: count }, (_, i) => stop.ancestor(range.startHeight + i));
  }

  async #sendFilters(peer: Peer, range: FilterRange): Promise<void> {
    for (const entry of this.#range(peer, range, MAXIMUM_FILTERS) ?? []) {
      await peer.room();
      const filter = await this.#source!.filter(entry);
      if (filter === undefined || peer.closed) return;
      peer.send('cfilter', { filterType: BASIC_FILTER, blockHash: entry.hashBytes, filter });
    }
  }

  async #sendHeaders(peer: Peer, range: FilterRange): Promise<void> {
    const entries = this.#range(peer, range, MAXIMUM_FILTER_HEADERS);
    if (entries === undefined) return;
    const before = entries[0]!.parent;
    const previousHeader = before === null ? NO_HEADER : await this.#source!.filterHeader(before);
    if (previousHeader === undefined) return;
    const filterHashes: Uint8Array[] = [];
    // One filter at a time: two thousand of them are forty megabytes.
    for (const entry of entries) {
      const filter = await this.#source!.filter(entry);
      if (filter === undefined || peer.closed) return;
      filterHashes.push(hash256(filter));
    }
    peer.send('cfheaders', {
      filterType: BASIC_FILTER,
      stopHash: range.stopHash,
      previousHeader,
      filterHashes,
    });
  }

  async #sendCheckpoints(peer: Peer, filterType: number, stopHash: Uint8Array): Promise<void> {
    const stop = this.#stop(peer, filterType, stopHash);
    if (stop === undefined) return;
    const filterHeaders: Uint8Array[] = [];
    for (let height = CHECKPOINT_INTERVAL; height <= stop.height; height += CHECKPOINT_INTERVAL) {
      const header = await this.#source!.filterHeader(stop.ancestor(height));
      if (header === undefined) return;
      filterHeaders.push(header);
    }
    peer.send('cfcheckpt', { filterType, stopHash, filterHeaders });
  }
}
