import { afterAll, describe, expect, test } from 'vitest';
import { genesisBlock } from '../../../src/core/consensus/genesis.ts';
import { MAIN } from '../../../src/core/parameters/presets.ts';
import type { NonceSearcher } from '../../../src/mining/nonce-searcher.ts';
import { searchPlainly, ThreadSearcher } from '../../../src/mining/thread-searcher.ts';
import { SystemClock } from '../../../src/platform/node/clock.ts';
import { startSearcher } from '../../../src/platform/node/worker.ts';
import { WorkerSearcher } from '../../../src/platform/shared/mining/worker-searcher.ts';

const { bytes } = genesisBlock(MAIN).header;
const NEVER = 0n;
const EASY = 1n << 240n;
const ALL = 2 ** 32;

const searchers: [string, NonceSearcher][] = [
  ['this thread', new ThreadSearcher(new SystemClock())],
  ['one worker', new WorkerSearcher(1, startSearcher)],
  ['two workers', new WorkerSearcher(2, startSearcher)],
];

afterAll(() => Promise.all(searchers.map(([, searcher]) => searcher.close())));

describe.each(searchers)('searching in %s', (_, searcher) => {
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

  // Other work on the machine can only make these two fail, never pass.
  test('stops at once when told', { retry: 5 }, async () => {
    const times: number[] = [];
    for (let i = 0; i < 10; i++) {
      const stop = new AbortController();
      const search = searcher.search(bytes, NEVER, 0, ALL, { signal: stop.signal });
      await new Promise((resolve) => setTimeout(resolve, 20));
      const begun = performance.now();
      stop.abort();
      expect(await search).toBeNull();
      times.push(performance.now() - begun);
    }
    times.sort((a, b) => a - b);
    expect(times[5]!).toBeLessThan(50);
    const aborted = AbortSignal.abort();
    expect(await searcher.search(bytes, EASY, 0, ALL, { signal: aborted })).toBeNull();
  });

  test('rests as the load asks', { retry: 5 }, async () => {
    const run = async (load: number) => {
      const stop = new AbortController();
      const before = searcher.hashes;
      const search = searcher.search(bytes, NEVER, 0, ALL, { signal: stop.signal, load });
      await new Promise((resolve) => setTimeout(resolve, 250));
      stop.abort();
      await search;
      return searcher.hashes - before;
    };
    expect(await run(10)).toBeLessThan((await run(100)) * 0.6);
  });
});
