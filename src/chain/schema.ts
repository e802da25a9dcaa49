/**
 * The chain's two databases, key by key.
 *
 * `blocks/index`
 *   'b' height (u32 BE) hash (32)   header (80), flags (u8), transactions (u32), file (u32), offset and size
 *                                   of the block (u32 each), offset and size of its undo data (u32 each), and
 *                                   CRC-32C of the block (u32; missing if it was stored by an older version)
 *   'R'                             empty; the block files are being read again (--reindex)
 *
 * `chainstate`
 *   'C' txid (32) vout (u32 BE)     satoshis (u64), height * 2 + coinbase (u32), scriptPubKey
 *   'B'                             hash of the block whose coins these are (32), and their tally (`coin-tally.ts`;
 *                                   older versions wrote how many there are, as u64, or nothing)
 *   'H'                             head marker: a flush is under way from the coins of one block to those of
 *                                   another (32 + 32)
 *
 * Numbers are little endian unless they order keys; hashes are in internal order. Heights in the keys of
 * headers bring parents before their children, so that the tree is loaded in one pass.
 */
import { HEADER_SIZE } from '../core/block/header.ts';
import { toDisplayHex } from '../core/encoding/bytes.ts';
import type { Coin } from '../core/transaction/coin.ts';
import type { OutPoint } from '../core/transaction/transaction.ts';
import type { BlockPosition, Failure, HeaderEntry, Position } from './header-entry.ts';
import type { KeyRange } from './key-value-store.ts';
import { type CorruptionError, damaged, type StoreTitle } from './storage.ts';

export const INDEX_STORE = 'blocks/index';
export const COIN_STORE = 'chainstate';

const TITLES: Readonly<Record<string, StoreTitle>> = {
  [INDEX_STORE]: { name: 'block index', remedy: 'restart with -reindex' },
  [COIN_STORE]: { name: COIN_STORE, remedy: 'restart with -reindex-chainstate' },
};
export const titleOf = (store: string): StoreTitle => TITLES[store] ?? { name: store };

export const damagedIndex = (reason: string): CorruptionError => damaged(titleOf(INDEX_STORE), reason);
export const damagedCoins = (reason: string): CorruptionError => damaged(titleOf(COIN_STORE), reason);

export const REINDEX_KEY = Uint8Array.of(0x52);
export const BEST_BLOCK_KEY = Uint8Array.of(0x42);
export const HEAD_MARKER_KEY = Uint8Array.of(0x48);

const HEADER_PREFIX = 0x62;
const COIN_PREFIX = 0x43;
const prefixRange = (prefix: number): KeyRange => ({
  gte: Uint8Array.of(prefix),
  lt: Uint8Array.of(prefix + 1),
});
export const HEADER_RANGE = prefixRange(HEADER_PREFIX);
export const COIN_RANGE = prefixRange(COIN_PREFIX);
/** The coins of one range of a tally: those whose txids begin with the same 14 bits. */
export const tallyRange = (range: number): KeyRange => ({
  gte: Uint8Array.of(COIN_PREFIX, range >>> 6, (range << 2) & 0xff),
  lte: Uint8Array.of(COIN_PREFIX, range >>> 6, ((range << 2) & 0xff) | 3, ...new Uint8Array(34).fill(0xff)),
});

const VALID_SCRIPTS = 1;
const FAILED_SELF = 2;
const FAILED_ANCESTOR = 4;
const HAVE_DATA = 8;
const HAVE_UNDO = 16;

const HEADER_RECORD_SIZE = HEADER_SIZE + 29;
const HEADER_RECORD_SIZE_BEFORE = HEADER_SIZE + 25;
const HEADER_KEY_SIZE = 37;

export function headerKey(entry: HeaderEntry): Uint8Array {
  const key = new Uint8Array(HEADER_KEY_SIZE);
  key[0] = HEADER_PREFIX;
  new DataView(key.buffer).setUint32(1, entry.height);
  key.set(entry.hashBytes, 5);
  return key;
}

