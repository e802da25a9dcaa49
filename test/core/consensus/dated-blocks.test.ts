import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseNetworkFile } from '../../../src/core/parameters/network-file.ts';
import { type DatedMining, LIES, mineDated } from '../../support/dated-mining.ts';

const penny = parseNetworkFile(
  JSON.parse(readFileSync(new URL('../../../genesis.json', import.meta.url), 'utf8')),
);
const lies = Object.keys(LIES) as (keyof typeof LIES)[];
const TENTH = { share: 0.1, blocks: 2_000 };
const SEEDED = { ...TENTH, blocks: 4_000, seed: 7 };

/** Whether liars of a tenth of the hash rate move no block's difficulty by 15 %, nor the pace by 5 %. */
function isCalm(limit: number, lie: DatedMining['lie']): boolean {
  const { difficulties, pace } = mineDated({ ...penny, maxFutureBlockTime: limit }, { ...TENTH, lie });
  return difficulties.every((each) => Math.abs(each - 1) <= 0.15) && Math.abs(pace - 1) <= 0.05;
}

describe('a tenth of the hash rate that dates its blocks as far ahead and back as it may', () => {
  const honest = mineDated(penny, { ...SEEDED, lie: 'never' });

  it.each(lies)('%s: moves neither the difficulty nor the pace', (lie) => {
    expect(isCalm(penny.maxFutureBlockTime, lie)).toBe(true);
    for (const age of [0, penny.targetSpacing]) {
      const result = mineDated(penny, { ...SEEDED, lie, age });
      expect(Math.abs(result.meanDifficulty - 1)).toBeLessThan(0.15);
      expect(Math.abs(result.pace - 1)).toBeLessThan(0.05);
      // No flood follows: no more blocks in any 15 minutes than chance brings to honest miners.
      expect(result.burst).toBeLessThanOrEqual(honest.burst * 1.1);
    }
  });

  it('would, if blocks might be dated further ahead', () => {
    expect(lies.filter((lie) => isCalm(300, lie))).toEqual(['never', 'back']);
    expect(mineDated({ ...penny, maxFutureBlockTime: 7_200 }, { ...SEEDED, lie: 'ahead' }).pace).toBeLessThan(
      0.3,
    );
  });

  it('one block dated as far ahead as may be is made up for within minutes', () => {
    const once = { share: 1 / 300, blocks: 400, lie: 'ahead' as const };
    const { difficulties, pace } = mineDated(penny, once);
    expect(Math.min(...difficulties)).toBeGreaterThan(0.9);
    expect(Math.max(...difficulties)).toBeLessThan(1.1);
    expect(Math.abs(pace - 1)).toBeLessThan(0.01);
  });
});
