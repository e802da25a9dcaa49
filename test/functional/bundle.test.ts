/** The commands as one file, and what is kept of its compiling: it is used again, and believed only if it is whole. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { freePort, run } from './support/node-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'penny-bundle-'));
const CLI = join(folder, 'dist/platform/node/cli');
const MAIN = join(CLI, 'main.js');

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a node until something holds. */
async function during(holds: () => boolean): Promise<void> {
  const ports = ['-noconnect', '-nolisten', `-rpcport=${await freePort()}`];
  const words = [MAIN, 'node', '-regtest', `-datadir=${folder}`, '-disablewallet', ...ports];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  while (!holds()) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    await delay(20);
  }
  child.kill();
  await once(child, 'exit');
}

test('a node keeps what it has compiled, uses it, and makes it anew where it is damaged', async () => {
  cpSync(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
  for (const name of readdirSync(CLI)) if (name.endsWith('.cache')) rmSync(join(CLI, name));
  for (const name of ['node_modules', 'package.json', 'genesis.json'])
    symlinkSync(join(ROOT, name), join(folder, name));
  const kept = (): string | undefined => readdirSync(CLI).find((name) => name.endsWith('.cache'));
  await during(() => kept() !== undefined);
  const path = join(CLI, kept()!);
  const whole = readFileSync(path);
  expect(whole.length).toBeGreaterThan(500_000);

  const { mtimeMs } = statSync(path);
  const begun = performance.now();
  await during(() => performance.now() - begun > 4_000);
  expect(statSync(path).mtimeMs).toBe(mtimeMs);

  const damaged = Buffer.from(whole);
  damaged[damaged.length >> 1]! ^= 1;
  writeFileSync(path, damaged);
  await during(() => !readFileSync(path).equals(damaged));
  expect(readdirSync(CLI).filter((name) => name.includes('.cache'))).toEqual([kept()]);
});

test('what was compiled after the bundle runs without it', async () => {
  const later = new Date(Date.now() + 60_000);
  utimesSync(join(CLI, 'bundle.js'), later, later);
  writeFileSync(join(CLI, 'penny.cjs'), 'not this');
  expect(await run(process.execPath, [MAIN, '-V'])).toMatchObject({ code: 0, errors: '' });
});
