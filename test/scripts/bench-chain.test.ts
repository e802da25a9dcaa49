import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { countBlocks, readTip, writeChain } from '../../scripts/bench/chain/file.ts';
import { type GenerateOptions, generateChain } from '../../scripts/bench/chain/generate.ts';
import { COINS_A_BLOCK, growChain, measuredHeights } from '../../scripts/bench/chain/grow.ts';
import type { Block } from '../../src/core/block/block.ts';
import { genesisBlock } from '../../src/core/consensus/genesis.ts';
import { MAX_BLOCK_WEIGHT } from '../../src/core/consensus/limits.ts';
import { concatBytes } from '../../src/core/encoding/bytes.ts';
import { Writer } from '../../src/core/encoding/writer.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { loadSignatureEngine } from '../../src/platform/node/signatures/load-engine.ts';
import { openMemoryChain } from '../support/memory-chain.ts';

const OPTIONS: GenerateOptions = {
  blocks: 108,
  txsPerBlock: 40,
  mix: { p2wpkh: 40, p2tr: 20, p2pkh: 20, multisig: 20 },
  seed: 'test',
  threads: 2,
};

async function generate(options: Partial<GenerateOptions>): Promise<Block[]> {
  const blocks: Block[] = [];
  for await (const block of generateChain({ ...OPTIONS, ...options })) blocks.push(block);
  return blocks;
}

const bytesOf = (blocks: readonly Block[]): Uint8Array => concatBytes(...blocks.map(({ bytes }) => bytes));

const frame = ({ bytes }: Block): Uint8Array =>
  new Writer(8).bytes(REGTEST.magic).uint32(bytes.length).bytes(bytes).finish();

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'penny-chain-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('a chain is the same for the same options, however many threads sign it', async () => {
  const [one, two, other] = [
    await generate({ threads: 1 }),
    await generate({ threads: 2 }),
    await generate({ seed: 'other' }),
  ];
  expect(Buffer.compare(bytesOf(one), bytesOf(two))).toBe(0);
  expect(Buffer.compare(bytesOf(one), bytesOf(other))).not.toBe(0);
});

test('the chain accepts every block of it, scripts verified, and blocks get as full as asked', async () => {
  const { engine } = await loadSignatureEngine();
  const chain = await openMemoryChain({ engine });
  const blocks = await generate({});
  for (const block of blocks) expect(await chain.acceptBlock(block)).toMatchObject({ ok: true });
  expect(chain.height).toBe(OPTIONS.blocks);
  expect(chain.tip.hash).toBe(blocks.at(-1)!.hash);
  expect(blocks.at(-1)!.transactions.length).toBe(1 + OPTIONS.txsPerBlock);
});

test('a chain grows to as many coins, between blocks of one kind', async () => {
  const growth = { coins: 60_000, blocks: 2 };
  const { few, many } = measuredHeights(growth);
  const chain = await openMemoryChain();
  /** Coins, by height, when a measured block is in. */
  const sizes = new Map<number, number>();
  let coins = 0;
  for (const block of growChain(growth)) {
    expect(await chain.acceptBlock(block)).toMatchObject({ ok: true });
    const [, ...others] = block.transactions;
    const inputs = others.reduce((sum, tx) => sum + tx.inputs.length, 0);
    coins += 1 + others.reduce((sum, tx) => sum + tx.outputs.length, 0) - inputs;
    if (inputs === COINS_A_BLOCK) sizes.set(chain.height, coins);
  }
  expect([...sizes.keys()]).toEqual([few[0] + 1, few[1], many[0] + 1, many[1]]);
  expect(sizes.get(many[1])).toBeGreaterThan(growth.coins);
  expect(sizes.get(few[1])).toBeLessThan(growth.coins / 2);
});

test('more payments than fit make a full block and no invalid one', async () => {
  const blocks = await generate({
    blocks: 106,
    txsPerBlock: 100_000,
    coins: 1_000_000,
    mix: { p2pkh: 1 },
  });
  const chain = await openMemoryChain({ engine: (await loadSignatureEngine()).engine });
  for (const block of blocks) expect(await chain.acceptBlock(block)).toMatchObject({ ok: true });
  const { weight } = blocks.at(-1)!;
  expect(weight).toBeLessThanOrEqual(MAX_BLOCK_WEIGHT);
  expect(weight).toBeGreaterThan(0.6 * MAX_BLOCK_WEIGHT);
});

test('the file holds the blocks in a row, the genesis block first, and tells its height and its tip', async () => {
  const path = join(directory, 'chain.dat');
  const heights: number[] = [];
  await writeChain(path, { ...OPTIONS, blocks: 5 }, ({ height }) => heights.push(height));
  expect(heights).toEqual([1, 2, 3, 4, 5]);
  expect(countBlocks(path)).toBe(5);
  const blocks = await generate({ blocks: 5 });
  expect(readTip(path).hash).toBe(blocks.at(-1)!.hash);
  const file = concatBytes(...[genesisBlock(REGTEST), ...blocks].map(frame));
  expect(Buffer.compare(readFileSync(path), file)).toBe(0);
  truncateSync(path, file.length - 1);
  expect(countBlocks(path)).toBe(4);
});
