import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import type { Block } from '../../src/core/block/block.ts';
import { basicFilter, filterHeader } from '../../src/core/block/filter.ts';
import { fromDisplayHex, fromHex, toDisplayHex, toHex, utf8 } from '../../src/core/encoding/bytes.ts';
import { Reader } from '../../src/core/encoding/reader.ts';
import { Writer } from '../../src/core/encoding/writer.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import type { Transaction } from '../../src/core/transaction/transaction.ts';
import { createDispatcher } from '../../src/node.ts';
import { answerRest } from '../../src/rest/rest.ts';
import { outputAt, P2WSH_TRUE, spend } from '../support/pool.ts';

const ZERO = '0'.repeat(64);
const BLOCKS = 103;

let memory: MemoryNode;
/** In the last block, and what it spends; in the mempool, spending it. */
let mined: Transaction;
let spent: Block;
let waiting: Transaction;
let tip: string;
let tipBlock: Block;

beforeAll(async () => {
  memory = await MemoryNode.open(REGTEST);
  const { miner, mempool, chain } = memory.node;
  const blocks = await miner.mineBlocks(BLOCKS - 1, P2WSH_TRUE);
  spent = await chain.blocks.readBlock(chain.entryAt(1)!);
  expect(blocks).toHaveLength(BLOCKS - 1);
  mined = spend([{ outpoint: { txid: spent.transactions[0]!.txidBytes, vout: 0 }, coin: coinAt(spent, 1) }]);
  expect((await mempool.accept(mined)).ok).toBe(true);
  await miner.mineBlocks(1, P2WSH_TRUE);
  waiting = spend([outputAt(mined)]);
  expect((await mempool.accept(waiting)).ok).toBe(true);
  tip = chain.tip.hash;
  tipBlock = await chain.blocks.readBlock(chain.tip);
});
afterAll(() => memory.stop());

const coinAt = (block: Block, height: number) => ({
  output: block.transactions[0]!.outputs[0]!,
  height,
  coinbase: true,
});

async function get(target: string, body: Uint8Array = new Uint8Array()) {
  const { status, type, immutable, body: bytes } = await answerRest(target, body, memory.node.rpc);
  return { status, type, immutable, bytes, text: Buffer.from(bytes).toString() };
}
const json = async (target: string) => JSON.parse((await get(target)).text);
const rpc = async (method: string, ...parameters: unknown[]) =>
  (await memory.call(method, JSON.stringify(parameters))).result;

