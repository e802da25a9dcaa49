/**
 * The coins as of the tip: a cache of changes over a database, and the order of writes that lets any kill at
 * any instant be mended. Knows blocks only by hash.
 */

import type { BlockRemoval, CoinChanges, CoinLayer, PlacedCoin } from '../core/consensus/block-coins.ts';
import { concatBytes, equalBytes, toDisplayHex } from '../core/encoding/bytes.ts';
import { Reader } from '../core/encoding/reader.ts';
import { Writer } from '../core/encoding/writer.ts';
import type { Coin, CoinView } from '../core/transaction/coin.ts';
import { OutPointMap } from '../core/transaction/outpoint-map.ts';
import type { OutPoint } from '../core/transaction/transaction.ts';
import { CoinCache } from './coin-cache.ts';
import type { KeyValueStore, Operation } from './key-value-store.ts';
import {
  BEST_BLOCK_KEY,
  COIN_RANGE,
  CoinKeys,
  damagedCoins,
  decodeCoinKey,
  decodeStoredCoin,
  HEAD_MARKER_KEY,
} from './schema.ts';

export interface ChainstateOptions {
  /** Bytes of the cache beyond which it wants to be flushed. */
  readonly limit: number;
  /** 8 random bytes. */
  readonly salt: Uint8Array;
  /** Coins written in one batch. */
  readonly batchCoins: number;
}

/** Any changes as a layer. */
export class ChangesLayer implements CoinLayer {
  readonly #coins = new OutPointMap<Coin | null>();

  constructor(changes: CoinChanges) {
    for (const outpoint of changes.spent) this.#coins.set(outpoint, null);
    for (const coin of changes.created) this.#coins.set(coin, coin);
  }

  get(outpoint: OutPoint): Coin | null | undefined {
    return this.#coins.get(outpoint);
  }
}

/**
 * Coins in the order in which they were asked for, which is nearly always that in which they are used: then
 * no look-up is needed.
 */
class FetchedCoins implements CoinView {
  readonly #outpoints: readonly OutPoint[];
  readonly #coins: readonly (Coin | null | undefined)[];
  #next = 0;
  #byOutPoint: OutPointMap<Coin | undefined> | undefined;

  constructor(outpoints: readonly OutPoint[], coins: readonly (Coin | null | undefined)[]) {
    this.#outpoints = outpoints;
    this.#coins = coins;
  }

