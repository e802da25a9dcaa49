/**
 * BIP32's public derivation for many children of one key. What they share (the parent's point) is found
 * once, which makes it several times faster than a general HD key: a wallet watches hundreds of children.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { etc, Point } from '@noble/secp256k1';
import { concatBytes } from '../../core/encoding/bytes.ts';

export class PublicParent {
  readonly #publicKey: Uint8Array;
  readonly #chainCode: Uint8Array;
  readonly #point: Point;

  /** @param publicKey 33 bytes @param chainCode 32 bytes */
  constructor(publicKey: Uint8Array, chainCode: Uint8Array) {
    this.#publicKey = publicKey;
    this.#chainCode = chainCode;
    this.#point = Point.fromBytes(publicKey);
  }

  /** 33 bytes. @param index below 2^31 */
  child(index: number): Uint8Array {
    const number = Uint8Array.of(index >>> 24, index >>> 16, index >>> 8, index);
    const derived = hmac(sha512, this.#chainCode, concatBytes(this.#publicKey, number));
    // One child in 2^127 does not exist; `multiply` refuses it.
    const tweak = etc.bytesToNumberBE(derived.subarray(0, 32));
    return this.#point.add(Point.BASE.multiply(tweak)).toBytes(true);
  }
}
