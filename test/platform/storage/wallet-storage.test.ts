/** Every WalletStorage passes the same suite. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemoryWalletStorage } from '../../../src/platform/memory/memory-wallet-storage.ts';
import { NodeWalletStorage } from '../../../src/platform/node/storage/node-wallet-storage.ts';
import { encodeBackup } from '../../../src/wallet/backup.ts';
import type { WalletStorage, WalletStore } from '../../../src/wallet/storage.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'penny-wallets-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function contents(store: WalletStore): Promise<number[][]> {
  const entries: number[][] = [];
  for await (const [key, value] of store.iterate({})) entries.push([...key, ...value]);
  return entries;
}

describe.each<[string, () => WalletStorage]>([
  ['memory', () => new MemoryWalletStorage()],
  ['LevelDB', () => new NodeWalletStorage(directory)],
])('wallets in %s', (_name, make) => {
  test('are listed once made, the nameless one too', async () => {
    const storage = make();
    expect(await storage.list()).toEqual([]);
    expect(await storage.exists('alice')).toBe(false);
    await expect(storage.open('alice', false)).rejects.toThrow('there is no wallet alice');
    for (const name of ['', 'alice', 'bob']) await (await storage.open(name, true)).close();
    expect(await storage.list()).toEqual(['', 'alice', 'bob']);
    expect(await storage.exists('')).toBe(true);
  });

  test('keep what was written, each for itself', async () => {
    const storage = make();
    const alice = await storage.open('alice', true);
    await alice.batch([{ put: Uint8Array.of(1), value: Uint8Array.of(2) }], { sync: true });
    const bob = await storage.open('bob', true);
    expect(await contents(bob)).toEqual([]);
    await bob.close();
    await alice.close();
    const again = await storage.open('alice', false);
    expect(await contents(again)).toEqual([[1, 2]]);
    await again.close();
  });

  test('remember which are loaded at start', async () => {
    const storage = make();
    expect(await storage.readStartup()).toEqual([]);
    await storage.writeStartup(['alice', '']);
    expect(await storage.readStartup()).toEqual(['alice', '']);
  });
});

test('settings that are damaged are named, not forgotten', async () => {
  const storage = new NodeWalletStorage(directory);
  for (const text of ['{"wallet": [1]}', '[]', '{']) {
    await writeFile(join(directory, 'settings.json'), text);
    await expect(storage.readStartup()).rejects.toThrow(join(directory, 'settings.json'));
  }
});

test('other settings are kept', async () => {
  await writeFile(join(directory, 'settings.json'), '{"other": 7}');
  const storage = new NodeWalletStorage(directory);
  await storage.writeStartup(['alice']);
  expect(JSON.parse(await readFile(join(directory, 'settings.json'), 'utf8'))).toEqual({
    other: 7,
    wallet: ['alice'],
    checksum: expect.stringMatching(/^[0-9a-f]{8}$/),
  });
});

test.each([0, 1, 2, 3])(
  'what was replaced or deleted is in no file after compacting, with tables: %i',
  async (tables) => {
    const storage = new NodeWalletStorage(directory);
    const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));
    const fill = (value: string) =>
      ['a', 'm', 'z'].map((key) => ({ put: text(key), value: text(`${value}-${key}`.repeat(100)) }));
    let store = await storage.open('w', true);
    for (let i = 0; i < tables; i++) {
      await store.batch(fill(`secret${i}`));
      await store.close();
      store = await storage.open('w', false);
    }
    await store.batch(fill('secret'));
    await store.batch([...fill('public').slice(1), { delete: text('a') }], { sync: true });
    await store.compact();
    expect(await contents(store)).toHaveLength(2);
    const files = await readdir(join(directory, 'wallets', 'w'));
    const found = await Promise.all(files.map((name) => readFile(join(directory, 'wallets', 'w', name))));
    expect(found.some((bytes) => bytes.includes('public-m'))).toBe(true);
    expect(found.some((bytes) => bytes.includes('secret'))).toBe(false);
    await store.close();
  },
);

test('a backup replaces an older one, or an empty file, and nothing else', async () => {
  const storage = new NodeWalletStorage(directory);
  const backup = await encodeBackup((async function* () {})());
  const at = (name: string): string => join(directory, name);
  await writeFile(at('thesis'), 'years of work');
  await writeFile(at('empty'), '', { mode: 0o644 });
  await mkdir(at('folder'));
  for (const name of ['thesis', 'folder', 'none/backup', ''])
    await expect(storage.writeBackup(at(name), backup), name).rejects.toThrow('Error: Wallet backup failed!');
  expect(await readFile(at('thesis'), 'utf8')).toBe('years of work');
  for (const name of ['new', 'new', 'empty']) {
    await storage.writeBackup(at(name), backup);
    expect(new Uint8Array((await storage.readBackup(at(name)))!)).toEqual(backup);
    expect((await stat(at(name))).mode & 0o777).toBe(0o600);
  }
  expect((await readdir(directory)).sort()).toEqual(['empty', 'folder', 'new', 'thesis']);
  expect(await storage.readBackup(at('missing'))).toBeUndefined();
  await expect(storage.readBackup(at('folder'))).rejects.toThrow('The backup file cannot be read');
});
