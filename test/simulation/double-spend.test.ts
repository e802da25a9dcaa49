/** White paper section 11. */
import { expect, test } from 'vitest';
import { exactProbability, paperProbability, raceProbability } from '../../src/simulation/double-spend.ts';
import { SeededRandom } from '../../src/simulation/seeded-random.ts';

test("the paper's table", () => {
  const tenth = [
    1, 0.2045873, 0.0509779, 0.0131722, 0.0034552, 0.0009137, 0.0002428, 0.0000647, 0.0000173, 0.0000046,
    0.0000012,
  ];
  for (const [z, p] of tenth.entries()) expect(paperProbability(0.1, z)).toBeCloseTo(p, 7);
  const third = [
    1, 0.1773523, 0.0416605, 0.0101008, 0.0024804, 0.0006132, 0.0001522, 0.0000379, 0.0000095, 0.0000024,
    0.0000006,
  ];
  for (const [i, p] of third.entries()) expect(paperProbability(0.3, 5 * i)).toBeCloseTo(p, 7);
});

test("the paper's least z for less than 0.1 %", () => {
  const least = (q: number): number => {
    let z = 0;
    while (paperProbability(q, z) >= 0.001) z++;
    return z;
  };
  expect([0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45].map(least)).toEqual([5, 8, 11, 15, 24, 41, 89, 340]);
});

test('the exact chance is higher, and is what races show', () => {
  expect(exactProbability(0.1, 5)).toBeCloseTo(0.00178, 5);
  expect(exactProbability(0.1, 0)).toBe(1);
  expect(exactProbability(0.5, 3)).toBe(1);
  const random = new SeededRandom(1);
  for (const [q, z] of [
    [0.1, 1],
    [0.1, 3],
    [0.3, 5],
  ] as const) {
    const exact = exactProbability(q, z);
    const trials = 40_000;
    const deviation = Math.sqrt((exact * (1 - exact)) / trials);
    expect(Math.abs(raceProbability(random, q, z, trials) - exact)).toBeLessThan(4 * deviation);
  }
});
