import { describe, expect, test } from 'vitest';
import { concatBytes, EMPTY, fromHex, toHex } from '../../../src/core/encoding/bytes.ts';
import { bindHashes, hash256, referenceHashes } from '../../../src/core/encoding/hashes.ts';
import { legacySighash } from '../../../src/core/script/legacy-sighash.ts';
import { SighashContext, segwitSighash, taprootSighash } from '../../../src/core/script/sighash.ts';
import { Transaction, type TxIn, type TxOut } from '../../../src/core/transaction/transaction.ts';

const code = fromHex('76a914000000000000000000000000000000000000000088ac');

function build(inputs: number, outputs: number): SighashContext {
  const ins: TxIn[] = Array.from({ length: inputs }, (_, i) => ({
    prevout: { txid: new Uint8Array(32).fill(i), vout: i },
    scriptSig: Uint8Array.of(0x51),
    sequence: 100 + i,
    witness: [],
  }));
  const outs: TxOut[] = Array.from({ length: outputs }, (_, i) => ({
    value: BigInt(i + 1),
    scriptPubKey: Uint8Array.of(i),
  }));
  const tx = Transaction.from({ version: 1, inputs: ins, outputs: outs, lockTime: 7 });
  return new SighashContext(
    tx,
    ins.map((_, i) => ({ value: BigInt(1000 + i), scriptPubKey: code })),
  );
}

/** The digest as the rules word it: a copy of the transaction with parts left out, serialized. */
function plainLegacy({ tx }: SighashContext, index: number, type: number): string {
  const base = type & 0x1f;
  const others = base === 2 || base === 3 ? 0 : undefined;
  let inputs = tx.inputs.map((input, i) => ({
    ...input,
    scriptSig: i === index ? code : EMPTY,
    sequence: i === index ? input.sequence : (others ?? input.sequence),
  }));
  if (type & 0x80) inputs = [inputs[index]!];
  let { outputs } = tx;
  if (base === 2) outputs = [];
  if (base === 3)
    outputs = outputs
      .slice(0, index + 1)
      .map((output, i) => (i === index ? output : { value: -1n, scriptPubKey: EMPTY }));
  const copy = Transaction.from({ version: tx.version, inputs, outputs, lockTime: tx.lockTime });
  return toHex(hash256(concatBytes(copy.bytes, Uint8Array.of(type, type >> 8, type >> 16, type >> 24))));
}

describe('the legacy digest', () => {
  test('is that of the plain wording, for every hash type', () => {
    const context = build(3, 3);
    for (const type of [0, 1, 2, 3, 4, 0x1f, 0x41, 0x62, 0x80, 0x81, 0x82, 0x83, 0xff, 0x1234_5683, -1])
      for (let index = 0; index < 3; index++)
        expect(toHex(legacySighash(context, index, code, type)), `${type} ${index}`).toBe(
          plainLegacy(context, index, type),
        );
  });

  test('is the number one where SINGLE has no output', () => {
    const context = build(3, 2);
    for (const type of [3, 0x83]) {
      expect(toHex(legacySighash(context, 2, code, type))).toBe(`01${'00'.repeat(31)}`);
      expect(toHex(legacySighash(context, 1, code, type))).toBe(plainLegacy(context, 1, type));
    }
    expect(toHex(segwitSighash(context, 2, code, 1n, 3))).not.toBe(`01${'00'.repeat(31)}`);
    expect(taprootSighash(context, 2, 3)).toBeNull();
    expect(taprootSighash(context, 1, 3)).not.toBeNull();
  });

  test('leaves code separators out, where they are operations', () => {
    const context = build(1, 1);
    const digest = (hex: string) => toHex(legacySighash(context, 0, fromHex(hex), 1));
    expect(digest('ab51ab52ab')).toBe(digest('5152'));
    expect(digest('01ab51')).not.toBe(digest('0151'));
    expect(digest('51ab02ff')).toBe(digest('5102ff'));
  });

  test.each([
    // Script, and what of it is signed after its whole length.
    ['511f6951', '511f'],
    ['51ab1f6951', '511f'],
    ['ab1fab51', '1f'],
    ['514c', '514c'],
    ['514c05ab', '514c05'],
    ['514d01', '514d'],
    ['514d010000', '514d010000'],
    ['514d020000', '514d0200'],
    ['514e010000', '514e'],
    ['514effffffff51', '514effffffff'],
  ])('of %s, whose last push is cut short, takes %s', (hex, signed) => {
    const { tx } = build(1, 1);
    const separators = hex.startsWith('51ab') || hex.startsWith('ab') ? 1 : 0;
    const length = Uint8Array.of(hex.length / 2 - separators);
    const [before, after] = [tx.bytes.subarray(0, 41), tx.bytes.subarray(43)];
    for (const type of [1, 0x81])
      expect(toHex(legacySighash(build(1, 1), 0, fromHex(hex), type))).toBe(
        toHex(hash256(concatBytes(before, length, fromHex(signed), after, Uint8Array.of(type, 0, 0, 0)))),
      );
  });

  test('has room for more inputs than one byte counts', () => {
    const context = build(253, 1);
    for (const index of [0, 252])
      expect(toHex(legacySighash(context, index, code, 1))).toBe(plainLegacy(context, index, 1));
  });
});

