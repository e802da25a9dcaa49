/** `npm run test:crash`: two hundred kills -9 across sync, flush, reorganisation and start. */
import { expect, it } from 'vitest';
import { runCrashes } from '../support/crash-runner.ts';

it('survives two hundred kills with the coins of a chain that was never killed', async () => {
  const { got, expected, early, late } = await runCrashes(200, 4, 4000);
  console.log(`${early} kills while the chain was opened, ${late} afterwards`);
  expect(got).toBe(expected);
  // A test that only ever killed the start would prove little.
  expect(late).toBeGreaterThan(60);
}, 900_000);
