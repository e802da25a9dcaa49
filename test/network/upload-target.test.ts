import { expect, test } from 'vitest';
import { UploadTarget } from '../../src/network/upload-target.ts';
import { VirtualClock } from '../../src/simulation/virtual-clock.ts';

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
