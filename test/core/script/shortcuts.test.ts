/** The ways past the interpreter, and the order in which a multisig is tried: held equal to the plain way. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, EMPTY, toHex } from '../../../src/core/encoding/bytes.ts';
import { hash160 } from '../../../src/core/encoding/hashes.ts';
import { type ScriptError, ScriptFailure } from '../../../src/core/script/errors.ts';
import { MANDATORY_FLAGS, ScriptFlag, STANDARD_FLAGS } from '../../../src/core/script/flags.ts';
import { evalScript } from '../../../src/core/script/interpreter.ts';
import type { SignatureChecker, SigVersion } from '../../../src/core/script/machine.ts';
import { OP } from '../../../src/core/script/opcodes.ts';
import { pushData } from '../../../src/core/script/script.ts';
import { isTrue } from '../../../src/core/script/script-number.ts';
import { checkKeyEncoding, checkSignatureEncoding } from '../../../src/core/script/signature-encoding.ts';
import { publicKeyOf, signEcdsa } from '../../../src/core/script/signing.ts';
import { p2pkh, p2wpkh } from '../../../src/core/script/templates.ts';
import { verifyScript } from '../../../src/core/script/verify.ts';
import { secretOf } from '../../support/spends.ts';

type IsValid = (signature: Uint8Array, key: Uint8Array) => boolean;

const checkerOf = (checkEcdsa: IsValid): SignatureChecker => ({
  checkEcdsa,
  checkSchnorr: () => {},
  checkTweak: () => false,
  checkLockTime: () => false,
  checkSequence: () => false,
});

/** The error, or null if the script leaves nothing but a true value. */
function outcome(
  stack: Uint8Array[],
  script: Uint8Array,
  flags: number,
  checker: SignatureChecker,
  sigVersion: SigVersion,
): ScriptError | null {
  try {
    for (const item of stack) if (item.length > 520) throw new ScriptFailure('PUSH_SIZE');
    evalScript(stack, script, flags, checker, sigVersion);
    return stack.length !== 1 ? 'CLEANSTACK' : isTrue(stack[0]!) ? null : 'EVAL_FALSE';
  } catch (error) {
    if (error instanceof ScriptFailure) return error.error;
    throw error;
  }
}

const SECRET = secretOf(1);
const KEY = publicKeyOf(SECRET);
const SIGNATURE = concatBytes(signEcdsa(secretOf(2), SECRET), Uint8Array.of(1));

test('a native program that is false fails, as its script would', () => {
  const flags = MANDATORY_FLAGS | ScriptFlag.MINIMALDATA;
  for (const last of [0, 0x80, 1, 0x81])
    for (let version = 0; version <= 16; version++)
      for (const length of [2, 20, 32, 33, 40]) {
        const program = new Uint8Array(length);
        program[length - 1] = last;
        const script = Uint8Array.of(version === 0 ? OP.OP_0 : OP.OP_1 - 1 + version, ...pushData(program));
        const stack: Uint8Array[] = [];
        evalScript(
          stack,
          script,
          flags,
          checkerOf(() => true),
          'base',
        );
        const verdict = verifyScript(
          EMPTY,
          script,
          [],
          flags,
          checkerOf(() => true),
        );
        expect(verdict === 'EVAL_FALSE', `${version} ${length} ${last}`).toBe(!isTrue(stack.at(-1)!));
      }
});

