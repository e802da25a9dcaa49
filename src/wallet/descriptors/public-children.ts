/** BIP32's public derivation for many children of one key, without what a general HD key keeps of each. */
import { hmac } from '@noble/hashes/hmac.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes } from '../../core/encoding/bytes.ts';
import { tweakKey } from '../../core/script/signing.ts';

export class PublicParent {
  readonly #publicKey: Uint8Array;
  readonly #chainCode: Uint8Array;

  /** @param publicKey 33 bytes @param chainCode 32 bytes */
  constructor(publicKey: Uint8Array, chainCode: Uint8Array) {
    this.#publicKey = publicKey;
    this.#chainCode = chainCode;
  }

  /** 33 bytes. @param index below 2^31 */
  child(index: number): Uint8Array {
    const number = Uint8Array.of(index >>> 24, index >>> 16, index >>> 8, index);
    const derived = hmac(sha512, this.#chainCode, concatBytes(this.#publicKey, number));
    const key = tweakKey(this.#publicKey, derived.subarray(0, 32));
    if (key === null) throw new RangeError('one child in 2^127 does not exist');
    return key;
  }
}
