/** A disk that takes no more: the node stops with the reason, and what it had committed is there afterwards. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
  await node.rpc.call('generatetoaddress', 5, NOWHERE);
  await node.stop();

  const command = `ulimit -f ${LARGEST_FILE}; exec "$0" "$@"`;
  const words = [process.execPath, PENNY, 'node', ...node.words, '-port=0', '-nodebuglogfile'];
  const child = spawn('sh', ['-c', command, ...words]);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  const ended = once(child, 'exit');
  let height = 0;
  for (let failed = false; !failed && child.exitCode === null; ) {
    try {
      await node.rpc.call('generatetoaddress', 10, NOWHERE);
      height = await node.rpc.call('getblockcount');
    } catch {
      // Not up yet, or it has just failed.
      failed = height > 0;
    }
  }
  expect((await ended)[0], output).toBe(1);
  expect(output).toMatch(/File too large|EFBIG/);

  await node.start();
  expect(await node.rpc.call('getblockcount')).toBeGreaterThanOrEqual(height);
  expect(await node.rpc.call('verifychain', 4, 0)).toBe(true);
  await node.rpc.call('generatetoaddress', 1, NOWHERE);
});
