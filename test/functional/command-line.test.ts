/** `penny rpc` drives a payment between two nodes, and says what went wrong as bitcoin-cli does. */
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inSync, PENNY, penny, run, TestNode, until } from './support/node-process.ts';

let payer: TestNode;
let payee: TestNode;

const rpc = async (node: TestNode, ...words: string[]): Promise<string> => {
  const { code, output, errors } = await penny('rpc', ...node.words, ...words);
  if (code !== 0) throw new Error(errors);
  return output.trim();
};

beforeAll(async () => {
  payee = await (await TestNode.create()).start();
  // Who dialled tells sooner of a payment.
  payer = await (await TestNode.create()).start(
    '-fallbackfee=0.0001',
    `-addnode=127.0.0.1:${payee.peerPort}`,
  );
});
afterAll(() => Promise.all([payer, payee].map((node) => node.remove())));

test('a payment from wallet to wallet', async () => {
  await rpc(payer, 'createwallet', 'alice');
  await rpc(payee, '-named', 'createwallet', 'wallet_name=bob');
  const mined = JSON.parse(await rpc(payer, '-rpcwallet=alice', '-generate', '101'));
  expect(mined.blocks).toHaveLength(101);
  const address = await rpc(payee, '-rpcwallet=bob', 'getnewaddress', 'from alice', 'bech32m');
  const txid = await rpc(payer, '-rpcwallet', 'alice', 'sendtoaddress', address, '12.5');
  await until('the payment has arrived', async () => (await payee.rpc.getrawmempool()).includes(txid));
  expect(JSON.parse(await rpc(payee, 'getrawmempool'))).toEqual([txid]);
  await rpc(payer, '-generate', '1');
  await inSync(payer, payee);
  expect(await rpc(payee, 'getbalance')).toBe('12.50000000');
});

test('-named, -stdin, -getinfo, -netinfo and -addrinfo', async () => {
  const hash = await rpc(payer, 'getblockhash', '1');
  expect(JSON.parse(await rpc(payer, '-named', 'getblock', `blockhash=${hash}`, 'verbosity=1')).height).toBe(
    1,
  );
  const words = [PENNY, 'rpc', ...payer.words, '-stdin', 'getblock'];
  const { output } = await run(process.execPath, words, `${hash}\n0\n`);
  expect(output).toMatch(/^[0-9a-f]+\n$/);
  expect(
    (await run(process.execPath, [PENNY, 'rpc', ...payer.words, '-stdin', 'getblockcount'], '')).output,
  ).toBe('102\n');
  expect(await rpc(payer, '-getinfo')).toContain('Chain: regtest\nBlocks: 102');
  expect(await rpc(payer, '-netinfo', '3')).toMatch(/^ ?(in|out) .*70016\/Satoshi:31\.0\.0\/Penny:/m);
  expect((await penny('rpc', ...payer.words, '-netinfo', '-getinfo')).errors).toBe(
    'error: Only one of -getinfo, -netinfo may be specified.\n',
  );
  await rpc(payer, 'createwallet', 'purse');
  expect(await rpc(payer, '-getinfo')).toMatch(/Balances\n(\d+\.\d{8}) alice\n 0\.00000000 purse\n\n/);
  await rpc(payer, 'unloadwallet', 'purse');
  expect(JSON.parse(await rpc(payer, '-addrinfo')).addresses_known).toMatchObject({ ipv4: 0, total: 0 });
});

test('errors: code and message on standard error, and the code as exit code', async () => {
  const wrong = await penny('rpc', ...payer.words, 'getblockhash', '5000');
  expect(wrong).toEqual({
    code: 8,
    output: '',
    errors: 'error code: -8\nerror message:\nBlock height out of range\n',
  });
  const unknown = await penny('rpc', ...payer.words, 'nosuchmethod');
  expect(unknown.errors).toBe('error code: -32601\nerror message:\nMethod not found\n');
  const json = await penny('rpc', ...payer.words, 'getblockhash', 'one');
  expect([json.code, json.errors]).toEqual([1, 'error: Error parsing JSON: one\n']);
  const nobody = await penny('rpc', '-regtest', `-datadir=${payer.directory}`, '-rpcport=1', 'uptime');
  expect([nobody.code, nobody.errors]).toEqual([
    1,
    expect.stringContaining('Could not connect to the server 127.0.0.1:1 (ECONNREFUSED)'),
  ]);
});

