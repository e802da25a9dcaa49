/** Nodes that begin with a snapshot: killed whenever it matters, served by a peer, asked for wallets older than it. */
import { execFileSync } from 'node:child_process';
import {
  createWriteStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeChain } from '../../scripts/bench/chain/file.ts';
import type { AssumedCoins } from '../../src/core/parameters/network.ts';
import { networkFile } from '../../src/core/parameters/network-file.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';
import { inSync, penny, TestNode, until } from '../functional/support/node-process.ts';

const IMPORTED = 130;
const BASE = 140;
const HEIGHT = 150;
/** Of nobody who has a wallet here. */
const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';

const directory = mkdtempSync(join(tmpdir(), 'penny-snapshot-'));
const dump = join(directory, 'utxo.dat');
const backup = join(directory, 'old.bak');
const nodes: TestNode[] = [];
let source: TestNode;
let headers: string[];
let blocks: string[];
let assumed: AssumedCoins;
let expected: string;

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.remove()));
  rmSync(directory, { recursive: true, force: true });
});

/** A node of a network whose file knows these coins. */
async function nodeOf(name: string, assumeUtxo: readonly AssumedCoins[]): Promise<TestNode> {
  const file = join(directory, `${name}.json`);
  const parameters = { ...REGTEST, name: 'snapshots', assumeUtxo };
  writeFileSync(file, JSON.stringify(networkFile(parameters)));
  const node = await TestNode.create([`-genesis=${file}`], 'snapshots');
  nodes.push(node);
  return node;
}

const hashOf = async (node: TestNode) => (await node.rpc.gettxoutsetinfo()).hash_serialized_3!;

/** Which the background has to fetch; undefined where there is none. */
async function background(node: TestNode): Promise<number | undefined> {
  const { chainstates } = await node.rpc.getchainstates();
  return chainstates.length === 1 ? undefined : chainstates[0]!.blocks;
}

const load = (node: TestNode) => node.rpc.loadtxoutset(dump);
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    ({ code, message }: { code: number; message: string }) => [code, message],
  );

async function tellHeaders(node: TestNode): Promise<void> {
  for (const header of headers) await node.rpc.submitheader(header);
}

/** A node that knows the headers. */
async function fresh(): Promise<TestNode> {
  const node = await nodeOf('with', [assumed]);
  await node.start('-connect=0');
  await tellHeaders(node);
  return node;
}

beforeAll(async () => {
  bindFastHashes();
  source = await nodeOf('without', []);
  const file = join(directory, 'chain.dat');
  const mix = { p2wpkh: 1 };
  await writeChain(file, {
    blocks: IMPORTED,
    txsPerBlock: 60,
    mix,
    seed: 'snapshot',
    coins: 20_000,
    threads: 1,
  });
  expect(await penny('import', ...source.words, file)).toMatchObject({ code: 0 });
  await source.start();
  const { rpc } = source;
  await rpc.createwallet('old');
  await rpc.generatetoaddress(5, await rpc.getnewaddress());
  await rpc.backupwallet(backup);
  await rpc.generatetoaddress(HEIGHT - IMPORTED - 5, ADDRESS);
  const written = await rpc.dumptxoutset(dump, 'rollback', { rollback: BASE });
  assumed = {
    height: BASE,
    blockHash: written.base_hash,
    hashSerialized: written.txoutset_hash!,
    chainTxCount: written.nchaintx,
  };
  const heights = Array.from({ length: HEIGHT }, (_, i) => i + 1);
  const hashes = await Promise.all(heights.map((height) => rpc.getblockhash(height)));
  headers = await Promise.all(hashes.map((hash) => rpc.getblockheader(hash, false)));
  blocks = await Promise.all(hashes.map((hash) => rpc.getblock(hash, 0) as Promise<string>));
  expected = await hashOf(source);
}, 300_000);

