import { describe, expect, test } from 'vitest';
import { CorruptionError } from '../../../src/chain/storage.ts';
import { toHex } from '../../../src/core/encoding/bytes.ts';
import { LogStore } from '../../../src/platform/browser/storage/log-store.ts';
import { OpfsStorage } from '../../../src/platform/browser/storage/opfs-storage.ts';
import { silentLogger } from '../../support/memory-chain.ts';
import { describeStorage } from '../storage/storage-suite.ts';
import { MemoryFolder } from './memory-folder.ts';

const kept = new MemoryFolder();
describeStorage('a folder of a browser', () => OpfsStorage.open(kept, silentLogger));

const TITLE = { name: 'The store', remedy: 'fetch it anew' };
const LARGE = 600;
const SMALL_LOG = 1_000;

/** Batch `i` puts its number everywhere, and makes the log be written anew now and then. */
async function write(store: LogStore, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++)
    await store.batch(
      [
        { put: Uint8Array.of(1), value: Uint8Array.of(i) },
        { put: Uint8Array.of(2, i), value: new Uint8Array(LARGE).fill(i) },
        { put: Uint8Array.of(3), value: Uint8Array.of(i) },
        { delete: Uint8Array.of(2, i - 1) },
      ],
      { sync: i % 3 === 0 },
    );
}

/** The number of the last batch, of which all is there and nothing of another one. */
async function read(store: LogStore): Promise<number> {
  const entries: string[] = [];
  for await (const [key, value] of store.iterate({}))
    entries.push(`${toHex(key)} ${value.length} ${value.at(-1)}`);
  if (entries.length === 0) return 0;
  const i = Number(entries[0]!.split(' ')[2]);
  expect(entries).toEqual([`01 1 ${i}`, `02${toHex(Uint8Array.of(i))} ${LARGE} ${i}`, `03 1 ${i}`]);
  return i;
}

describe('a log', () => {
  test('is whole, or ends before the batch that a kill cut short, wherever that comes', async () => {
    const ends: number[] = [];
    for (let steps = 0; steps < 70; steps++) {
      const folder = new MemoryFolder({ steps });
      let last = 0;
      try {
        const store = await LogStore.open(folder, TITLE, SMALL_LOG);
        for (last = 1; last < 12; last++) await write(store, last, last + 1);
      } catch (error) {
        expect((error as Error).message).toContain('killed');
      }
      const store = await LogStore.open(folder.again(), TITLE, SMALL_LOG);
      const found = await read(store);
      expect([last - 1, last]).toContain(found);
      await write(store, found + 1, 14);
      await store.verify();
      await store.close();
      const after = await LogStore.open(folder.again(), TITLE, SMALL_LOG);
      expect(await read(after)).toBe(13);
      await after.close();
      ends.push(found);
    }
    // Some before, some after everything.
    expect([ends[0], ends.at(-1)]).toEqual([0, 11]);
  });

  test('tells of any damage to what was synced', async () => {
    const folder = new MemoryFolder();
    const store = await LogStore.open(folder, TITLE);
    for (let i = 0; i < 4; i++)
      await store.batch([{ put: Uint8Array.of(i), value: Uint8Array.of(9) }], { sync: true });
    await store.close();
    const { length } = folder.file('log-1').bytes;
    expect(length).toBeGreaterThan(40);
    for (let at = 0; at < length; at++) {
      const damaged = folder.copy();
      damaged.file('log-1').bytes[at]! ^= 1 << (at % 8);
      await expect(LogStore.open(damaged, TITLE)).rejects.toThrow(/The store is damaged: fetch it anew/);
    }
    for (const size of [0, length - 1]) {
      const cut = folder.copy();
      cut.file('log-1').bytes = cut.file('log-1').bytes.slice(0, size);
      await expect(LogStore.open(cut, TITLE)).rejects.toThrow(CorruptionError);
    }
    const headless = folder.copy();
    headless.file('state').bytes.fill(0);
    await expect(LogStore.open(headless, TITLE)).rejects.toThrow(CorruptionError);
    // One of the two places of its state may be lost.
    const torn = folder.copy();
    torn.file('state').bytes.fill(0, 0, 28);
    const opened = await LogStore.open(torn, TITLE);
    // Damage that comes while it is open is found by who looks.
    await opened.verify();
    torn.file('log-1').bytes[20]! ^= 1;
    await expect(opened.verify()).rejects.toThrow(CorruptionError);
  });

  test('is not given up for a state that tells of the log before', async () => {
    const folder = new MemoryFolder();
    const store = await LogStore.open(folder, TITLE);
    await write(store, 1, 9);
    await store.compact();
    await store.close();
    const view = new DataView(folder.file('state').bytes.buffer);
    const newest = view.getFloat64(0) > view.getFloat64(4096) ? 0 : 4096;
    for (let at = 0; at < 28; at++) {
      const damaged = folder.copy();
      damaged.file('state').bytes[newest + at]! ^= 1;
      const opened = await LogStore.open(damaged, TITLE);
      expect(await read(opened)).toBe(8);
      await opened.close();
    }
    const gone = folder.copy();
    await gone.remove('log-2');
    await (await gone.open('log-7')).close();
    await expect(LogStore.open(gone, TITLE)).rejects.toThrow('its log-2 is missing');
    expect(await gone.names()).toContain('log-7');
  });

  test('leaves nothing of what was replaced when it is compacted', async () => {
    const folder = new MemoryFolder();
    const store = await LogStore.open(folder, TITLE);
    const secret = new Uint8Array(40).fill(0xab);
    await store.batch([{ put: Uint8Array.of(1), value: secret }], { sync: true });
    await store.batch([{ put: Uint8Array.of(1), value: Uint8Array.of(2) }], { sync: true });
    const old = folder.file('log-1');
    await store.compact();
    expect(old.bytes.every((byte) => byte === 0)).toBe(true);
    expect(await folder.names()).toEqual(['log-2', 'state']);
    await store.close();
    const again = await LogStore.open(folder, TITLE);
    expect(await again.get(Uint8Array.of(1))).toEqual(Uint8Array.of(2));
  });

  test('writes nothing behind a write that failed', async () => {
    const folder = new MemoryFolder();
    const store = await LogStore.open(folder, TITLE);
    folder.life.steps = 0;
    const put = [{ put: Uint8Array.of(1), value: Uint8Array.of(1) }];
    await expect(store.batch(put)).rejects.toThrow('The store cannot be written');
    folder.life.steps = 100;
    await expect(store.batch(put)).rejects.toThrow('The store cannot be written');
  });
});

test('small files that are damaged are begun anew, and it is told', async () => {
  const folder = new MemoryFolder();
  const storage = await OpfsStorage.open(folder, silentLogger);
  await storage.writeBlob('peers.dat', new Uint8Array(100));
  await storage.close();
  folder.file('small-files', 'log-1').bytes[50]! ^= 1;
  const told: string[] = [];
  const again = await OpfsStorage.open(folder, { log: (_level, _category, text) => void told.push(text) });
  expect(await again.readBlob('peers.dat')).toBeUndefined();
  expect(told.join()).toContain('damaged');
});