test('a wallet that is not named, or not there: the message says how one is named', async () => {
  await rpc(payee, 'createwallet', 'carol');
  const unnamed = await penny('rpc', ...payee.words, 'getbalance');
  expect(unnamed).toMatchObject({
    code: 19,
    errors: expect.stringMatching(
      /^error code: -19\nerror message:\nMultiple wallets .*\nOn the .* -rpcwallet=<walletname>/,
    ),
  });
  const absent = await penny('rpc', ...payee.words, '-rpcwallet=dora', 'getbalance');
  expect(absent.code).toBe(18);
  expect(absent.errors).toMatch(
    /^error code: -18\nerror message:\nRequested wallet does not .*\n.*listwallets/,
  );
  await rpc(payee, 'unloadwallet', 'carol');
});

test('who is not let in is told why', async () => {
  const ask = async (...words: string[]) => {
    const { code, errors } = await penny('rpc', ...payer.words, ...words, 'uptime');
    return [code, errors.split('.')[0]];
  };
  const failed = (why: string) => [1, `error: Authorization failed: ${why}`];
  expect(await ask('-rpcpassword=wrong')).toEqual(failed('Incorrect rpcuser or rpcpassword were specified'));
  const cookie = join(payer.directory, 'old-cookie');
  expect(await ask(`-rpccookiefile=${cookie}`)).toEqual(
    failed('Failed to read cookie file and no rpcpassword was specified'),
  );
  writeFileSync(cookie, '__cookie__:00');
  expect(await ask(`-rpccookiefile=${cookie}`)).toEqual(
    failed('Cookie file credentials were invalid and no rpcpassword was specified'),
  );
  expect(await ask('-norpccookiefile')).toEqual(
    failed('Cookie file was disabled via -norpccookiefile and no rpcpassword was specified'),
  );
});

test.each([
  [200, '<html>', "couldn't parse reply from server"],
  [404, '', 'server returned HTTP error 404'],
  [503, 'Work queue depth exceeded', 'Server response: Work queue depth exceeded'],
])('what answers %i and no JSON is no surprise', async (status, text, message) => {
  const stranger = createServer((_, response) => response.writeHead(status).end(text)).listen(0, '127.0.0.1');
  await once(stranger, 'listening');
  const { port } = stranger.address() as { port: number };
  const words = ['-regtest', `-datadir=${payer.directory}`, `-rpcport=${port}`, 'uptime'];
  const { code, errors } = await penny('rpc', ...words);
  stranger.close();
  expect([code, errors]).toEqual([1, `error: ${message}\n`]);
});

test('a slow reader gets all of a long answer, and one that goes away does no harm', async () => {
  const words = [PENNY, 'rpc', ...payer.words, '-stdin', 'decodescript'].join(' ');
  const script = '51'.repeat(60_000);
  const read = (reader: string) =>
    run('bash', ['-c', `set -o pipefail; node ${words} | (sleep 0.5; ${reader})`], script);
  const whole = await read('cat');
  expect(JSON.parse(whole.output).asm).toHaveLength(2 * 60_000 - 1);
  const head = await read('head -c 1');
  expect(head).toEqual({ code: 0, output: '{', errors: '' });
});

test('-rpcwait waits for a node that is starting', async () => {
  await payee.stop();
  const waiting = penny('rpc', ...payee.words, '-rpcwait', '-rpcwaittimeout=20', 'getblockcount');
  await payee.start();
  expect(await waiting).toEqual({ code: 0, output: '102\n', errors: '' });
});

test('stop ends the node with exit code 0 and leaves no cookie', async () => {
  expect(await rpc(payee, 'stop')).toBe('Penny stopping');
  expect(await payee.ended()).toBe(0);
  expect(existsSync(payee.cookieFile)).toBe(false);
  const { code, errors } = await penny('rpc', ...payee.words, 'uptime');
  expect([code, errors]).toEqual([1, expect.stringContaining('Could not connect to the server')]);
});
