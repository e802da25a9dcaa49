/** Connecting one block after the other, without a disk: the rules, the coins, and the scripts. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Chain } from '../../src/chain/chain.ts';
import type { ScriptVerifier } from '../../src/chain/script-verifier.ts';
import { Block } from '../../src/core/block/block.ts';
import { Reader } from '../../src/core/encoding/reader.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { SystemClock } from '../../src/platform/node/clock.ts';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';
import { systemRandom } from '../../src/platform/node/random.ts';
import { createScriptVerifier } from '../../src/platform/node/verification/create-script-verifier.ts';
import { benchChain } from './chain/file.ts';
import type { Bench, BenchRow } from './row.ts';

/** Blocks at the end of the chain that are measured; those before only make coins. */
const MEASURED = 40;

/** The blocks of a file in blk format, each decoded anew, so that nothing is known of it yet. */
function decodeBlocks(bytes: Uint8Array): Block[] {
  const blocks: Block[] = [];
  for (const reader = new Reader(bytes); reader.remaining > 0; ) {
    reader.view(4);
    blocks.push(Block.decode(reader.view(reader.uint32())));
  }
  return blocks;
}

async function measure(bytes: Uint8Array, threads: number): Promise<number> {
  const clock = new SystemClock();
  const logger = { log: () => {} };
  const real = await createScriptVerifier(
    { threads: Math.max(1, threads) },
    { clock, random: systemRandom, logger },
  );
  const blocks = decodeBlocks(bytes);
  const first = blocks.length - MEASURED;
  let verifying = false;
  const scriptVerifier: ScriptVerifier = {
    verify: async (checks) => (verifying ? real.verify(checks) : null),
    close: () => real.close(),
  };
  const storage = new MemoryStorage();
  const parts = { parameters: REGTEST, clock, random: systemRandom, storage, scriptVerifier, logger };
  const chain = await Chain.open({}, parts);
  for (const block of blocks.slice(0, first)) await chain.acceptBlock(block);
  verifying = threads > 0;
  let inputs = 0;
  const started = performance.now();
  for (const block of blocks.slice(first)) {
    await chain.acceptBlock(block);
    for (const tx of block.transactions) if (!tx.isCoinbase) inputs += tx.inputs.length;
  }
  const seconds = (performance.now() - started) / 1000;
  await chain.close();
  await scriptVerifier.close();
  return inputs / seconds;
}

export const bench: Bench = async ({ repeat, quick }) => {
  bindFastHashes();
  const [count, txs] = quick ? [150, 200] : [600, 500];
  const bytes = readFileSync(await benchChain(count, txs));
  const rows: BenchRow[] = [];
  const cases = {
    'scripts off': 0,
    'scripts on one thread': 1,
    'scripts on all threads': availableParallelism(),
  };
  for (const [name, threads] of Object.entries(cases)) {
    const values: number[] = [];
    for (let i = 0; i < repeat; i++) values.push(await measure(bytes, threads));
    const what = `connect blocks of ${txs} payments, ${name}`;
    rows.push({ name: what, unit: 'inputs/s', values, higherIsBetter: true });
  }
  return rows;
};
