import { expect, test } from 'vitest';
import { concatBytes, toHex } from '../../../src/core/encoding/bytes.ts';
import { hash256, taggedHash } from '../../../src/core/encoding/hashes.ts';
import { fromAssembly, toAssembly } from '../../../src/core/script/assembly.ts';
import { STANDARD_FLAGS } from '../../../src/core/script/flags.ts';
import { nobleEngine } from '../../../src/core/script/noble-engine.ts';
import { SighashContext } from '../../../src/core/script/sighash.ts';
import { SIGHASH } from '../../../src/core/script/sighash-type.ts';
import { traceInput } from '../../../src/core/script/trace.ts';
import { verifyInput } from '../../../src/core/script/verify.ts';
import { Transaction } from '../../../src/core/transaction/transaction.ts';
import { makeSpend, SPEND_KINDS } from '../../support/spends.ts';

const ROOM = 1_000_000;
const { ALL, NONE, SINGLE, ANYONECANPAY } = SIGHASH;

const signaturesIn = (trace: ReturnType<typeof traceInput>) => [
  ...trace.signatures,
  ...trace.runs.flatMap(({ steps }) => steps.flatMap(({ signatures }) => signatures)),
];

test.each([ALL, NONE, SINGLE, ALL | ANYONECANPAY, NONE | ANYONECANPAY, SINGLE | ANYONECANPAY])(
  'the fields of what is signed are what the signature verifies, hash type %i',
  (hashType) => {
    const { tx, spent } = makeSpend(SPEND_KINDS, { hashType, lockTime: 7 });
    const context = new SighashContext(tx, spent);
    SPEND_KINDS.forEach((kind, index) => {
      const trace = traceInput({ tx, index, spent, flags: STANDARD_FLAGS }, nobleEngine, ROOM);
      expect(trace.error, kind).toBe(
        verifyInput(tx, index, spent[index]!, STANDARD_FLAGS, context, nobleEngine),
      );
      expect(trace.error, kind).toBeNull();
      const valid = signaturesIn(trace).filter((check) => check.valid);
      expect(valid).toHaveLength(kind.includes('multisig') ? 2 : 1);
      for (const { kind: algorithm, message } of valid) {
        const bytes = concatBytes(...message!.fields.map((field) => field.bytes));
        const hash = algorithm === 'ecdsa' ? hash256(bytes) : taggedHash('TapSighash', bytes);
        expect(toHex(message!.hash)).toBe(toHex(hash));
        expect(message!.fields.map(({ name }) => name)).toContain('hashType');
      }
    });
  },
);

test('scripts come in the order in which they run, each operation with the stack behind it', () => {
  const { tx, spent } = makeSpend(SPEND_KINDS);
  const roles = SPEND_KINDS.map((_, index) =>
    traceInput({ tx, index, spent, flags: STANDARD_FLAGS }, nobleEngine, ROOM).runs.map(({ role }) => role),
  );
  expect(Object.fromEntries(SPEND_KINDS.map((kind, i) => [kind, roles[i]]))).toEqual({
    p2pk: ['scriptSig', 'scriptPubKey'],
    p2pkh: ['scriptSig', 'scriptPubKey'],
    'p2sh-multisig': ['scriptSig', 'scriptPubKey', 'redeemScript'],
    p2wpkh: ['witnessScript'],
    'p2sh-p2wpkh': ['scriptSig', 'scriptPubKey', 'redeemScript', 'witnessScript'],
    'p2wsh-multisig': ['witnessScript'],
    'p2tr-key': [],
    'p2tr-script': ['tapscript'],
  });
});

/** A bare output with this script, spent by that one. */
function run(scriptSig: string, scriptPubKey: string, room = ROOM) {
  const spent = [{ value: 1n, scriptPubKey: fromAssembly(scriptPubKey) }];
  const prevout = { txid: new Uint8Array(32).fill(1), vout: 0 };
  const inputs = [{ prevout, scriptSig: fromAssembly(scriptSig), sequence: 0, witness: [] }];
  const tx = Transaction.from({ version: 2, inputs, outputs: spent, lockTime: 0 });
  return traceInput({ tx, index: 0, spent, flags: STANDARD_FLAGS }, nobleEngine, room);
}

test('an operation that fails is the last one told, with what it left', () => {
  const { error, runs } = run('2 3', 'OP_ADD 6 OP_EQUALVERIFY 1');
  expect(error).toBe('EQUALVERIFY');
  const told = runs[1]!.steps.map(({ opcode, stack }) => [opcode, ...stack.map(toHex)]);
  expect(runs[1]!.stack.map(toHex)).toEqual(['02', '03']);
  expect(told).toEqual([
    [0x93, '05'],
    [0x56, '05', '06'],
    [0x88, ''],
  ]);
});

test('branches that are not taken are told as such, and the stacks of alternatives too', () => {
  const { error, runs } = run('0', 'OP_IF 9 OP_ELSE 7 OP_TOALTSTACK 1 OP_ENDIF');
  expect(error).toBeNull();
  expect(runs[1]!.steps.map(({ opcode, executed }) => [opcode, executed])).toEqual([
    [0x63, true],
    [0x59, false],
    [0x67, false],
    [0x57, true],
    [0x6b, true],
    [0x51, true],
    [0x68, true],
  ]);
  expect(runs[1]!.steps[4]!.altStack.map(toHex)).toEqual(['07']);
});

test('what a script makes to be remembered is bounded, its verdict is not', () => {
  const { error, runs, isCutShort } = run('1', Array(200).fill('OP_DUP').join(' '), 2_000);
  expect([error, isCutShort]).toEqual(['CLEANSTACK', true]);
  expect(runs.flatMap(({ steps }) => steps).length).toBeLessThan(40);
});

test('words become the script that shows them', () => {
  for (const [text, hex] of [
    ['OP_DUP OP_HASH160 0x0102030405 OP_EQUALVERIFY', '76a905010203040588'],
    ['0 -1 1 16 17 128', '004f51600111028000'],
    ['op_1 OP_0 OP_1NEGATE 2147483647', '51004f04ffffff7f'],
    ['aabbccddee 0x05', '05aabbccddee55'],
    ['', ''],
  ] as const)
    expect(toHex(fromAssembly(text))).toBe(hex);
  expect(toAssembly(fromAssembly('OP_IF 3 OP_ENDIF'))).toBe('OP_IF 3 OP_ENDIF');
  for (const word of ['OP_NOTHING', 'abc', '0x', '1.5'])
    expect(() => fromAssembly(word)).toThrow(`${word} is no opcode, number or hex`);
});
