/** The mempool over a restart, in the layout of Bitcoin Core's mempool.dat (versions 1 and 2). Owns form only. */
import { toDisplayHex } from '../core/encoding/bytes.ts';
import { DecodeError } from '../core/encoding/errors.ts';
import { Reader } from '../core/encoding/reader.ts';
import { Writer } from '../core/encoding/writer.ts';
import { Transaction, type Txid } from '../core/transaction/transaction.ts';

interface SavedTransaction {
  readonly tx: Transaction;
  /** Seconds since the epoch at which it came. */
  readonly time: number;
  /** Satoshis that were added to its fee. */
  readonly feeDelta: bigint;
}

interface SavedMempool {
  readonly transactions: readonly SavedTransaction[];
  /** Of transactions that are not here. 32 bytes, internal order, and satoshis. */
  readonly feeDeltas: readonly (readonly [Uint8Array, bigint])[];
  readonly unbroadcast: readonly Uint8Array[];
}

const PLAIN = 1n;
/** Everything after the key is XORed with it, lest a virus scanner finds something in the transactions. */
const OBFUSCATED = 2n;
const KEY_SIZE = 8;
/** Version, time and fee delta besides the smallest transaction. */
const MINIMUM_SAVED = 10 + 8 + 8;

/** @param key 8 random bytes. */
export function encodeMempool(saved: SavedMempool, key: Uint8Array): Uint8Array {
  const writer = new Writer(1 << 16).uint64(OBFUSCATED).varBytes(key);
  const start = writer.length;
  writer.uint64(BigInt(saved.transactions.length));
  for (const { tx, time, feeDelta } of saved.transactions)
    writer.bytes(tx.bytes).int64(BigInt(time)).int64(feeDelta);
  writer.compactSize(saved.feeDeltas.length);
  for (const [txid, delta] of saved.feeDeltas) writer.bytes(txid).int64(delta);
  writer.compactSize(saved.unbroadcast.length);
  for (const txid of saved.unbroadcast) writer.bytes(txid);
  const bytes = writer.finish();
  obfuscate(bytes, start, key);
  return bytes;
}

/** @throws DecodeError */
export function decodeMempool(stored: Uint8Array): SavedMempool {
  const bytes = stored.slice();
  const reader = new Reader(bytes);
  const version = reader.uint64();
  if (version !== PLAIN && version !== OBFUSCATED) throw new DecodeError(`mempool.dat version ${version}`);
  if (version === OBFUSCATED) {
    const key = reader.varBytes(KEY_SIZE);
    if (key.length !== KEY_SIZE) throw new DecodeError('mempool.dat has a key of a wrong size');
    obfuscate(bytes, reader.position, key.slice());
  }
  const count = reader.uint64();
  if (count * BigInt(MINIMUM_SAVED) > BigInt(reader.remaining)) throw new DecodeError('end of data');
  const transactions: SavedTransaction[] = [];
  for (let i = 0n; i < count; i++)
    transactions.push({
      tx: Transaction.read(reader),
      time: Number(reader.int64()),
      feeDelta: reader.int64(),
    });
  const list = <T>(size: number, read: () => T): T[] => Array.from({ length: reader.count(size) }, read);
  const feeDeltas = list(40, () => [reader.view(32), reader.int64()] as const);
  const unbroadcast = list(32, () => reader.view(32));
  return { transactions, feeDeltas, unbroadcast };
}

/** The key counts from the beginning of the file. */
function obfuscate(bytes: Uint8Array, start: number, key: Uint8Array): void {
  for (let i = start; i < bytes.length; i++) bytes[i]! ^= key[i % KEY_SIZE]!;
}

export const displayTxid = (txid: Uint8Array): Txid => toDisplayHex(txid) as Txid;
