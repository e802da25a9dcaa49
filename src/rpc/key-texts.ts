/** Descriptors, keys and PSBTs from their text. */
import { fromHex, isHex } from '../core/encoding/bytes.ts';
import { DecodeError } from '../core/encoding/errors.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { isValidPublicKey } from '../core/script/signing.ts';
import { decodeWif, type PrivateKey } from '../core/script/wif.ts';
import { DescriptorError } from '../wallet/descriptors/descriptor-error.ts';
import { type ParsedDescriptor, parseDescriptor } from '../wallet/descriptors/parse.ts';
import { Psbt } from '../wallet/psbt/psbt.ts';
import { PsbtError } from '../wallet/psbt/psbt-map.ts';
import { refuse } from './errors.ts';

/** @throws RpcError -5, unless `because` says otherwise */
export function readDescriptor(
  text: string,
  parameters: NetworkParameters,
  requireChecksum = false,
  because = (why: string) => refuse.key(why),
): ParsedDescriptor {
  try {
    return parseDescriptor(text, parameters, requireChecksum);
  } catch (error) {
    throw error instanceof DescriptorError ? because(error.message) : error;
  }
}

/** 33 or 65 bytes. @throws RpcError -5 */
export function publicKeyFrom(text: string): Uint8Array {
  const invalid = (why: string) => refuse.key(`Pubkey "${text}" must ${why}`);
  if (!isHex(text)) throw invalid('be a hex string');
  const key = fromHex(text);
  if (key.length !== 33 && key.length !== 65) throw invalid('have a length of either 33 or 65 bytes');
  if (!isValidPublicKey(key)) throw invalid('be cryptographically valid.');
  return key;
}

/** @throws RpcError -22 */
export function readPsbt(text: string): Psbt {
  try {
    return Psbt.decodeBase64(text);
  } catch (error) {
    if (error instanceof PsbtError) throw refuse.text(`TX decode failed ${error.message}`);
    throw error;
  }
}

/** @throws RpcError -5 */
export function readPrivateKey(text: string, parameters: NetworkParameters): PrivateKey {
  try {
    return decodeWif(text, parameters);
  } catch (error) {
    if (error instanceof DecodeError) throw refuse.key('Invalid private key');
    throw error;
  }
}
