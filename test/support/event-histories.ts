/**
 * Random histories of a node, and a reader of its events who must know of everything at each quiet point: blocks come
 * and are reorganised away, transactions come and replace each other, the reader is slow, connections are cut, the node
 * is restarted and killed.
 */
import { expect } from 'vitest';
import { subscribe } from '../../src/client/events.ts';
import type { NetworkParameters } from '../../src/core/parameters/network.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { nobleEngine } from '../../src/core/script/noble-engine.ts';
import type { SubscriptionEvent } from '../../src/events/event-types.ts';
import { ThreadSearcher } from '../../src/mining/thread-searcher.ts';
import { createNode, type Node } from '../../src/node.ts';
import { InlineScriptVerifier } from '../../src/platform/memory/inline-script-verifier.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { MemoryNetwork } from '../../src/platform/memory/memory-transport.ts';
import { MemoryWalletStorage } from '../../src/platform/memory/memory-wallet-storage.ts';
import { SystemClock } from '../../src/platform/node/clock.ts';
import { SeededRandom } from '../../src/simulation/seeded-random.ts';
import { NO_FILES } from '../../src/simulation/simulated-node.ts';
import type { SpendableCoin } from './chain-builder.ts';
import { silentLogger } from './memory-chain.ts';
import { MemoryWire } from './memory-socket.ts';
import { outputAt, P2WSH_TRUE, spend } from './pool.ts';

const PARAMETERS: NetworkParameters = { ...REGTEST, coinbaseMaturity: 2 };
/** Seconds; each block is some minutes after the last. */
const START = 1_893_456_000;
const STEPS = 40;
/** Milliseconds after which a reader that still knows something else will never know. */
const PATIENCE = 60_000;

/** What a reader knows of the node by its events alone. */
class Replica {
  readonly chain: { readonly hash: string; readonly txids: readonly string[] }[];
  mempool = new Set<string>();
  events = 0;

  constructor(genesis: string) {
    this.chain = [{ hash: genesis, txids: [] }];
  }

  take(event: SubscriptionEvent): void {
    this.events++;
    const top = this.chain.at(-1)!;
    if (event.topic === 'chain') {
      const { hash, previousblockhash } = event.block;
      // What is told again is known.
      if (event.type === 'connected' && hash !== top.hash) {
        expect(previousblockhash).toBe(top.hash);
        this.chain.push({ hash, txids: event.txids! });
      } else if (event.type === 'disconnected' && this.chain.some((block) => block.hash === hash)) {
        expect(hash).toBe(top.hash);
        this.chain.pop();
      }
    } else if (event.topic === 'mempool') {
      if (event.type === 'snapshot') this.mempool = new Set(event.txids);
      else if (event.type === 'added') this.mempool.add(event.txid);
      else if (event.type === 'removed') this.mempool.delete(event.txid);
      else for (const txid of event.txids) this.mempool.delete(txid);
    }
  }
}

