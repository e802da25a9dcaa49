import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ScriptVerifier } from '../../../src/chain/script-verifier.ts';
import type { ScriptCheck } from '../../../src/core/consensus/connect-block.ts';
import { STANDARD_FLAGS } from '../../../src/core/script/flags.ts';
import type { SignatureEngine } from '../../../src/core/script/signature-engine.ts';
import { InlineScriptVerifier } from '../../../src/platform/memory/inline-script-verifier.ts';
import { SystemClock } from '../../../src/platform/node/clock.ts';
import { loadSignatureEngine } from '../../../src/platform/node/signatures/load-engine.ts';
import { WorkerScriptVerifier } from '../../../src/platform/node/verification/worker-script-verifier.ts';
import { makeSpend, SPEND_KINDS } from '../../support/spends.ts';

const clock = new SystemClock();
const log: string[] = [];
const logger = { log: (_level: string, _category: string, message: string) => void log.push(message) };

/** Transactions of all kinds of inputs, enough of them to be worth sharing. */
function makeChecks(): ScriptCheck[] {
  return Array.from({ length: 12 }, (_, seed) => ({
    ...makeSpend(SPEND_KINDS, { seed }),
    flags: STANDARD_FLAGS,
  }));
}

/** The same, with the amount spent by one input changed: its signature (if it signs amounts) no longer fits. */
function breakInput(checks: readonly ScriptCheck[], check: number, input: number): ScriptCheck[] {
  return checks.map((original, i) => {
    if (i !== check) return original;
    const spent = original.spent.map((output, j) =>
      j === input ? { ...output, value: output.value + 1n } : output,
    );
    return { ...original, spent };
  });
}

describe('script verification on worker threads', { timeout: 60_000 }, () => {
  let engine: SignatureEngine;
  let inline: ScriptVerifier;
  let threads: ScriptVerifier;
  const checks = makeChecks();
  const wpkh = SPEND_KINDS.indexOf('p2wpkh');

  beforeAll(async () => {
    ({ engine } = await loadSignatureEngine());
    inline = new InlineScriptVerifier(engine, clock);
    threads = new WorkerScriptVerifier({ workers: 2 }, { engine, clock, logger });
  });
  afterAll(() => threads.close());

  test('accepts what is valid', async () => {
    expect(await inline.verify(checks)).toBeNull();
    expect(await threads.verify(checks)).toBeNull();
  });

  test('names the same failing input as one thread does, the first of several', async () => {
    const broken = breakInput(breakInput(checks, 9, wpkh), 4, wpkh);
    const expected = await inline.verify(broken);
    expect(expected).toMatchObject({ check: 4, input: wpkh, error: 'SIG_NULLFAIL' });
    for (let i = 0; i < 5; i++) expect(await threads.verify(broken)).toEqual(expected);
  });

  test('keeps jobs that overlap apart', async () => {
    const broken = breakInput(checks, 11, wpkh);
    const verdicts = await Promise.all([checks, broken, checks, broken].map((each) => threads.verify(each)));
    expect(verdicts.map((verdict) => verdict?.check)).toEqual([undefined, 11, undefined, 11]);
  });

  test('verifies few inputs, and none, without the threads', async () => {
    expect(await threads.verify([])).toBeNull();
    expect(await threads.verify(breakInput(checks, 0, wpkh).slice(0, 1))).toMatchObject({
      check: 0,
      input: wpkh,
    });
  });

  test('lets other work have its turn', async () => {
    const many = Array.from({ length: 40 }, () => checks).flat();
    let turns = 0;
    let running = true;
    const count = (): void => {
      turns++;
      if (running) setImmediate(count);
    };
    setImmediate(count);
    await threads.verify(many);
    running = false;
    expect(turns).toBeGreaterThan(2);
  });

  test('goes on when a thread dies', async () => {
    const lonely = new WorkerScriptVerifier(
      { workers: 1 },
      { engine: { ...engine, name: 'no such engine' }, clock, logger },
    );
    expect(await lonely.verify(checks)).toBeNull();
    await expect.poll(() => log.join(), { timeout: 30_000 }).toContain('script verification thread died');
    expect(await lonely.verify(breakInput(checks, 3, wpkh))).toMatchObject({ check: 3 });
    await lonely.close();
  });
});
