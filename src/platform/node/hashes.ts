/** Node's own hash functions (OpenSSL) and hex, for large data several times as fast as the references. */
import { hash } from 'node:crypto';
import { bindHex } from '../../core/encoding/bytes.ts';
import { bindHashes, type HashFunctions } from '../../core/encoding/hashes.ts';

/** Plain bytes: a Buffer would compare and slice differently from what the rest of the code holds. */
function digest(algorithm: string, data: Uint8Array): Uint8Array {
  const result = hash(algorithm, data, 'buffer');
  return new Uint8Array(result.buffer, result.byteOffset, result.byteLength);
}

const sha256 = (data: Uint8Array): Uint8Array => digest('sha256', data);

export const nodeHashes: HashFunctions = Object.freeze({
  sha256,
  hash256: (data: Uint8Array) => sha256(sha256(data)),
  ripemd160: (data: Uint8Array) => digest('ripemd160', data),
  sha1: (data: Uint8Array) => digest('sha1', data),
});

/** Builds no string of a thousand pieces, which would cost more to collect than to make. */
export const nodeHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');

/** Call once in each thread, before anything is hashed. */
export function bindFastHashes(): void {
  bindHashes(nodeHashes);
  bindHex(nodeHex);
}
