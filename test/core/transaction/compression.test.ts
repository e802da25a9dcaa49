import { describe, expect, it } from 'vitest';
import { decodeUndo, encodeUndo, readSpentTotals } from '../../../src/core/consensus/undo.ts';
import { fromHex, toHex } from '../../../src/core/encoding/bytes.ts';
import { DecodeError } from '../../../src/core/encoding/errors.ts';
import { Reader } from '../../../src/core/encoding/reader.ts';
import { Writer } from '../../../src/core/encoding/writer.ts';
import { COIN, MAX_MONEY } from '../../../src/core/transaction/amount.ts';
import { coinCode, decodeCoin, encodeCoin } from '../../../src/core/transaction/coin-encoding.ts';
import {
  compressAmount,
  decompressAmount,
  readCompressedOutput,
  writeCompressedOutput,
} from '../../../src/core/transaction/compression.ts';

describe('compressed amounts', () => {
  it.each([
    [0n, 0n],
    [1n, 1n],
    [COIN / 100n, 7n],
    [COIN, 9n],
    [50n * COIN, 50n],
    [MAX_MONEY, 21_000_000n],
  ])('%i is %i', (amount, compressed) => {
    expect(compressAmount(amount)).toBe(compressed);
    expect(decompressAmount(compressed)).toBe(amount);
  });

  it('are another for every amount', () => {
    for (let compressed = 0n; compressed < 5000n; compressed++)
      expect(compressAmount(decompressAmount(compressed))).toBe(compressed);
    for (const amount of [123n, 9_999_999_999n, 10n ** 9n, 10n ** 10n, 3n * 10n ** 12n, MAX_MONEY - 1n])
      expect(decompressAmount(compressAmount(amount))).toBe(amount);
  });
});

const X = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
const Y = '483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8';
/** The negative of that point: the same x, an odd y. */
const MINUS_Y = 'b7c52588d95c3b9aa25b0403f1eef75702e84bb7597aabe663b82f6f04ef2777';
const H20 = '0102030405060708090a0b0c0d0e0f1011121314';

const write = (script: string): string => {
  const writer = new Writer();
  writeCompressedOutput(writer, { value: 0n, scriptPubKey: fromHex(script) });
  return toHex(writer.finish());
};
const read = (hex: string): string => toHex(readCompressedOutput(new Reader(fromHex(hex))).scriptPubKey);

describe('compressed scripts', () => {
  it.each([
    ['P2PKH', `76a914${H20}88ac`, `00${H20}`],
    ['P2SH', `a914${H20}87`, `01${H20}`],
    ['P2PK, even', `2102${X}ac`, `02${X}`],
    ['P2PK, odd', `2103${X}ac`, `03${X}`],
    ['P2PK of 65 bytes, even', `4104${X}${Y}ac`, `04${X}`],
    ['P2PK of 65 bytes, odd', `4104${X}${MINUS_Y}ac`, `05${X}`],
    ['empty', '', '06'],
    ['P2WPKH', `0014${H20}`, `1c0014${H20}`],
    ['of 250 bytes', '00'.repeat(250), `8100${'00'.repeat(250)}`],
  ])('%s', (_, script, compressed) => {
    expect(write(script)).toBe(`00${compressed}`);
    expect(read(`00${compressed}`)).toBe(script);
  });

  it.each([
    ['P2PKH, cut', `76a914${H20}88`],
    ['P2PKH, longer', `76a914${H20}88ac00`],
    ['no DUP', `75a914${H20}88ac`],
    ['no HASH160', `76a814${H20}88ac`],
    ['another length', `76a913${H20}88ac`],
    ['no EQUALVERIFY', `76a914${H20}87ac`],
    ['no CHECKSIG', `76a914${H20}88ad`],
    ['no HASH160 of P2SH', `a814${H20}87`],
    ['another length of P2SH', `a913${H20}87`],
    ['no EQUAL', `a914${H20}88`],
    ['another push of a key', `2002${X}ac`],
    ['no CHECKSIG of a key', `2102${X}ad`],
    ['a key that begins with 04', `2104${X}ac`],
    ['a key that begins with 01', `2101${X}ac`],
    ['a hybrid key', `4106${X}${Y}ac`],
    ['another push of a long key', `4004${X}${Y}ac`],
    ['no CHECKSIG of a long key', `4104${X}${Y}ad`],
    ['a point that is not on the curve', `4104${X}${X}ac`],
    // Points of the curve, but for the prime that was added to one coordinate.
    [
      'an x beyond the field',
      `4104${'f'.repeat(55)}efffffc30${'4218f20ae6c646b363db68605822fb14264ca8d2587fdd6fbc750d587e76a7ee'}ac`,
    ],
    [
      'a y beyond the field',
      `4104${'1fe1e5ef3fceb5c135ab7741333ce5a6e80d68167653f6b2b24bcbcfaaaff507'}${'f'.repeat(55)}efffffc30ac`,
    ],
  ])('%s is kept as it is', (_, script) => {
    const length = script.length / 2;
    expect(write(script)).toBe(`00${toHex(new Writer().varInt(length + 6).finish())}${script}`);
    expect(read(write(script))).toBe(script);
  });

  it('are refused where no public key has the x', () => {
    expect(() => read(`0004${'00'.repeat(31)}05`)).toThrow(DecodeError);
    expect(() => read(`0004${'ff'.repeat(32)}`)).toThrow('compressed script has no public key');
  });

  it('are refused where longer than any script that can be spent', () => {
    const length = (n: number): string => toHex(new Writer().varInt(n + 6).finish());
    expect(read(`00${length(10_000)}${'00'.repeat(10_000)}`)).toHaveLength(20_000);
    expect(() => read(`00${length(10_001)}${'00'.repeat(10_001)}`)).toThrow('compressed script too long');
  });
});

