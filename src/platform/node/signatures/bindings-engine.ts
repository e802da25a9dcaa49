/**
 * Engine on the native code that comes prebuilt in the `secp256k1` package. That library has no BIP340,
 * but recovering the key of an ECDSA signature computes what BIP340 needs.
 */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { concatBytes, equalBytes, toHex } from '../../../core/encoding/bytes.ts';
import { taggedHash } from '../../../core/encoding/hashes.ts';
import { nobleEngine } from '../../../core/script/noble-engine.ts';
import type { SignatureEngine } from '../../../core/script/signature-engine.ts';
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

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
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
  const isPoint = (prefix: number, x: Uint8Array): boolean =>
    point[0] === prefix && equalBytes(point.subarray(1), x);

  return Object.freeze({
    name: 'secp256k1',

    verifyEcdsa(signature: Uint8Array, hash: Uint8Array, publicKey: Uint8Array): boolean {
      const lent = lendSignature(signature);
      // The library refuses high S, which consensus accepts. Half the group order begins with 7f.
      if (lent[32]! >= 0x7f && native.signatureNormalize(lent) !== 0) return false;
      return native.ecdsaVerify(lent, lendHash(hash), lendKey(publicKey)) === 0;
    },

    verifySchnorr(signature: Uint8Array, message: Uint8Array, publicKeyX: Uint8Array): boolean {
      const rx = signature.subarray(0, 32);
      const e = toScalar(taggedHash('BIP0340/challenge', rx, publicKeyX, message)) % ORDER;
      const s = toScalar(signature.subarray(32));
      const px = toScalar(publicKeyX);
      if (s >= ORDER) return false;
      // An ECDSA signature has no zero in it, and none of its numbers reaches the group order.
      if (px >= ORDER || px === 0n || s === 0n || e === 0n)
        return nobleEngine.verifySchnorr(signature, message, publicKeyX);
      // Recovery returns (s' R - z G) / r for the point R with x = r. With R = P, r = px, s' = -e px and
      // z = -s px that is s G - e P: BIP340's R, which must have an even y and the signature's x.
      const recoverable = lendSignature(concatBytes(publicKeyX, fromScalar(((ORDER - e) * px) % ORDER)));
      const z = fromScalar(((ORDER - s) * px) % ORDER);
      return native.ecdsaRecover(point, recoverable, 0, z) === 0 && isPoint(2, rx);
    },

    checkTweak(outputX: Uint8Array, parity: 0 | 1, internalX: Uint8Array, tweak: Uint8Array): boolean {
      const key = concatBytes(EVEN, internalX);
      return native.publicKeyTweakAdd(point, key, lendHash(tweak)) === 0 && isPoint(2 + parity, outputX);
    },

    tweakKey(publicKey: Uint8Array, tweak: Uint8Array): Uint8Array | null {
      if (publicKey.length !== 33) return null;
      return native.publicKeyTweakAdd(point, lendKey(publicKey), lendHash(tweak)) === 0
        ? point.slice()
        : null;
    },
  });
}

/** 32 bytes, big endian. */
const toScalar = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);

/** Buffer's hex is several times as fast here as code that any platform runs. */
function fromScalar(scalar: bigint): Uint8Array {
  return Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex');
}
