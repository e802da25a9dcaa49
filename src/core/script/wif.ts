/** Private keys as people carry them: wallet import format. */

import { decodeBase58Check, encodeBase58Check } from '../encoding/base58.ts';
import { concatBytes } from '../encoding/bytes.ts';
import { DecodeError } from '../encoding/errors.ts';
import type { NetworkParameters } from '../parameters/network.ts';
import { isValidSecret } from './signing.ts';

export interface PrivateKey {
  /** 32 bytes, big endian, in the group's range. */
  readonly secret: Uint8Array;
  /** Whether the public key that belongs to it is written in 33 bytes. */
  readonly compressed: boolean;
}

export function encodeWif(secret: Uint8Array, compressed: boolean, parameters: NetworkParameters): string {
  const prefix = Uint8Array.of(parameters.secretKeyPrefix);
  return encodeBase58Check(concatBytes(prefix, secret, Uint8Array.from(compressed ? [1] : [])));
}

/** @throws DecodeError for anything but a private key of this network. */
export function decodeWif(text: string, parameters: NetworkParameters): PrivateKey {
  const payload = decodeBase58Check(text, 34);
  if (payload !== null && payload[0] === parameters.secretKeyPrefix) {
    const secret = payload.slice(1, 33);
    const compressed = payload.length === 34 && payload[33] === 1;
    if ((payload.length === 33 || compressed) && isValidSecret(secret)) return { secret, compressed };
  }
  throw new DecodeError('Invalid private key encoding');
}
