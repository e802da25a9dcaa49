/** The devnet as its command promises it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { PENNY, penny, until } from './support/node-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'penny-devnet-'));
const BASE_PORT = 27_000;
const words = (...more: string[]) => [
  'devnet',
  `--datadir=${join(directory, 'data')}`,
  `--base-port=${BASE_PORT}`,
  '--block-time=2',
  ...more,
];
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

function launch(...more: string[]) {
  const child = spawn(process.execPath, [PENNY, ...words(...more)]);
  children.push(child);
  const devnet = {
    output: '',
    pid: child.pid!,
    ended: once(child, 'close').then(([code]) => code as number | null),
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    type: (line: string) => child.stdin.write(`${line}\n`),
    shows: (what: string | RegExp) =>
      until(`it shows ${what}`, async () =>
        typeof what === 'string' ? devnet.output.includes(what) : what.test(devnet.output),
      ),
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      devnet.output += chunk.toString('utf8');
    });
  }
  return devnet;
}

/** Process ids of its nodes. */
function nodes(): number[] {
  const record = JSON.parse(readFileSync(join(directory, 'data', 'devnet.lock', 'owner.json'), 'utf8'));
  return record.children.map(({ pid }: { pid: number }) => pid);
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/stat`) && !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

test('--exit-when-confirmed confirms payments on every node and leaves nothing behind', async () => {
  const { code, output, errors } = await penny(...words('--exit-when-confirmed'));
  expect([code, errors], output).toEqual([0, '']);
  expect(output).toContain('confirms all payments, on every node');
  expect(output).toContain('every node has stopped');
  expect(output.match(/ {2}mnemonic .*/g)).toHaveLength(3);
  // Not on a terminal: lines, and no colours or cursor movements.
  expect(output).not.toContain('\x1b');
  expect(existsSync(join(directory, 'data'))).toBe(false);
});

test('of two that start at the same instant one wins; one node is enough for it', async () => {
  const both = await Promise.all([0, 1].map(() => penny(...words('--nodes=1', '--exit-when-confirmed'))));
  const [winner, loser] = both.sort((a, b) => a.code - b.code);
  expect(winner, winner!.output).toMatchObject({ code: 0, errors: '' });
  expect(winner!.output).toContain('node1 pays 0.5 to itself');
  expect(loser!.code).toBe(1);
  expect(loser!.errors).toMatch(/data is in use by another devnet \(process \d+, since .*\)/);
});

test('it goes on until a signal, its curl line works, its nodes are kept up, and none outlives it', async () => {
  const child = launch('--keep', '--payments-per-minute=60');
  await child.shows(/block 1[89] /);
  const curl = /^ {2}(curl .*)$/m.exec(child.output)![1]!;
  const { stdout } = await promisify(execFile)('sh', ['-c', curl]);
  expect(JSON.parse(stdout)).toMatchObject({ error: null });
  expect(JSON.parse(stdout).result).toBeGreaterThan(0);

  const second = await penny(...words());
  expect([second.code, second.errors]).toEqual([
    1,
    expect.stringContaining(`${join(directory, 'data')} is in use by another devnet (process ${child.pid}, `),
  ]);

  const [, pid2] = nodes();
  process.kill(pid2!, 'SIGKILL');
  await child.shows(/node2 ended \(SIGKILL\); starting it again in 1 s[\s\S]*node2 answers after/);
  child.type('stop 3');
  await child.shows('node3 ended (exit code 0); "start 3" starts it again');
  child.type('start 3');
  await child.shows(/node3 ended[\s\S]*node3 answers after/);

  // As a parent that is killed: its nodes end by themselves, or are ended by the next.
  const [pid1, , pid3] = nodes();
  process.kill(pid3!, 'SIGSTOP');
  process.kill(child.pid, 'SIGKILL');
  await child.ended;
  const next = launch('--keep', '--no-restart', '--nodes=1');
  await next.shows(`ending process ${pid3}, which a devnet left here that was killed`);
  process.kill(pid3!, 'SIGCONT');
  await next.shows('Ctrl-C stops it all');
  expect(isAlive(pid1!) || isAlive(pid3!)).toBe(false);
  process.kill(nodes()[0]!, 'SIGKILL');
  await next.shows('node1 ended (SIGKILL); "start 1" starts it again');

  next.kill('SIGINT');
  expect(await next.ended, next.output).toBe(0);
  expect(next.output).toContain('every node has stopped');
  expect(existsSync(join(directory, 'data', 'node1'))).toBe(true);
});

test('of a start that fails the first cause is told', async () => {
  writeFileSync(
    join(directory, 'data', 'node2', 'devnet', 'network.json'),
    '{"network":"other","genesis":"00"}',
  );
  const { code, errors } = await penny(...words('--keep'));
  expect(code).toBe(1);
  expect(errors).toMatch(/^Error: node2 ended \(exit code 1\): .* belongs to the network "other"/);
});

test('a port that is in use is named', async () => {
  const server = createServer().listen(BASE_PORT + 20, '127.0.0.1');
  await once(server, 'listening');
  const { code, errors } = await penny(...words());
  server.close();
  expect([code, errors]).toEqual([
    1,
    `Error: Port ${BASE_PORT + 20}, which node2 would take, is in use: choose others by --base-port\n`,
  ]);
});

test('a directory that is no devnet is left alone', async () => {
  const precious = join(directory, 'precious');
  mkdirSync(precious);
  writeFileSync(join(precious, 'letter'), '');
  const { code, errors } = await penny('devnet', `--datadir=${precious}`, `--base-port=${BASE_PORT}`);
  expect([code, errors]).toEqual([1, expect.stringContaining('is not a devnet')]);
  expect(existsSync(join(precious, 'letter'))).toBe(true);
});
