/** Some of the histories of `npm run test:events`. */
import { describe, expect, test } from 'vitest';
import { liveHistory } from '../support/event-histories.ts';

describe('whatever happens, a reader knows at each quiet point what the node knows', () => {
  test.each(Array.from({ length: 40 }, (_, i) => i + 1))('in history %i', async (seed) => {
    expect(await liveHistory(seed)).toBeGreaterThan(5);
  });
});
