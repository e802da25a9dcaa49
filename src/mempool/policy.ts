/**
 * The numbers of Bitcoin Core's relay policy, those a user may change as options, and fee rates. Owns no
 * rule: those are in `standardness`, `dust`, `truc` and `replacement`.
 */

/** Weight units. A larger transaction costs too much to verify for what it pays. */
export const MAX_STANDARD_TX_WEIGHT = 400_000;
/** Bytes without witness. CVE-2017-12842: 64 bytes can pass for an inner node of the Merkle tree. */
export const MIN_STANDARD_TX_NONWITNESS_SIZE = 65;
/** BIP141 cost: a fifth of a block's. */
export const MAX_STANDARD_TX_SIGOPS_COST = 16_000;
/** Weight that a signature operation takes at least: a block that is full of either is full. */
export const BYTES_PER_SIGOP = 20;
/** Versions that are relayed; 3 is BIP431 (TRUC). */
export const MAX_STANDARD_VERSION = 3;

export interface MempoolPolicy {
  /** `-acceptnonstdtxn=0`: refuse what is valid but not standard. */
  readonly requireStandard: boolean;
  /** Satoshis per 1,000 vbytes below which nothing is relayed. */
  readonly minimumRelayFeeRate: bigint;
  /** Satoshis per 1,000 vbytes that a replacement must pay more, and by which the minimum rises. */
  readonly incrementalRelayFeeRate: bigint;
  /** Satoshis per 1,000 vbytes by which dust is told. */
  readonly dustRelayFeeRate: bigint;
  /** Bytes of all OP_RETURN scripts of a transaction; 0 relays none. */
  readonly maxDataCarrierBytes: number;
  readonly permitBareMultisig: boolean;
  /** Bytes of memory, by estimate (`-maxmempool`, given in MB). */
  readonly maxBytes: number;
  /** Seconds (`-mempoolexpiry`, given in hours). */
  readonly expiry: number;
  /** Connected transactions, and their adjusted weight together in vbytes. */
  readonly limitClusterCount: number;
  readonly limitClusterSize: number;
  /** Counted with the transaction itself. Clusters bound both; a user may set them lower. */
  readonly limitAncestorCount: number;
  readonly limitDescendantCount: number;
}

export const DEFAULT_POLICY: MempoolPolicy = Object.freeze({
  requireStandard: true,
  minimumRelayFeeRate: 100n,
  incrementalRelayFeeRate: 100n,
  dustRelayFeeRate: 3000n,
  maxDataCarrierBytes: 100_000,
  permitBareMultisig: true,
  maxBytes: 300_000_000,
  expiry: 336 * 3600,
  limitClusterCount: 64,
  limitClusterSize: 101_000,
  limitAncestorCount: Number.POSITIVE_INFINITY,
  limitDescendantCount: Number.POSITIVE_INFINITY,
});

/** Satoshis that `size` vbytes cost at `rate` satoshis per 1,000 vbytes, rounded up. */
export function feeAtRate(rate: bigint, size: number): bigint {
  const exact = rate * BigInt(size);
  return exact > 0n ? (exact + 999n) / 1000n : exact / 1000n;
}

/** Satoshis per 1,000 vbytes, rounded down. */
export function feeRateOf(fee: bigint, size: number): bigint {
  return size === 0 ? 0n : (fee * 1000n) / BigInt(size);
}
