/**
 * What coins a database must have, in little: their keys hashed and summed up, by ranges of txids. A coin that is
 * gone, or has turned into another, is missed by looking through its range alone, which is what the answer "there
 * is no such coin" costs (a quarter of a millisecond where there are a million). Values have check values of their own.
 */
import type { OutPoint } from '../core/transaction/transaction.ts';

const RANGES = 1 << 14;
/** Bytes of a range's number and its sum. */
const ENTRY = 6;

export class CoinTally {
  /** Modulo 2^32, so that the order of changes does not matter. */
  readonly #sums: Uint32Array;

  constructor(sums = new Uint32Array(RANGES)) {
    this.#sums = sums;
  }

  /** The number of the range that a coin is in: of the first 14 bits of the txid, internal order. */
  static rangeOf({ txid }: Pick<OutPoint, 'txid'>): number {
    return (txid[0]! << 6) | (txid[1]! >>> 2);
  }

  add(outpoint: OutPoint): void {
    this.#sums[CoinTally.rangeOf(outpoint)]! += hashOf(outpoint);
  }

  remove(outpoint: OutPoint): void {
    this.#sums[CoinTally.rangeOf(outpoint)]! -= hashOf(outpoint);
  }

  /** Is this all that the other has there? @param range by default, everywhere */
  equals(other: CoinTally, range?: number): boolean {
    if (range !== undefined) return this.#sums[range] === other.#sums[range];
    return this.#sums.every((sum, i) => sum === other.#sums[i]);
  }

  copy(): CoinTally {
    return new CoinTally(this.#sums.slice());
  }

  /**
   * Either all sums, or, while that is shorter, those that are not 0 after the numbers of their ranges; that of
   * range 0 in any case, so that no tally is an empty one. Little endian.
   */
  encode(): Uint8Array {
    const used = Array.from(this.#sums.keys()).filter((range) => range === 0 || this.#sums[range] !== 0);
    // The sums as they are in memory.
    if (ENTRY * used.length >= 4 * RANGES) return new Uint8Array(this.#sums.slice().buffer);
    const view = new DataView(new ArrayBuffer(ENTRY * used.length));
    for (const [i, range] of used.entries()) {
      view.setUint16(ENTRY * i, range, true);
      view.setUint32(ENTRY * i + 2, this.#sums[range]!, true);
    }
    return new Uint8Array(view.buffer);
  }

  /** Undefined if it is not what `encode` makes. */
  static decode(bytes: Uint8Array): CoinTally | undefined {
    if (bytes.length === 4 * RANGES) return new CoinTally(new Uint32Array(new Uint8Array(bytes).buffer));
    if (bytes.length % ENTRY !== 0) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const sums = new Uint32Array(RANGES);
    for (let at = 0; at < bytes.length; at += ENTRY) {
      const range = view.getUint16(at, true);
      if (range >= RANGES) return undefined;
      sums[range] = view.getUint32(at + 2, true);
    }
    return new CoinTally(sums);
  }
}

/** Every bit counts. */
function hashOf({ txid, vout }: OutPoint): number {
  let hash = vout;
  for (let i = 0; i < 32; i += 4) {
    const word = txid[i]! | (txid[i + 1]! << 8) | (txid[i + 2]! << 16) | (txid[i + 3]! << 24);
    hash = Math.imul((hash ^ word) + 1, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}
