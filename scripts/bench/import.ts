/** Import of a generated chain into a new data directory: everything that a block costs, disk included. */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chain } from '../../src/chain/chain.ts';
import { importBlocks } from '../../src/chain/import.ts';
import type { ScriptVerifier } from '../../src/chain/script-verifier.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { SystemClock } from '../../src/platform/node/clock.ts';
import { bindFastHashes } from '../../src/platform/node/hashes.ts';
import { systemRandom } from '../../src/platform/node/random.ts';
import { FileSource } from '../../src/platform/node/storage/file-source.ts';
import { NodeStorage } from '../../src/platform/node/storage/node-storage.ts';
import { createScriptVerifier } from '../../src/platform/node/verification/create-script-verifier.ts';
import { benchChain } from './chain/file.ts';
import type { Bench } from './row.ts';

interface Measured {
  readonly inputsPerSecond: number;
  readonly megabytesPerSecond: number;
  /** Milliseconds of the longest time in which nothing else had its turn. */
  readonly longestTurn: number;
}

const NO_SCRIPTS: ScriptVerifier = { verify: async () => null, close: async () => {} };

async function measure(path: string, options: { scripts: boolean; dbcache: number }): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), 'penny-bench-'));
  const clock = new SystemClock();
  const logger = { log: () => {} };
  const random = systemRandom;
  const storage = await NodeStorage.open(directory, REGTEST);
  const scriptVerifier = options.scripts
    ? await createScriptVerifier({ threads: availableParallelism() }, { clock, random, logger })
    : NO_SCRIPTS;
  const dependencies = { parameters: REGTEST, clock, random, storage, scriptVerifier, logger };
  const chain = await Chain.open({ dbcache: options.dbcache }, dependencies);
  const source = await FileSource.open(path);
  let inputs = 0;
  chain.connected.subscribe(({ block }) => {
    for (const tx of block.transactions) if (!tx.isCoinbase) inputs += tx.inputs.length;
  });
  const turns = watchTurns();
  const started = performance.now();
  await importBlocks(chain, [source]);
  await chain.flush();
  const seconds = (performance.now() - started) / 1000;
  const longestTurn = turns.stop();
  await source.close();
  await chain.close();
  await storage.close();
  await scriptVerifier.close();
  rmSync(directory, { recursive: true, force: true });
  return { inputsPerSecond: inputs / seconds, megabytesPerSecond: source.size / 1e6 / seconds, longestTurn };
}

/** Asks every millisecond for a turn, as a request would. */
function watchTurns(): { stop(): number } {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  return {
    stop() {
      clearInterval(timer);
      return longest;
    },
  };
}

export const bench: Bench = async ({ repeat, quick }) => {
  bindFastHashes();
  const [blocks, txs] = quick ? [150, 200] : [600, 500];
  const path = await benchChain(blocks, txs);
  const rows = [];
  for (const { name, ...options } of [
    { name: 'scripts verified', scripts: true, dbcache: 450 },
    { name: 'scripts verified, 4 MiB of cache', scripts: true, dbcache: 4 },
    { name: 'scripts not verified', scripts: false, dbcache: 450 },
  ]) {
    const measured: Measured[] = [];
    for (let i = 0; i < repeat; i++) measured.push(await measure(path, options));
    const what = `import of ${blocks} blocks of ${txs} payments, ${name}`;
    const values = (pick: (one: Measured) => number): number[] => measured.map(pick);
    rows.push(
      { name: what, unit: 'inputs/s', values: values((one) => one.inputsPerSecond), higherIsBetter: true },
      { name: what, unit: 'MB/s', values: values((one) => one.megabytesPerSecond), higherIsBetter: true },
      { name: `${what}: longest turn`, unit: 'ms', values: values((one) => one.longestTurn) },
    );
  }
  return rows;
};
