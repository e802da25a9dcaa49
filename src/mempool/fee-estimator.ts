/**
 * Learns from what was confirmed which fee rates are confirmed how soon, and answers `estimatesmartfee` as
 * Core's CBlockPolicyEstimator does. Follows the mempool; owns no policy on fees.
 */
import type { Chain } from '../chain/chain.ts';
import { loadSideFile, saveSideFile, sealed, unsealed } from '../chain/side-files.ts';
import type { Storage } from '../chain/storage.ts';
import { fromDisplayHex, toDisplayHex } from '../core/encoding/bytes.ts';
import { DecodeError } from '../core/encoding/errors.ts';
import { Reader } from '../core/encoding/reader.ts';
import { Writer } from '../core/encoding/writer.ts';
import {
  type FeeRate,
  feeRateOf,
  higherRate,
  LONGEST_TARGET,
  satPerKvB,
} from '../core/transaction/fee-rate.ts';
import type { Txid } from '../core/transaction/transaction.ts';
import type { Logger } from '../seams.ts';
import type { MempoolEntry } from './entry.ts';
import { bucketOf, FeeStatistics } from './fee-statistics.ts';
import type { Confirmation, Mempool } from './mempool.ts';

interface FeeEstimate {
  /** At least what the mempool asks for; null without data. */
  readonly feeRate: FeeRate | null;
  /** The target that was found an answer for; 0 without data. */
  readonly blocks: number;
  readonly errors: readonly string[];
}

/** Where it is kept. */
interface Home {
  readonly storage: Storage;
  readonly logger: Logger;
}

/** Shares of transactions that must have made it within half, the whole, and twice the target. */
const HALF_SHARE = 0.6;
const SHARE = 0.85;
const DOUBLE_SHARE = 0.95;
/** Blocks after which what an earlier run saw is no longer counted as history. */
const OLDEST_HISTORY = 6 * LONGEST_TARGET;

const FILE = 'fee_estimates.dat';
const FILE_VERSION = 1;

interface Tracked {
  readonly height: number;
  readonly bucket: number;
  readonly feeRate: number;
}

export class FeeEstimator {
  readonly #chain: Chain;
  readonly #mempool: Mempool;
  readonly #home: Home;
  readonly #short = new FeeStatistics({ scale: 1, periods: 12, decay: 0.962, sufficient: 0.5 });
  readonly #medium = new FeeStatistics({ scale: 2, periods: 24, decay: 0.9952, sufficient: 0.1 });
  readonly #long = new FeeStatistics({ scale: 24, periods: 42, decay: 0.99931, sufficient: 0.1 });
  readonly #horizons = [this.#short, this.#medium, this.#long];
  readonly #tracked = new Map<Txid, Tracked>();
  #bestHeight: number;
  /** Heights of the first block that taught us something, now and in the run before. */
  #firstHeight = 0;
  #history = { first: 0, best: 0 };
  readonly #fixed = new Map<number, FeeRate>();

