import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSideFile } from '../../../src/chain/side-files.ts';
import { MAIN, REGTEST } from '../../../src/core/parameters/presets.ts';
import { NodeStorage } from '../../../src/platform/node/storage/node-storage.ts';
import { NodeWalletStorage } from '../../../src/platform/node/storage/node-wallet-storage.ts';
import type { Logger } from '../../../src/seams.ts';
import { describeStorage } from './storage-suite.ts';

const directories: string[] = [];
function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'penny-storage-'));
  directories.push(directory);
  return directory;
}
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

const shared = temporaryDirectory();
// Without a key, which would be looked for in what it writes.
describeStorage('NodeStorage', () => NodeStorage.open(shared, REGTEST, false));

describe('a data directory', () => {
  it('is refused by name while it is in use', async () => {
    const directory = temporaryDirectory();
    const storage = await NodeStorage.open(directory, REGTEST);
    await expect(NodeStorage.open(directory, REGTEST)).rejects.toThrow(
      `the data directory ${directory} is in use by another process (process ${process.pid}, since `,
    );
    await storage.close();
    await (await NodeStorage.open(directory, REGTEST)).close();
  });

  it('is refused by name if it is of another network', async () => {
    const directory = temporaryDirectory();
    await (await NodeStorage.open(directory, REGTEST)).close();
    await expect(NodeStorage.open(directory, MAIN)).rejects.toThrow(
      /belongs to the network "regtest" .* not to "main"/,
    );
    // The refusal does not keep it locked.
    await (await NodeStorage.open(directory, REGTEST)).close();
    writeFileSync(join(directory, 'network.json'), 'garbage');
    const marker = join(directory, 'network.json');
    await expect(NodeStorage.open(directory, REGTEST)).rejects.toThrow(`${marker} is damaged`);
  });

  it('names a folder in the place of a small file, and goes without a file that it can do without', async () => {
    const directory = temporaryDirectory();
    const storage = await NodeStorage.open(directory, REGTEST);
    mkdirSync(join(directory, 'mempool.dat'));
    const log: string[] = [];
    const logger: Logger = { log: (_level, _category, text) => void log.push(text) };
    expect(await loadSideFile({ storage, logger }, 'mempool', 'mempool.dat', () => {})).toBe(false);
    const whole = `${join(directory, 'mempool.dat')} is damaged (it is a folder)`;
    expect(log).toEqual([`mempool.dat cannot be read (${whole}); starting without it`]);
    await storage.close();
    rmSync(join(directory, 'network.json'));
    mkdirSync(join(directory, 'network.json'));
    await expect(NodeStorage.open(directory, REGTEST)).rejects.toThrow(
      'network.json is damaged (it is a folder)',
    );
    rmSync(join(directory, 'network.json'), { recursive: true });
    rmSync(join(directory, 'blocks', 'xor.dat'));
    mkdirSync(join(directory, 'blocks', 'xor.dat'));
    await expect(NodeStorage.open(directory, REGTEST)).rejects.toThrow(
      'xor.dat is damaged: put it back as it was (it is a folder)',
    );
    await expect(new NodeWalletStorage(directory).readStartup()).resolves.toEqual([]);
    mkdirSync(join(directory, 'settings.json'));
    await expect(new NodeWalletStorage(directory).readStartup()).rejects.toThrow('settings.json is damaged');
  });

  // A pipe would be waited on for ever, and a device read until the memory ends.
  it.each<[what: string, make: (path: string) => unknown]>([
    ['a folder', (path) => mkdirSync(path)],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
    ['a link to itself', (path) => symlinkSync(path, path)],
    ['a device', (path) => symlinkSync('/dev/zero', path)],
  ])('names %s in the place of a file, or makes anew what nothing is kept in', async (what, make) => {
    const directory = temporaryDirectory();
    const instead = (file: string): void => {
      rmSync(join(directory, file), { recursive: true, force: true });
      make(join(directory, file));
    };
    const key = Uint8Array.of(1);
    let storage = await NodeStorage.open(directory, REGTEST);
    const reopen = async (): Promise<void> => {
      await storage.close();
      storage = await NodeStorage.open(directory, REGTEST);
    };
    const chainstate = await storage.store('chainstate');
    await chainstate.batch([{ put: key, value: key }], { sync: true });
    await chainstate.close();
    for (const file of ['LOCK', 'LOG', 'LOG.old', 'SEAL']) instead(`chainstate/${file}`);
    for (const file of readdirSync(join(directory, 'blocks/lock'))) {
      instead(`blocks/lock/${file}`);
      await reopen();
    }
    const again = await storage.store('chainstate');
    expect(await again.get(key)).toEqual(key);
    await again.close();
    for (const file of readdirSync(join(directory, 'chainstate')).filter((name) =>
      /\.ldb|MAN|CUR/.test(name),
    )) {
      instead(`chainstate/${file}`);
      await expect(storage.store('chainstate'), file).rejects.toThrow(
        /^chainstate is damaged: restart with -reindex-chainstate \(.*(cannot be read|no manifest)/,
      );
    }
    if (what !== 'a folder') {
      instead('chainstate');
      await expect(storage.store('chainstate')).rejects.toThrow('chainstate is damaged: restart');
    }
    instead('blocks/blk00000.dat');
    const files = await storage.blockFiles();
    expect(await files.size('blk', 0)).toBe(0);
    await expect(files.read('blk', 0, 0, 10)).rejects.toThrow('blk00000.dat cannot be read');
    await files.close();
    instead('mempool.dat.new');
    await reopen();
    await expect(storage.writeBlob('mempool.dat', key)).resolves.toBeUndefined();
    instead('settings.json');
    await expect(new NodeWalletStorage(directory).readStartup()).rejects.toThrow('settings.json is damaged');
    for (const [file, message] of [
      ['blocks/xor.dat', 'xor.dat is damaged: put it back as it was ('],
      ['network.json', 'network.json is damaged ('],
    ] as const) {
      instead(file);
      await expect(reopen(), file).rejects.toThrow(message);
    }
  });

  it('keeps a blob whole: it is written beside and moved', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'mempool.dat.new'), 'left by a crash');
    const storage = await NodeStorage.open(directory, REGTEST);
    await storage.writeBlob('mempool.dat', Uint8Array.of(1, 2));
    expect(readdirSync(directory)).not.toContain('mempool.dat.new');
    expect([...readFileSync(join(directory, 'mempool.dat'))]).toEqual([1, 2]);
    await storage.close();
  });
});
