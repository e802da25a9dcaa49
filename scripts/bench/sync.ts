/** What nodes take over the network, as real processes from `dist`: sync from one and three peers, relay, start-up. */
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { penny, TestNode } from '../../test/functional/support/node-process.ts';
import { benchChain } from './chain/file.ts';
import type { Bench, BenchRow } from './row.ts';

const NOWHERE = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const LINE = 5;

export const bench: Bench = async ({ repeat, quick }) => {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  return [
    ...(await measureSync(repeat, quick ? [150, 200] : [600, 500])),
    await measureRelay(quick ? 5 : 50),
    await measureStart(repeat, quick ? 2_000 : 100_000),
  ];
};

/** Megabytes of blocks a second that a new node takes from its peers and verifies. */
async function measureSync(repeat: number, [blocks, txs]: readonly [number, number]): Promise<BenchRow[]> {
  const file = await benchChain(blocks, txs);
  const peers: TestNode[] = [];
  const rows: BenchRow[] = [];
  try {
    for (let i = 0; i < 3; i++) peers.push(await TestNode.create());
    const [first, ...others] = peers as [TestNode, TestNode, TestNode];
    const { code, errors } = await penny('import', ...first.words, file);
    if (code !== 0) throw new Error(errors);
    for (const other of others) cpSync(first.directory, other.directory, { recursive: true });
    await Promise.all(peers.map((peer) => peer.start()));
    const { blocks: height } = await first.rpc.call('getblockchaininfo');
    for (const count of [1, 3]) {
      const connect = peers.slice(0, count).map((peer) => `-connect=ws://127.0.0.1:${peer.peerPort}`);
      const values: number[] = [];
      for (let i = 0; i < repeat; i++) values.push(await syncSeconds(connect, height));
      const name = `sync of ${blocks} blocks of ${txs} payments from ${count} ${count === 1 ? 'peer' : 'peers'}`;
      rows.push({ name, unit: 's', values });
    }
  } finally {
    await Promise.all(peers.map((peer) => peer.remove()));
  }
  return rows;
}

/** Seconds from the start of its process until a new node has the whole chain. */
async function syncSeconds(connect: readonly string[], height: number): Promise<number> {
  const node = await TestNode.create();
  try {
    const started = performance.now();
    await node.start(...connect);
    await node.rpc.call('waitforblockheight', height);
    return (performance.now() - started) / 1000;
  } finally {
    await node.remove();
  }
}

/** Milliseconds from a block at one end of a line of nodes until it is the tip at the other. */
async function measureRelay(blocks: number): Promise<BenchRow> {
  const nodes: TestNode[] = [];
  try {
    for (let i = 0; i < LINE; i++) {
      const before = nodes.at(-1);
      const node = await TestNode.create();
      nodes.push(node);
      await node.start(
        ...(before === undefined ? [] : ['-listen', `-connect=ws://127.0.0.1:${before.peerPort}`]),
      );
    }
    const [near, far] = [nodes[0]!, nodes.at(-1)!];
    // The first blocks make the peers choose from whom they want new ones at once (BIP152).
    await near.rpc.call('generatetoaddress', 10, NOWHERE);
    await far.rpc.call('waitforblockheight', 10);
    const values: number[] = [];
    for (let height = 11; height <= 10 + blocks; height++) {
      const arrived = far.rpc.call('waitforblockheight', height).then(() => performance.now());
      await near.rpc.call('generatetoaddress', 1, NOWHERE);
      const found = performance.now();
      values.push(Math.max(0, (await arrived) - found));
    }
    return { name: `relay of a block over a line of ${LINE} nodes`, unit: 'ms', values };
  } finally {
    await Promise.all(nodes.map((node) => node.remove()));
  }
}

/** Seconds from the start of a process until it answers, with so many blocks in its index. */
async function measureStart(repeat: number, blocks: number): Promise<BenchRow> {
  const node = await TestNode.create();
  try {
    await node.start('-noconnect');
    for (let height = 0; height < blocks; height += 1_000) {
      await node.rpc.call('generatetoaddress', 1_000, NOWHERE);
    }
    const values: number[] = [];
    for (let i = 0; i < repeat; i++) {
      await node.stop();
      const started = performance.now();
      await node.start('-noconnect');
      values.push((performance.now() - started) / 1000);
    }
    return { name: `start-up with ${blocks} blocks`, unit: 's', values };
  } finally {
    await node.remove();
  }
}
