/**
 * BIP32's derivation of children, without what a general HD key computes for each: the points of secrets whose public
 * keys are known, or which nobody asks for.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes } from '../../core/encoding/bytes.ts';
import { addToSecret, publicKeyOf, tweakKey } from '../../core/script/signing.ts';
import { HARDENED } from './key-path.ts';

export class PublicParent {
  readonly #publicKey: Uint8Array;
  readonly #chainCode: Uint8Array;

  /** @param publicKey 33 bytes @param chainCode 32 bytes */
  constructor(publicKey: Uint8Array, chainCode: Uint8Array) {
    this.#publicKey = publicKey;
    this.#chainCode = chainCode;
  }

  /** @returns what is added to the key (32 bytes), and the child's chain code */
  #derive(index: number): readonly [tweak: Uint8Array, chainCode: Uint8Array] {
    const number = Uint8Array.of(index >>> 24, index >>> 16, index >>> 8, index);
    const derived = hmac(sha512, this.#chainCode, concatBytes(this.#publicKey, number));
    return [derived.subarray(0, 32), derived.subarray(32)];
  }

  /** 33 bytes. @param index below 2^31 */
  child(index: number): Uint8Array {
    return existing(tweakKey(this.#publicKey, this.#derive(index)[0]));
  }

  /** The child with what its own children need. */
  step(index: number): PublicParent {
    const [tweak, chainCode] = this.#derive(index);
    return new PublicParent(existing(tweakKey(this.#publicKey, tweak)), chainCode);
  }

  /** The secret of a child, given this key's. */
  childSecret(secret: Uint8Array, index: number): Uint8Array {
    return existing(addToSecret(secret, this.#derive(index)[0]));
  }
}

/** The secret that steps of any kind lead to. Only an unhardened one costs a point. @param chainCode 32 bytes */
export function secretBelow(secret: Uint8Array, chainCode: Uint8Array, path: readonly number[]): Uint8Array {
  let [key, chain] = [secret, chainCode];
  for (const step of path) {
    const number = Uint8Array.of(step >>> 24, step >>> 16, step >>> 8, step);
    const parent = step >= HARDENED ? concatBytes(Uint8Array.of(0), key) : publicKeyOf(key);
    const derived = hmac(sha512, chain, concatBytes(parent, number));
    key = existing(addToSecret(key, derived.subarray(0, 32)));
    chain = derived.subarray(32);
  }
  return key;
}

function existing(key: Uint8Array | null): Uint8Array {
  if (key === null) throw new RangeError('one child in 2^127 does not exist');
  return key;
}
