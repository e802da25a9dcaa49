import { base58, bech32, bech32m } from '@scure/base';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeBase58,
  decodeBase58Check,
  encodeBase58,
  encodeBase58Check,
} from '../../../src/core/encoding/base58.ts';
import { encodeSegwitAddress } from '../../../src/core/encoding/bech32.ts';
import { concatBytes, fromHex, toHex } from '../../../src/core/encoding/bytes.ts';
import { MAIN, REGTEST } from '../../../src/core/parameters/presets.ts';
import { AddressError, decodeAddress, encodeAddress } from '../../../src/core/script/address.ts';
import { locateBech32Errors } from '../../../src/core/script/bech32-errors.ts';
import {
  multisig,
  p2pk,
  p2pkh,
  p2sh,
  p2tr,
  p2wpkh,
  p2wsh,
  witnessProgramScript,
} from '../../../src/core/script/templates.ts';
import { decodeWif, encodeWif } from '../../../src/core/script/wif.ts';
import { vectors } from '../../support/vectors.ts';

const key = fromHex('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798');
const hash = fromHex('751e76e8199196d454941c45d1b3a323f1433bd6');
const program = fromHex('1863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262');
const x = key.subarray(1);

describe('addresses', () => {
  test.each([
    ['1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH', p2pkh(hash)],
    ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', p2wpkh(hash)],
    ['bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3', p2wsh(program)],
    ['bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0', p2tr(x)],
    ['bc1pfeessrawgf', fromHex('51024e73')],
    ['bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs', witnessProgramScript(2, hash.subarray(0, 16))],
  ])('%s', (address, scriptPubKey) => {
    expect(encodeAddress(scriptPubKey, MAIN)).toBe(address);
    expect(toHex(decodeAddress(address, MAIN))).toBe(toHex(scriptPubKey));
    if (address.startsWith('bc1')) expect(decodeAddress(address.toUpperCase(), MAIN)).toEqual(scriptPubKey);
  });

  test('of scripts, and on other networks', () => {
    for (const parameters of [MAIN, REGTEST])
      for (const scriptPubKey of [p2sh(hash), p2pkh(hash), p2wpkh(hash), p2tr(x)])
        expect(decodeAddress(encodeAddress(scriptPubKey, parameters)!, parameters)).toEqual(scriptPubKey);
    expect(encodeAddress(p2wpkh(hash), REGTEST)).toMatch(/^bcrt1q/);
  });

  test('are not there for other scripts', () => {
    for (const other of [
      p2pk(key),
      multisig(1, [key]),
      fromHex('6a'),
      witnessProgramScript(0, hash.subarray(1)),
    ])
      expect(encodeAddress(other, MAIN)).toBeNull();
  });

  test('in Bech32 and Bech32m are those of @scure/base', () => {
    const program = fc.uint8Array({ minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(
        fc.constantFrom('bc', 'tb', 'bcrt', 'penny'),
        fc.nat(16),
        program,
        (prefix, version, bytes) => {
          const encoding = version === 0 ? bech32 : bech32m;
          const words = [version, ...encoding.toWords(bytes)];
          expect(encodeSegwitAddress(prefix, version, bytes)).toBe(encoding.encode(prefix, words));
        },
      ),
    );
  });

  test('in Base58 are those of @scure/base', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 90 }), fc.nat(5), (bytes, zeros) => {
        bytes.fill(0, 0, zeros);
        expect(encodeBase58(bytes)).toBe(base58.encode(bytes));
      }),
      { numRuns: 300 },
    );
  });

  test('may stand between white space if they are in Base58', () => {
    expect(decodeAddress(' \t1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH\n', MAIN)).toEqual(p2pkh(hash));
  });

  const segwit = (version: number, length: number) =>
    bech32m.encode('bc', [version, ...bech32m.toWords(new Uint8Array(length))]);
  const UNKNOWN = 'Invalid or unsupported Segwit (Bech32) or Base58 encoding.';
  test.each([
    ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5', 'Invalid Bech32 checksum', [41]],
    [
      'bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6x',
      'Invalid Bech32m checksum',
      [73],
    ],
    ['bc1', 'Invalid separator position', [2]],
    ['bcqqqqqqqqqqqq', 'Missing separator', []],
    ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7Kv8f3t4', 'Invalid character or mixed case', [35]],
    ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7bv8f3t4', 'Invalid Base 32 character', [35]],
    [`bc1${'q'.repeat(89)}`, 'Bech32 string too long', [90, 91]],
    ['bc1gmk9yu', 'Empty Bech32 data section', []],
    ['bc1zw508d6qejxtdg4y5r3zarvaryvg6kdaj', 'Version 1+ witness address must use Bech32m checksum', []],
    [segwit(0, 20), 'Version 0 witness address must use Bech32 checksum', []],
    [segwit(17, 20), 'Invalid Bech32 address witness version', []],
    [segwit(1, 41), 'Invalid Bech32 address program size (41 bytes)', []],
    [segwit(1, 1), 'Invalid Bech32 address program size (1 byte)', []],
    [
      'BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P',
      'Invalid Bech32 v0 address program size (16 bytes), per BIP141',
      [],
    ],
    [bech32m.encode('bc', [1, 1, 1, 1, 1]), 'Invalid padding in Bech32 data section', []],
    [
      'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080',
      'Invalid or unsupported prefix for Segwit (Bech32) address (expected bc, got bcrt).',
      [],
    ],
    ['', 'Invalid checksum or length of Base58 address (P2PKH or P2SH)', []],
    [
      '1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMJ',
      'Invalid checksum or length of Base58 address (P2PKH or P2SH)',
      [],
    ],
    [
      encodeBase58Check(concatBytes(Uint8Array.of(0), hash.subarray(1))),
      'Invalid length for Base58 address (P2PKH or P2SH)',
      [],
    ],
    [
      encodeBase58Check(concatBytes(Uint8Array.of(1), hash)),
      'Invalid or unsupported Base58-encoded address.',
      [],
    ],
    ['tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx', UNKNOWN, []],
    ['1'.repeat(101), UNKNOWN, []],
  ])('%s: %s', (address, message, locations) => {
    try {
      decodeAddress(address, MAIN);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(AddressError);
      expect((error as AddressError).message).toBe(message);
      expect((error as AddressError).errorLocations).toEqual(locations);
    }
  });

  interface Call {
    readonly chain: string;
    readonly method: string;
    readonly params: readonly [string];
    readonly result: { isvalid: boolean; scriptPubKey?: string; error?: string; error_locations?: number[] };
  }
  const calls = vectors<{ calls: Call[] }>('rpc/golden_stateless.json')?.calls ?? [];
  const cases = calls.filter(({ method }) => method === 'validateaddress');
  test.skipIf(cases.length === 0)("are judged as by Core's validateaddress", () => {
    for (const { chain, params, result } of cases) {
      const parameters = chain === 'main' ? MAIN : REGTEST;
      const decode = () => toHex(decodeAddress(params[0], parameters));
      if (result.isvalid) expect(decode()).toBe(result.scriptPubKey);
      else {
        let caught: unknown;
        try {
          decode();
        } catch (error) {
          caught = error;
        }
        expect(caught, params[0]).toMatchObject({
          message: result.error,
          errorLocations: result.error_locations,
        });
      }
    }
  });
});

