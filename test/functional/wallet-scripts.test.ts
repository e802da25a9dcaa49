/** The wallet scripts do what they say, as a reader would run them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestNode, until } from './support/node-process.ts';

const TSX = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url));
const GENESIS = fileURLToPath(new URL('../../genesis.json', import.meta.url));

let node: TestNode;
let miner: string;
const running: ChildProcess[] = [];

/** Starts a script; `output` grows while it runs. */
function launch(name: string, ...words: string[]) {
  const path = fileURLToPath(new URL(`../../scripts/wallet/${name}.ts`, import.meta.url));
  const where = words.includes('--rpc')
    ? []
    : ['--rpc', `http://127.0.0.1:${node.rpcPort}/`, '--cookie', node.cookieFile, '--wallet', 'w'];
  const child = spawn(process.execPath, [TSX, path, ...words, ...where]);
  // Closed, all of its output is here; after its exit some may be on its way.
  const script = { child, output: '', code: once(child, 'close').then(([code]) => code as number) };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      script.output += chunk.toString('utf8');
    });
  }
  running.push(child);
  return script;
}

async function runScript(name: string, ...words: string[]): Promise<string> {
  const script = launch(name, ...words);
  expect(await script.code, script.output).toBe(0);
  return script.output;
}

const mine = () => node.rpc.generatetoaddress(1, miner);
const received = async (address: string) => Number(await node.rpc.getreceivedbyaddress(address));

beforeAll(async () => {
  node = await (await TestNode.create([], 'penny')).start('-noconnect');
  await node.rpc.createwallet('w');
  miner = await node.rpc.getnewaddress();
  await node.rpc.generatetoaddress(15, miner, 1_000_000_000);
});
afterAll(async () => {
  for (const child of running) child.kill();
  await node.remove();
});

test('without a node a script says in one line what to start', async () => {
  for (const [cookie, why] of [
    [join(node.directory, 'none'), 'no node runs with the cookie'],
    [node.cookieFile, 'http://127.0.0.1:1/: no answer'],
  ] as const) {
    const script = launch('watch', 'pn1q', '--rpc', 'http://127.0.0.1:1/', '--cookie', cookie);
    expect(await script.code).toBe(1);
    expect(script.output).toMatch(new RegExp(`^error: ${why}.*: start a devnet by "npm run devnet".*\n$`));
  }
});

test('send.ts sends nothing if it does not know how long to wait', async () => {
  const address = await node.rpc.getnewaddress();
  const script = launch('send', address, '1', 'soon');
  expect([await script.code, script.output]).toEqual([1, 'error: "soon" is no number of confirmations\n']);
  expect(await node.rpc.getrawmempool()).toEqual([]);
});

test('send.ts sends and waits for confirmations', async () => {
  const address = await node.rpc.getnewaddress();
  const script = launch('send', address, '1.25', '2');
  await until('it is sent', async () => script.output.includes('0 confirmations'));
  await mine();
  await until('one confirmation', async () => script.output.includes('1 confirmations'));
  await mine();
  expect(await script.code).toBe(0);
  expect(await received(address)).toBe(1.25);
});

test('pay-csv.ts pays a list, or nothing of it', async () => {
  const addresses = await Promise.all([1, 2, 3].map(() => node.rpc.getnewaddress()));
  const file = join(node.directory, 'payments.csv');
  writeFileSync(file, addresses.map((address, i) => `${address},0.0${i + 1}\n`).join(''));
  expect(await runScript('pay-csv', file)).toContain('paid 3 addresses');
  await mine();
  expect(await Promise.all(addresses.map(received))).toEqual([0.01, 0.02, 0.03]);
  writeFileSync(file, `${addresses[0]},0.01\nnobody,1\n`);
  const wrong = launch('pay-csv', file);
  expect(await wrong.code).not.toBe(0);
  expect(wrong.output).toContain('line 2');
  expect(await node.rpc.getrawmempool()).toEqual([]);
});

test('watch.ts tells of payments', async () => {
  const address = await node.rpc.getnewaddress();
  const script = launch('watch', address);
  await until('it watches', async () => script.output.includes('watching'));
  const txid = await node.rpc.sendtoaddress(address, 0.5);
  await mine();
  await until(
    'it tells',
    async () => script.output.includes(`0.5 in ${txid}`) || script.output.includes(`0.50000000 in ${txid}`),
  );
});

test('sweep.ts empties a key', async () => {
  const from = await node.rpc.getnewaddress();
  await node.rpc.sendtoaddress(from, 0.75);
  await mine();
  const wif = await node.rpc.exportkey(from);
  const to = await node.rpc.getnewaddress();
  expect(await runScript('sweep', wif, to)).toContain('swept 0.7499');
  await mine();
  expect(await received(to)).toBeCloseTo(0.75, 4);
});

test('sweep.ts leaves coinbases that are too young', async () => {
  const from = await node.rpc.getnewaddress();
  await node.rpc.sendtoaddress(from, 0.25);
  await node.rpc.generatetoaddress(1, from);
  const wif = await node.rpc.exportkey(from);
  const to = await node.rpc.getnewaddress();
  expect(await runScript('sweep', wif, to)).toContain('from 1 outputs');
});

test('raw-transaction.ts pays by hand', async () => {
  const from = await node.rpc.getnewaddress();
  await node.rpc.sendtoaddress(from, 0.5);
  await mine();
  const to = await node.rpc.getnewaddress();
  const wif = await node.rpc.exportkey(from);
  await runScript('raw-transaction', GENESIS, wif, to, '0.3');
  // The coin is still in the UTXO set, but not to be spent again.
  // One after the other: a node scans for one at a time.
  const second = launch('raw-transaction', GENESIS, wif, to, '0.3');
  expect([await second.code, second.output]).toEqual([
    1,
    expect.stringContaining('has no single mature coin'),
  ]);
  const swept = launch('sweep', wif, to);
  expect([await swept.code, swept.output]).toEqual([
    1,
    expect.stringContaining('owns nothing that can be spent'),
  ]);
  await mine();
  expect(await received(to)).toBe(0.3);
});
