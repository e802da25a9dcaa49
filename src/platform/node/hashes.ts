/**
 * The fastest hash functions and hex of a Node process: WebAssembly for short messages, where a call into
 * OpenSSL costs more than the hash, OpenSSL for long ones. Several times as fast as the references.
 */
import { hash } from 'node:crypto';
import { bindHex, type HexCodec, referenceHex } from '../../core/encoding/bytes.ts';
import { bindHashes, type HashFunctions } from '../../core/encoding/hashes.ts';
import { withBatches, withKernels } from '../shared/kernel-hashes.ts';

/** Plain bytes: a Buffer would compare and slice differently from what the rest of the code holds. */
function digest(algorithm: string, data: Uint8Array): Uint8Array {
  const result = hash(algorithm, data, 'buffer');
  return new Uint8Array(result.buffer, result.byteOffset, result.byteLength);
}

export const nodeHashes: HashFunctions = withKernels({
  sha256: (data) => digest('sha256', data),
  ripemd160: (data) => digest('ripemd160', data),
  sha1: (data) => digest('sha1', data),
});

/** What `toString('hex')` and `write(text, 'hex')` call; they take any bytes as they are. */
const { hexSlice, hexWrite } = Buffer.prototype as unknown as {
  hexSlice(this: Uint8Array, start: number, end: number): string;
  /** Returns how many bytes there were before anything that is no hex. */
  hexWrite(this: Uint8Array, text: string, start: number, length: number): number;
};

/** Characters from which on a call into Node is faster than a loop. */
const LONG_HEX = 256;

export const nodeHex: HexCodec = Object.freeze({
  /**
   * Builds no string of a thousand pieces, which would cost more to collect than to make, and no Buffer
   * around the bytes, which for a hash would cost as much as its hex.
   */
  encode: (bytes: Uint8Array): string => hexSlice.call(bytes, 0, bytes.length),

  /** A block takes a quarter of the time. */
  decode(text: string): Uint8Array | null {
    if (text.length < LONG_HEX || text.length % 2 !== 0) return referenceHex.decode(text);
    // Node looks at the low byte of a character only: to it, U+0161 is an `a`.
    if (Buffer.byteLength(text) !== text.length) return null;
    const bytes = new Uint8Array(text.length / 2);
    return hexWrite.call(bytes, text, 0, bytes.length) === bytes.length ? bytes : null;
  },
});

/** Call once in each thread, before anything is hashed. */
export function bindFastHashes(): void {
  bindHashes(withBatches(nodeHashes));
  bindHex(nodeHex);
}
