/** A chain goes out to a file in Bitcoin Core's format and comes in again; what can be rebuilt is rebuilt. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Finished, penny, TestNode } from './support/node-process.ts';

const NOWHERE = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const HEIGHT = 150;

let from: TestNode;
let to: TestNode;
let file: string;
let tip: string;

const run = (command: string, node: TestNode, ...words: string[]): Promise<Finished> =>
  penny(command, ...node.words, ...words);

beforeAll(async () => {
  from = await (await TestNode.create()).start();
  to = await TestNode.create();
  file = join(from.directory, 'chain.blk');
  await from.rpc.call('generatetoaddress', HEIGHT, NOWHERE);
  tip = await from.rpc.call('getbestblockhash');
  await from.stop();
});
afterAll(() => Promise.all([from, to].map((node) => node.remove())));

test('export writes magic, length and block, from the genesis block on, and no file twice', async () => {
  expect(await run('export', from, file)).toMatchObject({
    code: 0,
    output: `${HEIGHT + 1} blocks exported to ${file}\n`,
  });
  const bytes = readFileSync(file);
  expect(bytes.subarray(0, 4).toString('hex')).toBe('fabfb5da');
  expect(bytes.readUInt32LE(4)).toBe(285);
  expect(await run('export', from, file)).toMatchObject({
    code: 1,
    errors: expect.stringContaining('file already exists'),
  });
});

test('import takes in what is new', async () => {
  const first = await run('import', to, file);
  expect(first, first.errors).toMatchObject({
    code: 0,
    output: expect.stringContaining(`${HEIGHT} blocks imported`),
  });
  expect((await run('import', to, file)).output).toContain('0 blocks imported');
  expect((await run('import', to, '/nowhere.blk')).code).toBe(1);
});

test.each([[[]], [['--chainstate-only']]])('reindex %j ends with the same tip', async (words) => {
  expect(await run('reindex', to, ...words)).toMatchObject({
    code: 0,
    output: `height ${HEIGHT}, tip ${tip}\n`,
  });
});

test('the node that imported goes on', async () => {
  await to.start();
  expect(await to.rpc.call('getbestblockhash')).toBe(tip);
  expect(await to.rpc.call('verifychain', 4, 0)).toBe(true);
});
