/**
 * The hash functions of the protocol. `@noble/hashes` is the reference and what a browser uses; a
 * platform may bind faster ones once, before anything is hashed.
 */
import { ripemd160 as nobleRipemd160, sha1 as nobleSha1 } from '@noble/hashes/legacy.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { concatBytes, utf8 } from './bytes.ts';

/** Every function returns new bytes: 32, 32, 20 and 20 of them for one message. */
export interface HashFunctions {
  sha256(data: Uint8Array): Uint8Array;
  /** SHA-256 of the SHA-256. */
  hash256(data: Uint8Array): Uint8Array;
  /** `hash256` of each message: many at once may cost less than one by one. */
  hash256Each(messages: readonly Uint8Array[]): Uint8Array[];
  /** `hash256` of messages of 64 bytes that lie one after the other; so do the results. */
  hash256Pairs(nodes: Uint8Array): Uint8Array;
  ripemd160(data: Uint8Array): Uint8Array;
  sha1(data: Uint8Array): Uint8Array;
}

const referenceHash256 = (data: Uint8Array): Uint8Array => nobleSha256(nobleSha256(data));

/** Batches one by one, with whatever hashes one message. */
export function batchesOf(
  hash: HashFunctions['hash256'],
): Pick<HashFunctions, 'hash256Each' | 'hash256Pairs'> {
  return {
    hash256Each: (messages) => messages.map(hash),
    hash256Pairs(nodes) {
      const hashes = new Uint8Array(nodes.length / 2);
      for (let at = 0; at < nodes.length; at += 64) hashes.set(hash(nodes.subarray(at, at + 64)), at / 2);
      return hashes;
    },
  };
}

export const referenceHashes: HashFunctions = Object.freeze({
  sha256: (data: Uint8Array) => nobleSha256(data),
  hash256: referenceHash256,
  ...batchesOf(referenceHash256),
  ripemd160: (data: Uint8Array) => nobleRipemd160(data),
  sha1: (data: Uint8Array) => nobleSha1(data),
});

let bound: HashFunctions = referenceHashes;

/** Replaces the implementation for this thread; the results must be the same. */
export function bindHashes(functions: HashFunctions): void {
  bound = functions;
}

export const sha256 = (data: Uint8Array): Uint8Array => bound.sha256(data);
export const hash256 = (data: Uint8Array): Uint8Array => bound.hash256(data);
export const hash256Each = (messages: readonly Uint8Array[]): Uint8Array[] => bound.hash256Each(messages);
export const hash256Pairs = (nodes: Uint8Array): Uint8Array => bound.hash256Pairs(nodes);
export const ripemd160 = (data: Uint8Array): Uint8Array => bound.ripemd160(data);
export const sha1 = (data: Uint8Array): Uint8Array => bound.sha1(data);

/** RIPEMD-160 of SHA-256: addresses and public key hashes. */
export const hash160 = (data: Uint8Array): Uint8Array => bound.ripemd160(bound.sha256(data));

const tags = new Map<string, Uint8Array>();

/** BIP340: the 64 bytes that set the hashes of one tag apart, SHA-256(tag) twice. */
export function tagPrefix(tag: string): Uint8Array {
  let prefix = tags.get(tag);
  if (prefix === undefined) {
    const once = bound.sha256(utf8(tag));
    prefix = concatBytes(once, once);
    tags.set(tag, prefix);
  }
  return prefix;
}

/** BIP340 tagged hash: SHA-256(SHA-256(tag) || SHA-256(tag) || data). */
export function taggedHash(tag: string, ...data: readonly Uint8Array[]): Uint8Array {
  return bound.sha256(concatBytes(tagPrefix(tag), ...data));
}
