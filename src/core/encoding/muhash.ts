/**
 * MuHash3072: a hash of a set that elements can be added to and removed from in any order. Each element
 * becomes a number modulo a 3072-bit prime; the set is their product.
 */
import { chacha20 } from '@noble/ciphers/chacha.js';
import { bigintFromLittleEndian, littleEndianFromBigint } from './bytes.ts';
import { sha256 } from './hashes.ts';

const BYTES = 384;
const BITS = BigInt(8 * BYTES);
const MASK = (1n << BITS) - 1n;
/** The prime is 2^3072 less this. */
const COMPLEMENT = 1_103_717n;
const PRIME = (1n << BITS) - COMPLEMENT;

/** Product modulo the prime, in [0, 2^3072): the high part folds down, for 2^3072 is the complement. */
function multiply(a: bigint, b: bigint): bigint {
  let product = a * b;
  while (product > MASK) product = (product >> BITS) * COMPLEMENT + (product & MASK);
  return product;
}

/** The inverse modulo the prime, by Euclid's algorithm. */
function invert(value: bigint): bigint {
  let [r0, r1] = [PRIME, value % PRIME];
  let [t0, t1] = [0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [t0, t1] = [t1, t0 - quotient * t1];
  }
  return t0 < 0n ? t0 + PRIME : t0;
}

const NONCE = new Uint8Array(12);
const ZEROS = new Uint8Array(BYTES);

/** An element as a number: ChaCha20's key stream under its SHA-256. */
function toNumber(element: Uint8Array): bigint {
  return bigintFromLittleEndian(chacha20(sha256(element), NONCE, ZEROS));
}

export class MuHash {
  #added = 1n;
  #removed = 1n;

  add(element: Uint8Array): this {
    this.#added = multiply(this.#added, toNumber(element));
    return this;
  }

  remove(element: Uint8Array): this {
    this.#removed = multiply(this.#removed, toNumber(element));
    return this;
  }

  /** The 768 bytes of a set that is to be gone on with later (see `from`). */
  encode(): Uint8Array {
    const bytes = new Uint8Array(2 * BYTES);
    bytes.set(littleEndianFromBigint(this.#added, BYTES), 0);
    bytes.set(littleEndianFromBigint(this.#removed, BYTES), BYTES);
    return bytes;
  }

  /** A set from what `encode` gave. */
  static from(bytes: Uint8Array): MuHash {
    const set = new MuHash();
    set.#added = bigintFromLittleEndian(bytes.subarray(0, BYTES));
    set.#removed = bigintFromLittleEndian(bytes.subarray(BYTES, 2 * BYTES));
    return set;
  }

  /** 32 bytes, internal order; the set may be gone on with. */
  digest(): Uint8Array {
    const product = multiply(this.#added, invert(this.#removed)) % PRIME;
    return sha256(littleEndianFromBigint(product, BYTES));
  }
}
