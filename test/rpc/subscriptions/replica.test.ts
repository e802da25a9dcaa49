import { expect, test } from 'vitest';
import { liveHistory } from '../../support/event-histories.ts';

test('whatever happens, a reader knows at each quiet point what the node knows', async () => {
  for (let seed = 1; seed <= 60; seed++) expect(await liveHistory(seed)).toBeGreaterThan(5);
});
