/** What every ScriptVerifier must do, whoever runs the scripts and wherever. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ScriptVerifier } from '../../src/chain/script-verifier.ts';
import type { ScriptCheck } from '../../src/core/consensus/connect-block.ts';
import { MANDATORY_FLAGS, ScriptFlag, STANDARD_FLAGS } from '../../src/core/script/flags.ts';
import { Transaction } from '../../src/core/transaction/transaction.ts';
import { makeSpend, SPEND_KINDS } from './spends.ts';

const KEY_HASH = SPEND_KINDS.indexOf('p2wpkh');

/** Transactions of all kinds of inputs, enough of them to be worth sharing between threads. */
export function makeChecks(flags: number = STANDARD_FLAGS): ScriptCheck[] {
  return Array.from({ length: 12 }, (_, seed) => ({ ...makeSpend(SPEND_KINDS, { seed }), flags }));
}

/** The same, with one bit of a P2WPKH input's signature flipped: another transaction, with its input invalid. */
export function breakInput(checks: readonly ScriptCheck[], check: number): ScriptCheck[] {
  return checks.map((original, i) => {
    if (i !== check) return original;
    const inputs = original.tx.inputs.map((input, j) => {
      if (j !== KEY_HASH) return input;
      const [signature, key] = input.witness as [Uint8Array, Uint8Array];
      // Within R, so that it is written as well as before.
      return { ...input, witness: [signature.map((byte, at) => (at === 20 ? byte ^ 1 : byte)), key] };
    });
    return { ...original, tx: Transaction.from({ ...original.tx, inputs, outputs: original.tx.outputs }) };
  });
}

export function testScriptVerifier(name: string, create: () => Promise<ScriptVerifier>): void {
  describe(`${name} verifies scripts`, () => {
    let verifier: ScriptVerifier;
    const checks = makeChecks();
    beforeAll(async () => {
      verifier = await create();
    });
    afterAll(() => verifier.close());

    test('and refuses the first of several inputs that fail, and only those', async () => {
      const broken = breakInput(breakInput(checks, 9), 4);
      const expected = { check: 4, input: KEY_HASH, error: 'SIG_NULLFAIL' };
      for (let i = 0; i < 3; i++) expect(await verifier.verify(broken)).toEqual(expected);
      expect(await verifier.verify(checks)).toBeNull();
    });

    test('under the flags of each check', async () => {
      const broken = breakInput(checks, 2);
      const lenient = broken.map((check, i) => (i === 2 ? { ...check, flags: ScriptFlag.P2SH } : check));
      expect(await verifier.verify(lenient)).toBeNull();
      const mandatory = broken.map((check) => ({ ...check, flags: MANDATORY_FLAGS }));
      expect(await verifier.verify(mandatory)).toEqual({ check: 2, input: KEY_HASH, error: 'EVAL_FALSE' });
    });

    test('of few checks, or none', async () => {
      expect(await verifier.verify([])).toBeNull();
      expect(await verifier.verify(checks.slice(0, 1))).toBeNull();
      expect(await verifier.verify(breakInput(checks, 0).slice(0, 1))).toMatchObject({
        check: 0,
        input: KEY_HASH,
      });
    });

    test('of jobs that overlap, apart', async () => {
      const broken = breakInput(checks, 11);
      const verdicts = await Promise.all(
        [checks, broken, checks, broken].map((each) => verifier.verify(each)),
      );
      expect(verdicts.map((verdict) => verdict?.check)).toEqual([undefined, 11, undefined, 11]);
    });
  });
}
