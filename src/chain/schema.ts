/**
 * The chain's two databases, key by key.
 *
 * `blocks/index`
 *   'P' number (u32 BE)             a page of up to 32 rows, one a header (`header-entry.ts`), in the order in which
 *                                   they came, which brings parents before their children; one of zeros was forgotten
 *   'b' height (u32 BE) hash (32)   the rest of a row, as older versions kept each by itself
 *   'R'                             empty; the block files are being read again (--reindex)
 *
 * `chainstate`, and `chainstate_snapshot` (`assumed-coins.ts`)
 *   'C' txid (32) vout (u32 BE)     satoshis (u64), height * 2 + coinbase (u32), scriptPubKey
 *   'B'                             hash of the block whose coins these are (32), and their tally (`coin-tally.ts`;
 *                                   older versions wrote how many there are, as u64, or nothing)
 *   'H'                             head marker: a flush is under way from the coins of one block to those of
 *                                   another (32 + 32)
 *
 * Numbers are little endian unless they order keys; hashes are in internal order.
 */
import type { Coin } from '../core/transaction/coin.ts';
import type { OutPoint } from '../core/transaction/transaction.ts';
import { HASH_SIZE, type HeaderEntry, ROW_SIZE, rowOf } from './header-entry.ts';
import type { KeyRange } from './key-value-store.ts';
import { type CorruptionError, damaged, type StoreTitle } from './storage.ts';

export const INDEX_STORE = 'blocks/index';
export const COIN_STORE = 'chainstate';
/** Coins that began with a snapshot, until it is verified and a start has put them in the place of the others. */
export const SNAPSHOT_STORE = 'chainstate_snapshot';

const TITLES: Readonly<Record<string, StoreTitle>> = {
  [INDEX_STORE]: { name: 'block index', remedy: 'restart with -reindex' },
  [COIN_STORE]: { name: COIN_STORE, remedy: 'restart with -reindex-chainstate' },
  [SNAPSHOT_STORE]: { name: SNAPSHOT_STORE, remedy: 'restart with -reindex-chainstate' },
  snapshots: { name: 'the store of snapshots', remedy: 'stop the node and remove its folder, snapshots' },
};
export const titleOf = (store: string): StoreTitle => TITLES[store] ?? { name: store };

export const damagedIndex = (reason: string): CorruptionError => damaged(titleOf(INDEX_STORE), reason);
export const damagedCoins = (reason: string): CorruptionError => damaged(titleOf(COIN_STORE), reason);

export const REINDEX_KEY = Uint8Array.of(0x52);
export const BEST_BLOCK_KEY = Uint8Array.of(0x42);
export const HEAD_MARKER_KEY = Uint8Array.of(0x48);

const PAGE_PREFIX = 0x50;
const HEADER_PREFIX = 0x62;
const COIN_PREFIX = 0x43;
const prefixRange = (prefix: number): KeyRange => ({
  gte: Uint8Array.of(prefix),
  lt: Uint8Array.of(prefix + 1),
});
export const PAGE_RANGE = prefixRange(PAGE_PREFIX);
export const HEADER_RANGE = prefixRange(HEADER_PREFIX);
export const COIN_RANGE = prefixRange(COIN_PREFIX);
/** The coins of one range of a tally: those whose txids begin with the same 14 bits. */
export const tallyRange = (range: number): KeyRange => ({
  gte: Uint8Array.of(COIN_PREFIX, range >>> 6, (range << 2) & 0xff),
  lte: Uint8Array.of(COIN_PREFIX, range >>> 6, ((range << 2) & 0xff) | 3, ...new Uint8Array(34).fill(0xff)),
});

const HASH_AT = 5;
const RECORD_SIZE = ROW_SIZE - HASH_SIZE;
const CHECKSUM_SIZE = 4;

/** Bytes: one is written anew when one of its rows changes. */
export const PAGE_SIZE = 32 * ROW_SIZE;

export function pageKey(page: number): Uint8Array {
  const key = new Uint8Array(5);
  key[0] = PAGE_PREFIX;
  new DataView(key.buffer).setUint32(1, page);
  return key;
}

/** Number of the page. @throws CorruptionError */
export function decodePage(key: Uint8Array, { length }: Uint8Array): number {
  if (key.length !== 5 || length === 0 || length > PAGE_SIZE || length % ROW_SIZE !== 0)
    throw damagedIndex('a page has a wrong size');
  return new DataView(key.buffer, key.byteOffset).getUint32(1);
}

export function headerKey({ height, hashBytes }: HeaderEntry): Uint8Array {
  const key = new Uint8Array(HASH_AT + HASH_SIZE);
  key[0] = HEADER_PREFIX;
  new DataView(key.buffer).setUint32(1, height);
  key.set(hashBytes, HASH_AT);
  return key;
}

/** The row of a header that was kept by itself. @throws CorruptionError */
export function decodeHeaderRecord(key: Uint8Array, record: Uint8Array): Uint8Array {
  const missing = RECORD_SIZE - record.length;
  if (key.length !== HASH_AT + HASH_SIZE || (missing !== 0 && missing !== CHECKSUM_SIZE))
    throw damagedIndex('a header record has a wrong size');
  return rowOf(key.subarray(HASH_AT), record);
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

  at(number: number): Uint8Array {
    return this.#memory.subarray(COIN_KEY_SIZE * number, COIN_KEY_SIZE * (number + 1));
  }

  /** Writes the key with this number. @param txid 32 bytes, internal order. */
  write(number: number, txid: Uint8Array, vout: number): Uint8Array {
    const key = this.at(number);
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
