/** The seam behind which nonces are tried: in this thread, or in workers. */
export interface SearchResult {
  /** The first nonce found; null if the range is spent or the search was stopped. */
  readonly nonce: number | null;
  /** Hashes that were computed. */
  readonly hashes: number;
}
export interface NonceSearcher {
  /** How many searches run side by side. */
  readonly threads: number;
  /**
   * Tries nonces `from`, `from + 1`, ... for `count` of them on an 80-byte header.
   * @param target The hash, as a little-endian number, must not be above it.
   */
  search(
    header: Uint8Array,
    target: bigint,
    from: number,
    count: number,
    signal?: AbortSignal,
  ): Promise<SearchResult>;
  close(): Promise<void>;
}
