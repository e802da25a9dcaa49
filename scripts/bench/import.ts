/**
 * Import of a chain file with full verification, each in a process of its own from its start: by every native
 * engine that loads, and by Bitcoin Core. The RPC is asked throughout: for the height, and how long it takes.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type MeasuredChain, measuredChain } from './chain/file.ts';
import { withNode } from './nodes/bench-node.ts';
import { type Contender, core, penny } from './nodes/contender.ts';
import { loadableEngines } from './nodes/engines.ts';
import { inTurn, type Quantity, rowsOf } from './nodes/rows.ts';
import type { Bench } from './row.ts';
import { percentile } from './table.ts';

/** Milliseconds between questions. */
const PAUSE = 20;
const SMALLEST_CACHE = 4;

interface Import {
  /** Seconds from the start of the process until the last block is the tip. */
  readonly connected: number;
  /** Seconds until the process has ended, everything being on the disk. */
  readonly ended: number;
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
  /** Milliseconds that getblockcount took, nearly always. */
  readonly answer: number;
}

function importOnce(contender: Contender, { path, blocks }: MeasuredChain, dbcache: number): Promise<Import> {
  return withNode(contender, dbcache, async (node) => {
    const started = performance.now();
    const seconds = (): number => (performance.now() - started) / 1000;
    let connected: number | undefined;
    const child = node.startImport(path);
    const { imported } = contender;
    child.stdout?.on('data', (chunk: Buffer) => {
      // Penny may end before it is asked again.
      if (imported?.test(chunk.toString())) connected ??= seconds();
    });
    const answers: number[] = [];
    while (node.isRunning) {
      const asked = performance.now();
      const height = await node.rpc.getblockcount().catch(() => undefined);
      if (height !== undefined) answers.push(performance.now() - asked);
      if (height === blocks) connected ??= seconds();
      void node.usage;
      await delay(PAUSE);
    }
    await node.ended();
    if (connected === undefined) throw new Error(`${contender.label} has not imported ${blocks} blocks`);
    return { connected, ended: seconds(), ...node.usage, answer: percentile(answers, 0.99) };
  });
}

export const bench: Bench = async (options) => {
  const { repeat, quick, dbcache, bitcoind } = options;
  const chain = await measuredChain(options, quick ? [150, 200] : [600, 500]);
  const pennies = (await loadableEngines()).map(penny);
  const peers = bitcoind === undefined ? [] : [core(bitcoind)];
  const what = `import of ${chain.name}`;
  const quantities: Quantity<Import>[] = [
    { name: what, unit: 's', value: ({ connected }) => connected },
    { name: `${what}, flushed and ended`, unit: 's', value: ({ ended }) => ended },
    { name: `${what}, CPU`, unit: 's', value: ({ cpuSeconds }) => cpuSeconds },
    { name: `${what}, peak memory`, unit: 'MB', value: ({ peakMegabytes }) => peakMegabytes },
    { name: 'getblockcount during the import, 99 %', unit: 'ms', value: ({ answer }) => answer },
  ];
  const usual = await inTurn(repeat, [...pennies, ...peers], (one) => importOnce(one, chain, dbcache));
  const small = await inTurn(repeat, [...pennies.slice(-1), ...peers], (one) =>
    importOnce(one, chain, SMALLEST_CACHE),
  );
  const smaller = `${what}, cache of ${SMALLEST_CACHE} MiB`;
  return [
    ...rowsOf(usual, quantities),
    ...rowsOf(small, [
      { name: smaller, unit: 's', value: ({ connected }) => connected },
      { name: `${smaller}, peak memory`, unit: 'MB', value: ({ peakMegabytes }) => peakMegabytes },
    ]),
  ];
};
