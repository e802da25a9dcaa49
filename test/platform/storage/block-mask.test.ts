import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { frameOf } from '../../../src/chain/block-store.ts';
import { genesisBlock } from '../../../src/core/consensus/genesis.ts';
import { concatBytes, toHex } from '../../../src/core/encoding/bytes.ts';
import { REGTEST } from '../../../src/core/parameters/presets.ts';
import { FileSource } from '../../../src/platform/node/storage/file-source.ts';
import { NodeStorage } from '../../../src/platform/node/storage/node-storage.ts';

const root = mkdtempSync(join(tmpdir(), 'penny-mask-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const genesis = genesisBlock(REGTEST).bytes;
const FIRST = [frameOf(REGTEST.magic, genesis), genesis];
const NO_KEY = '00'.repeat(8);

let last = 0;
/** A data directory with the genesis block in its first file. */
async function directory(masks?: boolean): Promise<{ path: string; block: string; key: string }> {
  const path = join(root, String(last++));
  const storage = await NodeStorage.open(path, REGTEST, masks);
  const files = await storage.blockFiles();
  await files.append('blk', 0, FIRST);
  await files.close();
  await storage.close();
  return { path, block: join(path, 'blocks/blk00000.dat'), key: join(path, 'blocks/xor.dat') };
}
const reopen = async (path: string, masks?: boolean): Promise<void> =>
  (await NodeStorage.open(path, REGTEST, masks)).close();

describe('block files with a key', () => {
  it('are XORed on the disk, by where each byte lies, and read as they were written', async () => {
    const { path, block, key } = await directory(true);
    const mask = readFileSync(key);
    const plain = [...concatBytes(...FIRST), ...Uint8Array.from({ length: 37 }, (_, i) => i * 7)];
    const storage = await NodeStorage.open(path, REGTEST);
    const files = await storage.blockFiles();
    for (let at = genesis.length + 8, length = 1; at < plain.length; at += length++)
      await files.append('blk', 0, [Uint8Array.from(plain.slice(at, at + length)), new Uint8Array(0)]);
    expect([...readFileSync(block)]).toEqual(plain.map((byte, at) => byte ^ mask[at % 8]!));
    const source = await FileSource.open(block);
    for (const reader of [(...at: [number, number]) => files.read('blk', 0, ...at), source.read.bind(source)])
      for (let at = 280; at < 300; at++)
        for (const length of [0, 1, 7, 8, 9, 20])
          expect([...(await reader(at, length))]).toEqual(plain.slice(at, at + length));
    await source.close();
    await files.append('rev', 0, [new Uint8Array(3)]);
    expect([...readFileSync(join(path, 'blocks/rev00000.dat'))]).toEqual([...mask.subarray(0, 3)]);
    // A power cut leaves a file as long as it was to be, and zeros in it: they are no plain text.
    truncateSync(block, 1_000);
    await files.close();
    const again = await storage.blockFiles();
    expect((await again.read('blk', 0, 512, 480)).every((byte) => byte === 0)).toBe(true);
    await again.close();
    await storage.close();
  });

  it('are so if the folder is new and it is asked for; others stay as they are', async () => {
    const plain = await directory(false);
    expect(toHex(readFileSync(plain.key))).toBe(NO_KEY);
    await reopen(plain.path, true);
    expect(toHex(readFileSync(plain.key))).toBe(NO_KEY);
    // As an older version left it.
    unlinkSync(plain.key);
    await reopen(plain.path, true);
    expect(toHex(readFileSync(plain.key))).toBe(NO_KEY);
    expect(readFileSync(plain.block).subarray(8)).toEqual(Buffer.from(genesis));

    const masked = await directory(true);
    const key = toHex(readFileSync(masked.key));
    expect(key).not.toBe(NO_KEY);
    await reopen(masked.path);
    expect(toHex(readFileSync(masked.key))).toBe(key);
    await expect(reopen(masked.path, false)).rejects.toThrow(
      `The blocksdir XOR-key can not be disabled when a random key was already stored! Stored key: '${key}', stored path: '${masked.key}'.`,
    );
  });

  it('are not read with another key, by which a reindex would find no block', async () => {
    const { path, block, key } = await directory(true);
    const stored = readFileSync(key);
    for (let bit = 0; bit < 64; bit += 7) {
      const damaged = Uint8Array.from(stored);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      writeFileSync(key, damaged);
      await expect(reopen(path)).rejects.toThrow(`${key} is damaged: put it back as it was (blk00000.dat`);
    }
    writeFileSync(key, stored.subarray(1));
    await expect(reopen(path)).rejects.toThrow('it has 7 bytes');
    unlinkSync(key);
    await expect(reopen(path)).rejects.toThrow(
      'blk00000.dat was written with another key than 0000000000000000',
    );
    writeFileSync(key, stored);
    await reopen(path);
    // Damage to the file itself is not the key's.
    const whole = readFileSync(block);
    for (let at = 0; at < 20; at++) {
      const bytes = Uint8Array.from(whole);
      bytes[at]! ^= 0x40;
      writeFileSync(block, at % 2 ? bytes : whole.subarray(0, at));
      await reopen(path);
    }
    writeFileSync(block, whole);
    // Of a pruned node the first file begins with any block.
    const later = block.replace('00000', '00001');
    writeFileSync(later, readFileSync(block));
    unlinkSync(block);
    await reopen(path);
    unlinkSync(key);
    await expect(reopen(path)).rejects.toThrow('blk00001.dat was written with another key');
  });
});

describe('a file of blocks', () => {
  it('is read with the key beside it only if it is named as block files are', async () => {
    const folder = join(root, 'elsewhere');
    mkdirSync(folder);
    writeFileSync(join(folder, 'xor.dat'), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    for (const name of ['blk00003.dat', 'bootstrap.dat'])
      writeFileSync(join(folder, name), new Uint8Array(3).fill(9));
    const read = async (name: string) => {
      const source = await FileSource.open(join(folder, name));
      return [...(await source.read(0, 3).finally(() => source.close()))];
    };
    expect([await read('blk00003.dat'), await read('bootstrap.dat')]).toEqual([
      [8, 11, 10],
      [9, 9, 9],
    ]);
  });
});
