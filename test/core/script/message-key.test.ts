import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../../src/core/encoding/bytes.ts';
import { sha256 } from '../../../src/core/encoding/hashes.ts';
import { publicKeyOf, recoverPublicKey, signRecoverable } from '../../../src/core/script/signing.ts';

describe('signatures that tell their key', () => {
  const secret = new Uint8Array(32).fill(7);
  const hashes = Array.from({ length: 12 }, (_, i) => sha256(utf8(`message ${i}`)));

  it('tell it in the form that was signed for, whichever of the points it is', () => {
    const headers = new Set<number>();
    for (const hash of hashes)
      for (const compressed of [true, false]) {
        const signature = signRecoverable(hash, secret, compressed);
        headers.add(signature[0]!);
        const key = recoverPublicKey(hash, signature);
        expect(toHex(key!)).toBe(toHex(publicKeyOf(secret, compressed)));
      }
    expect([...headers].sort()).toEqual([27, 28, 31, 32]);
  });

  it('tell another key of another hash, and none if they are malformed', () => {
    const signature = signRecoverable(hashes[0]!, secret, true);
    const other = recoverPublicKey(hashes[1]!, signature);
    expect(other === null ? '' : toHex(other)).not.toBe(toHex(publicKeyOf(secret)));
    const withHeader = (header: number): Uint8Array => Uint8Array.from([header, ...signature.subarray(1)]);
    for (const header of [0, 26, 35, 255])
      expect(recoverPublicKey(hashes[0]!, withHeader(header))).toBeNull();
    expect(recoverPublicKey(hashes[0]!, signature.subarray(0, 64))).toBeNull();
    expect(recoverPublicKey(hashes[0]!, new Uint8Array(0))).toBeNull();
    // r = 0 is no point.
    expect(recoverPublicKey(hashes[0]!, Uint8Array.from([31, ...new Uint8Array(64)]))).toBeNull();
  });
});
