import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { genesisBlock } from '../../../src/core/consensus/genesis.ts';
import { MAIN } from '../../../src/core/parameters/presets.ts';
import { type NonceSearcher, SLICE } from '../../../src/mining/nonce-searcher.ts';
import { searchPlainly, ThreadSearcher } from '../../../src/mining/thread-searcher.ts';
import { SystemClock } from '../../../src/platform/node/clock.ts';
import { startSearcher } from '../../../src/platform/node/worker.ts';
import { sharedSize } from '../../../src/platform/shared/mining/searcher-protocol.ts';
import { searcher as runSearcher } from '../../../src/platform/shared/mining/searching.ts';
import { WorkerSearcher } from '../../../src/platform/shared/mining/worker-searcher.ts';

const { bytes } = genesisBlock(MAIN).header;
const NEVER = 0n;
const EASY = 1n << 240n;
const ALL = 2 ** 32;

const searchers: [string, NonceSearcher, number][] = [
  ['this thread', new ThreadSearcher(new SystemClock()), 1],
  ['one worker', new WorkerSearcher(1, startSearcher), 1],
  ['two workers', new WorkerSearcher(2, startSearcher), 2],
];

afterAll(() => Promise.all(searchers.map(([, searcher]) => searcher.close())));

describe.each(searchers)('searching in %s', (_, searcher, threads) => {
  test('finds a nonce that is good enough', async () => {
    const nonce = await searcher.search(bytes, EASY, 0, ALL);
    expect(searchPlainly(bytes, EASY, nonce!, 1)).toBe(nonce);
  });

  test('covers the whole range, and no more', async () => {
    const lowest = searchPlainly(bytes, EASY, 0, 1 << 20)!;
    expect(await searcher.search(bytes, EASY, 0, lowest)).toBeNull();
    expect(await searcher.search(bytes, EASY, lowest, 1)).toBe(lowest);
    expect(await searcher.search(bytes, EASY, lowest - 5_000, 5_001)).toBe(lowest);
  });

  test('counts its hashes', async () => {
    // A search that found something ends before every thread has heard of it: one without a find ends after all.
    await searcher.search(bytes, NEVER, 0, 2);
    const before = searcher.hashes;
    await searcher.search(bytes, NEVER, 0, 100_000);
    expect(searcher.hashes - before).toBe(100_000);
  });

  test('stops when told, within the slice that it searches', async () => {
    for (let i = 0; i < 10; i++) {
      const stop = new AbortController();
      const before = searcher.hashes;
      const search = searcher.search(bytes, NEVER, 0, ALL, { signal: stop.signal });
      while (searcher.hashes === before) await new Promise((resolve) => setImmediate(resolve));
      stop.abort();
      expect(await search).toBeNull();
      const stopped = searcher.hashes;
      // Ends when every thread has come to it, so has left the search before.
      await searcher.search(bytes, NEVER, 0, threads);
      expect(searcher.hashes - stopped).toBeLessThanOrEqual(threads * (SLICE + 1));
    }
    const aborted = AbortSignal.abort();
    expect(await searcher.search(bytes, EASY, 0, ALL, { signal: aborted })).toBeNull();
  });
});

describe('between slices that take 3 ms, at a load of 25%, rests 9 ms', () => {
  afterEach(() => vi.restoreAllMocks());

  test('this thread', async () => {
    const rests: number[] = [];
    let now = 0;
    const clock = new SystemClock();
    vi.spyOn(clock, 'monotonic').mockImplementation(() => (now += 3));
    vi.spyOn(clock, 'schedule').mockImplementation((milliseconds, task) => {
      rests.push(milliseconds);
      task();
      return { cancel: () => {} };
    });
    await new ThreadSearcher(clock).search(bytes, NEVER, 0, 2 * SLICE, { load: 25 });
    expect(rests).toEqual([9, 9, 9]);
  });

  test('a worker', () => {
    const rests: unknown[] = [];
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 3));
    vi.spyOn(Atomics, 'wait').mockImplementation((...[, , , milliseconds]: unknown[]) => {
      rests.push(milliseconds);
      return 'timed-out';
    });
    const search = runSearcher({ shared: new SharedArrayBuffer(sharedSize(1)), thread: 0 });
    search({ number: 0, header: bytes, target: NEVER, from: 0, count: 3 * SLICE, load: 25 });
    expect(rests).toEqual([9, 9, 9]);
  });
});