async function startNode(storage: MemoryStorage, random: SeededRandom, clock: SystemClock): Promise<Node> {
  const searcher = new ThreadSearcher(clock);
  return createNode(
    {
      parameters: PARAMETERS,
      chain: { checkBlocks: 1, checkLevel: 0, dbcache: 4 },
      mempool: { maxBytes: 60_000 },
      network: { bind: [], addNodes: [], connect: [], userAgent: '/Penny:test/', dnsSeed: false },
    },
    {
      clock,
      random,
      logger: { ...silentLogger, categories: [], isEnabled: () => false, setEnabled: () => {}, path: '' },
      storage,
      walletStorage: new MemoryWalletStorage(),
      scriptVerifier: new InlineScriptVerifier(nobleEngine, clock),
      searcher,
      createSearcher: () => searcher,
      transport: new MemoryNetwork({}, { clock, random }).transport('127.0.0.1'),
      files: NO_FILES,
    },
  );
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One history from a seed. @returns events that the reader was told */
export async function liveHistory(seed: number): Promise<number> {
  const random = new SeededRandom(seed);
  let storage = new MemoryStorage();
  const wire = new MemoryWire();
  const clock = new SystemClock();
  let time = START;
  clock.setMockTime(time);
  const start = async (): Promise<Node> => {
    wire.node = await startNode(storage, random, clock);
    return wire.node;
  };
  let node = await start();
  const coins: SpendableCoin[] = [];
  const mine = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      time += 600;
      clock.setMockTime(time);
      await node.miner.mineBlocks(1, P2WSH_TRUE);
      const { transactions } = await node.chain.blocks.readBlock(node.chain.tip);
      coins.push({ ...outputAt(transactions[0]!) });
    }
  };
  await mine(4);

  const replica = new Replica(node.chain.genesis.hash);
  const end = new AbortController();
  let failure: unknown;
  let pauses = 0;
  const reader = (async () => {
    const source = { url: 'http://node/', cookie: () => '', retryDelay: 1, WebSocket: wire.WebSocket };
    const events = subscribe(source, {
      topics: ['mempool', 'chain'],
      batch: random.below(2) === 0,
      from: { block: node.chain.genesis.hash },
      signal: end.signal,
    });
    for await (const event of events) {
      replica.take(event);
      for (let i = 0; i < pauses; i++) await turn();
    }
  })().catch((error: unknown) => {
    failure = error;
  });

  /** Compares what the reader knows with what is true. */
  const settle = async (): Promise<void> => {
    await node.mempool.settled();
    const blocks: { hash: string; txids: string[] }[] = [];
    for (let height = 0; height <= node.chain.height; height++) {
      const entry = node.chain.entryAt(height)!;
      const { transactions } = await node.chain.blocks.readBlock(entry);
      blocks.push({ hash: entry.hash, txids: height === 0 ? [] : transactions.map(({ txid }) => txid) });
    }
    const mempool = Array.from(node.mempool.graph.entries(), ({ txid }) => txid).sort();
    const isSame = (): boolean =>
      replica.chain.length === blocks.length &&
      replica.chain.at(-1)!.hash === blocks.at(-1)!.hash &&
      replica.mempool.size === mempool.length &&
      mempool.every((txid) => replica.mempool.has(txid));
    for (const limit = performance.now() + PATIENCE; !isSame() && performance.now() < limit; ) {
      if (failure !== undefined) throw failure;
      await turn();
    }
    expect({ seed, blocks: replica.chain, mempool: [...replica.mempool].sort() }).toEqual({
      seed,
      blocks,
      mempool,
    });
  };

  const spendSome = async (): Promise<void> => {
    // Mostly of the last: older ones are spent, so that they make conflicts.
    const recent = coins.slice(random.below(4) === 0 ? 0 : -8);
    const count = 1 + random.below(3);
    const chosen = new Set(Array.from({ length: count }, () => recent[random.below(recent.length)]!));
    const total = [...chosen].reduce((sum, { coin }) => sum + coin.output.value, 0n);
    const fee = BigInt(500 + random.below(30_000));
    const tx = spend([...chosen], { fee: fee < total ? fee : 0n, outputs: 1 + random.below(3) });
    const { ok } = await node.mempool.accept(tx);
    // Else what spends them would wait for ever.
    if (ok) coins.push(...tx.outputs.map((_, vout) => outputAt(tx, vout)));
  };
  const reorganise = async (): Promise<void> => {
    if (node.chain.height === 0) return mine(1);
    const depth = 1 + random.below(Math.min(4, node.chain.height));
    const first = node.chain.entryAt(node.chain.height - depth + 1)!;
    await node.chain.invalidate(first.hash);
    if (random.below(2) === 0) await mine(random.below(depth + 2));
    if (random.below(2) === 0) await node.chain.reconsider(first.hash);
  };
  const restart = async (kill: boolean): Promise<void> => {
    // What is on the disk when it is killed; perhaps less than the reader was told.
    const left = storage.copy();
    if (kill && random.below(2) === 0) {
      await mine(1 + random.below(3));
      for (let i = random.below(100); i > 0; i--) await turn();
    }
    wire.node = undefined;
    if (kill) wire.cut();
    await node.stop();
    wire.cut();
    if (kill) storage = left;
    for (let i = random.below(5); i > 0; i--) await turn();
    node = await start();
  };
  try {
    await settle();
    for (let step = 0; step < STEPS; step++) {
      const kind = random.below(100);
      if (kind < 45) await spendSome();
      else if (kind < 60) await mine(1 + random.below(3));
      else if (kind < 70) await reorganise();
      else if (kind < 76) wire.cut();
      else if (kind < 84) {
        wire.capacity = [100, 2_000, 1 << 20][random.below(3)]!;
        wire.delay = random.below(4);
        pauses = random.below(6);
      } else if (kind < 87) await restart(false);
      else if (kind < 90) await restart(true);
      else await settle();
    }
    await settle();
    return replica.events;
  } finally {
    end.abort();
    await reader;
    await node.stop();
  }
}
