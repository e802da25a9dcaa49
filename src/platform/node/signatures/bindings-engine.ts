/**
 * Engine on the native code that comes prebuilt in the `secp256k1` package. That library has no BIP340,
 * but recovering the key of an ECDSA signature computes what BIP340 needs.
 */
import { createRequire } from 'node:module';
import { concatBytes, equalBytes } from '../../../core/encoding/bytes.ts';
import { taggedHash } from '../../../core/encoding/hashes.ts';
import { nobleEngine } from '../../../core/script/noble-engine.ts';
import type { SignatureEngine } from '../../../core/script/signature-engine.ts';

/** The part of the package's interface that is used. All of it throws where something cannot be parsed. */
interface Bindings {
  ecdsaVerify(signature: Uint8Array, hash: Uint8Array, publicKey: Uint8Array): boolean;
  ecdsaRecover(signature: Uint8Array, id: number, hash: Uint8Array, compressed: boolean): Uint8Array;
  signatureNormalize(signature: Uint8Array): Uint8Array;
  publicKeyTweakAdd(publicKey: Uint8Array, tweak: Uint8Array, compressed: boolean): Uint8Array;
}

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const EVEN = Uint8Array.of(2);

/** @throws where the package has no binary for this machine. Never falls back to its slow JavaScript. */
export function loadBindingsEngine(): SignatureEngine {
  const bindings = createRequire(import.meta.url)('secp256k1/bindings') as Bindings;
  return Object.freeze({
    name: 'secp256k1',

    verifyEcdsa(signature: Uint8Array, hash: Uint8Array, publicKey: Uint8Array): boolean {
      return ask(() => bindings.ecdsaVerify(lowS(bindings, signature), hash, publicKey));
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
      const recoverable = new Uint8Array(64);
      recoverable.set(publicKeyX);
      recoverable.set(fromScalar(((ORDER - e) * px) % ORDER), 32);
      const z = fromScalar(((ORDER - s) * px) % ORDER);
      return ask(() => {
        const point = bindings.ecdsaRecover(recoverable, 0, z, true);
        return point[0] === 2 && equalBytes(point.subarray(1), rx);
      });
    },

    checkTweak(outputX: Uint8Array, parity: 0 | 1, internalX: Uint8Array, tweak: Uint8Array): boolean {
      return ask(() => {
        const point = bindings.publicKeyTweakAdd(concatBytes(EVEN, internalX), tweak, true);
        return point[0] === 2 + parity && equalBytes(point.subarray(1), outputX);
      });
    },
  });
}

/** What cannot be parsed does not verify. */
function ask(question: () => boolean): boolean {
  try {
    return question();
  } catch {
    return false;
  }
}

/** The library refuses high S, which consensus accepts. Half the group order begins with 7f. */
function lowS(bindings: Bindings, signature: Uint8Array): Uint8Array {
  return signature[32]! < 0x7f ? signature : bindings.signatureNormalize(signature.slice());
}

/** 32 bytes, big endian. Buffer's hex is several times as fast here as code that any platform runs. */
function toScalar(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`);
}

function fromScalar(scalar: bigint): Uint8Array {
  return Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex');
}
