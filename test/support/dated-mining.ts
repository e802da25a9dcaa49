/**
 * A chain whose blocks some miners date as it suits them, under the real rules of difficulty and time: what that
 * does to everybody's difficulty and pace. Headers are not hashed, so that a day of blocks takes some milliseconds.
 */
import type { BlockHeader } from '../../src/core/block/header.ts';
import { bitsFromTarget, workFromBits } from '../../src/core/block/target.ts';
import { checkHeaderContext } from '../../src/core/consensus/contextual.ts';
import { nextWorkRequired } from '../../src/core/consensus/difficulty.ts';
import type { HeaderLink } from '../../src/core/consensus/header-link.ts';
import type { NetworkParameters } from '../../src/core/parameters/network.ts';
import { SeededRandom } from '../../src/simulation/seeded-random.ts';
import { medianTime } from './header-link.ts';

/** How the liars date the block that is so many after the first lie, their own so-manieth. */
export const LIES = {
  never: () => 'true',
  ahead: () => 'ahead',
  back: () => 'back',
  alternating: (_, own) => (own % 2 === 0 ? 'ahead' : 'back'),
  /** Ahead for 200 blocks, then honest for as long. */
  stopping: (after) => (after % 400 < 200 ? 'ahead' : 'true'),
  /** Back for one window of the rule, then ahead for one: at the edge the clock of the chain leaps. */
  leaping: (after, _, window) => (after % (2 * window) < window ? 'back' : 'ahead'),
} satisfies Record<string, (after: number, own: number, window: number) => 'true' | 'ahead' | 'back'>;

export interface DatedMining {
  readonly lie: keyof typeof LIES;
  /** Of the hash rate, that lies. */
  readonly share: number;
  readonly blocks: number;
  /** Undefined: every block takes as long as its difficulty says, and the liars find each so-manieth. */
  readonly seed?: number | undefined;
  /** Seconds by which honest headers are older than their blocks at most: templates live on. */
  readonly age?: number;
}

interface DatedResult {
  /** Of fair, by block: the difficulty at which one comes each target spacing. */
  readonly difficulties: readonly number[];
  readonly meanDifficulty: number;
  /** Blocks that came, of those that were due. */
  readonly pace: number;
  /** The most that came in the time of thirty. */
  readonly burst: number;
}

const RATE = 7_000_000;
/** Blocks mined honestly before, so that nothing of the network's beginning is left. */
const WARM = 400;

/** A link that forgets what no rule asks for, so that long chains take no memory. */
function link(header: BlockHeader, parent: HeaderLink | null): HeaderLink {
  const height = parent === null ? 100_000 : parent.height + 1;
  const medianTimePast = medianTime(header, parent);
  return { height, header, parent, medianTimePast, ancestor: () => parent! };
}

export function mineDated(parameters: NetworkParameters, options: DatedMining): DatedResult {
  const { lie, share, blocks, seed, age = 0 } = options;
  const { targetSpacing, maxFutureBlockTime } = parameters;
  const window = parameters.difficulty.kind === 'lwma' ? parameters.difficulty.window : 1;
  const random = new SeededRandom(seed ?? 0);
  const chance = (): number => (random.below(2 ** 32) + 0.5) / 2 ** 32;
  const fair = RATE * targetSpacing;
  const version = 0x20000000;
  let now = parameters.genesis.time;
  // As if blocks had come on time before: the rule at rest.
  let bits = bitsFromTarget((1n << 256n) / BigInt(fair));
  let tip: HeaderLink | null = null;
  for (let i = 0; i <= window + 11; i++) {
    now += targetSpacing;
    tip = link({ version, time: now, bits } as BlockHeader, tip);
  }

  const difficulties: number[] = [];
  const found: number[] = [];
  let own = 0;
  let due = 0;
  for (let after = -WARM; after < blocks; after++) {
    const parent = tip!;
    bits = nextWorkRequired(parent, 0, parameters);
    const work = Number(workFromBits(bits));
    now += ((seed === undefined ? 1 : -Math.log(chance())) * work) / RATE;
    due += share;
    const lies = after >= 0 && (seed === undefined ? due >= 1 : chance() < share);
    if (due >= 1) due--;
    const date = lies ? LIES[lie](after, own++, window) : 'true';
    const clock = Math.floor(now);
    const wanted =
      date === 'ahead' ? clock + maxFutureBlockTime : date === 'back' ? 0 : clock - random.below(age + 1);
    const header = { version, bits, time: Math.max(wanted, parent.medianTimePast + 1) } as BlockHeader;
    // What is too new has to wait for its time.
    now = Math.max(now, header.time - maxFutureBlockTime);
    checkHeaderContext(header, parent, parameters, Math.floor(now));
    tip = link(header, parent);
    if (after < 0) continue;
    difficulties.push(work / fair);
    found.push(now);
  }
  const meanDifficulty = difficulties.reduce((sum, each) => sum + each) / blocks;
  const pace = ((blocks - 1) * targetSpacing) / (found[blocks - 1]! - found[0]!);
  return { difficulties, meanDifficulty, pace, burst: mostWithin(found, 30 * targetSpacing) };
}

function mostWithin(times: readonly number[], span: number): number {
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last++) {
    while (times[last]! - times[first]! > span) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
