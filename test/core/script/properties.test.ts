/** Changed at random, real spends get one verdict: the same again, by every engine, and on every path. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../../src/core/encoding/errors.ts';
import {
  flagsFromNames,
  MANDATORY_FLAGS,
  ScriptFlag,
  STANDARD_FLAGS,
} from '../../../src/core/script/flags.ts';
import { pushMinimal, ScriptCursor, script, scriptOperations } from '../../../src/core/script/script.ts';
import { decodeScriptNumber, encodeScriptNumber } from '../../../src/core/script/script-number.ts';
import { SighashContext } from '../../../src/core/script/sighash.ts';
import { isStrictDer, parseLaxDer } from '../../../src/core/script/signature-encoding.ts';
import type { SignatureEngine } from '../../../src/core/script/signature-engine.ts';
import { encodeDer } from '../../../src/core/script/signing.ts';
import { verifyInput } from '../../../src/core/script/verify.ts';
import { Transaction, type TxIn, type TxOut } from '../../../src/core/transaction/transaction.ts';
import { SystemClock } from '../../../src/platform/node/clock.ts';
import { loadSignatureEngine } from '../../../src/platform/node/signatures/load-engine.ts';
import { startVerifier as startThread } from '../../../src/platform/node/worker.ts';
import { WorkerScriptVerifier } from '../../../src/platform/shared/verification/worker-script-verifier.ts';
import { makeSpend, SPEND_KINDS } from '../../support/spends.ts';

const { engine } = await loadSignatureEngine();
const { engine: wasm } = await loadSignatureEngine('wasm');

const bases = [1, 2].flatMap((seed) =>
  [0x01, 0x83].map((hashType) => makeSpend(SPEND_KINDS, { seed, hashType })),
);

interface Mutant {
  readonly tx: Transaction;
  readonly spent: readonly TxOut[];
}

/** A spend in which one byte somewhere was changed, left out or doubled; null if that is no transaction. */
const mutants: fc.Arbitrary<Mutant | null> = fc
  .record({
    base: fc.constantFrom(...bases),
    part: fc.constantFrom('tx', 'script', 'witness', 'amount'),
    input: fc.nat(SPEND_KINDS.length - 1),
    at: fc.nat(),
    kind: fc.constantFrom('flip', 'drop', 'double'),
    bit: fc.nat(7),
  })
  .map(({ base, part, input, at, kind, bit }) => {
    const change = (bytes: Uint8Array): Uint8Array => {
      if (bytes.length === 0) return Uint8Array.of(bit);
      const place = at % bytes.length;
      if (kind === 'flip') return bytes.map((byte, i) => (i === place ? byte ^ (1 << bit) : byte));
      const list = [...bytes];
      list.splice(place, kind === 'drop' ? 1 : 0, ...(kind === 'drop' ? [] : [list[place]!]));
      return Uint8Array.from(list);
    };
    const replace = <T>(list: readonly T[], index: number, by: (item: T) => T): T[] =>
      list.map((item, i) => (i === index ? by(item) : item));
    const { tx, spent } = base;
    const inputs = (by: (item: TxIn) => TxIn): Mutant => ({
      tx: Transaction.from({ ...tx, inputs: replace(tx.inputs, input, by), outputs: tx.outputs }),
      spent,
    });
    if (part === 'amount')
      return { tx, spent: replace(spent, input, (output) => ({ ...output, value: BigInt(at) })) };
    if (part === 'script') return inputs((each) => ({ ...each, scriptSig: change(each.scriptSig) }));
    if (part === 'witness')
      return inputs(({ witness, ...each }) => ({
        ...each,
        witness: replace(witness, at % (witness.length || 1), change),
      }));
    try {
      const decoded = Transaction.decode(change(tx.bytes));
      return decoded.inputs.length === spent.length ? { tx: decoded, spent } : null;
    } catch (error) {
      if (error instanceof DecodeError) return null;
      throw error;
    }
  });

