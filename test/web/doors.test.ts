import { expect, test } from 'vitest';
import { Doors } from '../../src/web/doors.ts';

test('so many are in at once, in the order in which they came, and who leaves twice lets in one', async () => {
  const doors = new Doors(2);
  const told: string[] = [];
  const leaves: (() => void)[] = [];
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    void doors.enter().then((leave) => {
      told.push(name);
      leaves.push(leave);
    });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  await settled();
  expect(told.join('')).toBe('ab');
  leaves[0]!();
  leaves[0]!();
  await settled();
  expect(told.join('')).toBe('abc');
  leaves[2]!();
  leaves[1]!();
  await settled();
  expect(told.join('')).toBe('abcde');
});
