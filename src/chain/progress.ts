/** How far along we are: initial block download, and the share of it that is done. Owns no state but one latch. */
import type { Clock } from '../seams.ts';
import type { HeaderEntry } from './header-entry.ts';

/** Seconds: a tip that is older is not the last one (as in Core), where its age says anything. */
const RECENT = 7_200;
/** Where the age of the tip says nothing: more blocks behind the best header than this is catching up. */
const CATCHING_UP_BLOCKS = 24;

interface ProgressOptions {
  readonly minimumChainWork: bigint;
  /** Seconds; 0: age says nothing (penny). */
  readonly maxTipAge: number;
  /** Seconds between blocks. */
  readonly targetSpacing: number;
  readonly mineBlocksOnDemand: boolean;
}

export class Progress {
  readonly options: ProgressOptions;
  readonly #clock: Clock;
  /** Once synchronised, a node stays so, however long its peers are silent (Core). */
  #synchronised = false;

  constructor(options: ProgressOptions, clock: Clock) {
    this.options = options;
    this.#clock = clock;
  }

  isInitialBlockDownload(tip: HeaderEntry, bestHeader: HeaderEntry): boolean {
    const { minimumChainWork, maxTipAge } = this.options;
    if (maxTipAge === 0) return bestHeader.height - tip.height > CATCHING_UP_BLOCKS;
    if (this.#synchronised) return false;
    if (tip.chainWork < minimumChainWork) return true;
    if (tip.time < this.#clock.seconds() - maxTipAge) return true;
    this.#synchronised = true;
    return false;
  }

  /** 0 to 1, by transactions: those to come are estimated by the average block so far. */
  verification(tip: HeaderEntry, bestHeader: HeaderEntry): number {
    const { maxTipAge, targetSpacing, mineBlocksOnDemand } = this.options;
    let missing = bestHeader.height - tip.height;
    const age = this.#clock.seconds() - tip.time;
    if ((maxTipAge > 0 || mineBlocksOnDemand) && age > RECENT)
      missing = Math.max(missing, Math.floor(age / targetSpacing));
    return (tip.height + 1) / (tip.height + 1 + Math.max(0, missing));
  }
}
