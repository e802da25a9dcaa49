import { describe, expect, it } from 'vitest';
import { fromHex, littleEndianFromBigint, toHex } from '../../../src/core/encoding/bytes.ts';
import { publicKeyOf, tweakPublicKey, tweakSecret } from '../../../src/core/script/signing.ts';

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const scalar = (value: bigint): Uint8Array => littleEndianFromBigint(value, 32).reverse();

describe('tweaked keys (BIP341)', () => {
  it('belong together: the secret to the public key', () => {
    for (const secret of [1n, 2n, 3n, 6n, ORDER - 1n]) {
      for (const tweak of [0n, 1n, 12_345n, ORDER - 7n]) {
        const x = publicKeyOf(scalar(secret)).subarray(1);
        const tweaked = publicKeyOf(tweakSecret(scalar(secret), scalar(tweak)));
        const { x: tweakedX, parity } = tweakPublicKey(x, scalar(tweak))!;
        expect(toHex(tweakedX)).toBe(toHex(tweaked.subarray(1)));
        expect(parity).toBe(tweaked[0]! - 2);
      }
    }
  });

  it('are none where the tweak is no scalar, or nothing is left', () => {
    // The secret 1 has an even y, so a tweak of -1 gives zero.
    expect(publicKeyOf(scalar(1n))[0]).toBe(2);
    expect(() => tweakSecret(scalar(1n), scalar(ORDER - 1n))).toThrow(RangeError);
    expect(() => tweakSecret(scalar(1n), scalar(ORDER))).toThrow(RangeError);
    expect(() => tweakSecret(scalar(1n), fromHex('ff'.repeat(32)))).toThrow(RangeError);
    const x = publicKeyOf(scalar(1n)).subarray(1);
    expect(tweakPublicKey(x, scalar(ORDER - 1n))).toBeNull();
    expect(tweakPublicKey(x, scalar(ORDER))).toBeNull();
    expect(tweakPublicKey(fromHex('ff'.repeat(32)), scalar(1n))).toBeNull();
  });
});
