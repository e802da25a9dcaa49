import { expect, test } from 'vitest';
import { UploadTarget } from '../../src/network/upload-target.ts';
import { VirtualClock } from '../../src/simulation/virtual-clock.ts';
import { StillClock } from '../support/memory-chain.ts';

test('room for a day of new blocks is kept, and the day begins anew', async () => {
  const clock = new VirtualClock(0);
  let sent = 1_000;
  const target = new UploadTarget(600_000_000, clock, () => sent);
  expect(target.state).toEqual({
    cycle: 86_400,
    target: 600_000_000,
    isReached: false,
    servesHistory: true,
    bytesLeft: 600_000_000,
    secondsLeft: 86_400,
  });
  sent += 24_000_000;
  expect(target.state).toMatchObject({ isReached: false, servesHistory: false, bytesLeft: 576_000_000 });
  await clock.advance(10 * 60_000);
  expect(target.state.servesHistory).toBe(true);
  sent += 576_000_000;
  expect(target.state).toMatchObject({ isReached: true, servesHistory: false, bytesLeft: 0 });
  await clock.advance(86_400_000);
  expect(target.state).toMatchObject({ isReached: false, servesHistory: true, bytesLeft: 600_000_000 });
  expect(new UploadTarget(0, clock, () => sent).state).toMatchObject({
    isReached: false,
    servesHistory: true,
    bytesLeft: 0,
    secondsLeft: 0,
  });
});

test('a clock that is set back begins a day, and does not make it longer', () => {
  const clock = new StillClock(0);
  const target = new UploadTarget(600_000_000, clock, () => 0);
  clock.passed = 14 * 86_400_000;
  expect(target.state.servesHistory).toBe(true);
  clock.passed = 0;
  expect(target.state).toMatchObject({ servesHistory: true, secondsLeft: 86_400 });
});