describe('a block', () => {
  test('is its bytes, their hex, or told in words', async () => {
    const bin = await get(`/block/${tip}.bin`);
    expect([bin.status, bin.type, bin.immutable]).toEqual([200, 'application/octet-stream', true]);
    expect(toHex(bin.bytes)).toBe(toHex(tipBlock.bytes));
    const hex = await get(`/block/${tip}.hex`);
    expect([hex.type, hex.immutable, hex.text]).toEqual(['text/plain', true, `${toHex(tipBlock.bytes)}\n`]);
    const told = await get(`/block/${tip}.json`);
    // It tells of confirmations.
    expect([told.type, told.immutable]).toEqual(['application/json', false]);
    expect(JSON.parse(told.text)).toEqual(await rpc('getblock', tip, 3));
    expect(await json(`/block/notxdetails/${tip}.json`)).toEqual(await rpc('getblock', tip, 1));
  });

  test('comes in parts', async () => {
    const part = await get(`/blockpart/${tip}.bin?offset=10&size=90`);
    expect([toHex(part.bytes), part.immutable]).toEqual([toHex(tipBlock.bytes.subarray(10, 100)), true]);
    const { length } = tipBlock.bytes;
    for (const [query, message] of [
      ['offset=1', 'Block part size missing or invalid'],
      ['size=1', 'Block part offset missing or invalid'],
      ['offset=-1&size=1', 'Block part offset missing or invalid'],
      ['offset=0&size=0', `Bad block part offset/size 0/0 for ${tip}`],
      [`offset=0&size=${length + 1}`, `Bad block part offset/size 0/${length + 1} for ${tip}`],
      ['offset=18446744073709551615&size=1', `Bad block part offset/size 18446744073709551615/1 for ${tip}`],
    ])
      expect(await get(`/blockpart/${tip}.bin?${query}`)).toMatchObject({
        status: 400,
        text: `${message}\r\n`,
      });
    expect((await get(`/blockpart/${tip}.json?offset=0&size=1`)).text).toBe(
      'JSON output is not supported for this request type\r\n',
    );
  });

  test('has a height, a filter, and coins that it spends', async () => {
    const { height } = memory.node.chain;
    expect(await json(`/blockhashbyheight/${height}.json`)).toEqual({ blockhash: tip });
    expect((await get(`/blockhashbyheight/${height}.hex`)).text).toBe(`${tip}\n`);
    expect(toDisplayHex((await get(`/blockhashbyheight/${height}.bin`)).bytes)).toBe(tip);
    const { filter, header } = (await rpc('getblockfilter', tip)) as { filter: string; header: string };
    expect(await json(`/blockfilter/basic/${tip}.json`)).toEqual({ filter });
    const written = new Writer().uint8(0).bytes(fromDisplayHex(tip)).varBytes(fromHex(filter)).finish();
    expect(toHex((await get(`/blockfilter/basic/${tip}.bin`)).bytes)).toBe(toHex(written));
    expect(await json(`/blockfilterheaders/basic/${tip}.json?count=1`)).toEqual([header]);
    const coinbaseOnly = basicFilter(spent, []);
    expect(toHex(coinbaseOnly)).toBe((await json(`/blockfilter/basic/${spent.hash}.json`)).filter);
    expect(filterHeader(coinbaseOnly, new Uint8Array(32))).toHaveLength(32);
    const reader = new Reader((await get(`/spenttxouts/${tip}.bin`)).bytes);
    expect([reader.compactSize(), reader.compactSize(), reader.compactSize()]).toEqual([2, 0, 1]);
    expect([reader.int64(), toHex(reader.varBytes())]).toEqual([5_000_000_000n, toHex(P2WSH_TRUE)]);
    reader.finish();
    const [none, [coin]] = await json(`/spenttxouts/${tip}.json`);
    expect([none, coin.value, coin.scriptPubKey.hex]).toEqual([[], 50, toHex(P2WSH_TRUE)]);
  });

  test('begins a run of headers, in both spellings', async () => {
    const { chain } = memory.node;
    const from = chain.entryAt(BLOCKS - 2)!.hash;
    const last = [BLOCKS - 2, BLOCKS - 1, BLOCKS].map((height) => chain.entryAt(height)!);
    for (const target of [
      `/headers/${from}.bin`,
      `/headers/2000/${from}.bin`,
      `/headers/${from}.bin?count=%33`,
    ])
      expect(toHex((await get(target)).bytes)).toBe(
        last.map(({ headerBytes }) => toHex(headerBytes)).join(''),
      );
    expect(await json(`/headers/${from}.json?count=1`)).toEqual([await rpc('getblockheader', from)]);
    expect(await json(`/headers/${ZERO}.json`)).toEqual([]);
    for (const count of ['0', '2001', '5a', '-5', '+1', '9'.repeat(40)])
      expect((await get(`/headers/${count}/${from}.json`)).text).toBe(
        `Header count is invalid or out of acceptable range (1-2000): ${count}\r\n`,
      );
  });
});

describe('transactions and coins', () => {
  test('are found in the mempool and in the index', async () => {
    expect((await get(`/tx/${waiting.txid}.hex`)).text).toBe(`${toHex(waiting.bytes)}\n`);
    expect(await json(`/tx/${waiting.txid}.json`)).not.toHaveProperty('blockhash');
    expect(await json(`/tx/${mined.txid}.json`)).toMatchObject({ txid: mined.txid, blockhash: tip });
    const genesis = (await rpc('getblock', await rpc('getblockhash', 0))) as { tx: string[] };
    expect((await get(`/tx/${genesis.tx[0]}.json`)).status).toBe(404);
  });

  test('are told of with and without the mempool, by path and by body', async () => {
    const asked = [`${mined.txid}-0`, `${waiting.txid}-0`, `${spent.transactions[0]!.txid}-0`].join('/');
    const confirmed = await json(`/getutxos/${asked}.json`);
    expect(confirmed).toMatchObject({ chainHeight: BLOCKS, chaintipHash: tip, bitmap: '100' });
    expect(confirmed.utxos).toMatchObject([{ height: BLOCKS, scriptPubKey: { hex: toHex(P2WSH_TRUE) } }]);
    const pending = await json(`/getutxos/checkmempool/${asked}.json`);
    expect([pending.bitmap, pending.utxos[0].height]).toEqual(['010', 0x7fffffff]);
    const body = new Writer().uint8(1).compactSize(2);
    for (const tx of [mined, waiting]) body.bytes(tx.txidBytes).uint32(0);
    const bytes = body.finish();
    const { value, scriptPubKey } = waiting.outputs[0]!;
    const answer = new Writer().int32(BLOCKS).bytes(fromDisplayHex(tip)).varBytes(Uint8Array.of(2));
    answer.compactSize(1).uint32(0).uint32(0x7fffffff).int64(value).varBytes(scriptPubKey);
    expect(toHex((await get('/getutxos.bin', bytes)).bytes)).toBe(toHex(answer.finish()));
    expect((await get('/getutxos.hex', utf8(toHex(bytes)))).status).toBe(200);
    const both = await get(`/getutxos/${asked}.bin`, bytes);
    expect([both.status, both.text]).toEqual([
      400,
      'Combination of URI scheme inputs and raw post data is not allowed\r\n',
    ]);
  });

  test.each([
    ['', '', 'Error: empty request'],
    ['', '{"checkmempool', 'Error: empty request'],
    ['/checkmempool', '', 'Error: empty request'],
    [`/${ZERO}-0-1`, '', 'Parse error'],
    [`/${ZERO}-+1`, '', 'Parse error'],
    [`/${ZERO}-4294967296`, '', 'Parse error'],
    [`/${ZERO}aa-1`, '', 'Parse error'],
    [`/${Array(16).fill(`${ZERO}-1`).join('/')}`, '', 'Error: max outpoints exceeded (max: 15, tried: 16)'],
  ])('are refused where the request makes no sense: getutxos%s', async (path, body, message) => {
    expect(await get(`/getutxos${path}.json`, utf8(body))).toMatchObject({
      status: 400,
      text: `${message}\r\n`,
    });
  });

  test.each([
    ['01', 'Parse error'],
    ['0101aa', 'Parse error'],
    ['01feffffff01', 'Parse error'],
    [`0110${'00'.repeat(16 * 36)}`, 'Error: max outpoints exceeded (max: 15, tried: 16)'],
  ])('are refused where the body is none: %s', async (hex, message) => {
    for (const [form, body] of [
      ['bin', fromHex(hex)],
      ['hex', utf8(hex)],
    ] as const)
      expect(await get(`/getutxos.${form}`, body)).toMatchObject({ status: 400, text: `${message}\r\n` });
  });
});

