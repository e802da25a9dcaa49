/** What a block costs a node of few coins and one of many, and what the coins take on its disk. */

import { kept } from './chain/file.ts';
import { growChain, measuredHeights } from './chain/grow.ts';
import { withNode } from './nodes/bench-node.ts';
import { type Contender, contenders } from './nodes/contender.ts';
import { inTurn, rowsOf } from './nodes/rows.ts';
import type { Bench, BenchRow } from './row.ts';

/** MiB: all coins are in memory, and few. */
const CACHES = [450, 45];

interface Cost {
  readonly milliseconds: number;
  /** Milliseconds of all threads. */
  readonly cpu: number;
}

interface Growth {
  readonly few: Cost;
  readonly many: Cost;
  /** Bytes of the database of coins, a coin. */
  readonly bytes: number;
}

export const bench: Bench = async (options) => {
  const growth = options.quick ? { coins: 100_000, blocks: 50 } : { coins: 5_000_000, blocks: 200 };
  const { coins, blocks } = growth;
  const heights = measuredHeights(growth);
  const path = await kept(`growth-${coins}-${blocks}.dat`, () => growChain(growth));

  const growOnce = (contender: Contender, dbcache: number): Promise<Growth> =>
    withNode(contender, dbcache, async (node) => {
      await node.start([], `-loadblock=${path}`);
      const between = async ([from, to]: readonly [number, number]): Promise<Cost> => {
        await node.rpc.waitforblockheight(from);
        const [begun, used] = [performance.now(), node.usage.cpuSeconds];
        await node.rpc.waitforblockheight(to);
        const cpu = (1000 * (node.usage.cpuSeconds - used)) / blocks;
        return { milliseconds: (performance.now() - begun) / blocks, cpu };
      };
      const few = await between(heights.few);
      const many = await between(heights.many);
      await node.stop();
      return { few, many, bytes: node.bytesOf('chainstate') / coins };
    });

  const rows: BenchRow[] = [];
  for (const dbcache of CACHES) {
    const measured = await inTurn(options.repeat, contenders(options), (one) => growOnce(one, dbcache));
    const what = `growth, cache of ${dbcache} MiB`;
    const at = `a block at ${coins} coins`;
    rows.push(
      ...rowsOf(measured, [
        { name: `${what}: a block at few coins`, unit: 'ms', value: ({ few }) => few.milliseconds },
        { name: `${what}: a block at few coins, CPU`, unit: 'ms', value: ({ few }) => few.cpu },
        { name: `${what}: ${at}`, unit: 'ms', value: ({ many }) => many.milliseconds },
        { name: `${what}: ${at}, CPU`, unit: 'ms', value: ({ many }) => many.cpu },
        {
          name: `${what}: ${at}, CPU to that of few`,
          unit: 'x',
          value: ({ few, many }) => many.cpu / few.cpu,
        },
        { name: `${what}: disk of a coin`, unit: 'B', value: ({ bytes }) => bytes },
      ]),
    );
  }
  return rows;
};
