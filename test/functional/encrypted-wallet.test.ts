/** Wallets of a real node: what of their secrets is in its files, and who may read these. */
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TestNode } from './support/node-process.ts';
import { filesOf, holders, secretsOf } from './support/secrets.ts';

let node: TestNode;
let umask: number;
beforeEach(async () => {
  umask = process.umask(0);
  node = await TestNode.create();
});
afterEach(async () => {
  process.umask(umask);
  await node.remove();
});

const on = (wallet: string) => node.rpc.wallet(wallet);
const tooWide = (): string[] => filesOf(node.directory).filter((path) => (statSync(path).mode & 0o077) !== 0);

test('no secret is in any file once a wallet is encrypted, and no file is for others', async () => {
  await node.start();
  await node.rpc.createwallet('w', false, false, null, false, true, true);
  const secrets = await secretsOf(node, 'w');
  expect(holders(node, secrets)).not.toEqual([]);
  // One that was never closed has all in a log; the other has it spread over tables.
  await node.rpc.createwallet('new');
  secrets.push(...(await secretsOf(node, 'new')));
  await on('new').call('encryptwallet', 'p');
  await node.stop();
  await node.start();
  await node.rpc.generatetoaddress(5, (await on('w').call('getnewaddress')) as string);
  await on('w').call('encryptwallet', 'open sesame');
  expect(holders(node, secrets)).toEqual([]);
  await node.rpc.createwallet('born', false, false, 'p');
  await on('born').call('walletpassphrase', 'p', 60);
  secrets.push(...(await secretsOf(node, 'born')));
  await on('w').call('walletpassphrase', 'open sesame', 60);
  expect(await secretsOf(node, 'w')).toBeDefined();
  await on('w').call('backupwallet', join(node.directory, 'backup'));
  expect([holders(node, secrets), tooWide()]).toEqual([[], []]);

  // A wallet of before, readable by all, is no longer once it is loaded.
  await node.stop();
  const wallet = join(node.networkDirectory, 'wallets', 'w');
  for (const path of [wallet, ...filesOf(wallet)]) chmodSync(path, 0o777);
  await node.start();
  expect([holders(node, secrets), tooWide()]).toEqual([[], []]);
  await on('w').call('walletpassphrase', 'open sesame', 60);
  expect((await secretsOf(node, 'w'))[0]).toEqual(secrets[0]);
});
