/** `npm run test:events`: the histories of `test/events/replica.test.ts`, many more of them. */
import { expect, it } from 'vitest';
import { liveHistory } from '../support/event-histories.ts';

it('a reader of events knows what the node knows, in 500 random histories', async () => {
  let events = 0;
  for (let seed = 1_000; seed < 1_500; seed++) events += await liveHistory(seed);
  console.log(`${events} events were told`);
  expect(events).toBeGreaterThan(5_000);
});
