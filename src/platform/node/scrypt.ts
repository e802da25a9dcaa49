/** scrypt on a thread of its own, natively. */
import { scrypt } from 'node:crypto';
import type { Scrypt } from '../../wallet/sealing.ts';

const KEY_BYTES = 32;

export const systemScrypt: Scrypt = (password, salt, { log2N, r, p }) =>
  new Promise((resolve, reject) => {
    const N = 2 ** log2N;
    // A little more than the 128 bytes for each N and r.
    const maxmem = 256 * N * r;
    scrypt(password, salt, KEY_BYTES, { N, r, p, maxmem }, (error, key) =>
      error === null ? resolve(new Uint8Array(key)) : reject(error),
    );
  });
