/** Learns from confirmed transactions which fee rates are confirmed how soon. */
export interface FeeEstimate {
  /** Satoshis per 1,000 vbytes; null without data. */
  readonly feeRate: bigint | null;
  /** The target that the estimate is about; 0 without data. */
  readonly blocks: number;
  readonly errors: readonly string[];
}
declare const later: never;
export class FeeEstimator {
  /** Largest target that `estimate` takes. */
  readonly highestTarget: number = 1008;
  estimate(_target: number, _conservative: boolean): FeeEstimate {
    return later;
  }
}
