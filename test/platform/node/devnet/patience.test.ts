import { beforeEach, expect, test } from 'vitest';
import { type Sight, STALL, waitFor } from '../../../../src/platform/node/devnet/patience.ts';
import { VirtualClock } from '../../../../src/simulation/virtual-clock.ts';

let clock: VirtualClock;
let said: string[];
beforeEach(() => {
  clock = new VirtualClock(0);
  said = [];
});

/** @param see what is seen at a second; the wait's end, or null if it goes on for ever */
async function wait(see: (second: number) => Sight | null, signal = new AbortController().signal) {
  const patience = { say: (text: string) => said.push(text), signal, clock };
  let end: string | null = null;
  waitFor('rain', async () => see(clock.monotonic() / 1000), patience).then(
    () => {
      end = 'there';
    },
    (error) => {
      end = String(error.message);
    },
  );
  while (end === null && clock.monotonic() < 20 * STALL) await clock.advance(100);
  return { end, seconds: clock.monotonic() / 1000 };
}

test('what comes at once is waited for without a word', async () => {
  expect((await wait((second) => (second < 2 ? { text: 'clouds' } : null))).end).toBe('there');
  expect(said).toEqual([]);
});

test('however long it takes, while it moves; and now and then it is said', async () => {
  const { end, seconds } = await wait((second) =>
    second < 600 ? { text: 'clouds', mark: String(Math.floor(second / 100)) } : null,
  );
  expect(end).toBe('there');
  expect(seconds).toBeCloseTo(600, 0);
  expect(said[0]).toBe('waiting for rain: clouds');
  expect(said.length).toBeGreaterThan(100);
});

test('not for ever when nothing moves', async () => {
  const { end, seconds } = await wait((second) => ({ text: second < 50 ? 'clouds' : 'sun' }));
  expect(end).toBe('waited in vain for rain: sun, and nothing moved for 120 s');
  expect(seconds).toBeCloseTo(50 + STALL / 1000, 0);
});

test('not after a signal', async () => {
  const stopping = new AbortController();
  const { end, seconds } = await wait((second) => {
    if (second >= 5) stopping.abort(new Error('enough'));
    return { text: 'clouds' };
  }, stopping.signal);
  expect(end).toBe('enough');
  expect(seconds).toBeLessThan(6);
});