test('what RPC tells of chain and mempool is told here too', async () => {
  expect(await json('/chaininfo.json')).toEqual(await rpc('getblockchaininfo'));
  expect(await json('/deploymentinfo.json')).toEqual(await rpc('getdeploymentinfo'));
  expect(await json(`/deploymentinfo/${spent.hash}.json`)).toEqual(
    await rpc('getdeploymentinfo', spent.hash),
  );
  expect(await json('/mempool/info.json')).toEqual(await rpc('getmempoolinfo'));
  expect(await json('/mempool/contents.json')).toEqual(await rpc('getrawmempool', true));
  const [txids, sequence] = ['?verbose=false', '?verbose=false&mempool_sequence=true'];
  expect(await json(`/mempool/contents.json${txids}`)).toEqual([waiting.txid]);
  expect(await json(`/mempool/contents.json${sequence}`)).toEqual(await rpc('getrawmempool', false, true));
});

test.each([
  ['/tx/abc.json', 400, 'Invalid hash: abc'],
  [`/tx/${ZERO}.json`, 404, `${ZERO} not found`],
  [`/block/${ZERO}.bin`, 404, `${ZERO} not found`],
  [`/block/${ZERO}%.bin`, 400, `Invalid hash: ${ZERO}%`],
  ['/chaininfo.bin', 404, 'output format not found (available: json)'],
  ['/blockhashbyheight/1', 404, 'output format not found (available: .bin, .hex, .json)'],
  ['/blockhashbyheight/1.', 404, 'output format not found (available: .bin, .hex, .json)'],
  ['/blockhashbyheight/1000.json', 404, 'Block height out of range'],
  ['/blockhashbyheight/-1.json', 400, 'Invalid height: -1'],
  ['/blockhashbyheight/<"1.json', 400, 'Invalid height: 1'],
  ['/mempool/x.json', 400, 'Invalid URI format. Expected /rest/mempool/<info|contents>.json'],
  [
    '/mempool/contents.json?verbose=1',
    400,
    'The "verbose" query parameter must be either "true" or "false".',
  ],
  [
    '/mempool/contents.json?mempool_sequence=true',
    400,
    'Verbose results cannot contain mempool sequence values. (hint: set "verbose=false")',
  ],
  [`/deploymentinfo/${ZERO}.json`, 400, 'Block not found'],
  ['/blockfilter/x.json', 400, 'Invalid URI format. Expected /rest/blockfilter/<filtertype>/<blockhash>'],
  [`/blockfilter/x/${ZERO}.json`, 400, 'Unknown filtertype x'],
  [`/blockfilterheaders/x/${ZERO}.json`, 400, 'Unknown filtertype x'],
  [`/spenttxouts/${ZERO}.json`, 404, `${ZERO} not found`],
])('%s is refused in these words', async (target, status, message) => {
  expect(await get(target)).toMatchObject({
    status,
    type: 'text/plain',
    immutable: false,
    text: `${message}\r\n`,
  });
});

test('paths that are no resource are not found; while the node starts all are unavailable', async () => {
  for (const target of ['', '/', '/tx', '/nothing.json', '?x=1'])
    expect(await get(target)).toMatchObject({ status: 404, text: '' });
  const { clock, logger } = memory.node;
  const starting = createDispatcher({ clock, logger });
  starting.setWarmUpStatus('Loading…');
  const answer = await answerRest('/chaininfo.json', new Uint8Array(), starting);
  expect([answer.status, Buffer.from(answer.body).toString()]).toEqual([
    503,
    'Service temporarily unavailable: Loading…\r\n',
  ]);
});
