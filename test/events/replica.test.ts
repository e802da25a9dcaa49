/** Some of the histories of `npm run test:events`. */
import { describe, expect, test } from 'vitest';
import { liveHistory } from '../support/event-histories.ts';

describe('whatever happens, a reader knows at each quiet point what the node knows', () => {
  // In 1371 a connection is lost between the answer of a node that was restarted and its snapshot.
  test.each([1371, ...Array.from({ length: 40 }, (_, i) => i + 1)])('in history %i', async (seed) => {
    expect(await liveHistory(seed)).toBeGreaterThan(5);
  });
});
