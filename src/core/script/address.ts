/** Addresses: Base58Check (P2PKH, P2SH), Bech32 (BIP173) and Bech32m (BIP350), with Core's error texts. */
import { bech32, bech32m } from '@scure/base';
import { decodeBase58, decodeBase58Check, encodeBase58Check } from '../encoding/base58.ts';
import { encodeSegwitAddress } from '../encoding/bech32.ts';
import { concatBytes } from '../encoding/bytes.ts';
import type { NetworkParameters } from '../parameters/network.ts';
import { locateBech32Errors } from './bech32-errors.ts';
import { p2pkh, p2sh, type Solution, solve, witnessProgramScript } from './templates.ts';

/** `message` is Core's text; `errorLocations` are indexes of characters that are probably wrong. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
  readonly errorLocations: readonly number[];

  constructor(message: string, errorLocations: readonly number[] = []) {
    super(message);
    this.errorLocations = errorLocations;
  }
}

/** The address of an output script, or null if it has none (P2PK, bare multisig, data...). */
export function encodeAddress(scriptPubKey: Uint8Array, parameters: NetworkParameters): string | null {
  return addressOfSolution(solve(scriptPubKey), parameters);
}

/** The same for a caller who has solved the script already. */
export function addressOfSolution(solution: Solution, parameters: NetworkParameters): string | null {
  const { type, solutions, version } = solution;
  const payload = solutions[0];
  if (payload === undefined) return null;
  if (version !== undefined) return encodeSegwitAddress(parameters.bech32Prefix, version, payload);
  if (type === 'pubkeyhash') return base58Address(parameters.pubKeyHashPrefix, payload);
  if (type === 'scripthash') return base58Address(parameters.scriptHashPrefix, payload);
  return null;
}

function base58Address(prefix: number, hash: Uint8Array): string {
  return encodeBase58Check(concatBytes(Uint8Array.of(prefix), hash));
}

/** The output script that pays this address. @throws AddressError */
export function decodeAddress(text: string, parameters: NetworkParameters): Uint8Array {
  const prefix = parameters.bech32Prefix;
  const looksBech32 = text.slice(0, prefix.length).toLowerCase() === prefix;
  return looksBech32 ? decodeSegwitAddress(text, prefix) : decodeBase58Address(text, parameters);
}

function decodeBase58Address(text: string, parameters: NetworkParameters): Uint8Array {
  const payload = decodeBase58Check(text, 21);
  if (payload === null) {
    if (decodeBase58(text, 100) === null)
      throw new AddressError('Invalid or unsupported Segwit (Bech32) or Base58 encoding.');
    throw new AddressError('Invalid checksum or length of Base58 address (P2PKH or P2SH)');
  }
  const isKeyHash = payload[0] === parameters.pubKeyHashPrefix;
  const isScriptHash = payload[0] === parameters.scriptHashPrefix;
  if (!isKeyHash && !isScriptHash) throw new AddressError('Invalid or unsupported Base58-encoded address.');
  if (payload.length !== 21) throw new AddressError('Invalid length for Base58 address (P2PKH or P2SH)');
  const hash = payload.subarray(1);
  return isKeyHash ? p2pkh(hash) : p2sh(hash);
}

function decodeSegwitAddress(text: string, prefix: string): Uint8Array {
  const decoded = decodeEither(text);
  if (decoded === null) {
    const { message, locations } = locateBech32Errors(text);
    throw new AddressError(message, locations);
  }
  const { words, encoding } = decoded;
  if (words.length === 0) throw new AddressError('Empty Bech32 data section');
  if (decoded.prefix !== prefix)
    throw new AddressError(
      `Invalid or unsupported prefix for Segwit (Bech32) address (expected ${prefix}, got ${decoded.prefix}).`,
    );
  const version = words[0]!;
  if (version === 0 && encoding !== bech32)
    throw new AddressError('Version 0 witness address must use Bech32 checksum');
  if (version !== 0 && encoding !== bech32m)
    throw new AddressError('Version 1+ witness address must use Bech32m checksum');
  const program = bytesFromWords(words.slice(1));
  checkProgram(version, program);
  return witnessProgramScript(version, program);
}

type Bech32Coder = typeof bech32 | typeof bech32m;

function decodeEither(text: string): { prefix: string; words: number[]; encoding: Bech32Coder } | null {
  for (const encoding of [bech32, bech32m]) {
    const decoded = encoding.decodeUnsafe(text);
    if (decoded) return { prefix: decoded.prefix, words: decoded.words, encoding };
  }
  return null;
}

function bytesFromWords(words: number[]): Uint8Array {
  const bytes = bech32.fromWordsUnsafe(words);
  if (!bytes) throw new AddressError('Invalid padding in Bech32 data section');
  return bytes;
}

function checkProgram(version: number, program: Uint8Array): void {
  const { length } = program;
  const size = `(${length} ${length === 1 ? 'byte' : 'bytes'})`;
  if (version === 0) {
    if (length !== 20 && length !== 32)
      throw new AddressError(`Invalid Bech32 v0 address program size ${size}, per BIP141`);
    return;
  }
  if (version > 16) throw new AddressError('Invalid Bech32 address witness version');
  if (length < 2 || length > 40) throw new AddressError(`Invalid Bech32 address program size ${size}`);
}
