/** Node's own hash functions (OpenSSL), for large data several times as fast as the reference. */
import { hash } from 'node:crypto';
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

/** Call once in each thread, before anything is hashed. */
export function bindFastHashes(): void {
  bindHashes(nodeHashes);
}
