import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemRandom } from '../../../../src/platform/node/random.ts';
import { removeCookie, writeCookie } from '../../../../src/platform/node/rpc/authentication.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'penny-cookie-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the cookie is new each time, for its owner only, and nothing else is left', async () => {
  const file = join(folder, '.cookie');
  const { user, password } = await writeCookie(file, systemRandom);
  expect(user).toBe('__cookie__');
  expect(password).toMatch(/^[0-9a-f]{64}$/);
  expect(await readFile(file, 'utf8')).toBe(`__cookie__:${password}`);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await writeCookie(file, systemRandom)).password).not.toBe(password);
  expect(await readdir(folder)).toEqual(['.cookie']);
  await removeCookie(file);
  await removeCookie(file);
  expect(await readdir(folder)).toEqual([]);
});
