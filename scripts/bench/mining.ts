/** Hashes a second: the plain hash, the kernels, and all cores through the workers. */
import { availableParallelism } from 'node:os';
import { genesisBlock } from '../../src/core/consensus/genesis.ts';
import { referenceHashes } from '../../src/core/encoding/hashes.ts';
import { MAIN } from '../../src/core/parameters/presets.ts';
import { NonceKernel } from '../../src/mining/kernel/nonce-kernel.ts';
import { SLICE } from '../../src/mining/nonce-searcher.ts';
import { startSearcher } from '../../src/platform/node/worker.ts';
import { WorkerSearcher } from '../../src/platform/shared/mining/worker-searcher.ts';
import type { Bench, BenchRow } from './row.ts';

/** Nobody meets it. */
const NEVER = 0n;
const { bytes } = genesisBlock(MAIN).header;

/** Millions a second, once the engine has optimized what is called. */
function rate(repeat: number, milliseconds: number, hashMany: () => number): number[] {
  const measure = (): number => {
    const begun = performance.now();
    let hashes = 0;
    while (performance.now() - begun < milliseconds) hashes += hashMany();
    return hashes / (performance.now() - begun) / 1000;
  };
  measure();
  return Array.from({ length: repeat }, measure);
}

/** Threads that have started and were optimized. */
async function openWarm(threads: number): Promise<WorkerSearcher> {
  const searcher = new WorkerSearcher(threads, startSearcher);
  await searcher.search(bytes, NEVER, 0, threads * SLICE * 128);
  return searcher;
}

async function workersRate(threads: number, repeat: number, milliseconds: number): Promise<number[]> {
  const searcher = await openWarm(threads);
  const values: number[] = [];
  for (let i = 0; i < repeat; i++) {
    const stop = new AbortController();
    const search = searcher.search(bytes, NEVER, 0, 2 ** 32, { signal: stop.signal });
    const begun = performance.now();
    const before = searcher.hashes;
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    const value = (searcher.hashes - before) / (performance.now() - begun) / 1000;
    values.push(value);
    stop.abort();
    await search;
  }
  await searcher.close();
  return values;
}

/** Milliseconds from `abort` until the threads are free. */
async function stopTimes(threads: number, repeat: number): Promise<number[]> {
  const searcher = await openWarm(threads);
  const values: number[] = [];
  for (let i = 0; i < 20 * repeat; i++) {
    const stop = new AbortController();
    const search = searcher.search(bytes, NEVER, 0, 2 ** 32, { signal: stop.signal });
    await new Promise((resolve) => setTimeout(resolve, 30));
    const begun = performance.now();
    stop.abort();
    await search;
    // The next job is taken up only by threads that left the last one.
    await searcher.search(bytes, NEVER, 0, threads);
    values.push(performance.now() - begun);
  }
  await searcher.close();
  return values;
}

export const bench: Bench = async ({ repeat, quick }) => {
  const milliseconds = quick ? 200 : 1_500;
  const header = bytes.slice();
  const rows: BenchRow[] = [];
  const add = (name: string, values: number[]) =>
    rows.push({ name: `mining: ${name}`, unit: 'MH/s', values, higherIsBetter: true });
  const plain = () => {
    for (let i = 0; i < 256; i++) {
      header[76] = i;
      referenceHashes.hash256(header);
    }
    return 256;
  };
  add('@noble/hashes', rate(repeat, milliseconds, plain));
  for (const simd of [false, true]) {
    const kernel = NonceKernel.create(simd);
    if (kernel === null) continue;
    const slice = () => {
      kernel.search(bytes, NEVER, 0, SLICE);
      return SLICE;
    };
    add(`kernel, ${kernel.lanes} lane${simd ? 's' : ''}`, rate(repeat, milliseconds, slice));
  }
  const threads = availableParallelism();
  add('one worker', await workersRate(1, repeat, milliseconds));
  add(`${threads} workers`, await workersRate(threads, repeat, milliseconds));
  rows.push({
    name: `mining: ${threads} workers stop`,
    unit: 'ms',
    values: await stopTimes(threads, repeat),
  });
  return rows;
};