  get(outpoint: OutPoint): Coin | undefined {
    if (this.#outpoints[this.#next] === outpoint) return this.#coins[this.#next++] ?? undefined;
    this.#byOutPoint ??= this.#index();
    return this.#byOutPoint.get(outpoint);
  }

  #index(): OutPointMap<Coin | undefined> {
    const map = new OutPointMap<Coin | undefined>();
    for (let i = 0; i < this.#outpoints.length; i++)
      map.set(this.#outpoints[i]!, this.#coins[i] ?? undefined);
    return map;
  }
}

/** @param expected NaN if it is not known */
function checkCount(count: number, expected: number): void {
  if (!Number.isNaN(expected) && count !== expected)
    throw damagedCoins(`${count} coins of ${expected} are there`);
}

interface ApplyOptions {
  readonly fresh: boolean;
  readonly repeats?: boolean;
}

/** What the database says of itself: hashes of 32 bytes, internal order. */
export interface Head {
  readonly best: Uint8Array | undefined;
  /** A flush did not end. */
  readonly marker: { readonly from: Uint8Array; readonly to: Uint8Array } | undefined;
}

export class Chainstate {
  readonly #store: KeyValueStore;
  readonly #cache: CoinCache;
  readonly #options: ChainstateOptions;
  /** Coins that there are; and that the database has, so that some that are lost are missed. */
  #count = 0;
  #stored = 0;
  /** Counts merges and flushes, so that a reader notices one that happened while it waited for the disk. */
  #version = 0;

  constructor(store: KeyValueStore, options: ChainstateOptions) {
    this.#store = store;
    this.#cache = new CoinCache(options.salt);
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#cache.memory > this.#options.limit;
  }

  async readHead(): Promise<Head> {
    const [record, marker] = await this.#store.getMany([BEST_BLOCK_KEY, HEAD_MARKER_KEY]);
    const best = record?.subarray(0, 32);
    if (record?.length === 40) this.#count = Number(new Reader(record.subarray(32)).uint64());
    else if (record?.length === 32)
      // An interrupted flush of an older version is counted at the start after the next.
      this.#count = marker === undefined ? await this.#countStored() : Number.NaN;
    else if (record !== undefined) throw damagedCoins('the best block record has a wrong size');
    this.#stored = this.#count;
    if (marker === undefined) return { best, marker };
    if (marker.length !== 64) throw damagedCoins('the head marker has a wrong size');
    return { best, marker: { from: marker.subarray(0, 32), to: marker.subarray(32) } };
  }

  /** Brings the coins named, as they are on top of the layers (oldest first). */
  async fetch(outpoints: readonly OutPoint[], layers: readonly CoinLayer[]): Promise<CoinView> {
    const inMemory = (outpoint: OutPoint): Coin | null | undefined => {
      for (let i = layers.length - 1; i >= 0; i--) {
        const coin = layers[i]!.get(outpoint);
        if (coin !== undefined) return coin;
      }
      return this.#cache.get(outpoint);
    };
    const coins: (Coin | null | undefined)[] = [];
    const missing: number[] = [];
    for (let i = 0; i < outpoints.length; i++) {
      coins.push(inMemory(outpoints[i]!));
      if (coins[i] === undefined) missing.push(i);
    }
    if (missing.length > 0) {
      const keys = new CoinKeys(missing.length);
      const stored = await this.#store.getMany(
        missing.map((at, i) => keys.write(i, outpoints[at]!.txid, outpoints[at]!.vout)),
      );
      stored.forEach((bytes, i) => {
        if (bytes !== undefined) coins[missing[i]!] = decodeStoredCoin(bytes);
      });
    }
    return new FetchedCoins(outpoints, coins);
  }

  /** For readers other than the writer, at any time: all coins as of one and the same tip. */
  async coins(outpoints: readonly OutPoint[]): Promise<(Coin | undefined)[]> {
    for (;;) {
      const version = this.#version;
      const view = await this.fetch(outpoints, []);
      if (version === this.#version) return outpoints.map((outpoint) => view.get(outpoint));
    }
  }

  /**
   * Merges what a block did.
   * @param options.fresh the database cannot have the coins created; false for a way back or a replay.
   * @param options.repeats the coinbase was there before (BIP30's exceptions).
   */
  apply(changes: CoinChanges, { fresh, repeats = false }: ApplyOptions): void {
    this.#version++;
    this.#count += changes.created.length - changes.spent.length - (repeats ? 1 : 0);
    for (const outpoint of changes.spent) this.#cache.spend(outpoint);
    // Coinbases of before BIP34 could be repeated (BIP30's exceptions).
    for (const coin of changes.created) this.#cache.add(coin, coin, fresh && !coin.coinbase);
  }

  /**
   * Writes all changes. The marker stays if this is only part of a way.
   * @param from the block whose coins the database has.
   * @param to the block whose coins it shall have.
   */
  async flush(from: Uint8Array, to: Uint8Array, { complete = true } = {}): Promise<void> {
    const marker: Operation = { put: HEAD_MARKER_KEY, value: concatBytes(from, to) };
    await this.#store.batch([marker], { sync: true });
    let chunk: Operation[] = [];
    // Written anew for each batch: the store has copied it by then.
    const keys = new CoinKeys(this.#options.batchCoins);
    for (const [key, stored] of this.#cache.changes()) {
      const vout = (key[32]! | (key[33]! << 8) | (key[34]! << 16) | (key[35]! << 24)) >>> 0;
      const coin = keys.write(chunk.length, key.subarray(0, 32), vout);
      chunk.push(stored === null ? { delete: coin } : { put: coin, value: stored });
      if (chunk.length === this.#options.batchCoins) {
        // Synced each: LevelDB may lose the end of an older log and keep a newer one.
        await this.#store.batch(chunk, { sync: true });
        chunk = [];
      }
    }
    if (complete) {
      const value = new Writer(40).bytes(to);
      if (!Number.isNaN(this.#count)) value.uint64(BigInt(this.#count));
      chunk.push({ put: BEST_BLOCK_KEY, value: value.finish() }, { delete: HEAD_MARKER_KEY });
    }
    await this.#store.batch(chunk, { sync: true });
    if (complete) this.#stored = this.#count;
    this.#cache.clear();
    this.#version++;
  }

  /** Every coin of the database by (txid bytes, vout), from the moment of this call; flush before. */
  async snapshot(): Promise<AsyncIterable<[OutPoint, Coin]>> {
    const iterator = this.#store.iterate(COIN_RANGE)[Symbol.asyncIterator]();
    // The store fixes what it shows when the first entry is asked for.
    let entry = await iterator.next();
    const expected = this.#stored;
    return (async function* () {
      let count = 0;
      try {
        for (; entry.done !== true; entry = await iterator.next(), count++)
          yield [decodeCoinKey(entry.value[0]), decodeStoredCoin(entry.value[1])];
        checkCount(count, expected);
      } finally {
        await iterator.return?.();
      }
    })();
  }

  /**
   * A block is taken back: the coins it created must be there as it made them, and those it spent must not.
   * @param layers what is above the chainstate, as for `fetch`
   * @param repeatable before BIP34 coinbases could be repeated, and have gone with the later block then.
   * @throws CorruptionError
   */
  async checkRemoval(
    { created, spent }: BlockRemoval,
    layers: readonly CoinLayer[],
    repeatable: boolean,
  ): Promise<void> {
    const coins = await this.fetch([...spent, ...created], layers);
    const isSame = (coin: PlacedCoin): boolean => {
      const found = coins.get(coin);
      return (
        found?.height === coin.height &&
        found.coinbase === coin.coinbase &&
        found.output.value === coin.output.value &&
        equalBytes(found.output.scriptPubKey, coin.output.scriptPubKey)
      );
    };
    const wrong =
      spent.find((coin) => !(coin.coinbase && repeatable) && !isSame(coin)) ??
      created.find((coin) => coins.get(coin) !== undefined);
    if (wrong !== undefined)
      throw damagedCoins(
        `coin ${toDisplayHex(wrong.txid)}:${wrong.vout} is not as its block made or spent it`,
      );
  }

  /** Looks whether all coins of the database are there; nothing may be flushed meanwhile. @throws CorruptionError */
  async verify(): Promise<void> {
    await this.#store.verify();
    checkCount(await this.#countStored(), this.#stored);
  }

  async #countStored(): Promise<number> {
    let count = 0;
    for await (const _ of this.#store.iterate(COIN_RANGE)) count++;
    return count;
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
