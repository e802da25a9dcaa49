/** A chain whose disk is not as it was: it stops by name, and never answers wrongly. */
import { describe, expect, it } from 'vitest';
import type { Chain } from '../../src/chain/chain.ts';
import { HASH_SIZE, type HeaderEntry, ROW_SIZE } from '../../src/chain/header-entry.ts';
import type { KeyValueStore } from '../../src/chain/key-value-store.ts';
import { continueReindex } from '../../src/chain/reindex.ts';
import {
  BEST_BLOCK_KEY,
  COIN_RANGE,
  CoinKeys,
  damagedCoins,
  decodeCoinKey,
  HEADER_RANGE,
  headerKey,
  PAGE_RANGE,
} from '../../src/chain/schema.ts';
import { Writer } from '../../src/core/encoding/writer.ts';
import type { Coin } from '../../src/core/transaction/coin.ts';
import { coinCode } from '../../src/core/transaction/coin-encoding.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { forkStory, STORY_NETWORK, utxoHash } from '../support/fork-story.ts';
import { openMemoryChain } from '../support/memory-chain.ts';

const COINS = 'chainstate is damaged: restart with -reindex-chainstate';
const INDEX = 'block index is damaged: restart with -reindex';
const BLOCKS = 'blk00000.dat is damaged: restart with -reindex';

const story = forkStory(5, 40);
const open = (storage: MemoryStorage) =>
  openMemoryChain({ parameters: STORY_NETWORK, storage, checkBlocks: 1, checkLevel: 0 });

/** So much of the story, on the disk. */
async function lived(storage: MemoryStorage, blocks = story): Promise<Chain> {
  const chain = await open(storage);
  for (const block of blocks) await chain.acceptBlock(block);
  await chain.flush();
  return chain;
}

async function entriesOf(store: KeyValueStore, range = COIN_RANGE): Promise<[Uint8Array, Uint8Array][]> {
  const found: [Uint8Array, Uint8Array][] = [];
  for await (const [key, value] of store.iterate(range)) found.push([key, value]);
  return found;
}

/** Bytes of a stored block, as the files in memory hold them. */
async function stored(storage: MemoryStorage, chain: Chain, height: number): Promise<Uint8Array> {
  const { file, offset, size } = chain.entryAt(height)!.data!;
  return (await storage.blockFiles()).read('blk', file, offset, size);
}

