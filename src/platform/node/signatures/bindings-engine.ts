/** Engine on the native code that comes prebuilt in the `secp256k1` package, which has no BIP340 of its own. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { concatBytes } from '../../../core/encoding/bytes.ts';
import type { SignatureEngine } from '../../../core/script/signature-engine.ts';
import { isPoint, verifyByRecovery } from '../../shared/signatures/recovered-schnorr.ts';
import { lender } from './native-memory.ts';

/**
 * The part of the native interface that is used. Results are 0 for yes, else a reason. The package's own
 * functions around it make the text of an error at every call, which takes a twentieth of a verification.
 */
interface Native {
  ecdsaVerify(signature: Uint8Array, hash: Uint8Array, publicKey: Uint8Array): number;
  ecdsaRecover(output: Uint8Array, signature: Uint8Array, id: number, hash: Uint8Array): number;
  /** In place. */
  signatureNormalize(signature: Uint8Array): number;
  publicKeyTweakAdd(output: Uint8Array, publicKey: Uint8Array, tweak: Uint8Array): number;
}

const EVEN = Uint8Array.of(2);

/** @throws where the package has no binary for this machine. Never falls back to its slow JavaScript. */
export function loadBindingsEngine(): SignatureEngine {
  const bindings = createRequire(import.meta.url).resolve('secp256k1/bindings');
  const addon = createRequire(bindings)('node-gyp-build')(dirname(bindings)) as {
    Secp256k1: new () => Native;
  };
  const native = new addon.Secp256k1();
  const [lendSignature, lendHash, lendKey] = [lender(64), lender(32), lender(33, 65)];
  const point = lender(33)(new Uint8Array(33));

  return Object.freeze({
    name: 'secp256k1',

    verifyEcdsa(signature: Uint8Array, hash: Uint8Array, publicKey: Uint8Array): boolean {
      const lent = lendSignature(signature);
      // The library refuses high S, which consensus accepts. Half the group order begins with 7f.
      if (lent[32]! >= 0x7f && native.signatureNormalize(lent) !== 0) return false;
      return native.ecdsaVerify(lent, lendHash(hash), lendKey(publicKey)) === 0;
    },

    verifySchnorr(signature: Uint8Array, message: Uint8Array, publicKeyX: Uint8Array): boolean {
      return verifyByRecovery(signature, message, publicKeyX, (recoverable, hash) =>
        native.ecdsaRecover(point, lendSignature(recoverable), 0, hash) === 0 ? point : null,
      );
    },

    checkTweak(outputX: Uint8Array, parity: 0 | 1, internalX: Uint8Array, tweak: Uint8Array): boolean {
      const key = concatBytes(EVEN, internalX);
      return (
        native.publicKeyTweakAdd(point, key, lendHash(tweak)) === 0 && isPoint(point, 2 + parity, outputX)
      );
    },

    tweakKey(publicKey: Uint8Array, tweak: Uint8Array): Uint8Array | null {
      if (publicKey.length !== 33) return null;
      return native.publicKeyTweakAdd(point, lendKey(publicKey), lendHash(tweak)) === 0
        ? point.slice()
        : null;
    },
  });
}
