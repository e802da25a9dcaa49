/** Engine on libsecp256k1 compiled to WebAssembly (`tiny-secp256k1`): for machines without a native one. */
import * as tiny from 'tiny-secp256k1';
import type { SignatureEngine } from '../../../core/script/signature-engine.ts';

/** It throws where a key or a number is out of range; what cannot be parsed does not verify. */
function ask(question: () => boolean): boolean {
  try {
    return question();
  } catch {
    return false;
  }
}

export const wasmEngine: SignatureEngine = Object.freeze({
  name: 'wasm',

  verifyEcdsa(signature: Uint8Array, hash: Uint8Array, publicKey: Uint8Array): boolean {
    return ask(() => tiny.verify(hash, publicKey, signature));
  },

  verifySchnorr(signature: Uint8Array, message: Uint8Array, publicKeyX: Uint8Array): boolean {
    return ask(() => tiny.verifySchnorr(message, publicKeyX, signature));
  },

  checkTweak(outputX: Uint8Array, parity: 0 | 1, internalX: Uint8Array, tweak: Uint8Array): boolean {
    return ask(() => tiny.xOnlyPointAddTweakCheck(internalX, tweak, outputX, parity));
  },

  tweakKey(publicKey: Uint8Array, tweak: Uint8Array): Uint8Array | null {
    try {
      return publicKey.length === 33 ? tiny.pointAddScalar(publicKey, tweak, true) : null;
    } catch {
      return null;
    }
  },
});
