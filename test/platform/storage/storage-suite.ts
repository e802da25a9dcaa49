/** What every Storage must do, whatever it is made of. */
import { describe, expect, it } from 'vitest';
import type { KeyRange, KeyValueStore } from '../../../src/chain/key-value-store.ts';
import type { Storage } from '../../../src/chain/storage.ts';
import { compareBytes, fromHex, toHex } from '../../../src/core/encoding/bytes.ts';
import { seededNumbers } from '../../support/fork-story.ts';

async function keysOf(store: KeyValueStore, range: KeyRange): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of store.iterate(range)) keys.push(toHex(key));
  return keys;
}

const put = (key: string, value = '00') => ({ put: fromHex(key), value: fromHex(value) });

/** @param open the same storage each time, which was closed before. */
export function describeStorage(name: string, open: () => Promise<Storage>): void {
  describe(`${name}: stores`, () => {
    it('give back what was put, in the order asked for', async () => {
      const storage = await open();
      const store = await storage.store('first');
      await store.batch([put('01', 'aa'), put('02', 'bb'), put('03', ''), { delete: fromHex('02') }], {
        sync: true,
      });
      const found = await store.getMany([fromHex('03'), fromHex('02'), fromHex('01')]);
      expect(found.map((value) => value && toHex(value))).toEqual(['', undefined, 'aa']);
      expect(await store.get(fromHex('02'))).toBe(undefined);
      // Many are read another way.
      const many = await store.getMany(Array.from({ length: 100 }, (_, i) => Uint8Array.of(i)));
      expect(many.map((value) => value && toHex(value)).slice(0, 4)).toEqual([
        undefined,
        'aa',
        undefined,
        '',
      ]);
      // A batch is applied in order, and does not keep the caller's bytes.
      const value = fromHex('cc');
      await store.batch([put('01', 'dd'), { put: fromHex('01'), value }]);
      value[0] = 0;
      expect(toHex((await store.get(fromHex('01')))!)).toBe('cc');
      // Whose slice is a copy, which that of a Buffer is not.
      expect((await store.get(fromHex('01')))!.constructor).toBe(Uint8Array);
      for await (const each of store.iterate({}))
        for (const bytes of each) expect(bytes.constructor).toBe(Uint8Array);
      await store.close();
      await storage.close();
    });

    it('are apart from one another, survive closing, and can be destroyed', async () => {
      let storage = await open();
      const [a, b] = [await storage.store('apart/a'), await storage.store('apart/b')];
      await a.batch([put('01', 'aa')]);
      expect(await b.get(fromHex('01'))).toBe(undefined);
      await a.close();
      await b.close();
      await storage.close();
      storage = await open();
      let again = await storage.store('apart/a');
      expect(toHex((await again.get(fromHex('01')))!)).toBe('aa');
      await again.close();
      await storage.destroy('apart/a');
      again = await storage.store('apart/a');
      expect(await again.get(fromHex('01'))).toBe(undefined);
      await again.close();
      await storage.close();
    });

    it('iterate by the bytes of the keys, as of the first step', async () => {
      const storage = await open();
      const store = await storage.store('ordered');
      await store.batch(['ff', '01', '0100', '80', '7f', '00'].map((key) => put(key)));
      expect(await keysOf(store, {})).toEqual(['00', '01', '0100', '7f', '80', 'ff']);
      expect(await keysOf(store, { gte: fromHex('01'), lt: fromHex('80') })).toEqual(['01', '0100', '7f']);
      expect(await keysOf(store, { gt: fromHex('01'), lte: fromHex('80') })).toEqual(['0100', '7f', '80']);
      expect(await keysOf(store, { reverse: true, limit: 2 })).toEqual(['ff', '80']);
      expect(await keysOf(store, { gte: fromHex('02'), lt: fromHex('03') })).toEqual([]);
      const iterator = store.iterate({})[Symbol.asyncIterator]();
      const seen = [toHex((await iterator.next()).value[0])];
      await store.batch([{ delete: fromHex('80') }, put('81')]);
      for (let step = await iterator.next(); step.done !== true; step = await iterator.next())
        seen.push(toHex(step.value[0]));
      expect(seen).toEqual(['00', '01', '0100', '7f', '80', 'ff']);
      await store.close();
      await storage.close();
    });

    it('iterate over many entries, and agree with sorting', async () => {
      const storage = await open();
      const store = await storage.store('many');
      const below = seededNumbers(5);
      const keys = Array.from({ length: 3000 }, () => Uint8Array.of(below(256), below(256), below(256)));
      await store.batch(keys.map((key) => ({ put: key, value: key })));
      const expected = [...new Set([...keys].sort(compareBytes).map(toHex))];
      expect(await keysOf(store, {})).toEqual(expected);
      await store.close();
      await storage.close();
    });
  });

  describe(`${name}: block files`, () => {
    it('append, read and list', async () => {
      let storage = await open();
      let files = await storage.blockFiles();
      expect([await files.list(), await files.size('blk', 0)]).toEqual([[], 0]);
      expect(await files.append('blk', 0, [fromHex('0102'), fromHex('03')])).toBe(0);
      expect(await files.append('blk', 0, [fromHex('0405')])).toBe(3);
      expect(await files.append('rev', 0, [fromHex('aa')])).toBe(0);
      expect(await files.append('blk', 12, [fromHex('bb')])).toBe(0);
      expect(toHex(await files.read('blk', 0, 1, 3))).toBe('020304');
      await expect(files.read('blk', 0, 3, 3)).rejects.toThrow('too short');
      await expect(files.read('blk', 7, 0, 1)).rejects.toThrow();
      await files.sync('blk', 0);
      await files.sync('rev', 99);
      await files.close();
      await storage.close();

      storage = await open();
      files = await storage.blockFiles();
      const together = await Promise.all([0, 1, 2].map((at) => files.read('blk', 0, at, 1)));
      expect(together.map(toHex)).toEqual(['01', '02', '03']);
      expect([await files.list(), await files.size('blk', 0), await files.size('rev', 0)]).toEqual([
        [0, 12],
        5,
        1,
      ]);
      expect(toHex(await files.read('rev', 0, 0, 1))).toBe('aa');
      expect(await files.append('blk', 0, [fromHex('06')])).toBe(5);
      for (const length of [7, 4]) await files.truncate('blk', 0, length);
      await files.truncate('rev', 99, 0);
      expect([await files.size('blk', 0), toHex(await files.read('blk', 0, 0, 4))]).toEqual([4, '01020304']);
      await expect(files.read('blk', 0, 3, 2)).rejects.toThrow('too short');
      expect(await files.append('blk', 0, [fromHex('07')])).toBe(4);
      expect(toHex(await files.read('blk', 0, 2, 3))).toBe('030407');
      // Whoever reads them besides finds the same.
      const others = await storage.blockFiles();
      expect([await others.list(), await others.size('blk', 0)]).toEqual([[0, 12], 5]);
      expect(toHex(await others.read('blk', 0, 2, 3))).toBe('030407');
      await others.close();
      expect(await files.append('blk', 0, [fromHex('08')])).toBe(5);
      await files.remove('blk', 0);
      await files.remove('rev', 0);
      await files.remove('rev', 12);
      expect([await files.list(), await files.size('blk', 0), await files.size('rev', 0)]).toEqual([
        [12],
        0,
        0,
      ]);
      await files.close();
      await storage.close();
    });
  });

  describe(`${name}: blobs`, () => {
    it('are replaced as a whole', async () => {
      let storage = await open();
      expect(await storage.readBlob('small.dat')).toBe(undefined);
      await storage.writeBlob('small.dat', fromHex('010203'));
      await storage.writeBlob('small.dat', fromHex('04'));
      await storage.close();
      storage = await open();
      expect(toHex((await storage.readBlob('small.dat'))!)).toBe('04');
      await storage.close();
    });
  });
}
