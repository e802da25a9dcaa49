/** How numbers, pushes, signatures and keys are written. */
import { describe, expect, test } from 'vitest';
import { concatBytes, EMPTY, fromHex, toHex } from '../../../src/core/encoding/bytes.ts';
import { toAssembly } from '../../../src/core/script/assembly.ts';
import { ScriptFailure } from '../../../src/core/script/errors.ts';
import { findAndDelete } from '../../../src/core/script/find-and-delete.ts';
import { ScriptFlag } from '../../../src/core/script/flags.ts';
import { OP, opcodeName } from '../../../src/core/script/opcodes.ts';
import {
  isMinimalPush,
  isPushOnly,
  isUnspendable,
  isWitnessProgram,
  pushData,
  pushMinimal,
  pushNumber,
  ScriptCursor,
  script,
  scriptOperations,
} from '../../../src/core/script/script.ts';
import { decodeScriptNumber, encodeScriptNumber, isTrue } from '../../../src/core/script/script-number.ts';
import { sighashFromName, sighashName } from '../../../src/core/script/sighash-type.ts';
import {
  checkSignatureEncoding,
  hasKeySize,
  isCompressedOrUncompressedKey,
  isLowS,
  isStrictDer,
  parseLaxDer,
} from '../../../src/core/script/signature-encoding.ts';

function errorOf(action: () => unknown): string {
  try {
    action();
    return 'OK';
  } catch (error) {
    if (error instanceof ScriptFailure) return error.error;
    throw error;
  }
}

describe('script numbers', () => {
  test.each([
    [0n, ''],
    [1n, '01'],
    [-1n, '81'],
    [127n, '7f'],
    [128n, '8000'],
    [-128n, '8080'],
    [255n, 'ff00'],
    [256n, '0001'],
    [-32768n, '008080'],
    [2147483647n, 'ffffff7f'],
    [2147483648n, '0000008000'],
    [-4294967295n, 'ffffffff80'],
  ])('%d is %s', (value, hex) => {
    expect(toHex(encodeScriptNumber(value))).toBe(hex);
    expect(decodeScriptNumber(fromHex(hex), true, 5)).toBe(value);
  });

  test('are refused where they are too long, or longer than needed', () => {
    expect(errorOf(() => decodeScriptNumber(new Uint8Array(5), false))).toBe('SCRIPTNUM');
    expect(decodeScriptNumber(new Uint8Array(4), false)).toBe(0n);
    for (const hex of ['00', '80', '0100', '0180', 'ff0000', 'ff0080'])
      expect(
        errorOf(() => decodeScriptNumber(fromHex(hex), true)),
        hex,
      ).toBe('SCRIPTNUM');
    expect(decodeScriptNumber(fromHex('0180'), false)).toBe(-1n);
    expect(decodeScriptNumber(fromHex('80'), false)).toBe(0n);
  });

  test('are false where they are zero, also negative zero', () => {
    expect(['', '00', '0000', '80', '0080'].map((hex) => isTrue(fromHex(hex)))).toEqual(Array(5).fill(false));
    expect(['01', '0001', '8000', '81', '0100'].map((hex) => isTrue(fromHex(hex)))).toEqual(
      Array(5).fill(true),
    );
  });
});

