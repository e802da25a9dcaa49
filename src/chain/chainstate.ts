/**
 * The coins as of the tip: a cache of changes over a database, and the order of writes that lets any kill at
 * any instant be mended. Knows blocks only by hash.
 */

import type { BlockRemoval, CoinChanges, CoinLayer, PlacedCoin } from '../core/consensus/block-coins.ts';
import { concatBytes, equalBytes, toDisplayHex } from '../core/encoding/bytes.ts';
import type { Coin, CoinView } from '../core/transaction/coin.ts';
import { OutPointMap } from '../core/transaction/outpoint-map.ts';
import type { OutPoint } from '../core/transaction/transaction.ts';
import { CoinCache } from './coin-cache.ts';
import { CoinTally } from './coin-tally.ts';
import type { KeyRange, KeyValueStore, Operation } from './key-value-store.ts';
import {
  BEST_BLOCK_KEY,
  COIN_RANGE,
  CoinKeys,
  damagedCoins,
  decodeCoinKey,
  decodeStoredCoin,
  HEAD_MARKER_KEY,
  tallyRange,
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

/** Looking through so many coins twice for the same block would be a way to keep a node busy. */
const MANY_COINS = 5000;

/** @param expected undefined if it is not known */
function checkTally(found: CoinTally, expected: CoinTally | undefined, range?: number): void {
  if (expected !== undefined && !found.equals(expected, range))
    throw damagedCoins('coins are missing, or were spent');
}

interface ApplyOptions {
  readonly fresh: boolean;
  readonly repeats?: boolean;
}

/** What the database says of itself: hashes of 32 bytes, internal order. */
interface Head {
  readonly best: Uint8Array | undefined;
  /** A flush did not end. */
  readonly marker: { readonly from: Uint8Array; readonly to: Uint8Array } | undefined;
}

export class Chainstate {
  readonly #store: KeyValueStore;
  readonly #cache: CoinCache;
  readonly #options: ChainstateOptions;
  /** In place of the option's: there may be another for a while, with which it shares. */
  limit: number;
  /** Coins that there are; and that the database has, so that some that are lost are missed. Undefined: not known. */
  #tally: CoinTally | undefined = new CoinTally();
  #stored: CoinTally | undefined;
  /** The flush that is under way, or failed: the database has some of both. */
  #flushing: Promise<void> | undefined;
  /** Ranges of the tally that hold many coins, and were found whole since the last change. */
  readonly #whole = new Set<number>();
  /** Counts merges and flushes, so that a reader notices one that happened while it waited for the disk. */
  #version = 0;

  constructor(store: KeyValueStore, options: ChainstateOptions) {
    this.#store = store;
    this.#cache = new CoinCache(options.salt);
    this.#options = options;
    this.limit = options.limit;
  }

  get cacheBytes(): number {
    return this.#cache.memory;
  }

  /** Bytes of memory that coins may take: before they are written, and where they were read. */
  get caches(): { readonly tip: number; readonly store: number } {
    return { tip: this.limit, store: this.#store.cacheBytes ?? 0 };
  }

  get isFull(): boolean {
    return this.#cache.memory > this.limit;
  }

  async readHead(): Promise<Head> {
    const [record, marker] = await this.#store.getMany([BEST_BLOCK_KEY, HEAD_MARKER_KEY]);
    const best = record?.subarray(0, 32);
    if (record?.length === 32 || record?.length === 40)
      // An interrupted flush of an older version is counted at the start after the next.
      this.#tally = marker === undefined ? (await this.#count(COIN_RANGE)).tally : undefined;
    else if (record !== undefined) {
      this.#tally = CoinTally.decode(record.subarray(32));
      if (this.#tally === undefined) throw damagedCoins('the best block record has a wrong size');
    }
    this.#stored = this.#tally?.copy();
    if (marker === undefined) return { best, marker };
    if (marker.length !== 64) throw damagedCoins('the head marker has a wrong size');
    return { best, marker: { from: marker.subarray(0, 32), to: marker.subarray(32) } };
  }

  /**
   * Brings the coins named, as they are on top of the layers (oldest first).
   * @throws CorruptionError rather than bring one that was spent, whose deletion the database has lost
   */
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
      const doubtful: OutPoint[] = [];
      stored.forEach((bytes, i) => {
        if (bytes === undefined) return;
        const outpoint = outpoints[missing[i]!]!;
        coins[missing[i]!] = decodeStoredCoin(bytes);
        if (this.#store.wasDeleted(keys.at(i))) doubtful.push(outpoint);
      });
      await this.#checkRanges(doubtful);
    }
    return new FetchedCoins(outpoints, coins);
  }

  /**
   * For readers other than the writer, at any time: all coins as of one and the same tip.
   * @throws CorruptionError rather than say that there is none where the database has lost some
   */
  async coins(outpoints: readonly OutPoint[]): Promise<(Coin | undefined)[]> {
    for (;;) {
      const version = this.#version;
      const view = await this.fetch(outpoints, []);
      if (version !== this.#version) continue;
      const coins = outpoints.map((outpoint) => view.get(outpoint));
      await this.#checkRanges(
        outpoints.filter((outpoint, i) => coins[i] === undefined && this.#cache.get(outpoint) === undefined),
      );
      return coins;
    }
  }

  /**
   * Merges what a block did.
   * @param options.fresh the database cannot have the coins created; false for a way back or a replay.
   * @param options.repeats the coinbase was there before (BIP30's exceptions).
   */
  apply(changes: CoinChanges, { fresh, repeats = false }: ApplyOptions): void {
    this.#changed();
    for (const outpoint of changes.spent) {
      this.#cache.spend(outpoint);
      this.#tally?.remove(outpoint);
    }
    // Coinbases of before BIP34 could be repeated (BIP30's exceptions).
    for (const coin of changes.created) {
      this.#cache.add(coin, coin, fresh && !coin.coinbase);
      if (!(repeats && coin.coinbase)) this.#tally?.add(coin);
    }
  }

  /**
   * Fills an empty database. Of coins with the same outpoint one is taken; the tally is of what the database has.
   * @param block whose coins they are
   */
  async fill(coins: AsyncIterable<readonly PlacedCoin[]>, block: Uint8Array): Promise<void> {
    this.#tally = undefined;
    for await (const batch of coins) {
      for (const coin of batch) if (this.#cache.get(coin) === undefined) this.#cache.add(coin, coin, true);
      if (this.isFull) await this.flush(block, block, { complete: false });
    }
    await this.flush(block, block);
    await this.readHead();
    await this.flush(block, block);
  }

  /**
   * Writes all changes. The marker stays if this is only part of a way.
   * @param from the block whose coins the database has.
   * @param to the block whose coins it shall have.
   */
  async flush(from: Uint8Array, to: Uint8Array, { complete = true } = {}): Promise<void> {
    this.#flushing = this.#flush(from, to, complete);
    await this.#flushing;
    this.#flushing = undefined;
  }

  async #flush(from: Uint8Array, to: Uint8Array, complete: boolean): Promise<void> {
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
      const value = this.#tally === undefined ? to : concatBytes(to, this.#tally.encode());
      chunk.push({ put: BEST_BLOCK_KEY, value }, { delete: HEAD_MARKER_KEY });
    }
    await this.#store.batch(chunk, { sync: true });
    if (complete) this.#stored = this.#tally?.copy();
    this.#cache.clear();
    this.#changed();
  }

  #changed(): void {
    this.#version++;
    this.#whole.clear();
  }

  async #checkRanges(outpoints: readonly OutPoint[]): Promise<void> {
    for (const range of new Set(outpoints.map(CoinTally.rangeOf))) await this.#checkRange(range);
  }

  /** Are all coins of the range there, and no others? @throws CorruptionError */
  async #checkRange(range: number): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    if (this.#whole.has(range)) return;
    const expected = this.#stored;
    const version = this.#version;
    const { tally, count } = await this.#count(tallyRange(range));
    checkTally(tally, expected, range);
    if (count > MANY_COINS && version === this.#version) this.#whole.add(range);
  }

  /** Every coin of the database by (txid bytes, vout), from the moment of this call; flush before. */
  async snapshot(): Promise<AsyncIterable<[OutPoint, Coin]>> {
    const iterator = this.#store.iterate(COIN_RANGE)[Symbol.asyncIterator]();
    // The store fixes what it shows when the first entry is asked for.
    let entry = await iterator.next();
    const expected = this.#stored;
    return (async function* () {
      const found = new CoinTally();
      try {
        for (; entry.done !== true; entry = await iterator.next()) {
          const outpoint = decodeCoinKey(entry.value[0]);
          found.add(outpoint);
          yield [outpoint, decodeStoredCoin(entry.value[1])];
        }
        checkTally(found, expected);
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
    checkTally((await this.#count(COIN_RANGE)).tally, this.#stored);
  }

  /** What the database has. */
  async #count(range: KeyRange): Promise<{ readonly tally: CoinTally; readonly count: number }> {
    const tally = new CoinTally();
    let count = 0;
    for await (const [key] of this.#store.iterate(range)) {
      tally.add(decodeCoinKey(key));
      count++;
    }
    return { tally, count };
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