describe('coins', () => {
  it.each([
    ['97f23c835800816115944e077fe7c803cfa57f29b36bf87c1d35', false, 203_998, 60_000_000_000n],
    ['8ddf77bbd123008c988f1a4a4de2161e0f50aac7f17e7f9555caa4', true, 120_891, 110_397n],
    ['000006', false, 0, 0n],
  ])('%s, as Core writes it', (hex, coinbase, height, value) => {
    const coin = decodeCoin(fromHex(hex));
    expect(coin).toMatchObject({ coinbase, height, output: { value } });
    expect(toHex(encodeCoin(coin))).toBe(hex);
    expect(coinCode(coin)).toBe(2 * height + (coinbase ? 1 : 0));
  });

  it('are refused where cut, or going on, or of a height beyond 31 bits', () => {
    for (const hex of ['000007', '00008a95c0bb00', '00000600', ''])
      expect(() => decodeCoin(fromHex(hex)), hex).toThrow(DecodeError);
    expect(decodeCoin(fromHex('8efefefe7f0006')).height).toBe(0x7fffffff);
    expect(() => decodeCoin(fromHex('8efefeff000006'))).toThrow('coin height too large');
  });
});

describe('undo data', () => {
  const coin = (height: number, coinbase: boolean) => ({
    height,
    coinbase,
    output: { value: 50n * COIN, scriptPubKey: fromHex(`2103${X}ac`) },
  });

  it("is Core's: a zero byte after the height, but for height 0", () => {
    const hex = `02${`01${'13'}00${'32'}03${X}`}${`02${'00'}${'32'}03${X}`}${'8052'}00${'32'}03${X}`;
    const undo = [[coin(9, true)], [coin(0, false), coin(105, false)]];
    expect(toHex(encodeUndo(undo))).toBe(hex);
    expect(decodeUndo(fromHex(hex))).toEqual(undo);
    expect(toHex(encodeUndo([]))).toBe('00');
    expect(decodeUndo(fromHex('00'))).toEqual([]);
  });

  it('is refused where cut, or going on', () => {
    const bytes = encodeUndo([[coin(9, true)], [coin(0, false), coin(100, false)]]);
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeUndo(bytes.subarray(0, length))).toThrow(DecodeError);
    expect(() => decodeUndo(Uint8Array.from([...bytes, 0]))).toThrow(DecodeError);
  });

  it('tells what each transaction spent without unpacking scripts of any kind', () => {
    const scripts = [
      `76a914${'11'.repeat(20)}88ac`,
      `a914${'22'.repeat(20)}87`,
      `2103${X}ac`,
      `0020${X}`,
      '',
      '6a',
    ];
    const spent = scripts.map((hex, i) => ({
      ...coin(i, false),
      output: { value: BigInt(i) * 7n ** 15n, scriptPubKey: fromHex(hex) },
    }));
    const undo = [spent, [], spent.slice(2)];
    const bytes = encodeUndo(undo);
    const totals = undo.map((coins) => coins.reduce((sum, { output }) => sum + output.value, 0n));
    expect([...readSpentTotals(bytes)]).toEqual(totals);
    for (let length = 0; length < bytes.length; length++)
      expect(() => [...readSpentTotals(bytes.subarray(0, length))]).toThrow(DecodeError);
  });

  it('takes any version of 32 bits where Core once kept it', () => {
    expect(decodeUndo(fromHex('0101028efefefe7f0006'))).toMatchObject([[{ height: 1 }]]);
    expect(() => decodeUndo(fromHex('0101028efefeff000006'))).toThrow('undo version too large');
  });
});
