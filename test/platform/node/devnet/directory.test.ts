import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  endLeftovers,
  prepareDirectory,
  removeDirectory,
} from '../../../../src/platform/node/devnet/directory.ts';
import { DEFAULT_MNEMONIC, planNodes } from '../../../../src/platform/node/devnet/plan.ts';

let base: string;
let directory: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'penny-directory-'));
  directory = join(base, 'devnet');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const plan = () =>
  planNodes({
    nodes: 3,
    blockTime: 1,
    paymentsPerMinute: 0,
    directory,
    keep: false,
    exitWhenConfirmed: false,
    mnemonic: DEFAULT_MNEMONIC,
    basePort: 17_000,
  });

test('a directory is emptied unless it is kept', () => {
  prepareDirectory(directory, false, { name: 'devnet' });
  writeFileSync(join(directory, 'data'), '');
  const file = prepareDirectory(directory, true, { name: 'devnet' });
  expect(existsSync(join(directory, 'data'))).toBe(true);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ name: 'devnet' });
  prepareDirectory(directory, false, {});
  expect(existsSync(join(directory, 'data'))).toBe(false);
});

test('only what a devnet made is deleted', () => {
  mkdirSync(directory);
  writeFileSync(join(directory, 'letter'), '');
  for (const keep of [true, false]) {
    expect(() => prepareDirectory(directory, keep, {})).toThrow(
      "is not a devnet's data directory and not empty",
    );
  }
  removeDirectory(directory);
  expect(existsSync(join(directory, 'letter'))).toBe(true);
});

test('nodes that a former run left are ended, other processes with their number are not', async () => {
  const [first, second] = plan();
  const script = ['-e', 'setInterval(() => {}, 1000)', '--'];
  const leftover = spawn(process.execPath, [...script, `-datadir=${first!.directory}`]);
  const stranger = spawn(process.execPath, script);
  for (const [node, child] of [
    [first!, leftover],
    [second!, stranger],
  ] as const) {
    mkdirSync(join(node.directory, 'devnet'), { recursive: true });
    writeFileSync(join(node.directory, 'devnet', 'penny.pid'), `${child.pid}\n`);
  }
  const ended = once(leftover, 'exit');
  expect(await endLeftovers(plan())).toEqual(['node1']);
  expect((await ended)[1]).toBe('SIGTERM');
  expect(stranger.exitCode).toBeNull();
  stranger.kill();
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
