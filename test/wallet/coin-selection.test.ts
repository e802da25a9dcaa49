import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  branchAndBound,
  type Candidate,
  selectCoins,
  singleRandomDraw,
} from '../../src/wallet/coin-selection.ts';
import { seededRandom } from '../support/wallets.ts';

const coin = (value: number, fee = 100): Candidate => ({
  value: BigInt(value),
  fee: BigInt(fee),
  longTermFee: 50n,
});
const effective = (coins: readonly Candidate[]): bigint =>
  coins.reduce((sum, { value, fee }) => sum + value - fee, 0n);
const goal = (target: number, costOfChange = 300) => ({
  target: BigInt(target),
  costOfChange: BigInt(costOfChange),
  changeTarget: 1000n,
});

const candidates = fc.array(
  fc.record({
    value: fc.bigInt(1n, 1_000_000n),
    fee: fc.bigInt(0n, 5_000n),
    longTermFee: fc.bigInt(0n, 5_000n),
  }),
  { maxLength: 14 },
);

describe('branch and bound', () => {
  test('finds the sum that needs no change', () => {
    const found = branchAndBound([coin(1100), coin(2100), coin(4100), coin(8100)], goal(5000));
    expect(found?.map(({ value }) => value)).toEqual([4100n, 1100n]);
  });

  test('gives up where every sum is too far off', () => {
    expect(branchAndBound([coin(10_100), coin(20_100)], goal(15_000))).toBeNull();
    expect(branchAndBound([coin(100)], goal(1))).toBeNull();
    expect(branchAndBound([], goal(1))).toBeNull();
  });

  test('what it finds is never short, nor more than the cost of change above', () => {
    fc.assert(
      fc.property(candidates, fc.integer({ min: 1, max: 2_000_000 }), (coins, target) => {
        const found = branchAndBound(coins, goal(target));
        if (found === null) return;
        const excess = effective(found) - BigInt(target);
        expect(excess >= 0n && excess <= 300n).toBe(true);
        expect(new Set(found).size).toBe(found.length);
        expect(found.every((one) => coins.includes(one))).toBe(true);
      }),
    );
  });

  test('finds a sum whenever there is one', () => {
    fc.assert(
      fc.property(candidates, fc.nat(), (coins, pick) => {
        const chosen = coins.filter((one, i) => one.value > one.fee && (pick >> i) & 1);
        if (chosen.length === 0) return;
        const target = effective(chosen);
        expect(branchAndBound(coins, { target, costOfChange: 0n, changeTarget: 0n })).not.toBeNull();
      }),
    );
  });

  test('a hostile set of coins does not take forever', () => {
    const coins = Array.from({ length: 200 }, (_, i) => coin(100 + 2 ** (i % 40)));
    branchAndBound(coins, goal(2 ** 39 + 1, 0));
  });
});

test('a random draw pays, with change worth having where there is money for it', () => {
  fc.assert(
    fc.property(candidates, fc.integer({ min: 1, max: 2_000_000 }), fc.nat(), (coins, target, seed) => {
      const useful = coins.filter(({ value, fee }) => value > fee);
      const drawn = singleRandomDraw(coins, goal(target), seededRandom(seed));
      if (drawn === null) expect(effective(useful) < BigInt(target)).toBe(true);
      else {
        expect(effective(drawn) >= BigInt(target)).toBe(true);
        if (effective(useful) >= BigInt(target) + 1000n)
          expect(effective(drawn) >= BigInt(target) + 1000n).toBe(true);
      }
    }),
  );
});

test('selection fails only if the coins cannot pay', () => {
  fc.assert(
    fc.property(candidates, fc.integer({ min: 1, max: 2_000_000 }), fc.nat(), (coins, target, seed) => {
      const useful = coins.filter(({ value, fee }) => value > fee);
      const selection = selectCoins(coins, goal(target), seededRandom(seed));
      expect(selection === null).toBe(effective(useful) < BigInt(target));
    }),
  );
});
