/** How long a block takes from one end of a line of node processes to the other, each validating it. */
import { BenchNode } from './nodes/bench-node.ts';
import { type Contender, contenders } from './nodes/contender.ts';
import { inTurn, rowsOf } from './nodes/rows.ts';
import type { Bench } from './row.ts';

const LINE = 5;
const NOWHERE = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';

async function startLine(nodes: BenchNode[], contender: Contender, dbcache: number): Promise<BenchNode[]> {
  const line: BenchNode[] = [];
  for (let i = 0; i < LINE; i++) {
    const before = line.at(-1);
    const node = await BenchNode.create(contender, dbcache);
    nodes.push(node);
    line.push(node);
    await node.start(before === undefined ? [] : [before.address], '-listen');
  }
  // The first blocks make the peers choose from whom they want new ones at once (BIP152).
  await line[0]!.rpc.generatetoaddress(10, NOWHERE);
  await line.at(-1)!.rpc.waitforblockheight(10);
  return line;
}

/** Milliseconds from the submission of a block at one end until it is the tip at the other. */
async function relayOnce(line: readonly BenchNode[]): Promise<number> {
  const [near, far] = [line[0]!.rpc, line.at(-1)!.rpc];
  const height = (await near.getblockcount()) + 1;
  const { hex } = await near.generateblock(NOWHERE, [], false);
  const arrived = far.waitforblockheight(height).then(() => performance.now());
  // The wait is under way before there is anything to wait for.
  await far.getblockcount();
  const begun = performance.now();
  await near.submitblock(hex!);
  return (await arrived) - begun;
}

export const bench: Bench = async (options) => {
  const nodes: BenchNode[] = [];
  try {
    const lines = new Map<Contender, readonly BenchNode[]>();
    for (const one of contenders(options)) lines.set(one, await startLine(nodes, one, options.dbcache));
    const blocks = options.quick ? 5 : 20 * options.repeat;
    const measured = await inTurn(blocks, [...lines.keys()], (one) => relayOnce(lines.get(one)!));
    const name = `relay of a block over a line of ${LINE} nodes`;
    const memory = [...lines].map(([contender, line]) => ({
      contender,
      runs: line.map(({ usage }) => usage.peakMegabytes),
    }));
    return [
      ...rowsOf(measured, [{ name, unit: 'ms', value: (milliseconds) => milliseconds }]),
      ...rowsOf(memory, [{ name: `${name}: peak memory of one`, unit: 'MB', value: (peak) => peak }]),
    ];
  } finally {
    for (const node of nodes) await node.remove();
  }
};
