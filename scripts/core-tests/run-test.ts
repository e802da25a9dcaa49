/** One functional test of Bitcoin Core as a process of its own, and what it says of itself. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isPortFree } from '../../src/platform/node/devnet/ports.ts';

export type Outcome = 'passed' | 'failed' | 'skipped';

export interface Result {
  readonly test: string;
  readonly outcome: Outcome;
  readonly seconds: number;
  /** Where a failed test has stopped and why, or why one was skipped. */
  readonly line: string;
  /** All that it wrote. */
  readonly output: string;
}

export interface Surroundings {
  /** `test/functional` of a build. */
  readonly functional: string;
  /** Started in bitcoind's place. */
  readonly daemon: string;
  /** For the data of all tests. */
  readonly directory: string;
  /** By which the tests' own waits are prolonged. */
  readonly timeoutFactor: number;
  /** Seconds after which a test is ended. */
  readonly limit: number;
}

/** Exit codes, as the framework has them. */
const SKIPPED = 77;
/** What the framework derives ports from: first port, ports of a kind, nodes of a test. */
const [FIRST_PORT, PORTS, NODES] = [11_000, 5_000, 12];
const SEEDS = Math.floor((PORTS - 1 - NODES) / NODES);

let lastSeed = process.pid;

/** One whose ports nobody uses. */
async function freeSeed(): Promise<number> {
  for (;;) {
    lastSeed = (lastSeed + 1) % SEEDS;
    const seed = lastSeed;
    const ports = Array.from({ length: NODES * 3 }, (_, i) => {
      const [kind, node] = [Math.floor(i / NODES), i % NODES];
      return FIRST_PORT + kind * PORTS + seed * NODES + node;
    });
    if ((await Promise.all(ports.map(isPortFree))).every(Boolean)) return seed;
  }
}

/** @param test a name, and perhaps arguments */
export async function runTest(test: string, where: Surroundings): Promise<Result> {
  const [name, ...words] = test.split(' ') as [string, ...string[]];
  const folder = mkdtempSync(join(where.directory, `${name}-`));
  const begun = performance.now();
  const child = spawn(
    'python3',
    [
      `${name}.py`,
      ...words,
      `--portseed=${await freeSeed()}`,
      `--tmpdir=${join(folder, 'data')}`,
      `--cachedir=${join(where.directory, 'cache')}`,
      `--timeout-factor=${where.timeoutFactor}`,
    ],
    {
      cwd: where.functional,
      env: { ...process.env, BITCOIND: where.daemon },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that the nodes that a failed test leaves behind are ended with it.
      detached: true,
    },
  );
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString('utf8')));
  const end = (): void => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // Nothing is left of it.
    }
  };
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end();
  }, where.limit * 1000);
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  clearTimeout(timer);
  end();
  removeFolder(folder);
  const output = chunks.join('');
  const outcome = code === 0 ? 'passed' : code === SKIPPED ? 'skipped' : 'failed';
  const line = late ? `ended after ${where.limit} s; ${lastOf(output)}` : lineOf(name, outcome, output);
  return { test, outcome, seconds: (performance.now() - begun) / 1000, line, output };
}

/** Some tests make files that even their owner cannot remove. */
function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    spawnSync('chattr', ['-R', '-i', folder]);
    rmSync(folder, { recursive: true, force: true });
  }
}

function lineOf(name: string, outcome: Outcome, output: string): string {
  if (outcome === 'passed') return '';
  if (outcome === 'skipped') return /Test Skipped: (.*)/.exec(output)?.[1] ?? '';
  // The last frame in the test itself, and the error below the frames.
  const [, trace] = /Traceback \(most recent call last\):\n([\s\S]*)/.exec(output) ?? [];
  if (trace === undefined) return lastOf(output);
  const frames = Array.from(trace.matchAll(/^ +File ".*?(\w+\.py)", line (\d+)/gm), ([, file, at]) => ({
    file,
    at,
  }));
  const { file, at } = frames.findLast((frame) => frame.file === `${name}.py`) ?? frames.at(-1) ?? {};
  const error =
    /^(\w[\w.]*(?:Error|Exception|Expired|Interrupt)\b.*(?:\n(?!\d{4}-|$).*)*)/m.exec(trace)?.[1] ??
    lastOf(output);
  return `${file}:${at} ${error}`.replace(/\s+/g, ' ').trim().slice(0, 400);
}

const lastOf = (output: string): string => output.trimEnd().split('\n').at(-1) ?? '';
