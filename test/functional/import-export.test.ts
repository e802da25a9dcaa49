/** A chain goes out to a file in Bitcoin Core's format and comes in again; what can be rebuilt is rebuilt. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Finished, PENNY, penny, run as shell, TestNode, until } from './support/node-process.ts';

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
  await from.rpc.generatetoaddress(HEIGHT, NOWHERE);
  tip = await from.rpc.getbestblockhash();
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
});

test('a node takes in blocks at its start, names a file that it cannot, and stops where it is told to', async () => {
  const node = await TestNode.create();
  const missing = join(node.directory, 'missing.blk');
  try {
    await node.start(`-loadblock=${missing}`, `-loadblock=${file}`, '-disablewallet');
    await until('the mempool is loaded', async () => (await node.rpc.getmempoolinfo()).loaded);
    expect(await node.rpc.getbestblockhash()).toBe(tip);
    expect(node.output).toContain(`Could not open blocks file ${missing}: `);
    // Without wallets nothing is known of them.
    await expect(node.rpc.createwallet('w')).rejects.toMatchObject({ code: -32601 });
    expect(await node.rpc.help()).not.toContain('== Wallet ==');
    await node.stop();
    node.launch('-reindex', '-stopafterblockimport');
    expect(await node.ended()).toBe(0);
    node.launch('-reindex', '-stopatheight=10');
    expect(await node.ended()).toBe(0);
  } finally {
    await node.remove();
  }
});

test('export names a path that cannot be written before it begins, and leaves nothing there', async () => {
  const { directory } = from;
  const beneath = join(directory, 'penny.conf', 'chain.blk');
  writeFileSync(join(directory, 'penny.conf'), '');
  for (const [path, why] of [
    [join(directory, 'missing', 'chain.blk'), 'there is no such file or folder'],
    [directory, 'it is a directory'],
    [beneath, 'a part of the path is no folder'],
  ] as const) {
    const { code, output, errors } = await run('export', from, path);
    expect([code, output, errors]).toEqual([1, '', `Error: ${path} cannot be written: ${why}\n`]);
  }
  // A file that may not grow stands for a disk that is full.
  const small = join(directory, 'small.blk');
  const words = [PENNY, 'export', ...from.words, '-nodebuglogfile', small].join(' ');
  const full = await shell('bash', ['-c', `ulimit -f 32; trap '' XFSZ; exec node ${words}`]);
  expect([full.code, full.errors]).toEqual([1, expect.stringContaining(`${small} could not be written: `)]);
  expect(readdirSync(directory).filter((name) => name.startsWith('small'))).toEqual([]);
});

test('import refuses what has no block of the network, and says what it is', async () => {
  const { directory } = to;
  const blocks = readFileSync(file);
  const other = Buffer.from(blocks);
  for (let at = 0; at < other.length; at += 8 + other.readUInt32LE(at + 4))
    other.writeUInt32BE(0xf9beb4d9, at);
  const unknown = Buffer.from(blocks.subarray(0, 293));
  unknown.writeUInt32BE(0xcafebabe, 0);
  const files = { other, unknown, text: Buffer.from('blocks? '.repeat(100)), tiny: Buffer.from('x') };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(directory, name), bytes);
  writeFileSync(join(directory, 'empty'), '');
  for (const [name, why] of [
    ['missing', 'missing cannot be read: there is no such file or folder'],
    ['', 'is a directory'],
    ['empty', 'empty is empty'],
  ] as const) {
    const { code, errors } = await run('import', to, file, join(directory, name));
    expect([name, code, errors]).toEqual([name, 1, expect.stringContaining(why)]);
  }
  const { code, errors } = await run(
    'import',
    to,
    ...Object.keys(files).map((name) => join(directory, name)),
  );
  expect([code, errors.replace(/^Error: /, '').split('; ')]).toEqual([
    1,
    [
      expect.stringMatching(/other has no block of .*: its blocks are of "main" \(magic f9beb4d9\)$/),
      expect.stringMatching(
        /unknown has no block of .*: its blocks are of another network \(magic cafebabe\)$/,
      ),
      expect.stringMatching(/text has no block of .*: it is no file in the blk format/),
      expect.stringMatching(/tiny has no block of .*: it is no file in the blk format/),
    ],
  ]);
});

test('import passes over what is no block, and says how much and where', async () => {
  const rubbish = join(to.directory, 'rubbish');
  const bytes = readFileSync(file);
  writeFileSync(rubbish, Buffer.concat([Buffer.alloc(77, 7), bytes.subarray(0, 293), Buffer.alloc(1000)]));
  const { code, errors } = await run('import', to, rubbish);
  expect(code).toBe(0);
  expect(errors).toContain(`Warning: ${rubbish}: 77 bytes are no blocks and were passed over: 77 at 0`);
});

test.each([[[]], [['--chainstate-only']]])('reindex %j ends with the same tip', async (words) => {
  expect(await run('reindex', to, ...words)).toMatchObject({
    code: 0,
    output: `height ${HEIGHT}, tip ${tip}\n`,
  });
});

test('the node that imported goes on', async () => {
  await to.start();
  expect(await to.rpc.getbestblockhash()).toBe(tip);
  expect(await to.rpc.verifychain(4, 0)).toBe(true);
});
