import { describe, expect, it } from 'vitest';
import { EMPTY, fromHex, toHex } from '../../../src/core/encoding/bytes.ts';
import { DecodeError } from '../../../src/core/encoding/errors.ts';
import { hash256 } from '../../../src/core/encoding/hashes.ts';
import { Writer } from '../../../src/core/encoding/writer.ts';
import { formatMoney, isMoney, MAX_MONEY } from '../../../src/core/transaction/amount.ts';
import { OutPointMap } from '../../../src/core/transaction/outpoint-map.ts';
import {
  isNullOutPoint,
  NULL_OUTPOINT,
  outPointText,
  Transaction,
  writeOutPoint,
  writeTxOut,
} from '../../../src/core/transaction/transaction.ts';

/** BIP143's first example, signed: one input of each kind. */
const SIGNED =
  '01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830450221008b9d1dc2' +
  '6ba6a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede944cc' +
  'f4ecbab4cc618ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffff' +
  'ffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42db' +
  'ee7e4dbe6a21b2d50ce2f0167faa815988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7' +
  'f01cc44a0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e29' +
  '2e7acafcdb3566bb0ad253f62fc70f07aeee635711000000';
const UNSIGNED =
  '0100000002fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000000eeffffffef51e1b804cc89' +
  'd182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378' +
  'db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac11000000';

