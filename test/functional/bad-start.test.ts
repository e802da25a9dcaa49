/** What a node refuses to start with, and what it says then. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PENNY, penny, run, TestNode } from './support/node-process.ts';

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.create();
});
afterAll(() => node.remove());

const start = (...words: string[]) =>
  penny('node', `-datadir=${node.directory}`, '-rpcport=0', '-port=0', ...words);

test('an unknown option, and a word that is none', async () => {
  expect(await start('-regtest', '-frobnicate')).toMatchObject({
    code: 1,
    errors: 'Error: Error parsing command line arguments: Invalid parameter -frobnicate\n',
  });
  expect((await start('-regtest', 'now')).errors).toContain("unexpected token 'now'");
});

test('a config file that is wrong, by line', async () => {
  writeFileSync(join(node.directory, 'penny.conf'), 'server=1\nnosuch\n');
  const { code, errors } = await start('-regtest');
  expect(code).toBe(1);
  expect(errors).toContain('Error: Error reading configuration file: parse error on line 2: nosuch');
  writeFileSync(join(node.directory, 'penny.conf'), '');
});

test('a network file that is wrong, by field', async () => {
  const path = join(node.directory, 'bad.json');
  writeFileSync(path, '{"name": "bad", "magic": "xyz"}');
  expect((await start(`-genesis=${path}`)).errors).toContain(`${path}: magic`);
});

test('settings that only a part can judge, in one line', async () => {
  const wrong = await start('-regtest', '-rpcauth=alice');
  expect([wrong.code, wrong.output]).toEqual([
    1,
    expect.stringMatching(/Invalid -rpcauth argument: alice\n/),
  ]);
  const nowhere = await start('-regtest', '-addnode=foo:bar:x');
  expect(nowhere.output).toMatch(/Invalid address: foo:bar:x\n/);
});

test('a data directory that cannot be one', async () => {
  const path = join(node.directory, 'penny.conf');
  const { code, errors } = await penny('node', '-regtest', `-datadir=${path}`);
  expect(code).toBe(1);
  expect(errors).toBe(`Error: Data directory ${join(path, 'regtest')} could not be made (ENOTDIR)\n`);
});

test('a data directory that another process uses', async () => {
  await node.start();
  const { code, errors, output } = await start('-regtest');
  expect(code).toBe(1);
  expect(errors + output).toContain('is in use by another process');
  await node.stop();
});

test('a data directory of another network', async () => {
  const path = join(node.directory, 'mine.json');
  expect((await penny('genesis', '--name=mine', '--message=one', `--output=${path}`)).code).toBe(0);
  mkdirSync(join(node.directory, 'mine'));
  writeFileSync(join(node.directory, 'mine', 'network.json'), '{"network": "other", "genesis": "00"}');
  const { code, errors, output } = await start(`-genesis=${path}`);
  expect(code).toBe(1);
  expect(errors + output).toContain('belongs to the network "other"');
});

test.each([
  ['-pid', (path: string) => `Unable to create the PID file '${path}' (ENOENT)`],
  [
    '-rpccookiefile',
    (path: string) => `Unable to open cookie authentication file ${path} for writing (ENOENT)`,
  ],
])('a file that cannot be made: %s', async (option, message) => {
  const path = join(node.directory, 'nowhere', 'file');
  const { code, errors } = await start('-regtest', '-printtoconsole=0', `${option}=${path}`);
  expect([code, errors]).toEqual([1, `Error: ${message(path)}\n`]);
});

test('an address that is none', async () => {
  const { code, errors } = await start('-regtest', '-printtoconsole=0', '-bind=999.1.1.1');
  expect([code, errors]).toEqual([1, "Error: Cannot resolve -bind address: '999.1.1.1'\n"]);
});

test('a new network without answers', async () => {
  const { code, errors } = await penny('genesis');
  expect([code, errors]).toEqual([1, 'Error: --name and --message are needed where there is no terminal\n']);
});

test('an RPC port that is taken', async () => {
  await node.start();
  const other = await TestNode.create();
  const { code, errors, output } = await penny(
    'node',
    '-regtest',
    `-datadir=${other.directory}`,
    `-rpcport=${node.rpcPort}`,
    '-port=0',
  );
  expect(code).toBe(1);
  const where = `127.0.0.1:${node.rpcPort}`;
  expect(errors + output).toContain(
    `Unable to bind to ${where} on this computer. Penny is probably already running.`,
  );
  await node.stop();
  await other.remove();
});

test("options of Bitcoin Core's that have no use here are named in the log", async () => {
  await node.start('-dbbatchsize=1', '-natpmp=0');
  expect(node.output).toContain('Option -dbbatchsize has no effect in Penny');
  expect(await node.stop('SIGINT')).toBe(0);
});

test('a chainstate with a flipped bit, and the way out', async () => {
  await node.start();
  await node.rpc.generatetoaddress(20, 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080');
  const tip = await node.rpc.getbestblockhash();
  await node.stop();
  await node.start();
  await node.stop();
  const folder = join(node.networkDirectory, 'chainstate');
  const table = join(folder, readdirSync(folder).find((name) => name.endsWith('.ldb'))!);
  const bytes = readFileSync(table);
  bytes[100]! ^= 1;
  writeFileSync(table, bytes);
  const refused = await start('-regtest', '-printtoconsole=0');
  expect(refused.code).toBe(1);
  expect(refused.errors).toMatch(
    /^Error: chainstate is damaged: restart with -reindex-chainstate \(\d+\.ldb: the block at \d+ .+\)\n$/,
  );
  await node.start('-reindex-chainstate');
  expect(await node.rpc.getbestblockhash()).toBe(tip);
  await node.stop();
});

test.each([
  ['ulimit -n 24', '', /^Error: Not enough file descriptors available .+\n$/],
  ['ulimit -n 40', '', /^Error: Not enough file descriptors available .+\n$/],
  ['ulimit -v 1000000', '', /^Error: Not enough memory available: .+\(ulimit -v\), and takes 1024 MiB\n$/],
  ['ulimit -v 1200000', '', /^Error: Not enough memory available: .+; -dbcache and -maxmempool are .+\n$/],
  [':', '--max-old-space-size=24', /^Error: Not enough memory available: .+\(--max-old-space-size\).+\n$/],
])('what the system does not give is named: %s %s', async (limit, flag, words) => {
  const { code, errors } = await run('sh', [
    ...['-c', `${limit}; exec "$0" ${flag} "$@"`, process.execPath, PENNY, 'node'],
    ...node.words,
  ]);
  expect([code, errors]).toEqual([1, expect.stringMatching(words)]);
});

// It takes the right to mount one.
test.skipIf(process.getuid?.() !== 0)('a disk that is read only, or full', async () => {
  const disk = join(node.directory, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
  const tryIt = (...words: string[]) =>
    penny('node', '-regtest', `-datadir=${disk}`, '-printtoconsole=0', '-rpcport=0', '-port=0', ...words);
  try {
    mkdirSync(join(disk, 'regtest'));
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(join(disk, 'filler'), new Uint8Array(bavail * bsize));
    const full = await tryIt('-nodebuglogfile');
    expect([full.code, full.errors]).toEqual([
      1,
      expect.stringMatching(/^Error: the data directory .+ cannot be used: .*No space left on device\n$/),
    ]);
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    const log = await tryIt();
    expect([log.code, log.errors]).toEqual([
      1,
      expect.stringMatching(/^Error: Could not open debug log file .+\n$/),
    ]);
    const directory = await tryIt('-nodebuglogfile');
    expect([directory.code, directory.errors]).toEqual([
      1,
      expect.stringMatching(/^Error: the data directory .+ cannot be used: .+\n$/),
    ]);
  } finally {
    execFileSync('umount', ['-l', disk]);
  }
});
