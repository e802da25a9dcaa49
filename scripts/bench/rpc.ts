/** JSON-RPC over real sockets against node processes: requests a second, and what each costs the server. */
import { benchChain, readTip } from './chain/file.ts';
import { type BenchNode, withNode } from './nodes/bench-node.ts';
import { contenders } from './nodes/contender.ts';
import { call, post, requestsPerSecond } from './nodes/load.ts';
import { inTurn, type Quantity, rowsOf } from './nodes/rows.ts';
import type { Bench } from './row.ts';

const CONNECTIONS = 16;
const BATCH = 100;

/** A kind of request, and how it is asked. */
interface Load {
  readonly name: string;
  readonly text: string;
  readonly connections: number;
  /** Calls in a request. */
  readonly calls: number;
}

interface Rate {
  readonly perSecond: number;
  /** CPU of the server for one call, all its threads together. */
  readonly microseconds: number;
}

interface Run {
  /** In the order of the loads. */
  readonly rates: readonly Rate[];
  readonly peakMegabytes: number;
}

function loadsFor(block: string, transactions: number): Load[] {
  const count = call('getblockcount');
  const batch = `[${Array.from({ length: BATCH }, () => count).join(',')}]`;
  const many = `${CONNECTIONS} connections`;
  const getblock = (verbosity: number) => ({
    name: `getblock ${verbosity} of ${transactions} transactions`,
    text: call('getblock', block, verbosity),
    calls: 1,
  });
  return [
    { name: `getblockcount, ${many}`, text: count, connections: CONNECTIONS, calls: 1 },
    {
      name: `getblockcount, ${many}, batches of ${BATCH}`,
      text: batch,
      connections: CONNECTIONS,
      calls: BATCH,
    },
    { name: 'getblockcount, one connection', text: count, connections: 1, calls: 1 },
    ...[2, 1, 0].map((verbosity) => ({ ...getblock(verbosity), connections: 1 })),
    { ...getblock(2), name: `${getblock(2).name}, ${many}`, connections: CONNECTIONS },
  ];
}

async function measureLoad(node: BenchNode, load: Load, milliseconds: number): Promise<Rate> {
  const request = post(node, load.text);
  const ask = (time: number): Promise<number> =>
    requestsPerSecond(node.rpcPort, load.connections, request, time);
  // Until the engine has optimized it.
  await ask(milliseconds / 2);
  const before = node.usage.cpuSeconds;
  const begun = performance.now();
  const perSecond = load.calls * (await ask(milliseconds));
  const calls = (perSecond * (performance.now() - begun)) / 1000;
  return { perSecond, microseconds: ((node.usage.cpuSeconds - before) * 1e6) / calls };
}

export const bench: Bench = async (options) => {
  const { repeat, quick, dbcache } = options;
  const path = await benchChain(110, quick ? 300 : 2_500);
  const tip = readTip(path);
  const loads = loadsFor(tip.hash, tip.transactions.length);
  const measured = await inTurn(repeat, contenders(options), (contender) =>
    withNode(contender, dbcache, async (node): Promise<Run> => {
      await node.import(path);
      await node.start();
      const rates: Rate[] = [];
      for (const load of loads) rates.push(await measureLoad(node, load, quick ? 300 : 2_000));
      return { rates, peakMegabytes: node.usage.peakMegabytes };
    }),
  );
  return rowsOf(measured, [
    ...loads.flatMap(({ name }, i): Quantity<Run>[] => [
      {
        name: `rpc: ${name}`,
        unit: 'calls/s',
        higherIsBetter: true,
        value: ({ rates }) => rates[i]!.perSecond,
      },
      { name: `rpc: ${name}, CPU of a call`, unit: 'us', value: ({ rates }) => rates[i]!.microseconds },
    ]),
    { name: 'rpc: peak memory of the node', unit: 'MB', value: ({ peakMegabytes }) => peakMegabytes },
  ]);
};
