/** Events of real processes: a reader that is told everything although the node is killed again and again. */
import { afterEach, expect, test } from 'vitest';
import type { BlockTold } from '../../src/events/event-types.ts';
import { TestNode } from './support/node-process.ts';

const FALLBACK = '-fallbackfee=0.0001';
const nodes: TestNode[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.remove();
});

/** What a reader knows by events alone. */
class Replica {
  readonly chain: BlockTold[] = [];
  readonly mempool = new Set<string>();
  /** By txid, the last that was told of a wallet's transaction. */
  readonly wallet = new Map<string, string | undefined>();
  readonly #end = new AbortController();
  readonly #done: Promise<void>;
  #wake = (): void => {};

  constructor(node: TestNode, genesis: string) {
    this.#done = this.#follow(node, genesis);
  }

  async #follow(node: TestNode, genesis: string): Promise<void> {
    const from = { block: genesis, 'wallet:w': 0 };
    const topics = ['chain', 'mempool', 'wallet:w'] as const;
    for await (const event of node.rpc.subscribe({ topics, from, signal: this.#end.signal })) {
      if (event.topic === 'chain') {
        const top = this.chain.at(-1)?.hash ?? genesis;
        if (event.type === 'disconnected') {
          expect(event.block.hash).toBe(top);
          this.chain.pop();
        } else if (event.block.hash !== top) {
          expect(event.block.previousblockhash).toBe(top);
          this.chain.push(event.block);
        }
      } else if (event.topic === 'mempool') {
        if (event.type === 'snapshot') {
          this.mempool.clear();
          for (const txid of event.txids) this.mempool.add(txid);
        } else if (event.type === 'added') this.mempool.add(event.txid);
        else for (const txid of 'txids' in event ? event.txids : [event.txid]) this.mempool.delete(txid);
      } else this.wallet.set(event.txid, event.blockhash);
      this.#wake();
    }
  }

  /** Waits until it knows what the node knows. */
  async agrees(node: TestNode): Promise<void> {
    const tip = await node.rpc.getbestblockhash();
    const mempool = (await node.rpc.getrawmempool({ verbose: false })).toSorted();
    const listed = await node.rpc.wallet('w').listtransactions({ count: 10_000 });
    const confirmed = new Map(listed.map(({ txid, blockhash }) => [txid, blockhash]));
    const isSame = (): boolean =>
      this.chain.at(-1)?.hash === tip &&
      [...this.mempool].sort().join() === mempool.join() &&
      [...confirmed].every(([txid, hash]) => this.wallet.has(txid) && this.wallet.get(txid) === hash);
    const late = setTimeout(() => this.#wake(), 90_000);
    const limit = performance.now() + 90_000;
    while (!isSame() && performance.now() < limit)
      await Promise.race([this.#done, new Promise<void>((resolve) => (this.#wake = resolve))]);
    clearTimeout(late);
    expect([this.chain.at(-1)?.hash, [...this.mempool].sort()]).toEqual([tip, mempool]);
    expect(new Map([...this.wallet].filter(([txid]) => confirmed.has(txid)))).toEqual(confirmed);
    const known = await Promise.all(this.chain.map((_, i) => node.rpc.getblockhash(i + 1)));
    expect(this.chain.map(({ hash }) => hash)).toEqual(known);
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#done;
  }
}

test('a reader knows what the node knows, although it is killed while blocks and payments come', async () => {
  const node = await TestNode.create();
  nodes.push(node);
  await node.start(FALLBACK);
  await node.rpc.createwallet({ wallet_name: 'w', load_on_startup: true });
  const wallet = node.rpc.wallet('w');
  const address = await wallet.getnewaddress();
  const replica = new Replica(node, await node.rpc.getblockhash(0));
  await node.rpc.generatetoaddress(103, address);
  await replica.agrees(node);
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 3; i++) await wallet.sendtoaddress(address, 0.5);
    await replica.agrees(node);
    const [first] = await node.rpc.generatetoaddress(4, address);
    if (round % 2 === 1) {
      await node.rpc.invalidateblock(first!);
      await node.rpc.generatetoaddress(2, await wallet.getnewaddress());
      await replica.agrees(node);
    }
    // In the middle of blocks that come.
    const mining = node.rpc.generatetoaddress(200, address).catch(() => []);
    await new Promise((resolve) => setTimeout(resolve, 20 + 40 * round));
    await node.stop('SIGKILL');
    await mining;
    await node.start(FALLBACK);
    await replica.agrees(node);
  }
  await node.stop();
  await node.start(FALLBACK);
  await node.rpc.generatetoaddress(1, address);
  await replica.agrees(node);
  await replica.close();
});
