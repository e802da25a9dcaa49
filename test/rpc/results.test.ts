import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { Block } from '../../src/core/block/block.ts';
import { BlockHeader } from '../../src/core/block/header.ts';
import { hashPair } from '../../src/core/block/merkle.ts';
import { checkProofOfWork } from '../../src/core/block/proof-of-work.ts';
import { commitmentScript } from '../../src/core/consensus/commitment.ts';
import { fromHex, toDisplayHex, toHex } from '../../src/core/encoding/bytes.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { Transaction } from '../../src/core/transaction/transaction.ts';
import { METHODS } from '../../src/methods.ts';
import { findMethod } from '../../src/rpc/registry.ts';
import { mismatches } from '../support/result-matches.ts';

/** To nothing but a coinbase, whose own hash does not count. */
const COMMITMENT = commitmentScript(hashPair(new Uint8Array(32), new Uint8Array(32)));
const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';

let memory: MemoryNode;
/** Answers so far, by name, for the calls that need them. */
let coinbase: string;
let tip: string;

beforeAll(async () => {
  memory = await MemoryNode.open(REGTEST, 1_600_000_000);
  const hashes = await call('generatetoaddress', 5, ADDRESS);
  tip = (hashes as string[]).at(-1)!;
  coinbase = ((await call('getblock', tip)) as { tx: string[] }).tx[0]!;
});
afterAll(() => memory.stop());

async function call(method: string, ...parameters: readonly unknown[]): Promise<unknown> {
  const { result, error } = await memory.call(method, JSON.stringify(parameters));
  if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  expect(mismatches(result, findMethod(METHODS, method)!.result), method).toEqual([]);
  return result;
}

test('what methods answer is what their help says', async () => {
  for (const method of [
    ...[
      'getblockchaininfo',
      'getblockcount',
      'getbestblockhash',
      'getdifficulty',
      'getchaintips',
      'getdeploymentinfo',
    ],
    ...[
      'getchaintxstats',
      'getchainstates',
      'getindexinfo',
      'verifychain',
      'gettxoutsetinfo',
      'getrawmempool',
    ],
    ...[
      'getmempoolinfo',
      'getmininginfo',
      'getnetworkhashps',
      'getprioritisedtransactions',
      'getnetworkinfo',
    ],
    ...[
      'getpeerinfo',
      'getconnectioncount',
      'getaddednodeinfo',
      'getnettotals',
      'getnodeaddresses',
      'getaddrmaninfo',
    ],
    ...[
      'listbanned',
      'ping',
      'clearbanned',
      'uptime',
      'getrpcinfo',
      'logging',
      'help',
      'setmining',
      'savemempool',
    ],
  ])
    await call(method);
  await call('getblock', tip, 0);
  await call('getblock', tip, 2);
  await call('getblock', tip, 3);
  await call('getblockheader', tip);
  await call('getblockheader', tip, false);
  await call('getblockfilter', tip);
  await call('getblockstats', tip);
  await call('getblockstats', 3, ['txs', 'feerate_percentiles']);
  await call('gettxoutsetinfo', 'muhash', 3);
  await call('gettxout', coinbase, 0);
  await call('gettxout', coinbase, 7);
  await call('getrawtransaction', coinbase);
  await call('getrawtransaction', coinbase, 2);
  await call('waitfornewblock', 1);
  await call('waitforblock', tip);
  await call('waitforblockheight', 5);
  await call('estimatesmartfee', 6);
  await call('prioritisetransaction', coinbase, 0, 1000);
  await call('getprioritisedtransactions');
  await call('scantxoutset', 'start', [`addr(${ADDRESS})`]);
  await call('scantxoutset', 'status');
  await call('scantxoutset', 'abort');
  await call('setban', '192.0.2.1', 'add');
  await call('listbanned');
  await call('setnetworkactive', true);
  await call('getblocktemplate', { rules: ['segwit'] });
  await call('decodescript', '51');
  await call('verifytxoutproof', await call('gettxoutproof', [coinbase]));
  await call('preciousblock', tip);
  await call('invalidateblock', tip);
  await call('getchaintips');
  await call('reconsiderblock', tip);
  await call('generateblock', ADDRESS, [], false);
});

test('a block made from a template is accepted, and refused the second time', async () => {
  const { hex } = (await call('generateblock', ADDRESS, [], false)) as { hex: string };
  expect(await call('getblocktemplate', { mode: 'proposal', data: hex })).toBeNull();
  expect(await call('submitblock', hex)).toBeNull();
  expect(await call('submitblock', hex)).toBe('duplicate');
  expect(await call('getblocktemplate', { mode: 'proposal', data: hex })).toBe('duplicate');
});

test('a submitted block is given the reserved value that it forgot, and nothing is taken from it', async () => {
  const { hex } = (await call('generateblock', ADDRESS, [], false)) as { hex: string };
  const { header, transactions } = Block.decode(fromHex(hex));
  const { version, lockTime, inputs, outputs } = transactions[0]!;
  const commits = [...outputs.slice(0, 1), { value: 0n, scriptPubKey: COMMITMENT }];
  const submit = (count: number) => {
    const ins = Array.from({ length: count }, () => ({ ...inputs[0]!, witness: [] }));
    const first = Transaction.from({ version, lockTime, inputs: ins, outputs: commits });
    let mined = BlockHeader.from({ ...header, merkleRoot: first.txidBytes });
    for (let nonce = 0; !checkProofOfWork(mined.hashBytes, mined.bits, REGTEST); nonce++)
      mined = BlockHeader.from({ ...mined, nonce });
    return call('submitblock', toHex(Block.from(mined, [first]).bytes));
  };
  // With two inputs it is no coinbase; the second one must not be lost.
  expect(await submit(2)).toBe('bad-cb-missing');
  expect(await submit(1)).toBeNull();
});

