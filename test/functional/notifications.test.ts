/** A real node tells others: by commands, in files that these write. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TestNode, until } from './support/node-process.ts';

/** Would end the quotes, run a program, and name files. */
const WALLET = "it's $(touch ran) `touch ran`; touch ran & %s %h #";

describe('commands', () => {
  test('are told of start, blocks, transactions of wallets and the end', async () => {
    const node = await TestNode.create();
    try {
      const folder = join(node.directory, 'told');
      mkdirSync(join(folder, 'wallets'), { recursive: true });
      const file = (name: string) => join(folder, name);
      const read = (name: string) =>
        existsSync(file(name)) ? readFileSync(file(name), 'utf8').trim().split('\n') : [];
      await node.start(
        `-startupnotify=echo started > ${file('startup')}`,
        `-blocknotify=echo %s >> ${file('blocks')}`,
        `-walletnotify=echo %h_%b > ${file('wallets')}/%w_%s`,
        `-shutdownnotify=sleep 0.3; echo stopped > ${file('shutdown')}`,
        '-fallbackfee=0.0001',
      );
      await until('the start is told', async () => read('startup')[0] === 'started');
      const { rpc } = node;
      await rpc.createwallet({ wallet_name: WALLET });
      const wallet = rpc.wallet(WALLET);
      const address = await wallet.getnewaddress();
      const hashes = await rpc.generatetoaddress(101, address);
      await until('all blocks are told', async () => read('blocks').length === hashes.length);
      expect(read('blocks').sort()).toEqual([...hashes].sort());
      await until('all rewards are told', async () => readdirSync(file('wallets')).length === 101);
      const of = (txid: string) => read(`wallets/${WALLET}_${txid}`)[0];
      const [coinbase] = (await rpc.getblock({ blockhash: hashes[4]!, verbosity: 1 })).tx;
      // A file is there before what is written in it.
      await until('a reward is told', async () => of(coinbase!) === `5_${hashes[4]}`);
      const txid = await wallet.sendtoaddress({ address, amount: '1' });
      await until('the payment is told', async () => of(txid) === '-1_unconfirmed');
      const [hash] = await rpc.generatetoaddress(1, address);
      await until('its block is told', async () => of(txid) === `102_${hash}`);
      expect(await node.stop()).toBe(0);
      expect(read('shutdown')).toEqual(['stopped']);
      expect(existsSync('ran') || existsSync(file('ran')) || existsSync(file('wallets/ran'))).toBe(false);
    } finally {
      await node.remove();
    }
  });
});