describe('errors in Bech32', () => {
  const valid = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
  const change = (text: string, ...places: readonly number[]) =>
    places.reduce(
      (changed, at) => `${changed.slice(0, at)}${changed[at] === 'q' ? 'p' : 'q'}${changed.slice(at + 1)}`,
      text,
    );

  test('are located, one or two of them', () => {
    for (let at = 3; at < valid.length; at++) {
      const changed = change(valid, at);
      if (changed !== valid)
        expect(locateBech32Errors(changed)).toEqual({ message: 'Invalid Bech32 checksum', locations: [at] });
    }
    expect(locateBech32Errors(change(valid, 5, 30))).toEqual({
      message: 'Invalid Bech32 checksum',
      locations: [5, 30],
    });
    expect(locateBech32Errors(change(valid, 30, 31)).locations).toEqual([30, 31]);
  });

  test('beyond two are only known to be there', () => {
    expect(locateBech32Errors(change(valid, 5, 12, 20, 30)).message).toBe('Invalid checksum');
  });

  test('are none where there are none', () => {
    expect(locateBech32Errors(valid)).toEqual({ message: '', locations: [] });
  });
});

describe('private keys in WIF', () => {
  const secret = fromHex(`${'00'.repeat(31)}01`);

  test('tell whether the public key is compressed', () => {
    const short = 'KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn';
    const long = '5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf';
    expect(encodeWif(secret, true, MAIN)).toBe(short);
    expect(encodeWif(secret, false, MAIN)).toBe(long);
    expect(decodeWif(short, MAIN)).toEqual({ secret, compressed: true });
    expect(decodeWif(long, MAIN)).toEqual({ secret, compressed: false });
  });

  test('are refused on another network, in another length, or out of range', () => {
    const wrap = (payload: string) => encodeBase58Check(fromHex(payload));
    for (const bad of [
      encodeWif(secret, true, REGTEST),
      wrap(`80${toHex(secret)}02`),
      wrap(`80${toHex(secret)}0101`),
      wrap(`80${toHex(secret).slice(2)}`),
      wrap(`80${'00'.repeat(32)}`),
      wrap(`80${'ff'.repeat(32)}01`),
      'x',
    ])
      expect(() => decodeWif(bad, MAIN), bad).toThrow('Invalid private key encoding');
  });
});

test('Base58 is bounded', () => {
  expect(decodeBase58('1'.repeat(25), 25)).toEqual(new Uint8Array(25));
  expect(decodeBase58('1'.repeat(26), 25)).toBeNull();
  expect(decodeBase58('z'.repeat(1_000_000), 25)).toBeNull();
  expect(decodeBase58('0', 25)).toBeNull();
  expect(decodeBase58Check('1Wh4bh', 21)).toEqual(Uint8Array.of(0));
  expect(decodeBase58Check('1', 21)).toBeNull();
  const longest = encodeBase58Check(new Uint8Array(21).fill(255));
  expect(decodeBase58Check(longest, 21)).toHaveLength(21);
  expect(decodeBase58Check(longest, 20)).toBeNull();
});
