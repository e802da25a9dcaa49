import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/simulation/seeded-random.ts';
import { VirtualClock } from '../../src/simulation/virtual-clock.ts';

test('tasks run in order of time, then of scheduling, and promises between them', async () => {
  const clock = new VirtualClock(1_000);
  const seen: string[] = [];
  const task = (name: string) => () => {
    seen.push(`${name}@${clock.monotonic()}`);
    void Promise.resolve().then(() => seen.push(`after ${name}`));
  };
  clock.schedule(20, task('c'));
  clock.schedule(10, task('a'));
  clock.schedule(10, task('b'));
  clock.schedule(15, task('never')).cancel();
  clock.schedule(30, task('later'));
  await clock.advance(20);
  expect(seen).toEqual(['a@10', 'after a', 'b@10', 'after b', 'c@20', 'after c']);
  expect([clock.monotonic(), clock.now()]).toEqual([20, 1_020]);
});

test('yielding lets what is due run first', async () => {
  const clock = new VirtualClock(0);
  const seen: number[] = [];
  clock.schedule(0, () => seen.push(1));
  void clock.yield().then(() => seen.push(2));
  await clock.advance(0);
  expect(seen).toEqual([1, 2]);
});

test('seeded numbers are uniform enough, and repeat', () => {
  const [a, b] = [new SeededRandom(5), new SeededRandom(5)];
  expect(a.bytes(100)).toEqual(b.bytes(100));
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) counts[a.below(10)]!++;
  for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  expect(a.below(2 ** 48)).toBeLessThan(2 ** 48);
});
