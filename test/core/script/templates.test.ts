import { describe, expect, test } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../../src/core/encoding/bytes.ts';
import { hash160, sha256 } from '../../../src/core/encoding/hashes.ts';
import { MANDATORY_FLAGS, ScriptFlag } from '../../../src/core/script/flags.ts';
import { OP } from '../../../src/core/script/opcodes.ts';
import { pushData, script } from '../../../src/core/script/script.ts';
import { countSigOps, lastPush, legacySigOps, sigOpCost } from '../../../src/core/script/sigops.ts';
import {
  multisig,
  p2pk,
  p2pkh,
  p2sh,
  p2tr,
  p2wpkh,
  p2wsh,
  solve,
  witnessProgramScript,
} from '../../../src/core/script/templates.ts';
import { NULL_OUTPOINT, Transaction } from '../../../src/core/transaction/transaction.ts';
import { makeSpend, SPEND_KINDS } from '../../support/spends.ts';

const compressed = concatBytes(Uint8Array.of(2), new Uint8Array(32).fill(1));
const uncompressed = concatBytes(Uint8Array.of(4), new Uint8Array(64).fill(1));
const hash = new Uint8Array(20).fill(2);
const long = new Uint8Array(32).fill(3);

describe('templates', () => {
  test.each([
    ['pubkey', p2pk(compressed), compressed],
    ['pubkey', p2pk(uncompressed), uncompressed],
    ['pubkeyhash', p2pkh(hash), hash],
    ['scripthash', p2sh(hash), hash],
    ['witness_v0_keyhash', p2wpkh(hash), hash],
    ['witness_v0_scripthash', p2wsh(long), long],
    ['witness_v1_taproot', p2tr(long), long],
    ['anchor', fromHex('51024e73'), fromHex('4e73')],
    ['witness_unknown', witnessProgramScript(2, hash), hash],
    ['witness_unknown', witnessProgramScript(1, hash), hash],
  ] as const)('%s is recognised', (type, scriptPubKey, payload) => {
    expect(solve(scriptPubKey)).toMatchObject({ type, solutions: [payload] });
  });

  test('are what they look like in hex', () => {
    expect(toHex(p2pkh(hash))).toBe(`76a914${'02'.repeat(20)}88ac`);
    expect(toHex(p2sh(hash))).toBe(`a914${'02'.repeat(20)}87`);
    expect(toHex(p2wpkh(hash))).toBe(`0014${'02'.repeat(20)}`);
    expect(toHex(p2tr(long))).toBe(`5120${'03'.repeat(32)}`);
    expect(toHex(multisig(1, [compressed]))).toBe(`5121${toHex(compressed)}51ae`);
  });

  test('of data are OP_RETURN and pushes', () => {
    expect(solve(script(OP.RETURN)).type).toBe('nulldata');
    expect(solve(script(OP.RETURN, hash, OP.OP_1)).type).toBe('nulldata');
    expect(solve(script(OP.RETURN, OP.NOP)).type).toBe('nonstandard');
    expect(solve(fromHex('6a02ff')).type).toBe('nonstandard');
  });

  test('of multisig have up to 20 keys, in pushes and numbers of the shortest form', () => {
    const keys = (count: number) => Array.from({ length: count }, () => compressed);
    expect(solve(multisig(2, keys(3)))).toMatchObject({ type: 'multisig', required: 2, solutions: keys(3) });
    expect(solve(multisig(17, keys(20)))).toMatchObject({ type: 'multisig', required: 17 });
    for (const bad of [
      multisig(0, keys(1)),
      multisig(2, keys(1)),
      multisig(1, keys(21)),
      multisig(1, []),
      multisig(1, [hash]),
      concatBytes(multisig(1, keys(1)), Uint8Array.of(OP.CHECKMULTISIG)),
      concatBytes(fromHex('0101'), pushData(compressed), fromHex('51ae')),
      concatBytes(fromHex('51'), pushData(compressed), fromHex('5151ae')),
      concatBytes(fromHex('51'), pushData(compressed), fromHex('52ae')),
      fromHex('ae'),
    ])
      expect(solve(bad).type, toHex(bad)).toBe('nonstandard');
  });

  test('that are nearly right are nonstandard', () => {
    for (const bad of [
      new Uint8Array(0),
      concatBytes(p2pkh(hash), Uint8Array.of(OP.NOP)),
      p2pk(concatBytes(Uint8Array.of(5), compressed.subarray(1))),
      concatBytes(pushData(compressed), Uint8Array.of(OP.CHECKSIGVERIFY)),
      witnessProgramScript(0, new Uint8Array(21)),
      fromHex(`76a914${'02'.repeat(20)}87ac`),
      fromHex(`a914${'02'.repeat(20)}88`),
    ])
      expect(solve(bad).type, toHex(bad)).toBe('nonstandard');
  });
});