describe('the digests of BIP143 and BIP341', () => {
  test('cost the same for each input, however many there are', () => {
    const hashed = (inputs: number) => {
      const context = build(inputs, inputs);
      let bytes = 0;
      const count = (data: Uint8Array) => {
        bytes += data.length;
        return referenceHashes.sha256(data);
      };
      bindHashes({ ...referenceHashes, sha256: count, hash256: (data) => count(count(data)) });
      for (let index = 0; index < inputs; index++) {
        segwitSighash(context, index, code, 1n, 1);
        taprootSighash(context, index, 0);
      }
      bindHashes(referenceHashes);
      return bytes;
    };
    expect(hashed(400)).toBeLessThan(hashed(40) * 11);
  });

  test('commit to what their hash type says', () => {
    const context = build(3, 3);
    const changedOutput = (at: number) => {
      const outputs = context.tx.outputs.map((output, i) => (i === at ? { ...output, value: 99n } : output));
      return new SighashContext(
        Transaction.from({ ...context.tx, inputs: context.tx.inputs, outputs }),
        context.spent,
      );
    };
    const changedInput = (at: number) => {
      const inputs = context.tx.inputs.map((input, i) => (i === at ? { ...input, sequence: 1 } : input));
      return new SighashContext(
        Transaction.from({ ...context.tx, inputs, outputs: context.tx.outputs }),
        context.spent,
      );
    };
    const changedAmount = (at: number) =>
      new SighashContext(
        context.tx,
        context.spent!.map((output, i) => (i === at ? { ...output, value: 5n } : output)),
      );
    const taproot = (each: SighashContext, type: number) => toHex(taprootSighash(each, 1, type)!);
    const segwit = (each: SighashContext, type: number) =>
      toHex(segwitSighash(each, 1, code, each.spent![1]!.value, type));
    for (const digest of [taproot, segwit])
      for (const type of [1, 2, 3, 0x81, 0x82, 0x83]) {
        const same = (other: SighashContext) => digest(other, type) === digest(context, type);
        const base = type & 3;
        const anyone = type >= 0x80;
        expect(same(changedOutput(1))).toBe(base === 2);
        expect(same(changedOutput(0))).toBe(base !== 1);
        expect(same(changedInput(1))).toBe(false);
        expect(same(changedInput(0))).toBe(anyone || (digest === segwit && base !== 1));
        expect(same(changedAmount(1))).toBe(false);
        expect(same(changedAmount(0))).toBe(anyone || digest === segwit);
      }
  });

  test('of BIP341 are not there for undefined hash types', () => {
    const context = build(1, 1);
    for (let type = 0; type < 256; type++)
      expect(taprootSighash(context, 0, type) !== null).toBe(type <= 3 || (type >= 0x81 && type <= 0x83));
  });
});
