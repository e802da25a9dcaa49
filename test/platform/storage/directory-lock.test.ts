import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identify } from '../../../src/platform/node/process-identity.ts';
import { DirectoryLock, LockedError, lockOwner } from '../../../src/platform/node/storage/directory-lock.ts';

let directory: string;
let folder: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'penny-lock-'));
  folder = join(directory, 'lock');
});
afterEach(() => rmSync(directory, { recursive: true }));

const take = () => DirectoryLock.take(folder, 'the cave', 'bear');

test('of those who ask at the same instant one gets it, and the others are told who', async () => {
  const asked = await Promise.allSettled([take(), take(), take()]);
  const refusals = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(refusals).toHaveLength(2);
  for (const error of refusals) {
    expect(error).toBeInstanceOf(LockedError);
    expect(error.message).toMatch(
      new RegExp(
        `^the cave is in use by another bear \\(process ${process.pid}, since \\d{4}-\\d\\d-\\d\\d [\\d:]+ UTC\\)$`,
      ),
    );
  }
  for (const one of asked) if (one.status === 'fulfilled') await one.value.release();
  const next = await take();
  expect(next.former).toBeNull();
  await next.release();
});

test('what an owner that died has left is told to the next', async () => {
  const owner = { pid: process.pid, started: 'long ago' };
  const record = { owner, since: '2020-01-01T00:00:00.000Z', children: [{ pid: 7, started: 'then' }] };
  await (await take()).release();
  writeFileSync(join(folder, 'owner.json'), JSON.stringify(record));
  expect(lockOwner(folder)).toBeNull();
  const lock = await take();
  expect(lock.former).toEqual(record);
  lock.noteChildren([identify(process.pid)!]);
  expect(lockOwner(folder)).toMatchObject({
    owner: identify(process.pid),
    children: [identify(process.pid)],
  });
  await lock.remove();
  expect(readdirSync(directory)).toEqual([]);
});

test.each([
  '',
  '{',
  'null',
  '{"owner":{"pid":-1,"started":null},"since":"","children":[]}',
  '{"owner":null}',
])('a record that is none (%j) names nobody', async (text) => {
  await (await take()).release();
  writeFileSync(join(folder, 'owner.json'), text);
  expect(lockOwner(folder)).toBeNull();
  const lock = await take();
  expect(lock.former).toBeNull();
  await lock.release();
});

test('a damaged lock is made anew, for it holds nothing', async () => {
  await (await take()).release();
  for (const name of readdirSync(folder)) truncateSync(join(folder, name), 0);
  const lock = await take();
  expect(JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')).owner.pid).toBe(process.pid);
  await lock.release();
  expect(existsSync(join(folder, 'owner.json'))).toBe(false);
});
