/**
 * Engine on libsecp256k1 compiled to WebAssembly, as `@bitauth/libauth` has it: for browsers, and for machines without
 * a native one. Measured against its like: `tiny-secp256k1` does 0.7 of it and is ten times as large. Called below the
 * package's own functions, which take memory at each call; the arguments lie where they are put here, once.
 */
import {
  CompressionFlag,
  ContextFlag,
  instantiateSecp256k1Wasm,
} from '@bitauth/libauth/build/lib/bin/secp256k1/secp256k1-wasm.js';
import type { SignatureEngine } from '../../../core/script/signature-engine.ts';
import { isPoint, verifyByRecovery } from './recovered-schnorr.ts';

/** Bytes of the library's own form of keys and signatures, and of signatures that keys are recovered from. */
const OPAQUE = 64;
const RECOVERABLE = 65;
const COMPRESSED = 33;

/** @throws where WebAssembly cannot run */
export async function loadWasmEngine(): Promise<SignatureEngine> {
  const library = await instantiateSecp256k1Wasm();
  const { heapU8, malloc } = library;
  const context = library.contextCreate(ContextFlag.VERIFY);
  /** Memory of the library's, and what puts bytes there. */
  const place = (size: number): [number, (bytes: Uint8Array) => void] => {
    const at = malloc(size);
    return [at, (bytes) => heapU8.set(bytes, at)];
  };
  const [signatureAt, putSignature] = place(64);
  const [hashAt, putHash] = place(32);
  const [keyAt, putKey] = place(65);
  const [parsed, recoverable, point] = [malloc(OPAQUE), malloc(RECOVERABLE), malloc(OPAQUE)];
  const output = malloc(COMPRESSED);
  const outputLength = library.mallocSizeT(COMPRESSED);

  const parseKey = (key: Uint8Array): boolean => {
    if (key.length !== 33 && key.length !== 65) return false;
    putKey(key);
    return library.pubkeyParse(context, point, keyAt, key.length) === 1;
  };
  /** Of the library's memory: until the next call. */
  const serialized = (): Uint8Array => {
    library.heapU32[outputLength >> 2] = COMPRESSED;
    library.pubkeySerialize(context, output, outputLength, point, CompressionFlag.COMPRESSED);
    return heapU8.subarray(output, output + COMPRESSED);
  };
  const tweaked = (key: Uint8Array, tweak: Uint8Array): Uint8Array | null => {
    if (key.length !== COMPRESSED || !parseKey(key)) return null;
    putHash(tweak);
    return library.pubkeyTweakAdd(context, point, hashAt) === 1 ? serialized() : null;
  };
  const recover = (signature: Uint8Array, hash: Uint8Array): Uint8Array | null => {
    putSignature(signature);
    putHash(hash);
    if (library.recoverableSignatureParse(context, recoverable, signatureAt, 0) !== 1) return null;
    return library.recover(context, point, recoverable, hashAt) === 1 ? serialized() : null;
  };
  const internalKey = Uint8Array.of(2, ...new Uint8Array(32));

  return Object.freeze({
    name: 'wasm',

    verifyEcdsa(signature: Uint8Array, hash: Uint8Array, publicKey: Uint8Array): boolean {
      if (!parseKey(publicKey)) return false;
      putSignature(signature);
      putHash(hash);
      if (library.signatureParseCompact(context, parsed, signatureAt) !== 1) return false;
      // The library refuses high S, which consensus accepts.
      library.signatureNormalize(context, parsed, parsed);
      return library.verify(context, parsed, hashAt, point) === 1;
    },

    verifySchnorr: (signature: Uint8Array, message: Uint8Array, publicKeyX: Uint8Array): boolean =>
      verifyByRecovery(signature, message, publicKeyX, recover),

    checkTweak(outputX: Uint8Array, parity: 0 | 1, internalX: Uint8Array, tweak: Uint8Array): boolean {
      internalKey.set(internalX, 1);
      const key = tweaked(internalKey, tweak);
      return key !== null && isPoint(key, 2 + parity, outputX);
    },

    tweakKey: (publicKey: Uint8Array, tweak: Uint8Array): Uint8Array | null =>
      tweaked(publicKey, tweak)?.slice() ?? null,
  });
}
