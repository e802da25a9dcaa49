/** The devnet as its command promises it. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('--exit-when-confirmed confirms payments on every node and leaves nothing behind', async () => {
  const { code, output, errors } = await penny(...words('--exit-when-confirmed'));
  expect([code, errors], output).toEqual([0, '']);
  expect(output).toContain('confirms all payments, on every node');
  expect(output).toContain('every node has stopped');
  expect(output.match(/ {2}mnemonic .*/g)).toHaveLength(3);
  expect(existsSync(join(directory, 'data'))).toBe(false);
});

test('it goes on until a signal, its curl line works, and no node outlives it', async () => {
  const child = spawn(process.execPath, [PENNY, ...words('--keep', '--payments-per-minute=60')]);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  await until('it mines by itself', async () => /block 1[89] /.test(output), 60);
  const curl = /^ {2}(curl .*)$/m.exec(output)![1]!;
  const { stdout } = await promisify(execFile)('sh', ['-c', curl]);
  expect(JSON.parse(stdout)).toMatchObject({ error: null });
  expect(JSON.parse(stdout).result).toBeGreaterThan(0);

  child.kill('SIGINT');
  expect((await once(child, 'exit'))[0], output).toBe(0);
  expect(output).toContain('every node has stopped');
  expect(existsSync(join(directory, 'data', 'node1'))).toBe(true);
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