describe('pushes', () => {
  const bytes = (length: number) => new Uint8Array(length).fill(7);

  test.each([
    [0, '00'],
    [1, '01'],
    [75, '4b'],
    [76, '4c4c'],
    [255, '4cff'],
    [256, '4d0001'],
    [65535, '4dffff'],
    [65536, '4e00000100'],
  ])('of %d bytes begin with %s', (length, prefix) => {
    const pushed = pushData(bytes(length));
    expect(toHex(pushed.subarray(0, pushed.length - length))).toBe(prefix);
    expect([...scriptOperations(pushed)]).toMatchObject([
      { opcode: pushed[0], data: bytes(length), start: 0 },
    ]);
    if (length !== 1) expect(isMinimalPush(bytes(length), pushed[0]!)).toBe(true);
    expect(isMinimalPush(bytes(length), OP.PUSHDATA4)).toBe(length === 65536);
  });

  test('of small numbers are opcodes in their shortest form only', () => {
    expect(toHex(pushMinimal(Uint8Array.of(16)))).toBe('60');
    expect(toHex(pushMinimal(Uint8Array.of(17)))).toBe('0111');
    expect(toHex(pushMinimal(Uint8Array.of(0)))).toBe('0100');
    expect(toHex(pushMinimal(Uint8Array.of(0x81)))).toBe('4f');
    expect(toHex(pushMinimal(EMPTY))).toBe('00');
    expect(toHex(pushData(Uint8Array.of(16)))).toBe('0110');
    expect([-1, 0, 1, 16, 17, -2, 1000].map((value) => toHex(pushNumber(value)))).toEqual([
      '4f',
      '00',
      '51',
      '60',
      '0111',
      '0182',
      '02e803',
    ]);
    expect(isMinimalPush(Uint8Array.of(16), OP.OP_16)).toBe(true);
    expect(isMinimalPush(Uint8Array.of(16), 1)).toBe(false);
    expect(isMinimalPush(Uint8Array.of(0x81), OP.OP_1NEGATE)).toBe(true);
    expect(isMinimalPush(Uint8Array.of(0x81), 1)).toBe(false);
    expect(isMinimalPush(Uint8Array.of(0x80), 1)).toBe(true);
    expect(isMinimalPush(EMPTY, OP.OP_0)).toBe(true);
    expect(isMinimalPush(EMPTY, OP.PUSHDATA1)).toBe(false);
  });

  test('that are cut short end the script', () => {
    for (const hex of ['02ff', '4c', '4c02ff', '4d01', '4d0200ff', '4e010000', '4e02000000ff']) {
      const cursor = new ScriptCursor(fromHex(`51${hex}`));
      expect(cursor.next()).toBe(true);
      expect(cursor.next()).toBe(false);
      expect(cursor.malformed, hex).toBe(true);
      expect(isPushOnly(fromHex(`51${hex}`))).toBe(false);
    }
  });

  test('alone are in a push-only script, OP_RESERVED included', () => {
    expect(isPushOnly(fromHex('00014f505160'))).toBe(true);
    expect(isPushOnly(fromHex('5161'))).toBe(false);
    expect(isPushOnly(fromHex('6151'), 1)).toBe(true);
  });
});

describe('shapes', () => {
  test('unspendable scripts begin with OP_RETURN or are too long', () => {
    expect(isUnspendable(fromHex('6a'))).toBe(true);
    expect(isUnspendable(EMPTY)).toBe(false);
    expect(isUnspendable(new Uint8Array(10_000))).toBe(false);
    expect(isUnspendable(new Uint8Array(10_001))).toBe(true);
  });

  test('witness programs are a version and 2 to 40 bytes', () => {
    const program = (version: number, length: number) =>
      concatBytes(Uint8Array.of(version, length), new Uint8Array(length));
    expect(isWitnessProgram(program(0x00, 20))).toMatchObject({ version: 0 });
    expect(isWitnessProgram(program(0x51, 2))).toMatchObject({ version: 1 });
    expect(isWitnessProgram(program(0x60, 40))).toMatchObject({ version: 16 });
    for (const bad of [
      program(0x51, 1),
      program(0x51, 41),
      program(0x50, 20),
      program(0x61, 20),
      program(0x4f, 20),
    ])
      expect(isWitnessProgram(bad)).toBeNull();
    expect(isWitnessProgram(concatBytes(program(0x51, 20), Uint8Array.of(1)))).toBeNull();
  });
});

