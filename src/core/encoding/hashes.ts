/**
 * The hash functions of the protocol. `@noble/hashes` is the reference and what a browser uses; a
 * platform may bind faster ones once, before anything is hashed.
 */
import { ripemd160 as nobleRipemd160, sha1 as nobleSha1 } from '@noble/hashes/legacy.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { concatBytes, utf8 } from './bytes.ts';

/** Messages in one piece, one behind the other: that many pieces of memory would cost more than to hash them. */
export interface Messages {
  readonly bytes: Uint8Array;
  /** Where each ends. */
  readonly ends: readonly number[];
}

export function inOnePiece(messages: readonly Uint8Array[]): Messages {
  let size = 0;
  const ends = messages.map(({ length }) => (size += length));
  const bytes = new Uint8Array(size);
  for (const [i, message] of messages.entries()) bytes.set(message, ends[i - 1] ?? 0);
  return { bytes, ends };
}

/** Every function returns new bytes: 32, 32, 20 and 20 of them for one message. */
export interface HashFunctions {
  sha256(data: Uint8Array): Uint8Array;
  /** SHA-256 of the SHA-256. */
  hash256(data: Uint8Array): Uint8Array;
  /** `hash256` of each message, in one piece as well: many at once may cost less than one by one. */
  hash256Each(messages: Messages): Uint8Array;
  /** The same of messages of 64 bytes. */
  hash256Pairs(nodes: Uint8Array): Uint8Array;
  ripemd160(data: Uint8Array): Uint8Array;
  sha1(data: Uint8Array): Uint8Array;
}

const referenceHash256 = (data: Uint8Array): Uint8Array => nobleSha256(nobleSha256(data));

/** Batches one by one, with whatever hashes one message. */
export function batchesOf(
  hash: HashFunctions['hash256'],
): Pick<HashFunctions, 'hash256Each' | 'hash256Pairs'> {
  const hash256Each = ({ bytes, ends }: Messages): Uint8Array => {
    const hashes = new Uint8Array(32 * ends.length);
    for (const [i, end] of ends.entries()) hashes.set(hash(bytes.subarray(ends[i - 1] ?? 0, end)), 32 * i);
    return hashes;
  };
  return {
    hash256Each,
    hash256Pairs: (nodes) =>
      hash256Each({ bytes: nodes, ends: Array.from({ length: nodes.length / 64 }, (_, i) => 64 * (i + 1)) }),
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
export const hash256Each = (messages: Messages): Uint8Array => bound.hash256Each(messages);
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
