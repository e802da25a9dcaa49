/** A disk that takes no more: the node stops with the reason, and what it had committed is there afterwards. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PENNY, TestNode } from './support/node-process.ts';

const NOWHERE = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
/** Blocks of 512 bytes that a file may have: what a few hundred blocks of a chain exceed. */
const LARGEST_FILE = 100;

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.create();
});
afterAll(() => node.remove());

test('a write that fails stops the node, and the next start goes on from the last commit', async () => {
  await node.start();
  await node.rpc.generatetoaddress(5, NOWHERE);
  await node.stop();

  const command = `ulimit -f ${LARGEST_FILE}; exec "$0" "$@"`;
  const words = [process.execPath, PENNY, 'node', ...node.words, '-port=0', '-nodebuglogfile'];
  const child = spawn('sh', ['-c', command, ...words]);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  const ended = once(child, 'close');
  let height = 0;
  for (let failed = false; !failed && child.exitCode === null; ) {
    try {
      await node.rpc.generatetoaddress(10, NOWHERE);
      height = await node.rpc.getblockcount();
    } catch {
      // Not up yet, or it has just failed.
      failed = height > 0;
    }
  }
  expect((await ended)[0], output).toBe(1);
  expect(output).toMatch(/File too large|EFBIG/);

  await node.start();
  expect(await node.rpc.getblockcount()).toBeGreaterThanOrEqual(height);
  expect(await node.rpc.verifychain(4, 0)).toBe(true);
  await node.rpc.generatetoaddress(1, NOWHERE);
});

// Without the right to mount, the same is tested with a store that fails by itself (test/wallet/outbox).
test.skipIf(process.getuid?.() !== 0)(
  'a wallet whose disk is full sends nothing that it cannot save, and goes on when there is room',
  async () => {
    const folder = join(node.networkDirectory, 'wallets');
    const filler = join(folder, 'filler');
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder]);
    try {
      const { rpc } = node;
      await node.stop();
      await node.start('-fallbackfee=0.0001');
      await rpc.createwallet('alice', null, null, null, null, null, true);
      await rpc.generatetoaddress(101, await rpc.getnewaddress());
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(filler, new Uint8Array(bavail * bsize - 40_000));
      const sent: string[] = [];
      const closed = /^Wallet alice is closed: its store failed \(No space left on device\)/;
      let failure: { code: number; message: string } | undefined;
      while (failure === undefined)
        await Promise.all(
          [1, 2, 3].map(async () => {
            try {
              sent.push(await rpc.sendtoaddress(NOWHERE, 0.01));
            } catch (error) {
              failure = error as NonNullable<typeof failure>;
              expect(failure).toMatchObject({ code: -4, message: expect.stringMatching(closed) });
            }
          }),
        );
      const pool = async () => new Set(await rpc.getrawmempool());
      expect(await pool()).toEqual(new Set(sent));
      for (const call of ['getbalance', 'getnewaddress', 'listunspent', 'getwalletinfo'])
        await expect(rpc.call(call)).rejects.toMatchObject({
          code: -4,
          message: expect.stringMatching(closed),
        });
      expect(await rpc.listwallets()).toEqual([]);
      await expect(rpc.loadwallet('alice')).rejects.toMatchObject({
        code: -4,
        message: expect.stringContaining('No space left on device'),
      });

      rmSync(filler);
      await rpc.loadwallet('alice');
      const known = async (): Promise<Set<string>> => {
        const rows = await rpc.listtransactions('*', 1000);
        return new Set(
          rows.filter((row) => row.category === 'send' && !row.abandoned).map(({ txid }) => txid),
        );
      };
      expect(await known()).toEqual(new Set(sent));
      sent.push(await rpc.sendtoaddress(NOWHERE, 0.01));
      await node.stop('SIGKILL');
      await node.start('-fallbackfee=0.0001');
      expect(await known()).toEqual(new Set(sent));
      expect(await pool()).toEqual(new Set(sent));
    } finally {
      await node.stop('SIGKILL');
      execFileSync('umount', [folder]);
    }
  },
);

test.skipIf(process.getuid?.() !== 0)(
  'an index whose disk is full stops by itself, and is built on when there is room',
  async () => {
    const { rpc } = node;
    const miner = 'bcrt1qq6hag67dl53wl99vzg42z8eyzfz2xlkvwk6f7m';
    const folder = join(node.networkDirectory, 'indexes');
    const filler = join(folder, 'filler');
    mkdirSync(folder, { recursive: true });
    await node.stop();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder]);
    try {
      await node.start('-addressindex');
      expect(await rpc.getaddressbalance(miner)).toMatchObject({ transactions: 0 });
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(filler, new Uint8Array((bavail - 2) * bsize));
      for (let i = 0; i < 20; i++) await rpc.generatetoaddress(10, miner);
      await expect(rpc.getaddressbalance(miner)).rejects.toMatchObject({
        message: expect.stringContaining('addressindex cannot be written'),
      });
      expect(node.output).toContain('addressindex stops: ');
      rmSync(filler);
      expect(await node.stop()).toBe(0);
      await node.start('-addressindex');
      expect(await rpc.getaddressbalance(miner)).toMatchObject({
        transactions: 200,
        bestblock: await rpc.getbestblockhash(),
      });
      const first = await rpc.getaddresshistory(miner, 150);
      const { transactions } = await rpc.getaddresshistory(miner, 150, first.cursor);
      const heights = [...first.transactions, ...transactions].map(({ height }) => height!);
      expect(heights).toEqual(Array.from({ length: 200 }, (_, i) => heights[0]! + i));
    } finally {
      await node.stop('SIGKILL');
      execFileSync('umount', [folder]);
    }
  },
);