describe('coins', () => {
  it('that are gone make no block invalid, and no statistics', async () => {
    const storage = new MemoryStorage();
    const head = story.slice(0, 25);
    const chain = await lived(storage, head);
    const store = await storage.store('chainstate');
    await store.batch((await entriesOf(store)).map(([key]) => ({ delete: key })));
    await expect(utxoHash(chain)).rejects.toThrow(`${COINS} (coins are missing, or were spent)`);
    const rest = story.slice(25);
    const outcomes = rest.map((block) => chain.acceptBlock(block).then(() => 'judged', String));
    const refused = (await Promise.all(outcomes)).find((outcome) => outcome !== 'judged');
    expect(refused).toContain(COINS);
    expect(rest.every(({ hash }) => (chain.entry(hash)?.failed ?? 'none') === 'none')).toBe(true);
  });

  it('that cannot be read stop the node, whoever asks', async () => {
    const storage = new MemoryStorage();
    const chain = await lived(storage);
    const store = await storage.store('chainstate');
    store.getMany = () => Promise.reject(damagedCoins('a record has a wrong checksum'));
    const failures: string[] = [];
    chain.fatal.subscribe(({ message }) => failures.push(message));
    await expect(chain.coins([{ txid: new Uint8Array(32), vout: 0 }])).rejects.toThrow(COINS);
    expect(failures).toEqual([`${COINS} (a record has a wrong checksum)`]);
  });

  it.each([
    ['are gone', () => []],
    [
      'have another key',
      (key: Uint8Array, value: Uint8Array) => [{ put: key.with(30, key[30]! ^ 4), value }],
    ],
    [
      'have a key far away',
      (key: Uint8Array, value: Uint8Array) => [{ put: key.with(1, key[1]! ^ 4), value }],
    ],
  ])('that %s while the chain runs are not called spent', async (_name, instead) => {
    const storage = new MemoryStorage();
    const chain = await lived(storage);
    const store = await storage.store('chainstate');
    const [lost, kept] = await entriesOf(store);
    const spent = { txid: kept![0].slice(1, 33), vout: 0xffffff };
    expect(await chain.coins([spent])).toEqual([undefined]);
    await store.batch([{ delete: lost![0] }, ...instead(...lost!)]);
    const failures: string[] = [];
    chain.fatal.subscribe(({ message }) => failures.push(message));
    expect(await chain.coins([decodeCoinKey(kept![0]), spent])).toMatchObject([{}, undefined]);
    await expect(chain.coins([spent, decodeCoinKey(lost![0])])).rejects.toThrow(COINS);
    expect(failures).toEqual([`${COINS} (coins are missing, or were spent)`]);
    await expect(utxoHash(chain)).rejects.toThrow(COINS);
  });

  it('that come back when the deletion of one is lost are not called unspent', async () => {
    const storage = new MemoryStorage();
    const chain = await lived(storage);
    const store = await storage.store('chainstate');
    let at = chain.tip;
    while ((await chain.blocks.readUndo(at)).length === 0) at = at.parent!;
    const [tx] = (await chain.blocks.readBlock(at)).transactions.slice(1);
    const [[coin]] = (await chain.blocks.readUndo(at)) as [[Coin]];
    const { prevout } = tx!.inputs[0]!;
    const { value, scriptPubKey } = coin.output;
    const stored = new Writer(64).uint64(value).uint32(coinCode(coin)).bytes(scriptPubKey).finish();
    await store.batch([{ put: new CoinKeys(1).write(0, prevout.txid, prevout.vout), value: stored }]);
    expect(await chain.coins([prevout])).toEqual([coin]);
    store.wasDeleted = () => true;
    await expect(chain.coins([prevout])).rejects.toThrow(COINS);
    await expect(utxoHash(chain)).rejects.toThrow(COINS);
  });

  it('that are there are found so at any moment of a flush, and after a kill in it', async () => {
    const storage = new MemoryStorage();
    const chain = await lived(storage, story.slice(0, -6));
    for (const block of story.slice(-6)) await chain.acceptBlock(block);
    const store = await storage.store('chainstate');
    const keys = (await entriesOf(store)).map(([key]) => ({ ...decodeCoinKey(key), vout: 0xffffff }));
    const batch = store.batch.bind(store);
    const asked: Promise<unknown>[] = [];
    store.batch = (...args) => {
      asked.push(chain.coins(keys));
      return batch(...args);
    };
    await chain.flush();
    expect(asked.length).toBeGreaterThan(1);
    for (const coins of await Promise.all(asked)) expect(coins).toEqual(keys.map(() => undefined));
    const again = await open(storage);
    expect(await again.coins(keys)).toEqual(keys.map(() => undefined));
  });

  it('that are others than their block made are found when it is taken back', async () => {
    const storage = new MemoryStorage();
    const chain = await lived(storage);
    const store = await storage.store('chainstate');
    for (const [key, value] of await entriesOf(store)) {
      const more = value.slice();
      more[0]! ^= 1;
      await store.batch([{ put: key, value: more }]);
    }
    await expect(chain.invalidate(chain.tip.hash)).rejects.toThrow(COINS);
    await expect((await open(storage)).verify(3, 1)).resolves.toBe(false);
  });

  it('of an older version are counted once', async () => {
    const storage = new MemoryStorage();
    const before = await lived(storage);
    const expected = await utxoHash(before);
    const store = await storage.store('chainstate');
    const best = (await store.get(BEST_BLOCK_KEY))!;
    for (const size of [32, 40]) {
      await store.batch([{ put: BEST_BLOCK_KEY, value: best.slice(0, size) }]);
      const chain = await open(storage);
      expect(await utxoHash(chain)).toBe(expected);
      expect(await store.get(BEST_BLOCK_KEY)).toEqual(best);
    }
  });
});

