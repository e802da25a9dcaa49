import { describe, expect, test } from 'vitest';
import { MANDATORY_FLAGS, ScriptFlag, STANDARD_FLAGS } from '../../../src/core/script/flags.ts';
import { ScriptCache } from '../../../src/core/script/script-cache.ts';
import { CachingScriptVerifier } from '../../../src/platform/memory/caching-script-verifier.ts';
import { makeSpend } from '../../support/spends.ts';

const salt = new Uint8Array(32).fill(7);
const spends = Array.from({ length: 5 }, (_, seed) => makeSpend(['p2wpkh'], { seed }));
const [first, second] = spends as [(typeof spends)[0], (typeof spends)[0]];

describe('the script cache', () => {
  test('knows what was valid under these flags or more', () => {
    const cache = new ScriptCache(10, salt);
    cache.add(first.tx, MANDATORY_FLAGS);
    expect(cache.has(first.tx, MANDATORY_FLAGS)).toBe(true);
    expect(cache.has(first.tx, ScriptFlag.P2SH)).toBe(true);
    expect(cache.has(first.tx, STANDARD_FLAGS)).toBe(false);
    expect(cache.has(second.tx, MANDATORY_FLAGS)).toBe(false);
  });

  test('forgets the oldest beyond its capacity', () => {
    const cache = new ScriptCache(4, salt);
    for (const { tx } of spends) cache.add(tx, MANDATORY_FLAGS);
    expect(spends.map(({ tx }) => cache.has(tx, MANDATORY_FLAGS))).toEqual([false, false, true, true, true]);
  });

  test('spares the verifier behind it what the mempool had verified, and only that', async () => {
    const asked: number[] = [];
    const inner = {
      verify: async (checks: readonly unknown[]) => {
        asked.push(checks.length);
        return null;
      },
      close: async () => {},
    };
    const verifier = new CachingScriptVerifier(inner, new ScriptCache(10, salt));
    await verifier.verify([{ ...first, flags: STANDARD_FLAGS }]);
    await verifier.verify([
      { ...first, flags: MANDATORY_FLAGS },
      { ...second, flags: MANDATORY_FLAGS },
    ]);
    await verifier.verify([{ ...first, flags: MANDATORY_FLAGS }]);
    await verifier.verify([{ ...second, flags: MANDATORY_FLAGS }]);
    expect(asked).toEqual([1, 1, 1]);
  });

  test('never remembers a failure, and names it by its place among all', async () => {
    const failure = { check: 0, input: 0, error: 'EVAL_FALSE' } as const;
    const verdicts = [null, failure, failure];
    const inner = { verify: async () => verdicts.shift() ?? null, close: async () => {} };
    const verifier = new CachingScriptVerifier(inner, new ScriptCache(10, salt));
    await verifier.verify([{ ...first, flags: STANDARD_FLAGS }]);
    const block = [first, second].map((spend) => ({ ...spend, flags: STANDARD_FLAGS }));
    expect(await verifier.verify(block)).toEqual({ ...failure, check: 1 });
    expect(await verifier.verify(block)).toEqual({ ...failure, check: 1 });
  });
});