function verdicts({ tx, spent }: Mutant, flags: number, by: SignatureEngine): string {
  const context = new SighashContext(tx, spent);
  return spent.map((output, i) => verifyInput(tx, i, output, flags, context, by) ?? 'OK').join();
}

describe('mutated spends', () => {
  test('have the same verdict each time, by every engine, and from decoded bytes', () => {
    fc.assert(
      fc.property(mutants, (mutant) => {
        if (mutant === null) return;
        const verdict = verdicts(mutant, STANDARD_FLAGS, engine);
        expect(verdicts(mutant, STANDARD_FLAGS, engine)).toBe(verdict);
        expect(verdicts(mutant, STANDARD_FLAGS, wasm)).toBe(verdict);
        const again = Transaction.decode(mutant.tx.bytes);
        expect(verdicts({ ...mutant, tx: again }, STANDARD_FLAGS, engine)).toBe(verdict);
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  test('do not become valid under more flags', () => {
    const names = Object.keys(ScriptFlag);
    fc.assert(
      fc.property(mutants, fc.subarray(names), (mutant, more) => {
        if (mutant === null) return;
        const { P2SH, WITNESS } = ScriptFlag;
        const few = verdicts(mutant, P2SH | WITNESS, engine).split(',');
        const many = verdicts(mutant, P2SH | WITNESS | flagsFromNames(more), engine).split(',');
        for (const [i, verdict] of few.entries()) if (verdict !== 'OK') expect(many[i]).not.toBe('OK');
      }),
      { numRuns: 100, seed: 4 },
    );
  });

  test('get the verdict of the plain path on worker threads', async () => {
    const clock = new SystemClock();
    const threads = new WorkerScriptVerifier(
      { workers: 1 },
      { engine, clock, logger: { log: () => {} }, startThread },
    );
    const filler = Array.from({ length: 6 }, () => ({ ...bases[0]!, flags: MANDATORY_FLAGS }));
    await fc.assert(
      fc.asyncProperty(mutants, fc.nat(6), async (mutant, place) => {
        if (mutant === null) return;
        const checks = filler.toSpliced(place, 0, { ...mutant, flags: MANDATORY_FLAGS });
        const failure = await threads.verify(checks);
        const plain = verdicts(mutant, MANDATORY_FLAGS, engine).split(',');
        const first = plain.findIndex((verdict) => verdict !== 'OK');
        expect(failure).toEqual(first < 0 ? null : { check: place, input: first, error: plain[first] });
      }),
      { numRuns: 60, seed: 5 },
    );
    await threads.close();
  });
});

describe('encodings', () => {
  test('script numbers are read as they are written', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n) + 1n, 2n ** 63n - 1n), (value) => {
        return decodeScriptNumber(encodeScriptNumber(value), true, 8) === value;
      }),
    );
  });

  test('any bytes are a script: reading them ends, and never beyond them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const cursor = new ScriptCursor(bytes);
        let at = 0;
        while (cursor.next()) {
          expect(cursor.start).toBe(at);
          at = cursor.position;
        }
        expect(cursor.malformed).toBe(at !== bytes.length);
      }),
    );
  });

  test('what is pushed is read back', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 2, maxLength: 300 }), { maxLength: 5 }), (items) => {
        const read = [...scriptOperations(script(...items))].map(({ data }) => data);
        expect(read).toEqual(items);
        for (const item of items) expect(pushMinimal(item)).toEqual(script(item));
      }),
    );
  });

  test('DER is strict as it is made, and read back; lax reading takes any bytes', () => {
    const scalar = fc
      .uint8Array({ minLength: 64, maxLength: 64 })
      .map((bytes) => bytes.map((b, i) => (i % 32 === 0 ? b & 0x7f : b)));
    fc.assert(
      fc.property(scalar, (compact) => {
        const der = encodeDer(compact);
        expect(parseLaxDer(der)).toEqual(compact);
        expect(isStrictDer(Uint8Array.of(...der, 1))).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const parsed = parseLaxDer(bytes);
        expect(parsed === null || parsed.length === 64).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
