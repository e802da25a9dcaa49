/**
 * The numbers of Bitcoin Core's relay policy that a user may change as options. Those that nobody may are in
 * `core/script/standard.ts`; the rules in `standardness`, `dust`, `truc` and `replacement`.
 */
import { BYTES_PER_SIGOP } from '../core/script/standard.ts';
import {
  DUST_RELAY_FEE_RATE,
  type FeeRate,
  INCREMENTAL_RELAY_FEE_RATE,
  MIN_RELAY_FEE_RATE,
} from '../core/transaction/fee-rate.ts';

export interface MempoolPolicy {
  /** `-acceptnonstdtxn=0`: refuse what is valid but not standard. */
  readonly requireStandard: boolean;
  readonly minimumRelayFeeRate: FeeRate;
  readonly incrementalRelayFeeRate: FeeRate;
  readonly dustRelayFeeRate: FeeRate;
  /** Bytes of all OP_RETURN scripts of a transaction; 0 relays none. */
  readonly maxDataCarrierBytes: number;
  readonly permitBareMultisig: boolean;
  /** vbytes that a signature operation counts for at least. */
  readonly bytesPerSigOp: number;
  /** Bytes of memory as Core counts them (`-maxmempool`, given in MB), and of Node's, by estimate. */
  readonly maxBytes: number;
  readonly maxMemory: number;
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
  minimumRelayFeeRate: MIN_RELAY_FEE_RATE,
  incrementalRelayFeeRate: INCREMENTAL_RELAY_FEE_RATE,
  dustRelayFeeRate: DUST_RELAY_FEE_RATE,
  maxDataCarrierBytes: 100_000,
  permitBareMultisig: true,
  bytesPerSigOp: BYTES_PER_SIGOP,
  maxBytes: 300_000_000,
  maxMemory: Number.POSITIVE_INFINITY,
  expiry: 336 * 3600,
  limitClusterCount: 64,
  limitClusterSize: 101_000,
  limitAncestorCount: Number.POSITIVE_INFINITY,
  limitDescendantCount: Number.POSITIVE_INFINITY,
});
