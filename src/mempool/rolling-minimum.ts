/**
 * The fee rate that a mempool which had to evict asks for: a bit more than what it evicted, halved every
 * twelve hours once blocks come again (faster while it is rather empty). As Core's GetMinFee.
 */

import { type FeeRate, satPerKvB } from '../core/transaction/fee-rate.ts';

/** Seconds. */
const HALF_LIFE = 12 * 3600;
const UPDATE_INTERVAL = 10;

/** Satoshis per 1,000 vbytes, seconds. */
export interface RollingState {
  readonly rate: number;
  readonly updated: number;
  readonly blockSinceRaise: boolean;
}

export class RollingMinimum {
  /** Satoshis per 1,000 vbytes. */
  readonly #increment: number;
  #rate = 0;
  #updated = 0;
  #blockSinceRaise = false;

  constructor(increment: FeeRate) {
    this.#increment = Number(increment);
  }

  get state(): RollingState {
    return { rate: this.#rate, updated: this.#updated, blockSinceRaise: this.#blockSinceRaise };
  }

  set state({ rate, updated, blockSinceRaise }: RollingState) {
    this.#rate = rate;
    this.#updated = updated;
    this.#blockSinceRaise = blockSinceRaise;
  }

  /** Something of this rate (satoshis per 1,000 vbytes) was evicted. */
  raise(evicted: number): void {
    const rate = evicted + this.#increment;
    if (rate <= this.#rate) return;
    this.#rate = rate;
    this.#blockSinceRaise = false;
  }

  /** @param time seconds. */
  blockConnected(time: number): void {
    this.#updated = time;
    this.#blockSinceRaise = true;
  }

  /** @param time seconds. @param fill how full the mempool is, 0 to 1. */
  rate(time: number, fill: number): FeeRate {
    if (this.#blockSinceRaise && this.#rate > 0 && time > this.#updated + UPDATE_INTERVAL) {
      const halfLife = fill < 0.25 ? HALF_LIFE / 4 : fill < 0.5 ? HALF_LIFE / 2 : HALF_LIFE;
      this.#rate /= 2 ** ((time - this.#updated) / halfLife);
      this.#updated = time;
      if (this.#rate < this.#increment / 2) this.#rate = 0;
    }
    return satPerKvB(this.#rate === 0 ? 0n : BigInt(Math.round(Math.max(this.#rate, this.#increment))));
  }
}
