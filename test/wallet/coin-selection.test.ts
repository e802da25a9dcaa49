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
  weight: 272,
});
const effective = (coins: readonly Candidate[]): bigint =>
  coins.reduce((sum, { value, fee }) => sum + value - fee, 0n);
const goal = (target: number, costOfChange = 300, room = 400_000) => ({
  target: BigInt(target),
  costOfChange: BigInt(costOfChange),
  changeTarget: 1000n,
  room,
  changeWeight: 124,
});

const candidates = fc.array(
  fc.record({
    value: fc.bigInt(1n, 1_000_000n),
    fee: fc.bigInt(0n, 5_000n),
    longTermFee: fc.bigInt(0n, 5_000n),
    weight: fc.integer({ min: 164, max: 1_000 }),
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
        expect(branchAndBound(coins, goal(Number(target), 0))).not.toBeNull();
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
      expect(selection === 'short').toBe(effective(useful) < BigInt(target));
    }),
  );
});

test('what is chosen leaves room for change, and is refused by name where nothing fits', () => {
  fc.assert(
    fc.property(
      candidates,
      fc.integer({ min: 1, max: 2_000_000 }),
      fc.integer({ max: 6_000 }),
      (coins, target, room) => {
        const selection = selectCoins(coins, goal(target, 300, room), seededRandom(target));
        if (typeof selection === 'string') return;
        const change = selection.algorithm === 'bnb' ? 0 : 124;
        expect(selection.coins.reduce((sum, { weight }) => sum + weight, change)).toBeLessThanOrEqual(room);
      },
    ),
  );
  const coins = Array.from({ length: 9 }, () => coin(1100));
  const select = (room: number) => selectCoins(coins, goal(3000, 0, room), seededRandom());
  expect(select(0)).toBe('full');
  expect(select(100)).toBe('changeless');
  expect(select(3 * 272 - 1)).toBe('heavy');
  expect(select(3 * 272)).toMatchObject({ algorithm: 'bnb' });
  expect(selectCoins(coins, goal(10_000, 0), seededRandom())).toBe('short');
});
