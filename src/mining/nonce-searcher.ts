/** The seam behind which nonces are tried: in this thread, or in workers. */

export interface SearchOptions {
  /** Ends the search at once. */
  readonly signal?: AbortSignal;
  /** Percent of the time that is searched, 1 to 100 (the default). */
  readonly load?: number;
}

export interface NonceSearcher {
  /** Hashes computed so far, in all searches and while one is under way. */
  readonly hashes: number;
  /**
   * Tries `count` nonces from `from` on (modulo 2^32) on an 80-byte header; one search at a time.
   * @param target The hash as a little-endian number must not be above it.
   * @returns a nonce that was found, or null if the range is spent or the search was stopped.
   */
  search(
    header: Uint8Array,
    target: bigint,
    from: number,
    count: number,
    options?: SearchOptions,
  ): Promise<number | null>;
  close(): Promise<void>;
}

/** What a miner has nonces tried by. */
export interface Searchers {
  /** In this thread, for blocks on demand. */
  readonly searcher: NonceSearcher;
  /** For continuous mining. */
  readonly createSearcher: (threads: number) => NonceSearcher;
}

/** Nonces that are tried without looking up: a few milliseconds, and enough for the engine to optimize. */
export const SLICE = 1 << 14;
