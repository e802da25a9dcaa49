/**
 * Engine on the machine's own libsecp256k1, called through `koffi`: the library Bitcoin Core uses. Both
 * are optional; where either is absent, loading throws and another engine is used.
 */
import { createRequire } from 'node:module';
import type { SignatureEngine } from '../../../core/script/signature-engine.ts';
import { lender } from './native-memory.ts';

/** The part of koffi that is used; the package is optional, so its types may be absent. */
interface Koffi {
  load(path: string): { func(prototype: string): (...values: readonly unknown[]) => number & bigint };
}

/**
 * Names under which systems install the library, newest interface first. None without a number: the
 * oldest builds took other arguments.
 */
const LIBRARIES = [
  'libsecp256k1.so.6',
  'libsecp256k1.so.5',
  'libsecp256k1.so.2',
  'libsecp256k1.so.1',
  'libsecp256k1.dylib',
  '/opt/homebrew/lib/libsecp256k1.dylib',
  'libsecp256k1.dll',
] as const;
const CONTEXT_NONE = 1;
const COMPRESSED = 258;

/** @throws where koffi, the library, or its schnorrsig module is absent. */
export function loadSystemEngine(): SignatureEngine {
  const koffi = createRequire(import.meta.url)('koffi') as Koffi;
  const library = openFirst(koffi);
  const createContext = library.func('void *secp256k1_context_create(unsigned int flags)');
  const parseKey = library.func(
    'int secp256k1_ec_pubkey_parse(void *ctx, void *key, const void *input, size_t length)',
  );
  const parseXOnly = library.func(
    'int secp256k1_xonly_pubkey_parse(void *ctx, void *key, const void *input)',
  );
  const parseSignature = library.func(
    'int secp256k1_ecdsa_signature_parse_compact(void *ctx, void *signature, const void *input)',
  );
  const normalize = library.func(
    'int secp256k1_ecdsa_signature_normalize(void *ctx, void *out, const void *in)',
  );
  const verify = library.func(
    'int secp256k1_ecdsa_verify(void *ctx, const void *signature, const void *hash, const void *key)',
  );
  const verifySchnorr = library.func(
    'int secp256k1_schnorrsig_verify(void *ctx, const void *signature, const void *message, size_t length, const void *key)',
  );
  const checkTweak = library.func(
    'int secp256k1_xonly_pubkey_tweak_add_check(void *ctx, const void *output, int parity, const void *internal, const void *tweak)',
  );
  const tweakAdd = library.func('int secp256k1_ec_pubkey_tweak_add(void *ctx, void *key, const void *tweak)');
  const serialize = library.func(
    'int secp256k1_ec_pubkey_serialize(void *ctx, void *output, void *length, const void *key, unsigned int flags)',
  );
  const context = createContext(CONTEXT_NONE);
  // The library's own forms of a key and a signature; a thread has one engine, and calls do not overlap.
  const key = new Uint8Array(256).subarray(0, 64);
  const parsed = new Uint8Array(256).subarray(0, 64);
  const [lendSignature, lendHash, lendKey] = [lender(64), lender(32), lender(32, 33, 65)];

  return Object.freeze({
    name: 'libsecp256k1',

    verifyEcdsa(signature: Uint8Array, hash: Uint8Array, publicKey: Uint8Array): boolean {
      if (parseKey(context, key, lendKey(publicKey), publicKey.length) !== 1) return false;
      if (parseSignature(context, parsed, lendSignature(signature)) !== 1) return false;
      // The library refuses high S, which consensus accepts. Half the group order begins with 7f.
      if (signature[32]! >= 0x7f) normalize(context, parsed, parsed);
      return verify(context, parsed, lendHash(hash), key) === 1;
    },

    verifySchnorr(signature: Uint8Array, message: Uint8Array, publicKeyX: Uint8Array): boolean {
      if (parseXOnly(context, key, lendKey(publicKeyX)) !== 1) return false;
      return verifySchnorr(context, lendSignature(signature), lendHash(message), message.length, key) === 1;
    },

    checkTweak(outputX: Uint8Array, parity: 0 | 1, internalX: Uint8Array, tweak: Uint8Array): boolean {
      if (parseXOnly(context, key, lendKey(internalX)) !== 1) return false;
      return checkTweak(context, lendKey(outputX), parity, key, lendHash(tweak)) === 1;
    },

    tweakKey(publicKey: Uint8Array, tweak: Uint8Array): Uint8Array | null {
      if (publicKey.length !== 33 || parseKey(context, key, lendKey(publicKey), 33) !== 1) return null;
      if (tweakAdd(context, key, lendHash(tweak)) !== 1) return null;
      const output = new Uint8Array(33);
      serialize(context, output, new BigUint64Array([33n]), key, COMPRESSED);
      return output;
    },
  });
}

function openFirst(koffi: Koffi): ReturnType<Koffi['load']> {
  for (const name of LIBRARIES)
    try {
      return koffi.load(name);
    } catch {
      // Not under this name.
    }
  throw new Error('no libsecp256k1 on this machine');
}