export function encodeHeaderRecord(entry: HeaderEntry): Uint8Array {
  const { data, undo } = entry;
  const checksum = data?.checksum;
  const isOld = data !== null && checksum === undefined;
  const record = new Uint8Array(isOld ? HEADER_RECORD_SIZE_BEFORE : HEADER_RECORD_SIZE);
  record.set(entry.headerBytes);
  const view = new DataView(record.buffer, HEADER_SIZE);
  let flags = entry.validScripts ? VALID_SCRIPTS : 0;
  if (entry.failed === 'self') flags |= FAILED_SELF;
  if (entry.failed === 'ancestor') flags |= FAILED_ANCESTOR;
  if (data !== null) flags |= HAVE_DATA;
  if (undo !== null) flags |= HAVE_UNDO;
  view.setUint8(0, flags);
  const file = data?.file ?? 0;
  const numbers = [
    entry.transactionCount,
    file,
    data?.offset ?? 0,
    data?.size ?? 0,
    undo?.offset ?? 0,
    undo?.size ?? 0,
  ];
  if (!isOld) numbers.push(checksum ?? 0);
  for (const [i, number] of numbers.entries()) view.setUint32(1 + 4 * i, number, true);
  return record;
}

export interface HeaderRecord {
  /** Display order. */
  readonly hash: string;
  readonly header: Uint8Array;
  readonly failed: Failure;
  readonly validScripts: boolean;
  readonly transactionCount: number;
  readonly data: BlockPosition | null;
  readonly undo: Position | null;
}

/** @throws CorruptionError */
export function decodeHeaderRecord(key: Uint8Array, record: Uint8Array): HeaderRecord {
  const isOld = record.length === HEADER_RECORD_SIZE_BEFORE;
  if (key.length !== HEADER_KEY_SIZE || (record.length !== HEADER_RECORD_SIZE && !isOld))
    throw damagedIndex('a header record has a wrong size');
  const view = new DataView(record.buffer, record.byteOffset + HEADER_SIZE);
  const number = (i: number): number => view.getUint32(1 + 4 * i, true);
  const flags = view.getUint8(0);
  const file = number(1);
  return {
    hash: toDisplayHex(key.subarray(5)),
    header: record.subarray(0, HEADER_SIZE),
    failed: (flags & FAILED_SELF) !== 0 ? 'self' : (flags & FAILED_ANCESTOR) !== 0 ? 'ancestor' : 'none',
    validScripts: (flags & VALID_SCRIPTS) !== 0,
    transactionCount: number(0),
    data:
      (flags & HAVE_DATA) === 0
        ? null
        : { file, offset: number(2), size: number(3), checksum: isOld ? undefined : number(6) },
    undo: (flags & HAVE_UNDO) !== 0 ? { file, offset: number(4), size: number(5) } : null,
  };
}

const COIN_KEY_SIZE = 37;

/**
 * Keys of many coins, in one piece of memory: the database asks where each of them is, and V8 would have to
 * move it out of its heap for that.
 */
export class CoinKeys {
  readonly #memory: Uint8Array;

  constructor(count: number) {
    this.#memory = new Uint8Array(COIN_KEY_SIZE * count);
  }

  /** Writes the key with this number. @param txid 32 bytes, internal order. */
  write(number: number, txid: Uint8Array, vout: number): Uint8Array {
    const key = this.#memory.subarray(COIN_KEY_SIZE * number, COIN_KEY_SIZE * (number + 1));
    key[0] = COIN_PREFIX;
    key.set(txid, 1);
    key[33] = vout >>> 24;
    key[34] = vout >>> 16;
    key[35] = vout >>> 8;
    key[36] = vout;
    return key;
  }
}

export function decodeCoinKey(key: Uint8Array): OutPoint {
  return { txid: key.subarray(1, 33), vout: new DataView(key.buffer, key.byteOffset).getUint32(33) };
}

/** Not Core's compressed form: the bytes of the cache, so that neither reading nor flushing computes anything. */
export function decodeStoredCoin(stored: Uint8Array): Coin {
  if (stored.length < 12) throw damagedCoins('a coin record is too short');
  const view = new DataView(stored.buffer, stored.byteOffset);
  const code = view.getUint32(8, true);
  const value = view.getBigUint64(0, true);
  return {
    height: code >>> 1,
    coinbase: (code & 1) === 1,
    output: { value, scriptPubKey: stored.subarray(12) },
  };
}
