/** The reference engine: `@noble/secp256k1`, audited and the same everywhere. Slow. */
import * as secp from '@noble/secp256k1';
import { equalBytes } from '../encoding/bytes.ts';
import type { SignatureEngine } from './signature-engine.ts';
import { parsePublicKey, referenceTweakKey, tweakPublicKey } from './signing.ts';

export const nobleEngine: SignatureEngine = Object.freeze({
  name: 'noble',

  verifyEcdsa(signature: Uint8Array, hash: Uint8Array, publicKey: Uint8Array): boolean {
    const point = parsePublicKey(publicKey);
    if (point === null) return false;
    // Consensus hashes by itself, and accepts high S: low S is policy.
    return secp.verify(signature, hash, point.toBytes(true), { prehash: false, lowS: false });
  },

  verifySchnorr(signature: Uint8Array, message: Uint8Array, publicKeyX: Uint8Array): boolean {
    return secp.schnorr.verify(signature, message, publicKeyX);
  },

  checkTweak(outputX: Uint8Array, parity: 0 | 1, internalX: Uint8Array, tweak: Uint8Array): boolean {
    const tweaked = tweakPublicKey(internalX, tweak, referenceTweakKey);
    return tweaked !== null && tweaked.parity === parity && equalBytes(tweaked.x, outputX);
  },

  tweakKey: referenceTweakKey,
});
