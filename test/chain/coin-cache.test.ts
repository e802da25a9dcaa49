import { describe, expect, it } from 'vitest';
import { CoinCache } from '../../src/chain/coin-cache.ts';
import { decodeStoredCoin } from '../../src/chain/schema.ts';
import { toHex } from '../../src/core/encoding/bytes.ts';
import { Writer } from '../../src/core/encoding/writer.ts';
import type { Coin } from '../../src/core/transaction/coin.ts';
import { type OutPoint, writeOutPoint } from '../../src/core/transaction/transaction.ts';
import { seededNumbers } from '../support/fork-story.ts';

const SALT = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

function outpoint(n: number): OutPoint {
  // All the same but for two bytes, so that probing and comparing have work to do.
  const txid = new Uint8Array(32).fill(9);
  txid[0] = n;
  txid[31] = n >> 8;
  return { txid, vout: n % 3 };
}

function coin(n: number, scriptLength: number): Coin {
  const scriptPubKey = new Uint8Array(scriptLength).fill(n);
  return { height: n, coinbase: n % 2 === 1, output: { value: BigInt(n) * 100_000_000_001n, scriptPubKey } };
}

/** Of the 36 bytes that the cache gives as a key. */
function keyOf(at: OutPoint): string {
  const writer = new Writer(36);
  writeOutPoint(writer, at);
  return toHex(writer.finish());
}

/** What a database would hold after the cache's changes were written to it. */
function written(cache: CoinCache, disk: ReadonlyMap<string, Coin>): Map<string, Coin> {
  const after = new Map(disk);
  for (const [key, stored] of cache.changes()) {
    if (stored === null) after.delete(toHex(key));
    else after.set(toHex(key), decodeStoredCoin(stored.slice()));
  }
  return after;
}

describe('CoinCache', () => {
  it('agrees with a plain map through adding, spending and flushing', () => {
    const below = seededNumbers(3);
    const cache = new CoinCache(SALT);
    let disk = new Map<string, Coin>();
    let model = new Map<string, Coin>();
    for (let step = 0; step < 30_000; step++) {
      const n = below(2000);
      const at = outpoint(n);
      const key = keyOf(at);
      if (below(2) === 0 && model.has(key)) {
        cache.spend(at);
        model.delete(key);
      } else if (!model.has(key)) {
        const made = coin(n, below(60) === 0 ? below(10_000) : 20 + below(20));
        cache.add(at, made, !disk.has(key) && below(2) === 0);
        model.set(key, made);
      }
      const seen = cache.get(at);
      // What the cache does not know, the disk does.
      const known = seen === undefined ? disk.get(key) : (seen ?? undefined);
      const expected = model.get(key);
      if (known?.height !== expected?.height || step % 50 === 0) expect(known).toEqual(expected);
      if (step % 5000 === 4999) {
        disk = written(cache, disk);
        expect(disk).toEqual(model);
        cache.clear();
        model = new Map(disk);
      }
    }
  });

  it('never brings to the disk what was created and spent in between', () => {
    const cache = new CoinCache(SALT);
    cache.add(outpoint(1), coin(1, 25), true);
    cache.spend(outpoint(1));
    expect([...cache.changes()]).toEqual([]);
  });

  it('deletes from the disk what may be there', () => {
    const cache = new CoinCache(SALT);
    cache.add(outpoint(1), coin(1, 25), false);
    cache.spend(outpoint(1));
    cache.spend(outpoint(2));
    expect([...cache.changes()].map(([, stored]) => stored)).toEqual([null, null]);
  });

  it('takes the room of spent coins again', () => {
    const cache = new CoinCache(SALT);
    for (let n = 0; n < 2000; n++) cache.add(outpoint(n), coin(n, 25), true);
    const { memory } = cache;
    for (let round = 0; round < 20; round++) {
      for (let n = 0; n < 2000; n++) cache.spend(outpoint(n));
      for (let n = 0; n < 2000; n++) cache.add(outpoint(n), coin(n, 25), true);
    }
    expect(cache.memory).toBe(memory);
    cache.clear();
    expect(cache.memory).toBeLessThan(10_000);
  });
});
