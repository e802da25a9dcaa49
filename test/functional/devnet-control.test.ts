/** A devnet that is started from a file, steered while it runs, and moved as a file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createClient, type RpcClient } from '../../src/client/client.ts';
import { encodeEnvelope } from '../../src/network/messages/envelope.ts';
import { encodeBody } from '../../src/network/messages/table.ts';
import { magic, versionBody } from '../platform/network/hostile-node.ts';
import { PENNY, penny, until } from './support/node-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'penny-control-'));
const data = join(folder, 'data');
const file = join(folder, 'devnet.json');
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function launch(...words: string[]) {
  const child = spawn(process.execPath, [
    PENNY,
    'devnet',
    `--datadir=${data}`,
    '--base-port=26500',
    ...words,
  ]);
  children.push(child);
  const devnet = {
    output: '',
    shows: (what: string | RegExp) => until(`it shows ${what}`, async () => devnet.output.search(what) >= 0),
    async stop() {
      child.kill('SIGINT');
      const [code] = await once(child, 'close');
      expect(code, devnet.output).toBe(0);
    },
  };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      devnet.output += chunk.toString('utf8');
    });
  return devnet;
}

async function ctl(...words: string[]): Promise<string> {
  const { code, output, errors } = await penny('devnet', 'ctl', `--datadir=${data}`, ...words);
  return code === 0 ? output.trim() : `${code} ${errors.trim().split('\n').at(-1)}`;
}

interface Listed {
  readonly network: number;
  readonly nodes: readonly {
    name: string;
    url: string;
    cookie: string;
    state: string;
    height: number;
    tip: string;
    peers: number;
  }[];
  readonly links: readonly object[];
}
const list = async (): Promise<Listed> => JSON.parse(await ctl('list'));

async function rpcOf(name: string) {
  const { url, cookie } = (await list()).nodes.find((node) => node.name === name)!;
  return createClient({ url, cookie: () => readFileSync(cookie, 'utf8') });
}

const write = (more: object, ...nodes: object[]): void =>
  writeFileSync(
    file,
    JSON.stringify({
      network: 'regtest',
      nodes: [{ name: 'shop', wallets: { till: 0 } }, ...nodes],
      ...more,
    }),
  );
const alice = { name: 'alice', wallets: { purse: 12.5, savings: 300 } };
const peers = async (count: number): Promise<boolean> =>
  (await list()).nodes.every((node) => node.peers === count);

test('it has what its file says, follows its changes, and is cut, healed, exported and imported', async () => {
  write({ links: [['shop', 'alice']] }, alice);
  const devnet = launch(`--watch-file=${file}`);
  await devnet.shows('Ctrl-C stops it all');
  const [shop, her] = [await rpcOf('shop'), await rpcOf('alice')];
  expect(await Promise.all(['purse', 'savings'].map((name) => her.wallet(name).getbalance()))).toEqual([
    12.5, 300,
  ]);
  expect([await shop.listwallets(), await shop.wallet('till').getbalance()]).toEqual([['till'], 0]);
  // Without a block time none comes unasked.
  expect(await shop.getmininginfo()).not.toHaveProperty('hashrate');

  write(
    {
      links: [
        ['shop', 'alice'],
        ['alice', 'late'],
      ],
    },
    alice,
    { name: 'late', wallets: { w: 3 } },
  );
  await devnet.shows(`goes over to what ${file}`);
  expect(await (await rpcOf('late')).wallet('w').getbalance()).toBe(3);
  write({ links: [['shop', 'nobody']] });
  await devnet.shows('links\\[0\\]: must name two of the nodes; all stays as it is');

  expect(await ctl('partition', '[["shop"]]')).toBe('1');
  const txid = await ctl('faucet', await shop.wallet('till').getnewaddress(), '2', 'shop');
  expect(await shop.getrawmempool()).toEqual([txid]);
  await shop.generatetodescriptor(1, 'raw(51)');
  await her.generatetodescriptor(2, 'raw(52)');
  await until(
    'late follows alice',
    async () => (await (await rpcOf('late')).getbestblockhash()) === (await her.getbestblockhash()),
  );
  expect(await shop.getbestblockhash()).not.toBe(await her.getbestblockhash());
  expect(await ctl('heal')).toBe('1');
  await until('shop follows', async () => (await shop.getbestblockhash()) === (await her.getbestblockhash()));
  expect(await ctl('cut', 'shop', 'late')).toBe('8 shop and late are not linked');
  const { links } = await list();
  expect(await ctl('cut', 'shop', '1')).toBe('8 A node is not linked to itself');
  expect(await ctl('heal', 'shop', 'shop')).toBe('8 A node is not linked to itself');
  expect(await ctl('partition', '[["shop"],["alice","1"]]')).toBe('8 shop is in two groups');
  expect(await ctl('link', '1', '3', '20', '["TX"]')).toBe('8 TX is no command of a message');
  expect((await list()).links).toEqual(links);
  expect(await ctl('link', '1', '3', '20', '["tx"]')).toBe('');
  expect((await list()).links).toContainEqual({ between: ['shop', 'late'], delay: 20, drop: ['tx'] });
  await until('all are linked', () => peers(2));

  expect(await ctl('stop', 'late')).toBe('');
  expect((await list()).nodes.map(({ state }) => state)).toEqual(['running', 'running', 'down']);
  expect(await ctl('start', 'late')).toBe('');
  expect(await ctl('add', 'more')).toBe('more');
  expect(await ctl('add', 'more')).toBe('8 more is there already');
  expect(await ctl('start', 'nobody')).toBe('8 there is no nobody');

  // A page's tab is linked as nodes are, by its name: who is at another origin finds no way in.
  const page = 'http://127.0.0.1:26500';
  const { peers: doors, ...tab } = (await (await fetch(`${page}/network.json`)).json()) as {
    peers: Record<string, string>;
  };
  expect(Object.keys(doors)).toEqual(['shop', 'alice', 'late', 'more']);
  const [genesis, firstBlock] = [await shop.getblockhash(0), await shop.getblockhash(1)];
  expect(tab).toEqual({ network: 'regtest', onlyPeers: true, store: `devnet-${firstBlock.slice(-16)}` });
  const dial = (address: string, origin: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://${address}`, { origin });
      socket.on('error', ({ message }) => resolve(message));
      socket.on('open', () =>
        socket.send(encodeEnvelope(magic, 'version', encodeBody('version', versionBody(0)))),
      );
      socket.on('message', () => resolve('open'));
      socket.on('close', () => resolve('cut'));
    });
  for (const address of [doors.shop!, '127.0.0.1:26510']) {
    expect(await dial(address, page)).toBe('open');
    expect(await dial(address, 'http://127.0.0.1:26501')).toContain('403');
  }
  expect(await ctl('cut', 'tab', 'shop')).toBe('');
  expect((await list()).links).toContainEqual({ between: ['shop', 'tab'], cut: true });
  expect([await dial(doors.shop!, page), await dial(doors.alice!, page)]).toEqual(['cut', 'open']);
  expect(await ctl('heal')).toBe('1');
  expect(await ctl('partition', '[["tab"]]')).toBe('4');
  expect(await ctl('link', 'shop', 'tab', '30')).toBe('');
  expect(await dial(doors.shop!, page)).toBe('open');
  expect(await ctl('add', 'tab')).toContain('8 tab is not a name of up to 32 letters');
  expect(await ctl('stop', 'tab')).toBe('8 there is no tab');

  const exported = join(folder, 'export.json');
  const stateOf = async (rpc: RpcClient) => ({
    coins: await rpc.gettxoutsetinfo('muhash'),
    mempool: await rpc.getrawmempool(),
    // What was on a branch that lost is not verified again.
    tips: (await rpc.getchaintips()).map(({ hash, height }) => [hash, height]),
  });
  const before = await stateOf(shop);
  writeFileSync(exported, 'of before');
  expect(await ctl('export', exported)).toBe('');
  const nowhere = join(folder, 'nowhere', 'export.json');
  expect(await ctl('export', nowhere)).toBe(`1 Error: ${nowhere} could not be written (ENOENT)`);
  expect(await ctl('export', folder)).toBe(`1 Error: ${folder} could not be written (EISDIR)`);
  await devnet.stop();
  expect(existsSync(data)).toBe(false);
  expect(await ctl('list')).toMatch(/^1 Error: No devnet runs in /);

  const again = launch(`--import=${exported}`);
  await again.shows('Ctrl-C stops it all');
  const same = await rpcOf('shop');
  expect(await stateOf(same)).toEqual(before);
  expect(await (await rpcOf('alice')).wallet('savings').getbalance()).toBe(300);
  expect(await ctl('import', file)).toBe('8 links[0]: must name two of the nodes');
  // One whose blocks do not lead where it says is found out too late: what was there comes back.
  const wrong = join(folder, 'wrong.json');
  const spoiled = JSON.parse(readFileSync(exported, 'utf8'));
  spoiled.nodes[0].tips = ['ab'.repeat(32)];
  writeFileSync(wrong, JSON.stringify(spoiled));
  expect(await ctl('import', wrong)).toBe(
    `1 shop cannot have ${'ab'.repeat(32)} as its tip: the file's blocks lead to ${genesis}`,
  );
  expect(await stateOf(await rpcOf('shop'))).toEqual(before);
  expect(await (await rpcOf('alice')).wallet('savings').getbalance()).toBe(300);
  write({});
  expect(await ctl('import', file)).toBe('');
  const { network, nodes } = await list();
  expect([network, nodes.map(({ name, height }) => [name, height])]).toEqual([4, [['shop', 0]]]);
  // It answers when all have what is theirs.
  expect(await ctl('import', exported)).toBe('');
  expect((await list()).network).toBe(5);
  expect(await stateOf(await rpcOf('shop'))).toEqual(before);
  expect(await (await rpcOf('alice')).wallet('savings').getbalance()).toBe(300);
  await again.stop();
});

test('a file that makes no sense is refused before anything starts', async () => {
  writeFileSync(file, '{"nodes":[{"name":"shop","wallets":{"till":-1}}]}');
  const nowhere = join(folder, 'nowhere');
  for (const option of [`--watch-file=${file}`, `--import=${file}`]) {
    const { code, errors } = await penny('devnet', `--datadir=${nowhere}`, option);
    expect([code, errors]).toEqual([1, expect.stringContaining('nodes[0].wallets.till: must be an amount')]);
  }
  const { code, errors } = await penny('devnet', `--import=${folder}/none`, `--datadir=${nowhere}`);
  expect([code, errors]).toEqual([1, `Error: ${folder}/none could not be read (ENOENT)\n`]);
  expect(existsSync(nowhere)).toBe(false);
});