describe('a transaction', () => {
  const tx = Transaction.decode(fromHex(SIGNED));

  it('is read', () => {
    expect(tx).toMatchObject({ version: 1, lockTime: 17, hasWitness: true, isCoinbase: false });
    expect(tx.inputs.map(({ sequence }) => sequence)).toEqual([0xffffffee, 0xffffffff]);
    expect(tx.inputs.map(({ witness }) => witness.map((item) => item.length))).toEqual([[], [71, 33]]);
    expect(tx.inputs.map(({ scriptSig }) => scriptSig.length)).toEqual([73, 0]);
    expect(outPointText(tx.inputs[0]!.prevout)).toBe(
      '9f96ade4b41d5433f4eda31e1738ec2b36f6e7d1420d94a6af99801a88f7f7ff:0',
    );
    expect(tx.outputs.map(({ value }) => value)).toEqual([112_340_000n, 223_450_000n]);
  });

  it('is written as it was read', () => {
    expect(toHex(Transaction.from(tx).bytes)).toBe(SIGNED);
    expect(toHex(tx.bytes)).toBe(SIGNED);
    expect(toHex(Transaction.from(Transaction.decode(fromHex(UNSIGNED))).bytes)).toBe(UNSIGNED);
  });

  it('has ids, with and without witnesses', () => {
    const stripped = Transaction.from({
      ...tx,
      inputs: tx.inputs.map((input) => ({ ...input, witness: [] })),
    });
    expect(toHex(tx.stripped)).toBe(toHex(stripped.bytes));
    expect(tx.txidBytes).toEqual(hash256(stripped.bytes));
    expect(tx.txid).toBe(stripped.txid);
    expect(tx.txid).toBe(toHex(hash256(stripped.bytes).reverse()));
    expect(tx.wtxidBytes).toEqual(hash256(tx.bytes));
    expect(tx.wtxid).toBe(toHex(hash256(tx.bytes).reverse()));
    expect(stripped.wtxid).toBe(stripped.txid);
    expect(stripped.stripped).toBe(stripped.bytes);
  });

  it('has the same ids if many get them at once', () => {
    const decode = () => [SIGNED, UNSIGNED, SIGNED].map((hex) => Transaction.decode(fromHex(hex)));
    const [one, ...others] = decode();
    const known = one!.txidBytes;
    Transaction.identify([one!, ...others]);
    expect(one!.txidBytes).toBe(known);
    expect([one!, ...others].map(({ txid }) => txid)).toEqual(decode().map(({ txid }) => txid));
    expect([one!, ...others].map(({ wtxid }) => wtxid)).toEqual(decode().map(({ wtxid }) => wtxid));
  });

  it('has sizes', () => {
    expect(tx.bytes).toHaveLength(SIGNED.length / 2);
    expect(tx.strippedSize).toBe(tx.stripped.length);
    expect(tx.weight).toBe(3 * tx.stripped.length + tx.bytes.length);
    expect(tx.virtualSize).toBe(Math.ceil(tx.weight / 4));
    const large = Transaction.from({
      ...tx,
      inputs: [{ ...tx.inputs[0]!, witness: [new Uint8Array(300), new Uint8Array(70_000), EMPTY] }],
    });
    expect(large.strippedSize).toBe(large.stripped.length);
    const many = Transaction.from({
      ...tx,
      inputs: [{ ...tx.inputs[0]!, witness: new Array<Uint8Array>(300).fill(EMPTY) }],
    });
    expect(many.strippedSize).toBe(many.stripped.length);
    const plain = Transaction.decode(fromHex(UNSIGNED));
    expect([plain.strippedSize, plain.weight]).toEqual([plain.bytes.length, 4 * plain.bytes.length]);
  });

  it('is passed over fast, however many witness items it claims to have', () => {
    const witness = new Array<Uint8Array>(1_950_000).fill(Uint8Array.of(7));
    const [input] = Transaction.decode(fromHex(SIGNED)).inputs;
    const { bytes } = Transaction.from({
      version: 2,
      inputs: [{ ...input!, witness }],
      outputs: [],
      lockTime: 0,
    });
    // As objects the items would take two hundred megabytes, and seconds, each time.
    const all = Array.from({ length: 20 }, () => Transaction.decode(bytes));
    expect(all.at(-1)!.strippedSize).toBe(all.at(-1)!.stripped.length);
    expect(all[0]!.inputs[0]!.witness).toHaveLength(1_950_000);
  }, 15_000);

  it('is a coinbase with one null prevout', () => {
    const inputs = [{ prevout: NULL_OUTPOINT, scriptSig: EMPTY, sequence: 0, witness: [] }];
    const fields = { version: 1, inputs, outputs: tx.outputs, lockTime: 0 };
    expect(Transaction.from(fields).isCoinbase).toBe(true);
    expect(Transaction.from({ ...fields, inputs: [...inputs, ...inputs] }).isCoinbase).toBe(false);
    const almost = { ...inputs[0]!, prevout: { txid: NULL_OUTPOINT.txid, vout: 0 } };
    expect(Transaction.from({ ...fields, inputs: [almost] }).isCoinbase).toBe(false);
    expect(isNullOutPoint({ txid: Uint8Array.from({ length: 32 }, () => 1), vout: 0xffffffff })).toBe(false);
  });

  it('is refused where it is cut, or goes on', () => {
    const bytes = fromHex(SIGNED);
    for (let length = 0; length < bytes.length; length++)
      expect(() => Transaction.decode(bytes.subarray(0, length)), `${length}`).toThrow(DecodeError);
    expect(() => Transaction.decode(fromHex(`${SIGNED}00`))).toThrow('unexpected data after the end');
  });

  it('without inputs has the old form only', () => {
    const hex = '02000000' + '00' + '01' + '0500000000000000' + '0151' + '00000000';
    const old = Transaction.decode(fromHex(hex), false);
    expect([old.inputs.length, old.outputs.length, old.hasWitness]).toEqual([0, 1, false]);
    expect(toHex(Transaction.from(old).bytes)).toBe(hex);
    // As the new form, 00 01 announces witnesses.
    expect(() => Transaction.decode(fromHex(hex))).toThrow(DecodeError);
    const empty = Transaction.decode(fromHex('02000000' + '0000' + '00000000'));
    expect([empty.inputs.length, empty.outputs.length]).toEqual([0, 0]);
  });

  it('is refused with an unknown flag, or witnesses that are all empty', () => {
    expect(() => Transaction.decode(fromHex('02000000' + '0002' + '0000' + '00000000'))).toThrow(
      'unknown transaction optional data',
    );
    const input = `${'00'.repeat(37)}ffffffff`;
    const superfluous = `020000000001${'01'}${input}01${'00'.repeat(8)}00${'00'}00000000`;
    expect(() => Transaction.decode(fromHex(superfluous))).toThrow('superfluous witness record');
  });

  it('does not allocate for a count that cannot be there', () => {
    for (const count of ['fe00000002', 'fdffff'])
      expect(() => Transaction.decode(fromHex(`02000000${count}00`))).toThrow('end of data');
    const smallest = `0200000001${'00'.repeat(41)}01${'00'.repeat(9)}00000000`;
    expect(Transaction.decode(fromHex(smallest)).bytes).toHaveLength(60);
  });
});