describe('signature operations', () => {
  test('are one for a CHECKSIG, and the keys or 20 for a CHECKMULTISIG', () => {
    const many = script(
      OP.CHECKSIG,
      OP.CHECKSIGVERIFY,
      OP.OP_3,
      OP.CHECKMULTISIG,
      OP.OP_16,
      OP.CHECKMULTISIGVERIFY,
    );
    expect(countSigOps(many, true)).toBe(2 + 3 + 16);
    expect(countSigOps(many, false)).toBe(2 + 20 + 20);
    expect(countSigOps(script(OP.OP_0, OP.CHECKMULTISIG), true)).toBe(20);
    expect(countSigOps(script(OP.OP_2, OP.NOP, OP.CHECKMULTISIG), true)).toBe(20);
    expect(countSigOps(script(OP.CHECKSIGADD), true)).toBe(0);
    expect(countSigOps(fromHex('ac02ac'), true)).toBe(1);
    expect(countSigOps(fromHex('02acacac'), true)).toBe(1);
  });

  test('of P2SH are those of the script that is pushed last', () => {
    expect(lastPush(fromHex('5102acad'))).toEqual(fromHex('acad'));
    expect(lastPush(fromHex('02acad61'))).toBeNull();
    expect(lastPush(fromHex('02ac'))).toBeNull();
    expect(lastPush(fromHex('02acad51'))).toBeNull();
  });

  test('cost four times as much outside of witnesses (BIP141)', () => {
    const costs = SPEND_KINDS.map((kind) => {
      const { tx, spent } = makeSpend([kind]);
      // Outputs count too, as they did before BIP16: what is paid here is a copy of what is spent.
      const outputs = legacySigOps(Transaction.from({ ...tx, inputs: [], outputs: tx.outputs })) * 4;
      return [kind, sigOpCost(tx, spent, MANDATORY_FLAGS) - outputs];
    });
    expect(Object.fromEntries(costs)).toEqual({
      p2pk: 0,
      p2pkh: 0,
      'p2sh-multisig': 12,
      p2wpkh: 1,
      'p2sh-p2wpkh': 1,
      'p2wsh-multisig': 3,
      'p2tr-key': 0,
      'p2tr-script': 0,
    });
  });

  test('are counted as the flags ask, and never in what a coinbase spends', () => {
    const { tx, spent } = makeSpend(['p2sh-multisig', 'p2wpkh']);
    const bare = Transaction.from({ ...tx, inputs: tx.inputs, outputs: [] });
    expect(sigOpCost(bare, spent, 0)).toBe(0);
    expect(sigOpCost(bare, spent, ScriptFlag.P2SH)).toBe(12);
    expect(sigOpCost(bare, spent, ScriptFlag.P2SH | ScriptFlag.WITNESS)).toBe(13);
    const scriptSig = script(OP.CHECKSIG, OP.CHECKSIG);
    const coinbase = Transaction.from({
      version: 1,
      inputs: [{ prevout: NULL_OUTPOINT, scriptSig, sequence: 0, witness: [] }],
      outputs: [{ value: 1n, scriptPubKey: p2pkh(hash160(sha256(hash))) }],
      lockTime: 0,
    });
    expect(sigOpCost(coinbase, [], MANDATORY_FLAGS)).toBe(12);
  });
});
