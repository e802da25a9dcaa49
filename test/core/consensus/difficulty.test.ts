import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bitsFromTarget, targetFromBits, workFromBits } from '../../../src/core/block/target.ts';
import { checkHeaderContext } from '../../../src/core/consensus/contextual.ts';
import { nextWorkRequired } from '../../../src/core/consensus/difficulty.ts';
import type { IntervalRule, NetworkParameters } from '../../../src/core/parameters/network.ts';
import { parseNetworkFile } from '../../../src/core/parameters/network-file.ts';
import { MAIN, REGTEST } from '../../../src/core/parameters/presets.ts';
import { reasonOf } from '../../support/chain-builder.ts';
import { ListedHeader } from '../../support/header-link.ts';

const LIMIT = bitsFromTarget(MAIN.powLimit);

describe('no retargeting', () => {
  it("always asks for the genesis block's bits", () => {
    let tip = ListedHeader.genesis(REGTEST);
    for (let i = 0; i < 3; i++) tip = tip.child({ time: tip.header.time + 1, bits: 0x1d00ffff });
    expect(nextWorkRequired(tip, tip.header.time + 99_999, REGTEST)).toBe(0x207fffff);
  });
});

describe("Bitcoin's interval", () => {
  const rule: IntervalRule = {
    kind: 'interval',
    interval: 10,
    clamp: 4,
    minimumDifficultyAfter: 0,
    bip94: false,
  };
  const parameters = (changes: Partial<IntervalRule> = {}): NetworkParameters => ({
    ...MAIN,
    difficulty: { ...rule, ...changes },
  });
  const START = 0x1c00ffff;

  /** `count` blocks with these bits after a genesis block of the same, `seconds` apart. */
  function chain(count: number, seconds: number, bits = START): ListedHeader {
    let tip = new ListedHeader(ListedHeader.genesis(MAIN).child({ bits }).header, null);
    for (let i = 0; i < count; i++) tip = tip.child({ bits, time: tip.header.time + seconds });
    return tip;
  }

  const scaled = (numerator: bigint, denominator: bigint): number =>
    bitsFromTarget((targetFromBits(START).target * numerator) / denominator);

  it('keeps the bits within an interval, whatever the times', () => {
    for (const height of [0, 1, 8]) {
      const tip = chain(height, 1);
      expect(nextWorkRequired(tip, tip.header.time + 1_000_000, parameters())).toBe(START);
    }
  });

  it('changes them by the time of nine solve times at every tenth block', () => {
    // 9 * 700 seconds where 10 * 600 were wanted.
    expect(nextWorkRequired(chain(9, 700), 0, parameters())).toBe(scaled(6300n, 6000n));
    expect(nextWorkRequired(chain(19, 600), 0, parameters())).toBe(scaled(5400n, 6000n));
  });

  it('changes them at most by the clamp', () => {
    expect(nextWorkRequired(chain(9, 1), 0, parameters())).toBe(scaled(1n, 4n));
    expect(nextWorkRequired(chain(9, 100_000), 0, parameters())).toBe(scaled(4n, 1n));
    expect(nextWorkRequired(chain(9, 100_000), 0, parameters({ clamp: 2 }))).toBe(scaled(2n, 1n));
    expect(nextWorkRequired(chain(9, 1), 0, parameters({ clamp: 2 }))).toBe(scaled(1n, 2n));
  });

  it('never goes beyond the limit', () => {
    expect(nextWorkRequired(chain(9, 100_000, LIMIT), 0, parameters())).toBe(LIMIT);
    expect(nextWorkRequired(chain(9, 100_000, 0x1d00aaaa), 0, parameters())).toBe(LIMIT);
  });

  it('adjusts main as block 32,256 was', () => {
    const first = chain(0, 0, 0x1d00ffff).child({ time: 1_261_130_161 });
    const link = new ListedHeader(first.header, null, 30_240);
    let tip = link;
    while (tip.height < 32_255) tip = tip.child({ bits: 0x1d00ffff, time: 1_262_152_739 });
    expect(nextWorkRequired(tip, 0, MAIN)).toBe(0x1d00d86a);
  });

  describe('with the 20-minute rule of the test networks', () => {
    const easy = parameters({ minimumDifficultyAfter: 1200 });

    it('lets a late block have the limit, and none that is just in time', () => {
      const tip = chain(4, 600);
      expect(nextWorkRequired(tip, tip.header.time + 1201, easy)).toBe(LIMIT);
      expect(nextWorkRequired(tip, tip.header.time + 1200, easy)).toBe(START);
    });

    it('goes back to the difficulty before late blocks', () => {
      const tip = chain(4, 600);
      const late = tip.child({ bits: LIMIT, time: tip.header.time + 1201 });
      const later = late.child({ bits: LIMIT, time: late.header.time + 1201 });
      expect(nextWorkRequired(later, later.header.time + 600, easy)).toBe(START);
    });

    it('goes back no further than the start of the interval', () => {
      let tip = chain(9, 600);
      for (let i = 0; i < 3; i++) tip = tip.child({ bits: LIMIT, time: tip.header.time + 1201 });
      expect(tip.height).toBe(12);
      expect(nextWorkRequired(tip, tip.header.time + 600, easy)).toBe(LIMIT);
    });

    it('takes the last bits at a new interval, or with BIP94 the first', () => {
      const tip = chain(8, 600);
      const late = tip.child({ bits: LIMIT, time: tip.header.time + 600 });
      expect(nextWorkRequired(late, 0, easy)).toBe(
        bitsFromTarget((targetFromBits(LIMIT).target * 54n) / 60n),
      );
      const bip94 = parameters({ minimumDifficultyAfter: 1200, bip94: true });
      expect(nextWorkRequired(late, 0, bip94)).toBe(scaled(54n, 60n));
    });
  });
});

