/** Messages signed with the key of a P2PKH address, as Bitcoin Core's signmessage and verifymessage do. */
import { base64 } from '@scure/base';
import { equalBytes, utf8 } from '../core/encoding/bytes.ts';
import { hash160, hash256 } from '../core/encoding/hashes.ts';
import { Writer } from '../core/encoding/writer.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { AddressError, decodeAddress } from '../core/script/address.ts';
import { recoverPublicKey, signRecoverable } from '../core/script/signing.ts';
import { solve } from '../core/script/templates.ts';

/** Names of Core's MessageVerificationResult. */
type MessageVerdict =
  | 'OK'
  | 'ERR_INVALID_ADDRESS'
  | 'ERR_ADDRESS_NO_KEY'
  | 'ERR_MALFORMED_SIGNATURE'
  | 'ERR_PUBKEY_NOT_RECOVERED'
  | 'ERR_NOT_SIGNED';

const MAGIC = utf8('Bitcoin Signed Message:\n');

/** The prefix keeps a signed message from ever being a signed transaction. */
function messageHash(message: string): Uint8Array {
  return hash256(new Writer().varBytes(MAGIC).varBytes(utf8(message)).finish());
}

/** Base64 of a recoverable signature. @param compressed how the public key is hashed in the address */
export function signMessage(message: string, secret: Uint8Array, compressed: boolean): string {
  return base64.encode(signRecoverable(messageHash(message), secret, compressed));
}

export function verifyMessage(
  address: string,
  signature: string,
  message: string,
  parameters: NetworkParameters,
): MessageVerdict {
  let keyHash: Uint8Array;
  try {
    const { type, solutions } = solve(decodeAddress(address, parameters));
    if (type !== 'pubkeyhash') return 'ERR_ADDRESS_NO_KEY';
    keyHash = solutions[0]!;
  } catch (error) {
    if (error instanceof AddressError) return 'ERR_INVALID_ADDRESS';
    throw error;
  }
  let bytes: Uint8Array;
  try {
    bytes = base64.decode(signature);
  } catch {
    return 'ERR_MALFORMED_SIGNATURE';
  }
  const key = recoverPublicKey(messageHash(message), bytes);
  if (key === null) return 'ERR_PUBKEY_NOT_RECOVERED';
  return equalBytes(hash160(key), keyHash) ? 'OK' : 'ERR_NOT_SIGNED';
}
