/**
 * What every signature engine must answer. Facts from SEC 1, BIP340, BIP341 and BIP146's edges, and random
 * differences against the reference engine.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../src/core/encoding/bytes.ts';
import { sha256 } from '../../src/core/encoding/hashes.ts';
import { nobleEngine } from '../../src/core/script/noble-engine.ts';
import { parseLaxDer } from '../../src/core/script/signature-encoding.ts';
import type { SignatureEngine } from '../../src/core/script/signature-engine.ts';
import {
  publicKeyOf,
  referenceTweakKey,
  signEcdsa,
  signSchnorr,
  tweakPublicKey,
  xOnlyKeyOf,
} from '../../src/core/script/signing.ts';
import { taprootTweak } from '../../src/core/script/taproot.ts';

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const FIELD = 2n ** 256n - 2n ** 32n - 977n;
/** x = 5 is not on the curve. */
const NO_POINT = number(5n);
const ZERO = new Uint8Array(32);
const AUX = new Uint8Array(32);

function number(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, '0'));
}

function toBigint(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes)}`);
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice();
  const at = (bit >> 3) % bytes.length;
  changed[at] = changed[at]! ^ (1 << (bit & 7));
  return changed;
}

function hybrid(key: Uint8Array, prefix: number): Uint8Array {
  return concatBytes(Uint8Array.of(prefix), key.subarray(1));
}

export function testSignatureEngine(engine: SignatureEngine): void {
  const secret = sha256(Uint8Array.of(1));
  const hash = sha256(Uint8Array.of(2));
  const compressed = publicKeyOf(secret);
  const uncompressed = publicKeyOf(secret, false);
  const signature = parseLaxDer(signEcdsa(hash, secret))!;
  const r = signature.slice(0, 32);
  const s = signature.slice(32);

  describe(`ECDSA by ${engine.name}`, () => {
    const verify = (sig: Uint8Array, key = compressed, message = hash) =>
      engine.verifyEcdsa(sig, message, key);

    test('accepts a signature under every form of its key', () => {
      const odd = uncompressed[64]! & 1;
      expect(verify(signature)).toBe(true);
      expect(verify(signature, uncompressed)).toBe(true);
      expect(verify(signature, hybrid(uncompressed, 6 + odd))).toBe(true);
    });

    test('refuses a hybrid key whose prefix tells the wrong parity, and unknown prefixes', () => {
      const odd = uncompressed[64]! & 1;
      expect(verify(signature, hybrid(uncompressed, 7 - odd))).toBe(false);
      for (const prefix of [0, 1, 5, 8]) {
        expect(verify(signature, hybrid(compressed, prefix))).toBe(false);
        expect(verify(signature, hybrid(uncompressed, prefix))).toBe(false);
      }
      for (const prefix of [2, 3]) expect(verify(signature, hybrid(uncompressed, prefix))).toBe(false);
      for (const prefix of [4, 6, 7]) expect(verify(signature, hybrid(compressed, prefix))).toBe(false);
    });

    test('accepts high S, which only policy refuses', () => {
      expect(verify(concatBytes(r, number(ORDER - toBigint(s))))).toBe(true);
    });

    test('refuses numbers out of range', () => {
      for (const bad of [ZERO, number(ORDER), number(ORDER + 1n), number(2n ** 256n - 1n)]) {
        expect(verify(concatBytes(bad, s))).toBe(false);
        expect(verify(concatBytes(r, bad))).toBe(false);
      }
      expect(verify(new Uint8Array(64))).toBe(false);
    });

    test('refuses keys off the curve or beyond the field', () => {
      expect(verify(signature, concatBytes(Uint8Array.of(2), NO_POINT))).toBe(false);
      expect(verify(signature, concatBytes(Uint8Array.of(3), number(FIELD)))).toBe(false);
      expect(verify(signature, flip(uncompressed, 8 * 40))).toBe(false);
      expect(verify(signature, concatBytes(Uint8Array.of(4), ZERO, ZERO))).toBe(false);
    });

    test('refuses another message, key or signature', () => {
      expect(verify(signature, compressed, sha256(hash))).toBe(false);
      expect(verify(signature, publicKeyOf(sha256(secret)))).toBe(false);
      expect(verify(concatBytes(s, r))).toBe(false);
    });

    test('takes the message modulo the group order, zero included', () => {
      for (const message of [ZERO, number(ORDER), number(2n ** 256n - 1n)]) {
        const own = parseLaxDer(signEcdsa(message, secret))!;
        expect(verify(own, compressed, message)).toBe(true);
      }
      const own = parseLaxDer(signEcdsa(number(1n), secret))!;
      expect(verify(own, compressed, number(ORDER + 1n))).toBe(true);
    });

    test('leaves its arguments alone', () => {
      const high = concatBytes(r, number(ORDER - toBigint(s)));
      const copy = high.slice();
      verify(high);
      expect(high).toEqual(copy);
    });

    test('agrees with the reference on random changes', () => {
      fc.assert(
        fc.property(fc.nat(511), fc.nat(255), fc.nat(263), fc.nat(3), (sigBit, hashBit, keyBit, which) => {
          const sig = which === 0 ? flip(signature, sigBit) : signature;
          const message = which === 1 ? flip(hash, hashBit) : hash;
          const key = which === 2 ? flip(compressed, keyBit) : compressed;
          return engine.verifyEcdsa(sig, message, key) === nobleEngine.verifyEcdsa(sig, message, key);
        }),
        { numRuns: 60, seed: 1 },
      );
    });
  });

  describe(`BIP340 by ${engine.name}`, () => {
    const key = xOnlyKeyOf(secret);
    const own = signSchnorr(hash, secret, AUX);
    const rx = own.slice(0, 32);
    const rest = own.slice(32);
    const verify = (sig: Uint8Array, by = key, message = hash) => engine.verifySchnorr(sig, message, by);

    test('accepts what was signed', () => {
      for (let i = 0; i < 8; i++) {
        const each = sha256(Uint8Array.of(3, i));
        const message = sha256(each);
        expect(engine.verifySchnorr(signSchnorr(message, each, AUX), message, xOnlyKeyOf(each))).toBe(true);
      }
    });

    test("accepts BIP340's vectors 0 and 4", () => {
      const vectors = [
        'f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9' +
          '0000000000000000000000000000000000000000000000000000000000000000' +
          'e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca821525f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0',
        'd69c3509bb99e412e68b0fe8544e72837dfa30746d8be2aa65975f29d22dc7b9' +
          '4df3c3f68fcc83b27e9d42c90431a72499f17875c81a599b566c9889b9696703' +
          '00000000000000000000003b78ce563f89a0ed9414f5aa28ad0d96d6795f9c6376afb1548af603b3eb45c9f8207dee1060cb71c04e80f593060b07d28308d7f4',
      ].map(fromHex);
      for (const each of vectors)
        expect(engine.verifySchnorr(each.slice(64), each.slice(32, 64), each.slice(0, 32))).toBe(true);
    });

    test('refuses a negated R or message, and other keys', () => {
      expect(verify(concatBytes(rx, number(ORDER - toBigint(rest))))).toBe(false);
      expect(verify(own, key, sha256(hash))).toBe(false);
      expect(verify(own, xOnlyKeyOf(sha256(secret)))).toBe(false);
    });

    test('refuses numbers out of range', () => {
      expect(verify(concatBytes(number(FIELD), rest))).toBe(false);
      expect(verify(concatBytes(NO_POINT, rest))).toBe(false);
      for (const bad of [ZERO, number(ORDER), number(2n ** 256n - 1n)])
        expect(verify(concatBytes(rx, bad))).toBe(false);
      for (const bad of [ZERO, NO_POINT, number(FIELD), number(2n ** 256n - 1n)])
        expect(verify(own, bad)).toBe(false);
    });

    test('agrees with the reference on keys between group order and field size', () => {
      for (let x = ORDER; x < ORDER + 8n; x++)
        expect(verify(own, number(x))).toBe(nobleEngine.verifySchnorr(own, hash, number(x)));
    });

    test('agrees with the reference on random changes', () => {
      fc.assert(
        fc.property(fc.nat(511), fc.nat(255), fc.nat(255), fc.nat(3), (sigBit, hashBit, keyBit, which) => {
          const sig = which === 0 ? flip(own, sigBit) : own;
          const message = which === 1 ? flip(hash, hashBit) : hash;
          const by = which === 2 ? flip(key, keyBit) : key;
          return engine.verifySchnorr(sig, message, by) === nobleEngine.verifySchnorr(sig, message, by);
        }),
        { numRuns: 60, seed: 1 },
      );
    });
  });

  describe(`BIP341 tweaks by ${engine.name}`, () => {
    const internal = xOnlyKeyOf(secret);
    const tweak = taprootTweak(internal);
    const output = tweakPublicKey(internal, tweak)!;
    const other = (1 - output.parity) as 0 | 1;

    test('accepts the output key with its parity only', () => {
      expect(engine.checkTweak(output.x, output.parity, internal, tweak)).toBe(true);
      expect(engine.checkTweak(output.x, other, internal, tweak)).toBe(false);
      expect(engine.checkTweak(internal, output.parity, internal, tweak)).toBe(false);
      expect(engine.checkTweak(output.x, output.parity, internal, sha256(tweak))).toBe(false);
    });

    test('accepts a tweak of zero, which changes nothing', () => {
      expect(engine.checkTweak(internal, 0, internal, ZERO)).toBe(true);
      expect(engine.checkTweak(internal, 1, internal, ZERO)).toBe(false);
    });

    test('refuses tweaks and keys out of range, and a sum at infinity', () => {
      for (const bad of [number(ORDER), number(2n ** 256n - 1n)])
        expect(engine.checkTweak(internal, 0, internal, bad)).toBe(false);
      for (const bad of [NO_POINT, ZERO, number(FIELD)])
        expect(engine.checkTweak(output.x, output.parity, bad, tweak)).toBe(false);
      const even = publicKeyOf(secret)[0] === 2 ? secret : number(ORDER - toBigint(secret));
      const opposite = number(ORDER - toBigint(even));
      for (const parity of [0, 1] as const) {
        expect(engine.checkTweak(internal, parity, internal, opposite)).toBe(false);
        expect(engine.checkTweak(ZERO, parity, internal, opposite)).toBe(false);
      }
    });

    test('makes the keys that the reference makes, and none out of range', () => {
      for (const key of [
        compressed,
        concatBytes(Uint8Array.of(2), internal),
        concatBytes(Uint8Array.of(3), internal),
      ])
        for (const by of [
          tweak,
          hash,
          ZERO,
          number(1n),
          number(ORDER - 1n),
          number(ORDER),
          secret,
          number(ORDER - toBigint(secret)),
        ])
          expect(engine.tweakKey(key, by)).toEqual(referenceTweakKey(key, by));
      expect(engine.tweakKey(compressed, ZERO)).toEqual(compressed);
      expect(engine.tweakKey(compressed, number(ORDER - toBigint(secret)))).toBeNull();
      for (const bad of [
        uncompressed,
        internal,
        concatBytes(Uint8Array.of(2), NO_POINT),
        concatBytes(Uint8Array.of(4), internal),
      ])
        expect(engine.tweakKey(bad, tweak)).toBeNull();
    });

    test('agrees with the reference on random tweaks', () => {
      fc.assert(
        fc.property(
          fc.uint8Array({ minLength: 32, maxLength: 32 }),
          fc.nat(255),
          fc.boolean(),
          (by, bit, change) => {
            const tweaked = tweakPublicKey(internal, by);
            if (tweaked === null) return !engine.checkTweak(output.x, 0, internal, by);
            const x = change ? flip(tweaked.x, bit) : tweaked.x;
            return engine.checkTweak(x, tweaked.parity, internal, by) === !change;
          },
        ),
        { numRuns: 40, seed: 1 },
      );
    });
  });
}
