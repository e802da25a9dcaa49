/** How long a node process takes until it answers, with many blocks in its index. */
import { benchChain } from './chain/file.ts';
import { BenchNode } from './nodes/bench-node.ts';
import { type Contender, contenders } from './nodes/contender.ts';
import { inTurn, rowsOf } from './nodes/rows.ts';
import type { Bench } from './row.ts';

interface Start {
  readonly seconds: number;
  readonly peakMegabytes: number;
}

async function startOnce(node: BenchNode, blocks: number): Promise<Start> {
  const begun = performance.now();
  await node.start();
  const seconds = (performance.now() - begun) / 1000;
  const height = await node.rpc.getblockcount();
  if (height !== blocks) throw new Error(`a node of ${blocks} blocks came back with ${height}`);
  const { peakMegabytes } = node.usage;
  await node.stop();
  return { seconds, peakMegabytes };
}

export const bench: Bench = async (options) => {
  const blocks = options.quick ? 5_000 : 100_000;
  const path = await benchChain(blocks, 0);
  const nodes = new Map<Contender, BenchNode>();
  try {
    for (const one of contenders(options)) {
      const node = await BenchNode.create(one, options.dbcache);
      nodes.set(one, node);
      await node.import(path);
    }
    const measured = await inTurn(options.repeat, [...nodes.keys()], (one) =>
      startOnce(nodes.get(one)!, blocks),
    );
    const what = `start-up with ${blocks} blocks`;
    return rowsOf(measured, [
      { name: what, unit: 's', value: ({ seconds }) => seconds },
      { name: `${what}, peak memory`, unit: 'MB', value: ({ peakMegabytes }) => peakMegabytes },
    ]);
  } finally {
    for (const node of nodes.values()) await node.remove();
  }
};
