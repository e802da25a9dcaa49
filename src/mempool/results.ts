/** What the mempool's door answers. */
import { Invalid } from '../core/encoding/errors.ts';
import type { FeeRate } from '../core/transaction/fee-rate.ts';
import type { Transaction, Wtxid } from '../core/transaction/transaction.ts';
import type { MempoolEntry } from './entry.ts';

/** Refused for its fee alone: together with a child that pays for it, it may be accepted. */
export class FeeInvalid extends Invalid {
  constructor(reason: string, detail = '') {
    super('policy', reason, detail);
  }
}

/** It pays more than who sends it wants to. */
export class MaximumFeeInvalid extends Invalid {
  constructor() {
    super('policy', 'max-fee-exceeded');
  }
}

/** A script failed under the flags of relay. */
export class ScriptInvalid extends Invalid {
  /** The transaction should have witnesses and has none. */
  readonly witnessStripped: boolean;

  constructor(reason: string, detail: string, witnessStripped: boolean) {
    super('policy', reason, detail);
    this.witnessStripped = witnessStripped;
  }
}

export interface AcceptOptions {
  /** Judge only; nothing changes. */
  readonly testOnly?: boolean;
  /** False refuses a transaction that conflicts with the mempool (`bip125-replacement-disallowed`). */
  readonly allowReplacement?: boolean;
  /** What pays more must be a mistake (`max feerate exceeded`). */
  readonly maximumFeeRate?: FeeRate | undefined;
  /** Satoshis above which a transaction that is valid otherwise is refused (`MaximumFeeInvalid`). */
  readonly maximumFee?: bigint | undefined;
  /** Seconds since the epoch, for transactions loaded from disk. */
  readonly time?: number;
}

export interface Accepted {
  readonly ok: true;
  /** In the mempool, unless only tested. */
  readonly entry: MempoolEntry;
  /** What it took the place of (its conflicts and their descendants). */
  readonly replaced: readonly Transaction[];
  /** Rate and wtxids that it was judged by: its own, or its package's. */
  readonly effectiveFeeRate: FeeRate;
  readonly effectiveIncludes: readonly Wtxid[];
}

export interface Refused {
  readonly ok: false;
  readonly invalid: Invalid;
  /** It paid too little (`FeeInvalid`). */
  readonly reconsiderable: boolean;
  /** Its witness may have been stripped on the way: the txid must not be remembered as bad. */
  readonly witnessStripped: boolean;
  /** Where an input was not found: the txids (display order) that it waits for. */
  readonly missing: readonly string[];
}

export type AcceptResult = Accepted | Refused;

export type PackageMemberResult =
  | AcceptResult
  /** The same txid is there with another witness. */
  | { readonly ok: true; readonly sameTxid: MempoolEntry }
  /** Already there. */
  | { readonly ok: true; readonly known: MempoolEntry };

export interface PackageResult {
  /** Null if every transaction is in the mempool; otherwise why the package as a whole failed. */
  readonly invalid: Invalid | null;
  /** By wtxid; transactions that were not reached are absent. */
  readonly results: ReadonlyMap<Wtxid, PackageMemberResult>;
}

export type RemovalReason = 'expiry' | 'sizelimit' | 'reorg' | 'block' | 'conflict' | 'replaced';

export interface Removal {
  readonly entry: MempoolEntry;
  readonly reason: RemovalReason;
}
