/** Blocks whose scripts are verified together get the answers they would get one by one. */
import { describe, expect, it } from 'vitest';
import type { ScriptFailure, ScriptVerifier } from '../../../src/chain/script-verifier.ts';
import { ScriptBatches } from '../../../src/chain/stages/verify.ts';
import type { ScriptCheck } from '../../../src/core/consensus/connect-block.ts';
import { nobleEngine } from '../../../src/core/script/noble-engine.ts';
import { script } from '../../../src/core/script/script.ts';
import { InlineScriptVerifier } from '../../../src/platform/memory/inline-script-verifier.ts';
import { output, transaction } from '../../support/chain-builder.ts';
import { StillClock } from '../../support/memory-chain.ts';

const prevout = { txid: new Uint8Array(32).fill(1), vout: 0 };

/** A check of so many inputs, all satisfied but perhaps one: the output spent is its script's verdict. */
function check(inputs: number, bad?: number): ScriptCheck {
  const tx = transaction(
    Array.from({ length: inputs }, (_, vout) => ({ prevout: { ...prevout, vout } })),
    [output(1n)],
  );
  const spent = tx.inputs.map((_, i) => output(1n, script(i === bad ? 0x00 : 0x51)));
  return { tx, spent, flags: 0 };
}

class CountingVerifier implements ScriptVerifier {
  readonly #inner = new InlineScriptVerifier(nobleEngine, new StillClock(0));
  readonly asked: number[] = [];
  verify(checks: readonly ScriptCheck[]): Promise<ScriptFailure | null> {
    this.asked.push(checks.length);
    return this.#inner.verify(checks);
  }
  close(): Promise<void> {
    return this.#inner.close();
  }
}

describe('ScriptBatches', () => {
  it('asks once for many small blocks, and not before someone waits', async () => {
    const verifier = new CountingVerifier();
    const batches = new ScriptBatches(verifier);
    const blocks = [[check(2)], [check(1), check(3)], []].map((checks) => batches.add(checks));
    await Promise.resolve();
    expect(verifier.asked).toEqual([]);
    expect(await Promise.all(blocks.map((verdict) => verdict()))).toEqual([null, null, null]);
    expect(verifier.asked).toEqual([3]);
  });

  it('does not wait once there is enough', () => {
    const verifier = new CountingVerifier();
    const batches = new ScriptBatches(verifier);
    for (let i = 0; i < 7; i++) batches.add([check(10)]);
    expect(verifier.asked).toEqual([7]);
    batches.add([check(10)]);
    expect(verifier.asked).toEqual([7]);
    batches.send();
    batches.send();
    expect(verifier.asked).toEqual([7, 1]);
  });

  it('gives each block what it would get alone', async () => {
    for (let bad = 0; bad < 3; bad++)
      for (let second = bad; second < 3; second++) {
        const blocks = [0, 1, 2].map((block) => [
          check(1),
          ...(block === bad || block === second ? [check(4, 2)] : [check(2)]),
        ]);
        const alone = new InlineScriptVerifier(nobleEngine, new StillClock(0));
        const expected = await Promise.all(blocks.map((checks) => alone.verify(checks)));
        expect(expected[bad]).toMatchObject({ check: 1, input: 2 });
        const batches = new ScriptBatches(new CountingVerifier());
        const verdicts = blocks.map((checks) => batches.add(checks));
        expect(await Promise.all(verdicts.map((verdict) => verdict()))).toEqual(expected);
      }
  });

  it('tells every block of an error', async () => {
    const batches = new ScriptBatches({
      verify: () => Promise.reject(new Error('no thread')),
      close: async () => {},
    });
    const verdicts = [batches.add([check(1)]), batches.add([check(1)])];
    for (const verdict of verdicts) await expect(verdict()).rejects.toThrow('no thread');
  });
});