describe('outpoints', () => {
  const outpoint = { txid: Uint8Array.from({ length: 32 }, (_, i) => i), vout: 0x04030201 };

  it('are 36 bytes', () => {
    const hex = `${toHex(outpoint.txid)}01020304`;
    const writer = new Writer();
    writeOutPoint(writer, outpoint);
    expect(toHex(writer.finish())).toBe(hex);
  });

  it('are keys of a map', () => {
    const map = new OutPointMap<number>();
    const txid = (i: number): Uint8Array => {
      const bytes = new Uint8Array(32);
      bytes[31] = i;
      return bytes;
    };
    // All of one bucket, for the first bytes are the same; and other outputs of them.
    for (let i = 0; i < 5; i++)
      for (let vout = 0; vout < 3; vout++) map.set({ txid: txid(i), vout }, 10 * i + vout);
    expect(map.size).toBe(15);
    map.set({ txid: txid(2), vout: 1 }, 99);
    expect(map.size).toBe(15);
    expect(map.get({ txid: txid(2).slice(), vout: 1 })).toBe(99);
    expect(map.get({ txid: txid(4), vout: 2 })).toBe(42);
    expect(map.has({ txid: txid(4), vout: 3 })).toBe(false);
    expect(map.get({ txid: txid(9), vout: 0 })).toBeUndefined();
    // The first, one in the middle and the last of the bucket.
    for (const i of [4, 2, 0]) {
      expect(map.delete({ txid: txid(i), vout: 0 })).toBe(true);
      expect(map.delete({ txid: txid(i), vout: 0 })).toBe(false);
      expect(map.has({ txid: txid(i), vout: 0 })).toBe(false);
    }
    expect(map.size).toBe(12);
    expect([...map.entries()].map(([, value]) => value).sort((a, b) => a - b)).toEqual([
      1, 2, 10, 11, 12, 22, 30, 31, 32, 41, 42, 99,
    ]);
    for (const i of [3, 1]) expect(map.delete({ txid: txid(i), vout: 0 })).toBe(true);
    expect([...map.entries()]).toHaveLength(10);
  });
});

describe('amounts', () => {
  it('are money up to 21 million coins', () => {
    expect(MAX_MONEY).toBe(2_100_000_000_000_000n);
    expect([0n, 1n, MAX_MONEY].every(isMoney)).toBe(true);
    expect([-1n, MAX_MONEY + 1n].some(isMoney)).toBe(false);
  });

  it.each([
    [0n, '0.00'],
    [1n, '0.00000001'],
    [100n, '0.000001'],
    [-150_000_000n, '-1.50'],
    [123_456_789n, '1.23456789'],
    [100_000_000n, '1.00'],
    [110_000_000n, '1.10'],
    [101_000_000n, '1.01'],
    [100_100_000n, '1.001'],
  ])('%i reads %s', (value, text) => {
    expect(formatMoney(value)).toBe(text);
  });

  it('are written as outputs', () => {
    const writer = new Writer();
    writeTxOut(writer, { value: 258n, scriptPubKey: Uint8Array.of(0x51) });
    expect(toHex(writer.finish())).toBe('02010000000000000151');
  });
});
