import { expect, test } from 'vitest';
import { SystemClock } from '../../../src/platform/node/clock.ts';
import { systemRandom } from '../../../src/platform/node/random.ts';

test('mock time stops wall time, and the process goes on', async () => {
  const clock = new SystemClock();
  clock.setMockTime(1_000);
  const before = clock.monotonic();
  await new Promise<void>((resolve) => clock.schedule(5, resolve, 'process'));
  expect(clock.now()).toBe(1_000_000);
  expect(clock.monotonic()).toBeGreaterThan(before);
  clock.setMockTime(0);
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000);
});

test('a cancelled timer does not run, and a very long one does not run at once', async () => {
  const clock = new SystemClock();
  let runs = 0;
  const cancelled = clock.schedule(1, () => runs++);
  cancelled.cancel();
  const long = clock.schedule(2 ** 40, () => runs++);
  await new Promise((resolve) => setTimeout(resolve, 20));
  long.cancel();
  expect(runs).toBe(0);
});

test('random integers stay below their bound', () => {
  for (let i = 0; i < 100; i++) expect(systemRandom.below(3)).toBeLessThan(3);
  expect(systemRandom.below(2 ** 48)).toBeLessThan(2 ** 48);
  expect(systemRandom.bytes(100_000)).toHaveLength(100_000);
});