describe('a stored block', () => {
  it.each([
    ['with a checksum', false],
    ['of an older version', true],
  ])('%s is not taken back, shown or replayed with any bit flipped', async (_name, old) => {
    const storage = new MemoryStorage();
    let chain = await lived(storage);
    if (old) {
      const { tip } = chain;
      const index = await storage.store('blocks/index');
      for (const [key] of await entriesOf(index, PAGE_RANGE)) await index.batch([{ delete: key }]);
      for (let entry: HeaderEntry | null = tip; entry !== null; entry = entry.parent)
        await index.batch([{ put: headerKey(entry), value: entry.row.slice(HASH_SIZE, -4) }]);
      // They are put into pages, and mean the same.
      await open(storage);
      expect(await entriesOf(index, HEADER_RANGE)).toEqual([]);
      chain = await open(storage);
      expect(chain.tip.hash).toBe(tip.hash);
      expect(chain.tip.data).toEqual({ ...tip.data, checksum: undefined });
      expect(chain.tip.undo).toEqual(tip.undo);
    }
    const bytes = await stored(storage, chain, chain.height);
    for (let bit = 0; bit < 8 * bytes.length; bit += 13) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      await expect(chain.blocks.readBlock(chain.tip)).rejects.toThrow(BLOCKS);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    expect((await chain.blocks.readBlock(chain.tip)).hash).toBe(chain.tip.hash);
    bytes[bytes.length - 6]! ^= 4;
    await expect(chain.invalidate(chain.tip.hash)).rejects.toThrow(BLOCKS);
  });

  it('stops a reorganisation that would go there, and is not called invalid', async () => {
    const storage = new MemoryStorage();
    const chain = await lived(storage);
    const { hash } = chain.tip;
    await chain.invalidate(hash);
    const { file, offset, size } = chain.entry(hash)!.data!;
    (await (await storage.blockFiles()).read('blk', file, offset, size))[90]! ^= 1;
    const failures: Error[] = [];
    chain.fatal.subscribe((error) => failures.push(error));
    await expect(chain.reconsider(hash)).rejects.toThrow(BLOCKS);
    expect(failures).toHaveLength(1);
    expect(chain.entry(hash)!.failed).toBe('none');
  });

  it('that lies in a file which is gone is missed at start', async () => {
    const storage = new MemoryStorage();
    await lived(storage);
    await (await storage.blockFiles()).remove('blk', 0);
    await expect(open(storage)).rejects.toThrow(`${BLOCKS} (it ends before the data of block`);
  });

  it('that the index has forgotten is found again in its file', async () => {
    const storage = new MemoryStorage();
    const before = await lived(storage, story.slice(0, -6));
    for (const block of story.slice(-6)) await before.acceptBlock(block);
    const expected = [before.tip.hash, await utxoHash(before)];
    const again = new MemoryStorage();
    await lived(again, story.slice(0, -6));
    // As if a kill came before the index was saved.
    const from = await storage.blockFiles();
    const to = await again.blockFiles();
    const known = await to.size('blk', 0);
    await to.append('blk', 0, [await from.read('blk', 0, known, (await from.size('blk', 0)) - known)]);
    const chain = await open(again);
    expect(await continueReindex(chain, again)).toMatchObject({ refused: 0, orphans: 0 });
    expect([chain.tip.hash, await utxoHash(chain)]).toEqual(expected);
    expect(await continueReindex(await open(again), again)).toBe(undefined);
  });
});

describe('a block index', () => {
  it('that is gone is missed', async () => {
    const storage = new MemoryStorage();
    await lived(storage);
    await storage.destroy('blocks/index');
    await expect(open(storage)).rejects.toThrow(INDEX);
    await storage.destroy('chainstate');
    await expect(open(storage)).rejects.toThrow(INDEX);
  });

  it('that has forgotten the tip of the coins is missed', async () => {
    const storage = new MemoryStorage();
    const { tip } = await lived(storage);
    const index = await storage.store('blocks/index');
    for (const [key, rows] of await entriesOf(index, PAGE_RANGE)) {
      const at = Buffer.from(rows).indexOf(tip.row);
      if (at >= 0) await index.batch([{ put: key, value: rows.slice().fill(0, at, at + ROW_SIZE) }]);
    }
    await expect(open(storage)).rejects.toThrow(INDEX);
  });
});