describe('LWMA-1 on penny', () => {
  const penny = parseNetworkFile(
    JSON.parse(readFileSync(new URL('../../../genesis.json', import.meta.url), 'utf8')),
  );
  const { targetSpacing } = penny;
  const { window } = penny.difficulty as { window: number };
  /** Hashes a second of one core of a laptop. */
  const LAPTOP = 7_000_000;

  /** A network whose miners find blocks at random, from a seed, on a clock of its own. */
  class Simulation {
    tip = ListedHeader.genesis(penny);
    now: number;
    #seed: number;

    constructor(age: number, seed = 1) {
      this.now = penny.genesis.time + age;
      this.#seed = seed;
    }

    #random(): number {
      this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (this.#seed + 0.5) / 0x80000000;
    }

    /** Mines one block: every header passes the rules. */
    mine(rate: number): this {
      const bits = nextWorkRequired(this.tip, 0, penny);
      this.now += (-Math.log(this.#random()) * Number(workFromBits(bits))) / rate;
      const time = Math.max(Math.floor(this.now), this.tip.medianTimePast + 1);
      const child = this.tip.child({ bits, time });
      checkHeaderContext(child.header, this.tip, penny, Math.floor(this.now));
      this.tip = child;
      return this;
    }

    /** Mines for so many seconds; how many blocks that were. */
    mineFor(seconds: number, rate: number): number {
      const [start, end] = [this.tip.height, this.now + seconds];
      while (this.now < end) this.mine(rate);
      return this.tip.height - start;
    }

    blocks(count: number, rate: number): this {
      for (let i = 0; i < count; i++) this.mine(rate);
      return this;
    }
  }

  const DAY = 86_400;
  const expected = (seconds: number): number => seconds / targetSpacing;

  it.each([
    ['fresh', 5],
    ['a year old', 365 * DAY],
  ])('a %s genesis block: coins are mature in seconds, then the pace is kept', (_, age) => {
    const network = new Simulation(age);
    const start = network.now;
    network.blocks(penny.coinbaseMaturity + 1, LAPTOP);
    expect(network.now - start).toBeLessThan(2);
    // The network's first blocks are cheap by design; they end soon.
    const firstHour = network.mineFor(3600, LAPTOP);
    expect(firstHour).toBeLessThan(expected(3600) + 3 * window);
    const day = network.mineFor(DAY, LAPTOP);
    expect(day).toBeGreaterThan(expected(DAY) * 0.9);
    expect(day).toBeLessThan(expected(DAY) * 1.1);
  });

  it('a slow machine gets its first mature coins in seconds too', () => {
    const network = new Simulation(DAY);
    const start = network.now;
    network.blocks(penny.coinbaseMaturity + 1, LAPTOP / 10);
    expect(network.now - start).toBeLessThan(10);
  });

  it('follows a hash rate times 100 within a window or two', () => {
    const network = new Simulation(DAY).blocks(1000, LAPTOP);
    const flood = network.mineFor(1800, 100 * LAPTOP);
    expect(flood).toBeLessThan(expected(1800) + 2 * window);
    const after = network.mineFor(DAY, 100 * LAPTOP);
    expect(after).toBeGreaterThan(expected(DAY) * 0.9);
    expect(after).toBeLessThan(expected(DAY) * 1.1);
  });

  it('follows a hash rate divided by 100 within a window', () => {
    const network = new Simulation(DAY).blocks(1000, 100 * LAPTOP);
    const start = network.now;
    network.blocks(window, LAPTOP);
    // At the old difficulty these blocks would take window * 100 spacings.
    expect(network.now - start).toBeLessThan(window * 100 * targetSpacing * 0.4);
    const after = network.mineFor(DAY, LAPTOP);
    expect(after).toBeGreaterThan(expected(DAY) * 0.9);
    expect(after).toBeLessThan(expected(DAY) * 1.1);
  });

  it('a night without miners is followed by no flood', () => {
    const network = new Simulation(DAY).blocks(1000, LAPTOP);
    const before = workFromBits(network.tip.header.bits);
    network.now += 8 * 3600;
    network.mine(LAPTOP);
    const next = workFromBits(nextWorkRequired(network.tip, 0, penny));
    expect(Number((next * 100n) / before)).toBeGreaterThan(70);
    const hour = network.mineFor(3600, LAPTOP);
    expect(hour).toBeLessThan(expected(3600) * 1.4);
    expect(hour).toBeGreaterThan(expected(3600) * 0.7);
  });

  it('keeps the rules of time at their edges', () => {
    const network = new Simulation(DAY).blocks(100, LAPTOP);
    const { tip } = network;
    const bits = nextWorkRequired(tip, 0, penny);
    const now = tip.header.time;
    const reason = (time: number): string | null =>
      reasonOf(() => checkHeaderContext(tip.child({ bits, time }).header, tip, penny, now));
    expect(reason(tip.medianTimePast)).toBe('time-too-old');
    expect(reason(tip.medianTimePast + 1)).toBeNull();
    expect(reason(now + penny.maxFutureBlockTime)).toBeNull();
    expect(reason(now + penny.maxFutureBlockTime + 1)).toBe('time-too-new');
  });

  describe('as published', () => {
    const small = { ...penny, difficulty: { kind: 'lwma' as const, window: 4 }, targetSpacing: 10 };
    const START = 0x1e00ffff;

    /** Blocks with these solve times, all with the same bits. */
    const chain = (...solveTimes: number[]): ListedHeader => {
      let tip = ListedHeader.genesis(small);
      for (const seconds of solveTimes) tip = tip.child({ bits: START, time: tip.header.time + seconds });
      return tip;
    };
    const expectedBits = (...weighted: number[]): number => {
      const sum = weighted.reduce((total, seconds, i) => total + seconds * (i + 1), 0);
      // Four blocks with one target; k is 4 * 5 / 2 * 10.
      const share = targetFromBits(START).target / 4n / 100n;
      return bitsFromTarget(4n * share * BigInt(sum));
    };

    it('gives the first blocks of a network away', () => {
      for (const count of [0, 1, 3]) {
        const tip = chain(...new Array<number>(count).fill(1));
        expect(nextWorkRequired(tip, 0, small)).toBe(penny.genesis.bits);
      }
    });

    it('weighs the newest solve time most', () => {
      expect(nextWorkRequired(chain(10, 10, 10, 10), 0, small)).toBe(expectedBits(10, 10, 10, 10));
      expect(nextWorkRequired(chain(1, 2, 3, 40), 0, small)).toBe(expectedBits(1, 2, 3, 40));
      expect(nextWorkRequired(chain(99, 1, 2, 3, 40), 0, small)).toBe(expectedBits(1, 2, 3, 40));
    });

    it('counts no solve time as more than six spacings', () => {
      expect(nextWorkRequired(chain(5, 60, 5, 61), 0, small)).toBe(expectedBits(5, 60, 5, 60));
    });

    it('counts a clock that goes back as one second, and takes it off the next', () => {
      expect(nextWorkRequired(chain(10, 20, -15, 30), 0, small)).toBe(expectedBits(10, 20, 1, 14));
      expect(nextWorkRequired(chain(10, 0, 0, 9), 0, small)).toBe(expectedBits(10, 1, 1, 7));
    });

    it('averages the targets', () => {
      let tip = chain(10, 10);
      const easier = bitsFromTarget(targetFromBits(START).target * 3n);
      for (let i = 0; i < 2; i++) tip = tip.child({ bits: easier, time: tip.header.time + 10 });
      const average = targetFromBits(START).target * 2n;
      const next = targetFromBits(nextWorkRequired(tip, 0, small)).target;
      expect(Number((next * 10_000n) / average)).toBeGreaterThanOrEqual(9_990);
      expect(next <= average).toBe(true);
    });

    it('divides before it adds up, to the last digit', () => {
      let tip = ListedHeader.genesis(small);
      for (let i = 0; i < 4; i++) tip = tip.child({ bits: 0x03123456, time: tip.header.time + 10 });
      // 0x123456 / 4 / 100 is 2982; four of them by a weighted time of 100.
      expect(nextWorkRequired(tip, 0, small)).toBe(bitsFromTarget(1_192_800n));
    });

    it('never goes beyond the limit', () => {
      let tip = ListedHeader.genesis(small);
      for (let i = 0; i < 5; i++) tip = tip.child({ bits: penny.genesis.bits, time: tip.header.time + 60 });
      expect(nextWorkRequired(tip, 0, small)).toBe(penny.genesis.bits);
    });
  });
});
