/**
 * A wallet in one file: a line that says what it is, every record of its store as it is stored (so that what is
 * encrypted stays so), and a SHA-256 over all of it.
 */
import { concatBytes, equalBytes, utf8 } from '../core/encoding/bytes.ts';
import { sha256 } from '../core/encoding/hashes.ts';
import { Reader } from '../core/encoding/reader.ts';
import { Writer } from '../core/encoding/writer.ts';
import { WalletError } from './wallet-error.ts';

type Records = (readonly [key: Uint8Array, value: Uint8Array])[];

const HEADER = utf8('penny wallet backup 1\n');
const DIGEST_BYTES = 32;

/** Does a file that begins like this hold a backup? */
export const isBackup = (start: Uint8Array): boolean => equalBytes(start.subarray(0, HEADER.length), HEADER);

export async function encodeBackup(records: AsyncIterable<Records[number]>): Promise<Uint8Array> {
  const parts = [HEADER];
  for await (const [key, value] of records) parts.push(new Writer().varBytes(key).varBytes(value).finish());
  const body = concatBytes(...parts);
  return concatBytes(body, sha256(body));
}

/** @param name of the wallet to be @throws WalletError -18 with Core's words for another file, -4 for a damaged one */
export function decodeBackup(bytes: Uint8Array, name: string): Records {
  if (!isBackup(bytes))
    throw new WalletError(
      `Wallet file verification failed. Failed to load database path '${name}'. Data is not in recognized format.`,
      'not-found',
    );
  const body = bytes.subarray(0, Math.max(HEADER.length, bytes.length - DIGEST_BYTES));
  if (!equalBytes(sha256(body), bytes.subarray(body.length)))
    throw new WalletError('Wallet file verification failed. The backup file is damaged or cut short.');
  const reader = new Reader(body, HEADER.length);
  const records: Records = [];
  while (reader.remaining > 0) records.push([reader.varBytes(), reader.varBytes()]);
  return records;
}
