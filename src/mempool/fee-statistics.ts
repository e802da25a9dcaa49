/**
 * How soon transactions of each fee rate were confirmed, over one horizon: counts in buckets of fee rates that
 * fade with every block (Core's TxConfirmStats). Owns the counting; what is asked of it is `fee-estimator`'s.
 */
import type { Reader } from '../core/encoding/reader.ts';
import type { Writer } from '../core/encoding/writer.ts';

/** Satoshis per 1,000 vbytes: bounds of the buckets, each this much above the last. */
const LOWEST = 100;
const HIGHEST = 1e7;
const SPACING = 1.05;

const BOUNDS: readonly number[] = (() => {
  const bounds: number[] = [];
  for (let bound = LOWEST; bound <= HIGHEST; bound *= SPACING) bounds.push(bound);
  return [...bounds, Number.POSITIVE_INFINITY];
})();
const BUCKETS = BOUNDS.length;

/** Index of the bucket of a fee rate. */
export function bucketOf(feeRate: number): number {
  let low = 0;
  for (let high = BUCKETS - 1; low < high; ) {
    const middle = (low + high) >> 1;
    if (BOUNDS[middle]! < feeRate) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Horizon {
  /** Blocks in one period of counting, number of periods. */
  readonly scale: number;
  readonly periods: number;
  /** What a count keeps of itself with every block. */
  readonly decay: number;
  /** Transactions a block that a range of buckets must have had to say anything. */
  readonly sufficient: number;
}

export class FeeStatistics {
  readonly #horizon: Horizon;
  /** Confirmed transactions and the sum of their fee rates, by bucket. */
  readonly #count = new Float64Array(BUCKETS);
  readonly #feeRates = new Float64Array(BUCKETS);
  /** Confirmed within a number of periods, or gone unconfirmed after them, by period and bucket. */
  readonly #confirmed: readonly Float64Array[];
  readonly #failed: readonly Float64Array[];
  /** Still waiting, by the height (modulo `maxTarget`) at which they came, where any did; and those that came before. */
  readonly #waiting = new Map<number, Int32Array>();
  readonly #waitingLong = new Int32Array(BUCKETS);
  /** Whether there is anything that fades: not while a node catches up, when blocks come fast. */
  hasCounts = false;

  constructor(horizon: Horizon) {
    this.#horizon = horizon;
    const byPeriod = () => Array.from({ length: horizon.periods }, () => new Float64Array(BUCKETS));
    this.#confirmed = byPeriod();
    this.#failed = byPeriod();
  }

  /** Blocks. */
  get maxTarget(): number {
    return this.#horizon.scale * this.#horizon.periods;
  }

  #bin(height: number): number {
    const bins = this.maxTarget;
    return ((height % bins) + bins) % bins;
  }

  /** A new block: everything counted before counts a bit less. */
  blockConnected(height: number): void {
    const oldest = this.#waiting.get(this.#bin(height));
    if (oldest !== undefined) for (let b = 0; b < BUCKETS; b++) this.#waitingLong[b]! += oldest[b]!;
    this.#waiting.delete(this.#bin(height));
    if (!this.hasCounts) return;
    for (const counts of this.#faded) for (let b = 0; b < BUCKETS; b++) counts[b]! *= this.#horizon.decay;
  }

  get #faded(): readonly Float64Array[] {
    return [this.#count, this.#feeRates, ...this.#confirmed, ...this.#failed];
  }

  /** @param waited blocks that it has seen already */
  transactionAdded(height: number, bucket: number, waited = 0): void {
    this.#waitingAfter(waited, height)[bucket]!++;
  }

  #waitingAfter(waited: number, height: number): Int32Array {
    if (waited >= this.maxTarget) return this.#waitingLong;
    const bin = this.#bin(height);
    const counts = this.#waiting.get(bin) ?? new Int32Array(BUCKETS);
    this.#waiting.set(bin, counts);
    return counts;
  }

  /** @param inBlock confirmed; otherwise it has failed for all the time that it waited. */
  transactionRemoved(height: number, bestHeight: number, bucket: number, inBlock: boolean): void {
    const waited = bestHeight - height;
    const counts = this.#waitingAfter(waited, height);
    if (counts[bucket]! > 0) counts[bucket]!--;
    if (inBlock) return;
    this.hasCounts = true;
    const periods = Math.min(Math.floor(waited / this.#horizon.scale), this.#failed.length);
    for (let i = 0; i < periods; i++) this.#failed[i]![bucket]!++;
  }

  transactionConfirmed(blocks: number, feeRate: number): void {
    this.hasCounts = true;
    const bucket = bucketOf(feeRate);
    for (let i = Math.ceil(blocks / this.#horizon.scale) - 1; i < this.#confirmed.length; i++)
      this.#confirmed[i]![bucket]!++;
    this.#count[bucket]!++;
    this.#feeRates[bucket]! += feeRate;
  }

  /**
   * The median fee rate of the cheapest range of buckets in which (and above which) the given share of the
   * transactions was confirmed within `target` blocks; -1 without enough data.
   */
  medianFeeRate(target: number, share: number, height: number): number {
    const { scale, sufficient, decay } = this.#horizon;
    const period = Math.ceil(target / scale) - 1;
    const enough = sufficient / (1 - decay);
    // Waiting for as long as is asked about, or longer.
    const waiting = this.#waitingLong.slice();
    for (const [bin, counts] of this.#waiting)
      if (this.#bin(height - bin) >= target) for (let b = 0; b < BUCKETS; b++) waiting[b]! += counts[b]!;
    let best: { near: number; far: number } | null = null;
    let near = BUCKETS - 1;
    let partial = 0;
    let confirmed = 0;
    let others = 0;
    for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) {
      confirmed += this.#confirmed[period]![bucket]!;
      others += this.#failed[period]![bucket]! + waiting[bucket]! + this.#count[bucket]!;
      partial += this.#count[bucket]!;
      // Only confirmed ones make a range large enough, so that every target looks at the same ranges.
      if (partial < enough) continue;
      partial = 0;
      // A range that fails is not given up: together with cheaper ones it may pass.
      if (confirmed / others < share) continue;
      best = { near, far: bucket };
      near = bucket - 1;
      confirmed = 0;
      others = 0;
    }
    return best === null ? -1 : this.#median(best.far, best.near);
  }

  #median(from: number, to: number): number {
    let half = 0;
    for (let b = from; b <= to; b++) half += this.#count[b]! / 2;
    if (half === 0) return -1;
    for (let b = from; b <= to; b++) {
      if (this.#count[b]! >= half) return this.#feeRates[b]! / this.#count[b]!;
      half -= this.#count[b]!;
    }
    return -1;
  }

  clear(): void {
    this.hasCounts = false;
    for (const counts of [...this.#faded, this.#waitingLong]) counts.fill(0);
    this.#waiting.clear();
  }

  /** The counts that fade; what is waiting begins anew. */
  write(writer: Writer): void {
    for (const counts of this.#faded)
      writer.bytes(new Uint8Array(counts.buffer, counts.byteOffset, counts.byteLength));
  }

  /** @throws DecodeError */
  read(reader: Reader): void {
    this.hasCounts = true;
    for (const counts of this.#faded)
      counts.set(new Float64Array(reader.view(counts.byteLength).slice().buffer));
  }
}
