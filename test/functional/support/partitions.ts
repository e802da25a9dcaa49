/** Nodes on links that are cut, slowed and mended while they mine, and nodes that are killed meanwhile. */
import { expect } from 'vitest';
import { SeededRandom } from '../../../src/simulation/seeded-random.ts';
import { Link } from './link.ts';
import { inSync, TestNode, until } from './node-process.ts';

/** P2WPKH of a key that nobody needs. */
const NOWHERE = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';

/**
 * A ring of nodes, each with a link to the next and one across, splits in two; both sides mine and lose
 * nodes; then all links are mended, and all nodes must have the chain with the most work.
 */
export async function surviveRounds(count: number, rounds: number, seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const nodes: TestNode[] = [];
  for (let i = 0; i < count; i++) nodes.push(await TestNode.create());
  const wires: { readonly from: number; readonly to: number; readonly link: Link }[] = [];
  for (let from = 0; from < count; from++) {
    for (const to of new Set([(from + 1) % count, (from + (count >> 1)) % count])) {
      if (to !== from) wires.push({ from, to, link: await Link.open(nodes[to]!.peerPort) });
    }
  }
  const start = (i: number) =>
    nodes[i]!.start(
      '-listen',
      ...wires.filter(({ from }) => from === i).map(({ link }) => `-connect=127.0.0.1:${link.port}`),
    );
  const mine = (i: number) => nodes[i]!.rpc.generatetoaddress(1 + random.below(3), NOWHERE);

  try {
    await Promise.all(nodes.map((_, i) => start(i)));
    await mine(0);
    await inSync(...nodes);
    for (let round = 0; round < rounds; round++) {
      for (const { link } of wires) link.slow(() => random.below(50));
      const side = nodes.map(() => random.below(2));
      for (const { from, to, link } of wires) if (side[from] !== side[to]) link.cut();
      const killed = random.below(count);
      await nodes[killed]!.stop('SIGKILL');
      const miners = nodes.map((_, i) => i).filter((i) => i !== killed);
      for (let n = 0; n < 4; n++) await mine(miners[random.below(miners.length)]!);
      await start(killed);
      const heights = await Promise.all(nodes.map((node) => node.rpc.getblockcount()));
      // One more where they are highest: of two branches as high as each other everyone would keep its own.
      const [won] = await nodes[heights.indexOf(Math.max(...heights))]!.rpc.generatetoaddress(1, NOWHERE);
      for (const { link } of wires) link.mend();
      await inSync(...nodes);
      // What has the most work wins: on regtest every block has the same.
      expect(await nodes[0]!.rpc.getbestblockhash(), `seed ${seed}`).toBe(won);
      for (const node of nodes) {
        const tips = await node.rpc.getchaintips();
        expect(tips.filter(({ status }) => status === 'invalid')).toEqual([]);
      }
    }
    await until('every node has peers again', async () => {
      const counts = await Promise.all(nodes.map((node) => node.rpc.getconnectioncount()));
      return counts.every((peers) => peers > 0);
    });
  } finally {
    await Promise.all(nodes.map((node) => node.remove()));
    for (const { link } of wires) link.close();
  }
}