it('goes on after kill -9 while it loads, while it verifies, and while it ends', async () => {
  const node = await fresh();
  const store = join(node.networkDirectory, 'chainstate_snapshot');
  const note = join(store, 'base_blockhash');
  const kill = async (...options: readonly string[]) => {
    expect(await node.stop('SIGKILL'), node.output).toBe('SIGKILL');
    await node.start(...options);
  };
  // A pipe brings only a part of the file: nothing says yet that the coins count.
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const file = readFileSync(dump);
  for (const length of [100, file.length >> 1, file.length - 1]) {
    const loading = node.rpc.loadtxoutset(pipe).catch(() => {});
    const writer = createWriteStream(pipe).on('error', () => {});
    await new Promise<void>((resolve) => writer.write(file.subarray(0, length), () => resolve()));
    await until('the store is there', async () => existsSync(store), 90);
    expect(existsSync(note)).toBe(false);
    await kill('-connect=0');
    // Those that came within half a second before a kill are not on the disk.
    await tellHeaders(node);
    await loading;
    writer.destroy();
    expect(await background(node)).toBeUndefined();
    expect([await node.rpc.getblockcount(), existsSync(store)]).toEqual([0, false]);
  }
  expect(await load(node)).toMatchObject({ base_height: BASE, tip_hash: assumed.blockHash });
  await kill('-connect=0');
  // The background is somewhere on its way.
  for (const [from, to] of [
    [0, 40],
    [40, 110],
    [110, 125],
  ]) {
    // What a kill took was not on the disk.
    for (const block of blocks.slice(0, to)) await node.rpc.submitblock(block);
    await until('the background goes on', async () => (await background(node))! > from!, 90);
    await kill('-connect=0');
    expect([await node.rpc.getblockcount(), typeof (await background(node))]).toEqual([BASE, 'number']);
  }
  // From a peer comes what is left; the note grows when the coins were compared.
  const size = statSync(note).size;
  await node.rpc.addnode(`127.0.0.1:${source.peerPort}`, 'onetry');
  await until('the end is noted', async () => !existsSync(note) || statSync(note).size > size, 90);
  await kill(`-connect=127.0.0.1:${source.peerPort}`);
  await inSync(source, node);
  expect([await background(node), await hashOf(node)]).toEqual([undefined, expected]);
  await kill('-connect=0');
  expect([await background(node), await hashOf(node), existsSync(store)]).toEqual([
    undefined,
    expected,
    false,
  ]);
  expect(await node.rpc.verifychain(4, 0)).toBe(true);
}, 300_000);

it('fetches the blocks below from a peer, and has then what wallets older than the snapshot want', async () => {
  const node = await fresh();
  await load(node);
  const { rpc } = node;
  const early = (height: number) =>
    `Wallet loading failed. Error loading wallet. Wallet requires blocks to be downloaded, and software does not currently support loading wallets while blocks are being downloaded out of order when using assumeutxo snapshots. Wallet should be able to load successfully after node sync reaches height ${height}`;
  expect(await codeOf(rpc.restorewallet('old', backup))).toEqual([-4, early(BASE)]);
  expect(await rpc.listwallets()).toEqual([]);
  expect((await rpc.listwalletdir()).wallets).toEqual([]);
  await rpc.createwallet('new');
  expect(await codeOf(rpc.rescanblockchain(1))).toEqual([
    -1,
    expect.stringMatching(/^Failed to rescan unavailable blocks/),
  ]);
  await rpc.addnode(`127.0.0.1:${source.peerPort}`, 'onetry');
  await inSync(source, node);
  await until('the snapshot is verified', async () => (await background(node)) === undefined, 90);
  expect(await hashOf(node)).toBe(expected);
  await rpc.unloadwallet('new');
  expect(await codeOf(rpc.restorewallet('old', backup))).toBe('done');
  expect(await rpc.getbalances()).toEqual(await source.rpc.getbalances());
  expect((await rpc.getbalances()).mine.immature).toBeGreaterThan(0);
});