test('the API document has the version of the node', async () => {
  expect(await call('getopenrpcinfo')).toMatchObject({ info: { title: 'Penny', version: '0.1.0' } });
});

test('a long poll for a template ends when the tip changes', async () => {
  const { longpollid } = (await call('getblocktemplate', { rules: ['segwit'] })) as { longpollid: string };
  const waiting = call('getblocktemplate', { rules: ['segwit'], longpollid });
  const [hash] = (await call('generatetoaddress', 1, ADDRESS)) as string[];
  expect(await waiting).toMatchObject({ previousblockhash: hash });
});

test('waitfornewblock answers with the block that comes', async () => {
  const waiting = call('waitfornewblock', 60_000);
  const [hash] = (await call('generatetoaddress', 1, ADDRESS)) as string[];
  expect(await waiting).toMatchObject({ hash });
});

test('scantxoutset finds what an address owns', async () => {
  const { unspents, total_amount } = (await call('scantxoutset', 'start', [`addr(${ADDRESS})`])) as {
    unspents: { height: number; confirmations: number; desc: string }[];
    total_amount: number;
  };
  const height = (await call('getblockcount')) as number;
  expect(unspents).toHaveLength(height);
  expect(total_amount).toBe(50 * height);
  expect(unspents.every((unspent) => unspent.confirmations === height - unspent.height + 1)).toBe(true);
  expect(unspents[0]!.desc).toMatch(/^addr\(/);
});

test('dumptxoutset writes every coin to a new file', async () => {
  const { txouts, hash_serialized_3 } = (await call('gettxoutsetinfo')) as {
    txouts: number;
    hash_serialized_3: string;
  };
  const dumped = await call('dumptxoutset', 'coins.dat', 'latest');
  const base_hash = await call('getbestblockhash');
  const base_height = await call('getblockcount');
  expect(dumped).toMatchObject({
    coins_written: txouts,
    base_hash,
    base_height,
    txoutset_hash: hash_serialized_3,
  });
  const file = memory.files.get('coins.dat')!;
  // "utxo", 0xff, version 2, the network's magic, the base, the number of coins.
  expect(toHex(file.subarray(0, 11))).toBe(`7574786fff0200${toHex(REGTEST.magic)}`);
  expect(toDisplayHex(file.subarray(11, 43))).toBe(base_hash);
  expect(file[43]).toBe(txouts);
  await expect(call('dumptxoutset', 'coins.dat', 'latest')).rejects.toThrow(
    'coins.dat already exists. If you are sure',
  );
});

test('dumptxoutset rolls back to the block that is named, whatever has grown beside it', async () => {
  const tipBefore = await call('getbestblockhash');
  const [target, above] = [await call('getblockhash', 2), await call('getblockhash', 3)];
  await call('invalidateblock', above);
  await call('generatetodescriptor', 2, 'raw(51)');
  await call('reconsiderblock', above);
  expect(await call('getbestblockhash')).toBe(tipBefore);
  expect(await call('dumptxoutset', 'fork.dat', 'rollback', { rollback: 2 })).toMatchObject({
    base_hash: target,
    base_height: 2,
  });
  expect(await call('getbestblockhash')).toBe(tipBefore);
});

test('dumptxoutset rolls back to a block, and forward again', async () => {
  const tipBefore = await call('getbestblockhash');
  const { muhash } = (await call('gettxoutsetinfo', 'muhash', 3)) as { muhash: string };
  const { coins_written, base_height } = (await call('dumptxoutset', 'old.dat', 'rollback', {
    rollback: 3,
  })) as {
    coins_written: number;
    base_height: number;
  };
  expect([coins_written, base_height]).toEqual([3, 3]);
  expect(await call('getbestblockhash')).toBe(tipBefore);
  expect(await call('getnetworkinfo')).toMatchObject({ networkactive: true });
  expect(await call('gettxoutsetinfo', 'muhash', 3)).toMatchObject({ muhash });
  await expect(call('dumptxoutset', 'x', 'latest', { rollback: 3 })).rejects.toThrow('with rollback option');
});

test('known addresses are shown by their places, with who told of them', async () => {
  expect(await call('getrawaddrman')).toEqual({ new: {}, tried: {} });
  for (const host of ['1.2.3.4', '5.6.7.8']) await call('addpeeraddress', host, 8333, host === '1.2.3.4');
  const tables = (await call('getrawaddrman')) as Record<'new' | 'tried', Record<string, object>>;
  for (const [table, host] of [
    ['tried', '1.2.3.4'],
    ['new', '5.6.7.8'],
  ] as const) {
    const [place, ...others] = Object.entries(tables[table]);
    expect([place![0], others]).toEqual([expect.stringMatching(/^\d{1,4}\/\d{1,2}$/), []]);
    const source = { source: host, source_network: 'ipv4' };
    expect(place![1]).toEqual({
      ...{ time: 1_600_000_000, services: 9, address: host, port: 8333, network: 'ipv4' },
      ...source,
    });
  }
});

test('sets of coins tell what memory they may take', async () => {
  const { chainstates } = (await call('getchainstates')) as { chainstates: object[] };
  expect(chainstates).toMatchObject([{ coins_db_cache_bytes: 0, coins_tip_cache_bytes: 450 << 20 }]);
});
