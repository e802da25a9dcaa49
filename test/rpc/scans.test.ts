/** What scans of filters and blocks find of given descriptors, and how the mempool hangs together. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { METHODS } from '../../src/methods.ts';
import { findMethod } from '../../src/rpc/registry.ts';
import { mismatches } from '../support/result-matches.ts';

/** Anybody can spend it (P2A). */
const ADDRESS = 'bcrt1pfeesnyr2tx';
const [OURS, OTHERS] = [`addr(${ADDRESS})`, 'raw(52)'];

let memory: MemoryNode;
let blocks: string[];

beforeAll(async () => {
  memory = await MemoryNode.open(REGTEST, 1_600_000_000);
  blocks = await call<string[]>('generatetodescriptor', 1, OURS);
  await call('generatetodescriptor', 101, OTHERS);
});
afterAll(() => memory.stop());

async function call<T>(method: string, ...parameters: readonly unknown[]): Promise<T> {
  const { result, error } = await memory.call(method, JSON.stringify(parameters));
  if (error !== undefined) throw new Error(`${error.code} ${error.message}`);
  expect(mismatches(result, findMethod(METHODS, method)!.result), method).toEqual([]);
  return result as T;
}

/** Spends an output that anybody can spend to the same. @param fee satoshis */
async function spend(txid: string, amount: number, fee: number): Promise<{ txid: string; amount: number }> {
  const left = (amount * 1e8 - fee) / 1e8;
  const raw = await call<string>(
    'createrawtransaction',
    [{ txid, vout: 0 }],
    // Less than 65 bytes are refused.
    [{ [ADDRESS]: left.toFixed(8) }, { data: '00'.repeat(8) }],
  );
  return { txid: await call<string>('sendrawtransaction', raw, 0), amount: left };
}

test('blocks are named whose filters match, and read where that is asked for', async () => {
  const found = { from_height: 0, to_height: 102, relevant_blocks: blocks, completed: true };
  for (const exact of [false, true])
    expect(
      await call('scanblocks', 'start', [OURS], null, null, 'basic', { filter_false_positives: exact }),
    ).toEqual(found);
  expect(await call('scanblocks', 'start', [{ desc: OURS }], 2)).toMatchObject({
    from_height: 2,
    relevant_blocks: [],
  });
  expect(await call('scanblocks', 'start', [OURS], 1, 1)).toMatchObject({
    to_height: 1,
    relevant_blocks: blocks,
  });
  expect(await call('scanblocks', 'status')).toBeNull();
  expect(await call('scanblocks', 'abort')).toBe(false);
});

test('a filter that matches by chance is told apart by its block', async () => {
  // Its hash is that of the genesis block's output (Bitcoin Core's rpc_scanblocks.py).
  const [chance, genesis] = [
    'raw(001400000000000000000000000000000000000cadcb)',
    await call('getblockhash', 0),
  ];
  const scan = (exact: boolean) =>
    call('scanblocks', 'start', [chance], 0, 0, 'basic', { filter_false_positives: exact });
  expect(await scan(false)).toMatchObject({ relevant_blocks: [genesis] });
  expect(await scan(true)).toMatchObject({ relevant_blocks: [] });
});

test('a scan is begun once, watched and ended by others', async () => {
  const running = call<{ completed: boolean }>('scanblocks', 'start', [OURS]);
  await expect(call('scanblocks', 'start', [OURS])).rejects.toThrow(
    '-8 Scan already in progress, use action "abort" or "status"',
  );
  expect(await call('scanblocks', 'status')).toMatchObject({ progress: expect.any(Number) });
  expect(await call('scanblocks', 'abort')).toBe(true);
  expect((await running).completed).toBe(false);
});

test('what blocks and mempool pay and spend is told in its order, and the mempool by its chunks', async () => {
  const { tx } = await call<{ tx: string[] }>('getblock', blocks[0]);
  const [coinbase] = tx;
  const parent = await spend(coinbase!, 50, 1_000);
  const child = await spend(parent.txid, parent.amount, 9_000);
  const { activity } = await call<{ activity: { type: string; txid?: string; spend_txid?: string }[] }>(
    'getdescriptoractivity',
    [blocks[0], blocks[0]],
    [OURS],
  );
  expect(activity.map((each) => [each.type, each.txid ?? each.spend_txid])).toEqual([
    ['receive', coinbase],
    ['spend', parent.txid],
    ['receive', parent.txid],
    ['spend', child.txid],
    ['receive', child.txid],
  ]);
  expect(activity[0]).toMatchObject({ amount: 50, blockhash: blocks[0], height: 1, vout: 0 });
  expect(activity[1]).not.toHaveProperty('height');
  const confirmed = await call<{ activity: unknown[] }>('getdescriptoractivity', blocks, [OURS], false);
  expect(confirmed.activity).toEqual(activity.slice(0, 1));

  const { weight } = await call<{ weight: number }>('getmempoolentry', child.txid);
  const [clusterweight, fee] = [2 * weight, 0.0001];
  const chunk = { chunkfee: fee, chunkweight: clusterweight, txs: [parent.txid, child.txid] };
  expect(await call('getmempoolcluster', parent.txid)).toEqual({
    clusterweight,
    txcount: 2,
    chunks: [chunk],
  });
  expect(await call('getmempoolfeeratediagram')).toEqual([
    { weight: 0, fee: 0 },
    { weight: clusterweight, fee },
  ]);
});
