/**
 * Sync of a chain by a new node, from the start of its process: from one local peer and from three, Penny from
 * Penny over WebSockets beside Bitcoin Core from Bitcoin Core over TCP, and Penny from Bitcoin Core.
 */
import { type MeasuredChain, measuredChain } from './chain/file.ts';
import { BenchNode, withNode } from './nodes/bench-node.ts';
import { type Contender, core, penny } from './nodes/contender.ts';
import { loadableEngines } from './nodes/engines.ts';
import { inTurn, type Quantity, rowsOf } from './nodes/rows.ts';
import type { Bench, BenchOptions, BenchRow } from './row.ts';

const PEERS = 3;

interface Sync {
  /** From the start of the process until the last block is the tip. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
}

/** Adds nodes that have the chain and serve it. */
async function startPeers(
  peers: BenchNode[],
  contender: Contender,
  chain: MeasuredChain,
  dbcache: number,
): Promise<string[]> {
  const own: BenchNode[] = [];
  for (let i = 0; i < PEERS; i++) {
    const node = await BenchNode.create(contender, dbcache);
    peers.push(node);
    own.push(node);
  }
  const [first, ...others] = own as [BenchNode, ...BenchNode[]];
  await first.import(chain.path);
  for (const other of others) first.copyTo(other);
  for (const node of own) await node.start();
  return own.map(({ address }) => address);
}

function syncOnce(
  contender: Contender,
  peers: readonly string[],
  blocks: number,
  dbcache: number,
): Promise<Sync> {
  return withNode(contender, dbcache, async (node) => {
    const started = performance.now();
    await node.start(peers);
    await node.rpc.waitforblockheight(blocks);
    return { seconds: (performance.now() - started) / 1000, ...node.usage };
  });
}

export const bench: Bench = async (options: BenchOptions) => {
  const { repeat, quick, dbcache, bitcoind } = options;
  const chain = await measuredChain(options, quick ? [150, 200] : [600, 500]);
  const peers: BenchNode[] = [];
  const rows: BenchRow[] = [];
  try {
    const pennyPeers = await startPeers(peers, penny(), chain, dbcache);
    const addresses = new Map<Contender, readonly string[]>();
    for (const engine of await loadableEngines()) addresses.set(penny(engine), pennyPeers);
    if (bitcoind !== undefined) {
      const one = core(bitcoind);
      const corePeers = await startPeers(peers, one, chain, dbcache);
      addresses.set(one, corePeers);
      addresses.set({ ...penny(), label: 'from bitcoind over TCP' }, corePeers);
    }
    for (const count of [1, PEERS]) {
      const measured = await inTurn(repeat, [...addresses.keys()], (contender) =>
        syncOnce(contender, addresses.get(contender)!.slice(0, count), chain.blocks, dbcache),
      );
      const what = `sync of ${chain.name} from ${count} ${count === 1 ? 'peer' : 'peers'}`;
      const quantities: Quantity<Sync>[] = [
        { name: what, unit: 's', value: ({ seconds }) => seconds },
        { name: `${what}, CPU of the new node`, unit: 's', value: ({ cpuSeconds }) => cpuSeconds },
        { name: `${what}, its peak memory`, unit: 'MB', value: ({ peakMegabytes }) => peakMegabytes },
      ];
      rows.push(...rowsOf(measured, quantities));
    }
  } finally {
    for (const peer of peers) await peer.remove();
  }
  return rows;
};