describe('DER signatures', () => {
  const r = `0220${'11'.repeat(32)}`;
  const s = `0220${'22'.repeat(32)}`;
  const strict = `3044${r}${s}01`;

  test('are strict in one form only (BIP66)', () => {
    expect(isStrictDer(fromHex(strict))).toBe(true);
    expect(isStrictDer(fromHex('300602010102010101'))).toBe(true);
    const bad = {
      'too short': '3005020101020101',
      'too long': `30470222${'11'.repeat(34)}0221${'22'.repeat(33)}01`,
      'wrong tag': strict.replace('3044', '3144'),
      'wrong length': strict.replace('3044', '3045'),
      'R beyond the end': '300602050102010101',
      'lengths do not add up': '300702010102010101ff',
      'R no integer': '300603010102010101',
      'R empty': '30070200020300010101',
      'R negative': '300602018102010101',
      'R padded': '30070202000102010101',
      'S no integer': '300602010103010101',
      'S empty': '3007020300010102000101',
      'S negative': '300602010102018101',
      'S padded': '30070201010202000101',
    };
    for (const [reason, hex] of Object.entries(bad)) expect(isStrictDer(fromHex(hex)), reason).toBe(false);
    expect(isStrictDer(fromHex('3008020200810202008101'))).toBe(true);
  });

  const compact = (der: string) => {
    const parsed = parseLaxDer(fromHex(der));
    return parsed === null ? null : toHex(parsed);
  };
  const expected = '11'.repeat(32) + '22'.repeat(32);
  const zeros = '00'.repeat(64);

  test('are read as OpenSSL did, lengths and padding aside', () => {
    for (const hex of [
      `3044${r}${s}`,
      `3000${r}${s}`,
      `308144${r}${s}`,
      `30820044${r}${s}`,
      `3044${r}${s}ffff`,
      `30440221${'00'}${'11'.repeat(32)}${s}`,
      `3044028120${'11'.repeat(32)}${s}`,
      `304402850000000020${'11'.repeat(32)}${s}`,
    ])
      expect(compact(hex), hex).toBe(expected);
    expect(compact('3006020181020181')).toBe(`${'00'.repeat(31)}81${'00'.repeat(31)}81`);
    expect(compact('300402000200')).toBe(zeros);
  });

  test('are no signatures where a tag or a length is wrong', () => {
    for (const hex of [
      '',
      '30',
      '31',
      '3083',
      '308200',
      '3000',
      '300002',
      '300003',
      '30000203ffff',
      '3000028203ff',
      '300002850100000001',
      '3000020101',
      '300002010102',
      '30000201010301',
      '3000020101020201',
      `3044${r}03${s.slice(2)}`,
    ])
      expect(compact(hex), hex).toBeNull();
  });

  test('have zeros for numbers that are no scalars', () => {
    const order = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
    const below = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140';
    expect(compact(`30440220${order}${s}`)).toBe(zeros);
    expect(compact(`3044${r}0220${order}`)).toBe(zeros);
    expect(compact(`30440221${'01'}${'11'.repeat(32)}${s}`)).toBe(zeros);
    expect(compact(`30440220${below}${s}`)).toBe(below + '22'.repeat(32));
  });

  test('have low S up to half the group order', () => {
    const half = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0';
    const more = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1';
    expect(isLowS(fromHex('11'.repeat(32) + half))).toBe(true);
    expect(isLowS(fromHex('11'.repeat(32) + more))).toBe(false);
  });

  test('are checked as far as the flags ask', () => {
    const check = (hex: string, flags: number) => errorOf(() => checkSignatureEncoding(fromHex(hex), flags));
    const { DERSIG, LOW_S, STRICTENC } = ScriptFlag;
    const high = `3046${r}0222${'0000'}${'ff'.repeat(32)}01`;
    const highStrict = `3045${r}0221${'00'}${'f'.repeat(31)}0${'22'.repeat(16)}01`;
    for (const flag of [DERSIG, LOW_S, STRICTENC]) {
      expect(check(high, flag)).toBe('SIG_DER');
      expect(check('', flag)).toBe('OK');
      expect(check(strict, flag)).toBe('OK');
    }
    expect(check(high, 0)).toBe('OK');
    expect(check(highStrict, LOW_S)).toBe('SIG_HIGH_S');
    expect(check(highStrict, DERSIG)).toBe('OK');
    for (const type of ['00', '04', '80', '84']) {
      expect(check(strict.slice(0, -2) + type, STRICTENC)).toBe('SIG_HASHTYPE');
      expect(check(strict.slice(0, -2) + type, DERSIG)).toBe('OK');
    }
    for (const type of ['02', '03', '81', '83'])
      expect(check(strict.slice(0, -2) + type, STRICTENC)).toBe('OK');
  });
});

