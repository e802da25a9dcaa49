import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeLeftovers, replaceFile } from '../../../src/platform/node/storage/small-files.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'penny-files-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('writes of one file follow one another, and the last one stands', async () => {
  const path = join(directory, 'peers.dat');
  const writes: Promise<void>[] = [];
  for (let i = 0; i < 50; i++) {
    writes.push(replaceFile(path, new Uint8Array(100_000).fill(i)));
    // The first is under way when the others come.
    await new Promise(process.nextTick);
  }
  await Promise.all(writes);
  expect(new Set(readFileSync(path))).toEqual(new Set([49]));
  expect(readdirSync(directory)).toEqual(['peers.dat']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  // Those that had to wait were one.
  expect(new Set(writes).size).toBe(2);
});

test('a write that fails leaves the old file, and does not keep the next from being made', async () => {
  const path = join(directory, 'sub', 'a.dat');
  const outcomes = await Promise.allSettled([
    replaceFile(path, Uint8Array.of(1)),
    replaceFile(path, Uint8Array.of(2)),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const other = join(directory, 'a.dat');
  // Where the new one is written a folder is in the way.
  mkdirSync(`${other}.new`);
  await expect(replaceFile(other, Uint8Array.of(2))).rejects.toThrow('EISDIR');
  rmdirSync(`${other}.new`);
  await replaceFile(other, Uint8Array.of(3));
  expect([...readFileSync(other)]).toEqual([3]);
});

test('what a crash left beside is removed, and nothing else', async () => {
  for (const name of ['peers.dat.new', 'settings.json.new', 'mine.new', 'peers.dat'])
    writeFileSync(join(directory, name), '');
  await removeLeftovers(directory);
  expect(readdirSync(directory).sort()).toEqual(['mine.new', 'peers.dat']);
});
