import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NewFile, writeNewFile } from '../../../src/platform/node/storage/new-file.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'penny-new-file-'));
  path = join(directory, 'file');
});
afterEach(() => rmSync(directory, { recursive: true }));

async function* chunks(last?: () => void) {
  yield Uint8Array.of(1, 2);
  last?.();
  yield Uint8Array.of(3);
}

test('a file has its name when all of it is there, and is its owner’s alone', async () => {
  writeFileSync(`${path}.incomplete`, 'of an attempt that was killed');
  await writeNewFile(
    path,
    chunks(() => expect(existsSync(path)).toBe(false)),
  );
  expect([...readFileSync(path)]).toEqual([1, 2, 3]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory)).toEqual(['file']);
});

test('nothing is overwritten, also not what came meanwhile', async () => {
  const taken = { code: 'EEXIST', path };
  await expect(
    writeNewFile(
      path,
      chunks(() => writeFileSync(path, 'mine')),
    ),
  ).rejects.toMatchObject(taken);
  await expect(writeNewFile(path, chunks())).rejects.toMatchObject(taken);
  expect(readFileSync(path, 'utf8')).toBe('mine');
  expect(readdirSync(directory)).toEqual(['file']);
});

test('what cannot be written is known before the work, by name', async () => {
  mkdirSync(path);
  await expect(NewFile.create(path)).rejects.toThrow(`${path} cannot be written: it is a directory`);
  const missing = join(directory, 'no', 'file');
  await expect(NewFile.create(missing)).rejects.toThrow(
    `${missing} cannot be written: there is no such file or folder`,
  );
});

test('a failure leaves nothing behind, and is told as it is', async () => {
  const broken = chunks(() => {
    throw new Error('the chain is damaged');
  });
  await expect(writeNewFile(path, broken)).rejects.toThrow(/^the chain is damaged$/);
  const stopping = new AbortController();
  const file = await NewFile.create(path);
  await expect(
    file.fill(
      chunks(() => stopping.abort()),
      stopping.signal,
    ),
  ).rejects.toThrow('aborted');
  expect(readdirSync(directory)).toEqual([]);
});

test('a named pipe is written into, and stays', async () => {
  execFileSync('mkfifo', [path]);
  const [read] = await Promise.all([readFile(path), writeNewFile(path, chunks())]);
  expect([...read]).toEqual([1, 2, 3]);
  expect(statSync(path).isFIFO()).toBe(true);
});
