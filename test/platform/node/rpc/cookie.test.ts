import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SystemClock } from '../../../../src/platform/node/clock.ts';
import { onLoopback, serveRpc } from '../../../../src/platform/node/create-node.ts';
import { Dispatcher } from '../../../../src/rpc/dispatcher.ts';
import { silentLogger } from '../../../support/memory-chain.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'penny-cookie-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const serve = (port: number) => {
  const dispatcher = new Dispatcher({}, { clock: new SystemClock(), logger: silentLogger });
  const options = { cookieFile: join(directory, '.cookie'), user: null, rpcAuth: [] };
  return serveRpc({ server: onLoopback(port), ...options }, dispatcher, null, silentLogger);
};
const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });

test('the cookie is there before the port is open, and outlives another who wants the port', async () => {
  const first = await serve(0);
  const { port } = first;
  await first.stop();
  expect(existsSync(join(directory, '.cookie'))).toBe(false);
  const starting = serve(port);
  while (!(await isOpen(port)));
  expect(existsSync(join(directory, '.cookie'))).toBe(true);
  const second = await starting;
  const cookie = readFileSync(join(directory, '.cookie'));
  await expect(serve(port)).rejects.toThrow('EADDRINUSE');
  expect(readFileSync(join(directory, '.cookie'))).toEqual(cookie);
  await second.stop();
});