test('public keys have the length of their prefix', () => {
  const key = (prefix: number, length: number) =>
    concatBytes(Uint8Array.of(prefix), new Uint8Array(length - 1));
  for (const prefix of [2, 3]) {
    expect([32, 33, 34, 65].map((length) => hasKeySize(key(prefix, length)))).toEqual([
      false,
      true,
      false,
      false,
    ]);
    expect(isCompressedOrUncompressedKey(key(prefix, 33))).toBe(true);
  }
  for (const prefix of [4, 6, 7]) {
    expect([33, 64, 65, 66].map((length) => hasKeySize(key(prefix, length)))).toEqual([
      false,
      false,
      true,
      false,
    ]);
    expect(isCompressedOrUncompressedKey(key(prefix, 65))).toBe(prefix === 4);
  }
  for (const prefix of [0, 1, 5, 8])
    expect(hasKeySize(key(prefix, 33)) || hasKeySize(key(prefix, 65))).toBe(false);
  expect(hasKeySize(EMPTY)).toBe(false);
});

describe('FindAndDelete', () => {
  const cut = (from: string, what: string) => toHex(findAndDelete(fromHex(from), fromHex(what)));

  test('deletes where an operation begins, and nowhere else', () => {
    expect(cut('0302ff03', '0302ff03')).toBe('');
    expect(cut('0302ff030302ff03', '0302ff03')).toBe('');
    expect(cut('0302ff03', '02ff03')).toBe('0302ff03');
    expect(cut('0302ff030302ff03', '02ff03')).toBe('0302ff030302ff03');
    expect(cut('02feed5169', 'feed51')).toBe('02feed5169');
    expect(cut('51feed5169', '51')).toBe('feed69');
    expect(cut('516902feed5169', 'feed51')).toBe('516902feed5169');
    expect(cut('00005151', '5100')).toBe('00005151');
    expect(cut('0003feed', '03feed')).toBe('00');
    expect(cut('0003feed', '00')).toBe('03feed');
    expect(cut('00005151', '00')).toBe('5151');
    expect(cut('5151', '5151')).toBe('');
    expect(cut('515151', '5151')).toBe('51');
  });

  test('returns the very same script where nothing is found', () => {
    const code = fromHex('5152');
    expect(findAndDelete(code, fromHex('53'))).toBe(code);
  });
});

describe('assembly', () => {
  test('shows short pushes as numbers, others as hex, and where a push is cut short', () => {
    expect(toAssembly(fromHex('000181024f4f04ffffffff05010203040551604f61ba02ff'))).toBe(
      '0 -1 20303 -2147483647 0102030405 1 16 -1 OP_NOP OP_CHECKSIGADD [error]',
    );
    expect(toAssembly(script(OP.CHECKLOCKTIMEVERIFY, OP.CHECKSEQUENCEVERIFY, 0xbb))).toBe(
      'OP_CHECKLOCKTIMEVERIFY OP_CHECKSEQUENCEVERIFY OP_UNKNOWN',
    );
    expect(opcodeName(0xff)).toBe('OP_INVALIDOPCODE');
  });

  test('tells the hash type of what looks like a signature, except after OP_RETURN', () => {
    const der = `3044${`0220${'11'.repeat(32)}`}${`0220${'22'.repeat(32)}`}`;
    expect(toAssembly(script(fromHex(`${der}83`)), true)).toBe(`${der}[SINGLE|ANYONECANPAY]`);
    expect(toAssembly(script(fromHex(`${der}83`)))).toBe(`${der}83`);
    expect(toAssembly(script(fromHex(`${der}04`)), true)).toBe(`${der}04`);
    expect(toAssembly(script(OP.RETURN, fromHex(`${der}01`)), true)).toBe(`OP_RETURN ${der}01`);
  });

  test('knows hash types by name', () => {
    for (const type of [1, 2, 3, 0x81, 0x82, 0x83]) expect(sighashFromName(sighashName(type)!)).toBe(type);
    expect(sighashFromName('DEFAULT')).toBe(0);
    expect(sighashFromName('SOME')).toBeUndefined();
    expect(sighashName(0)).toBeUndefined();
  });
});
