/** A short run of what `npm run test:crash` does at length. */
import { expect, it } from 'vitest';
import { runCrashes } from '../support/crash-runner.ts';

it('survives kill -9 at any moment with the coins of a chain that was never killed', async () => {
  const { got, expected } = await runCrashes(15, 99, 1500);
  expect(got).toBe(expected);
});
