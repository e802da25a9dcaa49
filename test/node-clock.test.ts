import { expect, test } from 'vitest';
import { NodeClock } from '../src/node-clock.ts';
import type { Timekeeper } from '../src/seams.ts';
import { VirtualClock } from '../src/simulation/virtual-clock.ts';

/** A clock that began at second 1,000, and which timers of ten seconds have run. */
function begin() {
  const real = new VirtualClock(1_000_000);
  const clock = new NodeClock(real);
  const ran: string[] = [];
  for (const by of ['node', 'scheduler', 'process'] satisfies Timekeeper[])
    clock.schedule(10_000, () => ran.push(by), by);
  clock.schedule(9_000, () => ran.push('cancelled')).cancel();
  return { real, clock, ran };
}

test('nobody touches it: all three run by real time', async () => {
  const { real, clock, ran } = begin();
  await real.advance(9_999);
  expect([ran, clock.now(), clock.elapsed(), clock.monotonic()]).toEqual([[], 1_009_999, 9_999, 9_999]);
  await real.advance(1);
  expect(ran).toEqual(['node', 'scheduler', 'process']);
});

test('mock time stops and moves wall time and what waits by it, and nothing else', async () => {
  const { real, clock, ran } = begin();
  clock.setMockTime(1_005);
  await real.advance(60_000);
  expect([ran, clock.now(), clock.monotonic()]).toEqual([['scheduler', 'process'], 1_005_000, 60_000]);
  clock.setMockTime(900);
  clock.setMockTime(1_009);
  await real.advance(0);
  expect(ran).toHaveLength(2);
  clock.setMockTime(1_010);
  await real.advance(0);
  expect(ran).toEqual(['scheduler', 'process', 'node']);
  clock.setMockTime(0);
  expect([clock.now(), clock.elapsed(), clock.isFrozen]).toEqual([1_060_000, 60_000, false]);
});

test('the scheduler is hastened alone', async () => {
  const { real, clock, ran } = begin();
  clock.mockScheduler(9);
  await real.advance(999);
  expect(ran).toEqual([]);
  await real.advance(1);
  expect([ran, clock.now()]).toEqual([['scheduler'], 1_001_000]);
});

test('moved forward, what is due runs in order, each once; moved back, waits stay as long as they were', async () => {
  const { real, clock, ran } = begin();
  clock.schedule(5_000, () => {
    ran.push('first');
    clock.schedule(5_000, () => ran.push('again'));
  });
  clock.move(3_600_000);
  await real.advance(0);
  expect([ran, clock.now()]).toEqual([['first', 'node', 'scheduler'], 4_600_000]);
  clock.move(-7_200_000);
  expect(clock.seconds()).toBe(-2_600);
  await real.advance(5_000);
  expect(ran.at(-1)).toBe('again');
});

test('frozen, only the process goes on; what is asked for at once is done; resumed, waits are what they were', async () => {
  const { real, clock, ran } = begin();
  await real.advance(4_000);
  clock.freeze();
  await real.advance(100_000);
  clock.schedule(0, () => ran.push('at once'));
  await real.advance(0);
  expect([ran, clock.now(), clock.isFrozen]).toEqual([['process', 'at once'], 1_004_000, true]);
  clock.move(2_000);
  expect([clock.now(), clock.elapsed()]).toEqual([1_006_000, 6_000]);
  clock.resume();
  await real.advance(3_999);
  expect(ran).toHaveLength(2);
  await real.advance(1);
  expect([ran.slice(2), clock.now()]).toEqual([['node', 'scheduler'], 1_010_000]);
});