test('a key hash program does what its script does', () => {
  const item = fc.oneof(
    fc.constantFrom(SIGNATURE, KEY, EMPTY, SIGNATURE.slice(1), KEY.slice(0, 32), new Uint8Array(521)),
    fc.constant(concatBytes(Uint8Array.of(7), KEY.slice(1), new Uint8Array(32))),
    fc.uint8Array({ maxLength: 80 }),
  );
  const flags = fc.oneof(fc.constantFrom(MANDATORY_FLAGS, STANDARD_FLAGS), fc.nat({ max: 2 ** 21 - 1 }));
  let reached = 0;
  fc.assert(
    fc.property(item, item, fc.boolean(), fc.boolean(), flags, (signature, key, fits, valid, some) => {
      const set = some | ScriptFlag.WITNESS | ScriptFlag.P2SH;
      const hash = hash160(fits ? key : KEY);
      const checker = checkerOf((...asked) => {
        expect(asked.slice(0, 2)).toEqual([signature, key]);
        reached++;
        return valid;
      });
      const plain = outcome([signature, key], p2pkh(hash), set, checker, 'witnessV0');
      expect(verifyScript(EMPTY, p2wpkh(hash), [signature, key], set, checker)).toBe(plain);
    }),
    { numRuns: 2_000, seed: 1, examples: [[SIGNATURE, KEY, true, true, STANDARD_FLAGS]] },
  );
  // Of the seed's cases.
  expect(reached).toBeGreaterThan(100);
});

test('a multisig gives the answer of Core, from whichever end it is tried', () => {
  const numbered = (bytes: Uint8Array, at: number, number: number): Uint8Array =>
    bytes.map((byte, i) => (i === at ? number : byte));
  const case_ = fc.record({
    keys: fc.integer({ min: 1, max: 5 }),
    signatures: fc.integer({ min: 0, max: 5 }),
    valid: fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }),
    badSignatures: fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 1 }),
    badKeys: fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 1 }),
    flags: fc.constantFrom(MANDATORY_FLAGS, STANDARD_FLAGS, ScriptFlag.STRICTENC, 0),
    sigVersion: fc.constantFrom<SigVersion>('base', 'witnessV0'),
  });
  const answers = { true: 0, false: 0 };
  fc.assert(
    fc.property(case_, ({ keys: n, signatures, valid, badSignatures, badKeys, flags, sigVersion }) => {
      const m = Math.min(signatures, n);
      const keyOf = (i: number) => numbered(badKeys.includes(i) ? numbered(KEY, 0, 5) : KEY, 32, i);
      const last = SIGNATURE.length - 2;
      const signatureOf = (i: number) =>
        numbered(badSignatures.includes(i) ? numbered(SIGNATURE, 0, 0x31) : SIGNATURE, last, i);
      const keys = Array.from({ length: n }, (_, i) => keyOf(i));
      const sigs = Array.from({ length: m }, (_, i) => signatureOf(i));
      const isValid: IsValid = (signature, key) => valid[signature[last]! * 5 + key[32]!]!;

      const script = Uint8Array.of(
        m === 0 ? OP.OP_0 : OP.OP_1 - 1 + m,
        ...keys.flatMap((key) => [...pushData(key)]),
        OP.OP_1 - 1 + n,
        OP.CHECKMULTISIG,
      );
      const expected = reference(sigs, keys, flags, sigVersion, isValid);
      if (expected === null) answers.true++;
      else answers.false++;
      const found = outcome([EMPTY, ...sigs], script, flags, checkerOf(isValid), sigVersion);
      expect(found, sigs.map(toHex).join()).toBe(expected);
    }),
    { numRuns: 3_000, seed: 2 },
  );
  expect(Math.min(answers.true, answers.false)).toBeGreaterThan(200);
});

/** Core's loop: from the last signature and the last key, looking at encodings as it goes. */
function reference(
  signatures: readonly Uint8Array[],
  keys: readonly Uint8Array[],
  flags: number,
  sigVersion: SigVersion,
  isValid: IsValid,
): ScriptError | null {
  let left = signatures.length;
  try {
    for (let key = keys.length; left > 0 && left <= key; key--) {
      checkSignatureEncoding(signatures[left - 1]!, flags);
      checkKeyEncoding(keys[key - 1]!, flags, sigVersion === 'witnessV0');
      if (isValid(signatures[left - 1]!, keys[key - 1]!)) left--;
    }
  } catch (error) {
    return (error as ScriptFailure).error;
  }
  if (left === 0) return null;
  return flags & ScriptFlag.NULLFAIL ? 'SIG_NULLFAIL' : 'EVAL_FALSE';
}
