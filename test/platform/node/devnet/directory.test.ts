import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DevnetDirectory } from '../../../../src/platform/node/devnet/directory.ts';
import { DEFAULT_MNEMONIC, planNode } from '../../../../src/platform/node/devnet/plan.ts';
import { identify } from '../../../../src/platform/node/process-identity.ts';
import { DirectoryLock } from '../../../../src/platform/node/storage/directory-lock.ts';

let base: string;
let directory: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'penny-directory-'));
  directory = join(base, 'devnet');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const plan = () => {
  const options = {
    nodes: 3,
    blockTime: 1,
    paymentsPerMinute: 0,
    directory,
    keep: false,
    restart: true,
    exitWhenConfirmed: false,
    mnemonic: DEFAULT_MNEMONIC,
    basePort: 17_000,
  };
  return [1, 2, 3].map((number) => planNode(options, { dataSubdirectory: 'devnet' }, number));
};

const told: string[] = [];
const take = () => DevnetDirectory.take(directory, (event) => told.push(event));
const wait = ['-e', 'setInterval(() => {}, 1000)'];

test('a directory is emptied unless it is kept, and no trace of it is left', async () => {
  let home = await take();
  const data = join(directory, 'data');
  const file = home.prepare(false, { name: 'devnet' });
  writeFileSync(data, '');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ name: 'devnet' });
  await home.release(true);
  expect(readdirSync(directory).sort()).toEqual(['data', 'devnet.json']);
  home = await take();
  home.prepare(true, {});
  expect(existsSync(data)).toBe(true);
  home.prepare(false, {});
  expect(existsSync(data)).toBe(false);
  await home.release(false);
  expect(existsSync(directory)).toBe(false);
});

test('only what a devnet made is deleted', async () => {
  mkdirSync(directory);
  writeFileSync(join(directory, 'letter'), '');
  await expect(take()).rejects.toThrow("is not a devnet's data directory and not empty");
  expect(readdirSync(directory)).toEqual(['letter']);
  writeFileSync(join(directory, 'devnet.json'), '');
  // A run that failed before it prepared the directory has made nothing.
  await (await take()).release(false);
  expect(readdirSync(directory).sort()).toEqual(['devnet.json', 'letter']);
});

test('a directory is one devnet’s at a time', async () => {
  const home = await take();
  home.prepare(false, {});
  await expect(take()).rejects.toThrow(
    new RegExp(`^${directory} is in use by another devnet \\(process ${process.pid}, since .* UTC\\)`),
  );
  await home.release(true);
  await (await take()).release(false);
});

test('a directory that cannot be one is named', async () => {
  writeFileSync(join(base, 'file'), '');
  directory = join(base, 'file', 'devnet');
  await expect(take()).rejects.toThrow(`${directory} cannot be used as data directory (ENOTDIR)`);
});

test('nodes that a killed devnet left are ended, and no other process', async () => {
  const leftover = spawn(process.execPath, wait);
  const stubborn = spawn(process.execPath, [
    '-e',
    "process.on('SIGTERM', () => console.log()); setInterval(() => {}, 1000); console.log()",
  ]);
  const stranger = spawn(process.execPath, wait);
  await once(stubborn.stdout, 'data');
  const children = [leftover, stubborn, stranger].map((child) => identify(child.pid!)!);
  mkdirSync(join(directory, 'devnet.lock'), { recursive: true });
  const record = {
    owner: { pid: process.pid, started: 'before' },
    since: '2020-01-01T00:00:00.000Z',
    children: [children[0], children[1], { ...children[2]!, started: 'before' }],
  };
  writeFileSync(join(directory, 'devnet.lock', 'owner.json'), JSON.stringify(record));
  const ended = [leftover, stubborn].map((child) => once(child, 'exit'));
  const taking = take();
  await once(stubborn.stdout, 'data');
  // What does not end by itself is killed in the end; here the test is quicker.
  stubborn.kill('SIGKILL');
  const home = await taking;
  expect((await Promise.all(ended)).map(([, signal]) => signal)).toEqual(['SIGTERM', 'SIGKILL']);
  expect(stranger.exitCode).toBeNull();
  stranger.kill();
  expect(told.map((line) => Number(/\d+/.exec(line)))).toEqual([leftover.pid, stubborn.pid]);
  await home.release(false);
});

test('data that a node uses which is no devnet’s child is left alone', async () => {
  const node = await DirectoryLock.take(join(directory, 'node1', 'devnet', 'lock'), 'it', 'node');
  writeFileSync(join(directory, 'devnet.json'), '{}');
  await expect(take()).rejects.toThrow(`node1 is in use by a node (process ${process.pid}, since `);
  expect(existsSync(join(directory, 'devnet.lock'))).toBe(false);
  await node.release();
  await (await take()).release(false);
});

test('ports and mnemonics are the same at every start', () => {
  expect(plan().map(({ peerPort, rpcPort }) => [peerPort, rpcPort])).toEqual([
    [17_010, 17_011],
    [17_020, 17_021],
    [17_030, 17_031],
  ]);
  expect(plan()[0]!.mnemonic).toBe(DEFAULT_MNEMONIC);
  expect(plan()[1]!.mnemonic).toBe(
    'junior sense secret palm tennis west surface boring elbow find napkin penalty',
  );
});
