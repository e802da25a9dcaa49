/** `pennyd` in bitcoind's place: its arguments, its config file, what it writes where, and how it ends. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { freePort, PENNY, penny, run } from './support/node-process.ts';

const PENNYD = PENNY.replace('main.js', 'pennyd.js');
const directory = mkdtempSync(join(tmpdir(), 'pennyd-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const pennyd = (...words: string[]) => run(PENNYD, [`-datadir=${directory}`, ...words]);

test('says what it is, and refuses in one line on the standard error', async () => {
  expect(await pennyd('-version')).toMatchObject({
    code: 0,
    errors: '',
    output: expect.stringMatching(/^Penny daemon version v/),
  });
  expect((await pennyd('-help')).output).toContain('\nOptions:\n');
  expect(await pennyd('-frobnicate=1')).toEqual({
    code: 1,
    output: '',
    errors: 'Error: Error parsing command line arguments: Invalid parameter -frobnicate=1\n',
  });
});

test('is on main where nothing is said, reads bitcoin.conf alone, and is quiet from start to stop', async () => {
  const [port, rpcPort] = [await freePort(), await freePort()];
  // Of penny node's.
  writeFileSync(join(directory, 'penny.conf'), 'garbage\n');
  writeFileSync(join(directory, 'bitcoin.conf'), `rpcport=${rpcPort}\nconnect=0\nprinttoconsole=0\n`);
  const ended = pennyd(
    `-bind=127.0.0.1:${port}`,
    `-bind=127.0.0.1:${await freePort()}=onion`,
    '-debugexclude=rand',
  );
  const rpc = (...words: string[]) =>
    penny('rpc', '-chain=main', '-noconf', `-datadir=${directory}`, `-rpcport=${rpcPort}`, ...words);
  expect(JSON.parse((await rpc('-rpcwait', 'getblockchaininfo')).output)).toMatchObject({ chain: 'main' });
  // What programs find that know Bitcoin Core's data directories.
  for (const folder of ['blocks', 'chainstate', 'wallets'])
    expect(statSync(join(directory, folder)).isDirectory()).toBe(true);
  expect(JSON.parse((await rpc('savemempool')).output).filename).toBe(join(directory, 'mempool.dat'));
  expect((await rpc('stop')).code).toBe(0);
  expect(await ended).toEqual({ code: 0, output: '', errors: '' });
});

test('goes on in the background, and says to whoever waits whether it stands', async () => {
  const home = mkdtempSync(join(tmpdir(), 'pennyd-'));
  const words = ['-regtest', `-datadir=${home}`, `-rpcport=${await freePort()}`];
  const start = (...more: string[]) => run(PENNYD, [...words, '-listen=0', ...more]);
  const output = 'Penny starting\n';
  try {
    expect(await start('-daemonwait')).toEqual({ code: 0, output, errors: '' });
    // It stands, so that the second finds the directory in use.
    const errors = 'Error during initialization - check debug.log for details\n';
    expect(await start('-daemonwait')).toEqual({ code: 1, output, errors });
    const pid = Number(readFileSync(join(home, 'regtest/penny.pid'), 'utf8'));
    expect((await penny('rpc', ...words, 'stop')).code).toBe(0);
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 90_000);
    expect(await start('-daemon')).toEqual({ code: 0, output, errors: '' });
    expect((await penny('rpc', '-rpcwait', ...words, 'stop')).code).toBe(0);
    await vi.waitFor(() => expect(existsSync(join(home, 'regtest/penny.pid'))).toBe(false), 90_000);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