  private constructor(chain: Chain, mempool: Mempool, home: Home) {
    this.#home = home;
    this.#chain = chain;
    this.#mempool = mempool;
    this.#bestHeight = chain.height;
    mempool.added.subscribe((entry) => this.#added(entry));
    mempool.removed.subscribe(({ entry, reason }) => {
      if (reason !== 'block') this.#untrack(entry.txid, false);
    });
    mempool.confirmed.subscribe((confirmation) => this.#confirmed(confirmation));
  }

  /** With what was learned before, if it can be read. */
  static async open(chain: Chain, mempool: Mempool, home: Home): Promise<FeeEstimator> {
    const estimator = new FeeEstimator(chain, mempool, home);
    const isRead = await loadSideFile(home, 'estimatefee', FILE, (bytes) =>
      estimator.#decode(unsealed(FILE, bytes)),
    );
    return isRead ? estimator : new FeeEstimator(chain, mempool, home);
  }

  #added(entry: MempoolEntry): void {
    // What has a parent here waits for that as well, and what came while we caught up has waited already.
    if (entry.height !== this.#bestHeight || entry.parents.size > 0 || entry.sequence === 0) return;
    if (this.#chain.isInitialBlockDownload) return;
    // Whole satoshis per 1,000 vbytes, as Core counts them: averages of fractions differ by one now and then.
    const feeRate = Number(feeRateOf(entry.fee, entry.virtualSize));
    const bucket = bucketOf(feeRate);
    this.#tracked.set(entry.txid, { height: entry.height, bucket, feeRate });
    for (const horizon of this.#horizons) horizon.transactionAdded(entry.height, bucket);
  }

  #untrack(txid: Txid, inBlock: boolean): Tracked | undefined {
    const tracked = this.#tracked.get(txid);
    if (tracked === undefined) return undefined;
    this.#tracked.delete(txid);
    for (const horizon of this.#horizons)
      horizon.transactionRemoved(tracked.height, this.#bestHeight, tracked.bucket, inBlock);
    return tracked;
  }

  #confirmed({ height, entries }: Confirmation): void {
    // A side branch teaches nothing until it is higher than what was seen.
    if (height <= this.#bestHeight) return;
    this.#bestHeight = height;
    for (const horizon of this.#horizons) horizon.blockConnected(height);
    for (const { txid } of entries) {
      const tracked = this.#untrack(txid, true);
      if (tracked === undefined || height <= tracked.height) continue;
      for (const horizon of this.#horizons)
        horizon.transactionConfirmed(height - tracked.height, tracked.feeRate);
      if (this.#firstHeight === 0) this.#firstHeight = height;
    }
  }

  /** By the target from which on it is the answer, whatever was learned: see `fix`. */
  get fixed(): ReadonlyMap<number, FeeRate> {
    return this.#fixed;
  }

  /**
   * Says what is estimated from a target on, whatever was learned.
   * @param target null: for all of them, instead of what was said @param feeRate null: takes it back
   */
  fix(feeRate: FeeRate | null, target: number | null): void {
    if (target === null) this.#fixed.clear();
    if (feeRate === null) this.#fixed.delete(target ?? 0);
    else this.#fixed.set(target ?? 0, feeRate);
  }

  /** The largest target that there is data for: half of the blocks that were seen. */
  #usableTarget(): number {
    const seen = this.#firstHeight === 0 ? 0 : this.#bestHeight - this.#firstHeight;
    const { first, best } = this.#history;
    const before = first === 0 || this.#bestHeight - best > OLDEST_HISTORY ? 0 : best - first;
    return Math.min(LONGEST_TARGET, Math.floor(Math.max(seen, before) / 2));
  }

  /**
   * @param target blocks within which to be confirmed, 1 to LONGEST_TARGET.
   * @param conservative also look at longer times, so as to be slow to follow a fall of fees.
   */
  estimate(target: number, conservative: boolean): FeeEstimate {
    const told = Math.max(0, ...[...this.#fixed.keys()].filter((other) => other <= target));
    const fixed = this.#fixed.get(told);
    if (fixed !== undefined)
      return { feeRate: higherRate(fixed, this.#mempool.minimumFeeRate()), blocks: target, errors: [] };
    // Nobody can promise the very next block.
    const blocks = Math.min(Math.max(target, 2), this.#usableTarget());
    let rate = -1;
    if (blocks > 1) {
      rate = Math.max(
        this.#combined(Math.floor(blocks / 2), HALF_SHARE, true),
        this.#combined(blocks, SHARE, true),
        this.#combined(2 * blocks, DOUBLE_SHARE, !conservative),
      );
      if (conservative || rate < 0) rate = Math.max(rate, this.#conservative(2 * blocks));
    }
    if (rate < 0) return { feeRate: null, blocks, errors: ['Insufficient data or no feerate found'] };
    const found = satPerKvB(BigInt(Math.round(rate)));
    return { feeRate: higherRate(found, this.#mempool.minimumFeeRate()), blocks, errors: [] };
  }

  /** From the shortest horizon that knows the target; a lower answer of a shorter one for less is taken. */
  #combined(target: number, share: number, checkShorter: boolean): number {
    if (target < 1 || target > LONGEST_TARGET) return -1;
    const at = this.#horizons.findIndex((horizon) => target <= horizon.maxTarget);
    let rate = this.#horizons[at]!.medianFeeRate(target, share, this.#bestHeight);
    if (!checkShorter) return rate;
    for (const shorter of this.#horizons.slice(0, at).reverse()) {
      const other = shorter.medianFeeRate(shorter.maxTarget, share, this.#bestHeight);
      if (other > 0 && (rate < 0 || other < rate)) rate = other;
    }
    return rate;
  }

  #conservative(target: number): number {
    const ask = (horizon: FeeStatistics) => horizon.medianFeeRate(target, DOUBLE_SHARE, this.#bestHeight);
    return Math.max(
      target <= this.#short.maxTarget ? ask(this.#medium) : -1,
      target <= this.#medium.maxTarget ? ask(this.#long) : -1,
    );
  }

  /** What still waits when the node stops was not confirmed in its time. */
  async save(): Promise<void> {
    for (const txid of [...this.#tracked.keys()]) this.#untrack(txid, false);
    const current = this.#firstHeight > 0 && this.#bestHeight - this.#firstHeight > this.#historySpan / 2;
    const first = current ? this.#firstHeight : this.#history.first;
    const best = current ? this.#bestHeight : this.#history.best;
    const writer = new Writer(1 << 19).uint32(FILE_VERSION).uint32(first).uint32(best);
    for (const horizon of this.#horizons) horizon.write(writer);
    await saveSideFile(this.#home, FILE, sealed(writer.finish()));
  }

  /** Everything that was learned and what is watched, for `rewind`. */
  remember(): Uint8Array {
    const { first, best } = this.#history;
    const writer = new Writer(1 << 16).int32(this.#bestHeight).int32(this.#firstHeight);
    writer.int32(first).int32(best).compactSize(this.#tracked.size);
    for (const [txid, { height, bucket, feeRate }] of this.#tracked)
      writer.bytes(fromDisplayHex(txid)).int32(height).uint32(bucket).uint64(BigInt(feeRate));
    for (const horizon of this.#horizons) {
      writer.uint8(Number(horizon.hasCounts));
      if (horizon.hasCounts) horizon.write(writer);
    }
    return writer.finish();
  }

  /** Brings back what `remember` told. */
  rewind(remembered: Uint8Array): void {
    const reader = new Reader(remembered);
    this.#bestHeight = reader.int32();
    this.#firstHeight = reader.int32();
    this.#history = { first: reader.int32(), best: reader.int32() };
    this.#tracked.clear();
    for (let left = reader.count(48); left > 0; left--) {
      const txid = toDisplayHex(reader.view(32)) as Txid;
      const [height, bucket] = [reader.int32(), reader.uint32()];
      this.#tracked.set(txid, { height, bucket, feeRate: Number(reader.uint64()) });
    }
    for (const horizon of this.#horizons) {
      horizon.clear();
      if (reader.uint8() === 1) horizon.read(reader);
      for (const { height, bucket } of this.#tracked.values())
        horizon.transactionAdded(height, bucket, this.#bestHeight - height);
    }
  }

  get #historySpan(): number {
    return this.#history.best - this.#history.first;
  }

  #decode(bytes: Uint8Array): void {
    const reader = new Reader(bytes);
    const version = reader.uint32();
    if (version !== FILE_VERSION) throw new DecodeError(`version ${version} of ${FILE} is not known`);
    this.#history = { first: reader.uint32(), best: reader.uint32() };
    for (const horizon of this.#horizons) horizon.read(reader);
    reader.finish();
  }
}
