import { describe, expect, test } from 'vitest';
import { STANDARD_FLAGS } from '../../../src/core/script/flags.ts';
import type { SignatureEngine } from '../../../src/core/script/signature-engine.ts';
import { JobWorker, SharedChecks, shareChecks } from '../../../src/platform/shared/verification/job.ts';
import { makeSpend } from '../../support/spends.ts';

const yes: SignatureEngine = {
  name: 'yes',
  verifyEcdsa: () => true,
  verifySchnorr: () => true,
  checkTweak: () => true,
  tweakKey: () => null,
};
const checks = Array.from({ length: 5 }, (_, seed) => ({
  ...makeSpend(['p2wpkh', 'p2tr-key', 'p2pkh', 'p2wpkh', 'p2wpkh', 'p2wpkh', 'p2wpkh'], { seed }),
  flags: STANDARD_FLAGS,
}));

describe('a shared verification job', () => {
  test('gives other threads what was put in', () => {
    const job = shareChecks(checks);
    for (const [index, { tx, spent, flags }] of checks.entries()) {
      const read = new SharedChecks(job).read(index);
      expect(read.tx.bytes).toEqual(tx.bytes);
      expect(read.spent).toEqual(spent);
      expect(read.flags).toBe(flags);
    }
  });

  test('is finished when every input was taken and dealt with', () => {
    const job = shareChecks(checks);
    const first = new JobWorker(job, yes, (index) => checks[index]!);
    const second = new JobWorker(job, yes, (index) => new SharedChecks(job).read(index));
    expect(first.finished).toBe(false);
    expect(first.step()).toBe(true);
    expect(second.step()).toBe(true);
    expect(first.finished).toBe(false);
    expect(first.step()).toBe(true);
    expect(first.step()).toBe(false);
    expect(first.finished).toBe(true);
    expect(second.failure).toBeNull();
  });

  test('reports the first failure, whoever finds a later one before', () => {
    const badHash = new Set([checks[1]!.spent[0]!.scriptPubKey, checks[4]!.spent[2]!.scriptPubKey]);
    const broken = checks.map(({ tx, spent, flags }) => ({
      tx,
      flags,
      spent: spent.map((output) =>
        badHash.has(output.scriptPubKey) ? { ...output, scriptPubKey: Uint8Array.of(0x6a) } : output,
      ),
    }));
    const job = shareChecks(broken);
    const late = new JobWorker(job, yes, (index) => broken[index]!);
    const early = new JobWorker(job, yes, (index) => new SharedChecks(job).read(index));
    while (late.step());
    expect(early.step()).toBe(false);
    expect(early.failure).toEqual({ check: 1, input: 0 });
  });
});
