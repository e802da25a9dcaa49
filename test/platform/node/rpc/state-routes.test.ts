import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryNode } from '../../../../scripts/conformance/memory-node.ts';
import { REGTEST } from '../../../../src/core/parameters/presets.ts';
import { createDispatcher } from '../../../../src/node.ts';
import { createMetrics, type Metrics } from '../../../../src/platform/node/rpc/metrics.ts';
import { unhealthy } from '../../../../src/platform/node/rpc/state-routes.ts';
import { P2WSH_TRUE } from '../../../support/pool.ts';

let memory: MemoryNode;
let metrics: Metrics;

beforeAll(async () => {
  memory = await MemoryNode.open(REGTEST);
  metrics = createMetrics({ wallets: true });
  metrics.watch(memory.node.rpc);
  metrics.attach(memory.node);
});
afterAll(() => memory.stop());

/** By name and labels, as they are written. */
async function samples(of = metrics): Promise<Map<string, number>> {
  const lines = (await of.registry.metrics())
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

test('figures are those of the moment, and durations and calls are counted', async () => {
  const { node } = memory;
  await node.miner.mineBlocks(2, P2WSH_TRUE);
  await node.chain.flush();
  await memory.call('getblockcount', '[]');
  await memory.call('getblockhash', '[9]');
  await memory.call('getrawtransaction', '["zz"]');
  await memory.call('nosuchmethod', '[]');
  await node.wallets.create("it's {a} name");
  const told = await samples();
  expect(Object.fromEntries([...told].filter(([name]) => name.startsWith('penny_rpc')))).toEqual({
    'penny_rpc_calls_total{method="getblockcount",code="0"}': 1,
    'penny_rpc_calls_total{method="getblockhash",code="-8"}': 1,
    'penny_rpc_calls_total{method="getrawtransaction",code="-8"}': 1,
  });
  for (const [name, value] of [
    ['penny_chain_height', 2],
    ['penny_chain_headers', 2],
    ['penny_chain_initial_block_download', 0],
    ['penny_miner_blocks_total', 2],
    ['penny_block_verification_seconds_count', 2],
    ['penny_flush_seconds_count', 1],
    ['penny_mempool_transactions', 0],
    ['penny_wallets', 1],
    [`penny_wallet_balance_satoshis{wallet="it's {a} name",kind="trusted"}`, 0],
  ] as const)
    expect(told.get(name), name).toBe(value);
  await node.miner.mineBlocks(1, P2WSH_TRUE);
  expect((await samples()).get('penny_chain_height')).toBe(3);
});

test('balances are told only where that is asked for', async () => {
  const discreet = createMetrics({ wallets: false });
  discreet.attach(memory.node);
  const names = [...(await samples(discreet)).keys()];
  expect(names).toContain('penny_wallets');
  expect(names.filter((name) => name.includes('balance'))).toEqual([]);
});

test('the dashboard shows nothing that is not told', async () => {
  const dashboard = readFileSync(new URL('../../../../docs/grafana.json', import.meta.url), 'utf8');
  const shown = new Set(dashboard.match(/\b(?:penny|process|nodejs)_[a-z0-9_]+(?=[{[ ,)])/g));
  const text = await metrics.registry.metrics();
  const names = new Set(Array.from(text.matchAll(/^# TYPE (\S+)/gm), ([, name]) => name!));
  expect(shown.size).toBeGreaterThan(15);
  expect([...shown].filter((name) => !names.has(name.replace(/_bucket$/, '')))).toEqual([]);
});

test('health has a reason where it is none', async () => {
  const { clock, logger, chain, rpc, miner } = memory.node;
  const starting = createDispatcher({ clock, logger });
  starting.setWarmUpStatus('Loading block index…');
  expect(unhealthy(starting)).toBe('Loading block index…');
  expect(unhealthy(rpc)).toBeNull();
  // Headers whose blocks do not come.
  const [fork] = await miner.mineBlocks(4, P2WSH_TRUE);
  const headers = [1, 2, 3, 4].map((up) => chain.entryAt(chain.height - 4 + up)!.header);
  const behind = await MemoryNode.open(REGTEST);
  const before = Array.from({ length: chain.height - 4 }, (_, i) => chain.entryAt(i + 1)!);
  for (const entry of before) await behind.node.chain.acceptBlock(await chain.blocks.readBlock(entry));
  behind.node.chain.acceptHeaders(headers.slice(0, 2));
  expect(unhealthy(behind.node.rpc)).toBeNull();
  behind.node.chain.acceptHeaders(headers);
  expect(unhealthy(behind.node.rpc)).toBe(`Catching up: block ${before.length} of ${chain.height}`);
  await behind.stop();
  // A long branch that was declared invalid.
  await miner.mineBlocks(5, P2WSH_TRUE);
  await chain.invalidate(fork!);
  expect(unhealthy(rpc)).toMatch(/^Warning: Found invalid chain/);
});
