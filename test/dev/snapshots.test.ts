/** Random stories: whatever happens after a snapshot, restarts included, revert brings back all that can be asked. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { satPerKvB } from '../../src/core/transaction/fee-rate.ts';
import type { Node, NodeOptions } from '../../src/node.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { MemoryStore } from '../../src/platform/memory/memory-store.ts';
import { MemoryWalletStorage } from '../../src/platform/memory/memory-wallet-storage.ts';
import { SystemClock } from '../../src/platform/node/clock.ts';
import { startNode } from '../../src/platform/node/create-node.ts';
import { NodeLogger } from '../../src/platform/node/logger.ts';
import { SeededRandom } from '../../src/simulation/seeded-random.ts';
import { ADDRESS } from './world.ts';

const START = 1_700_000_000;
const MORE: Omit<NodeOptions, 'parameters'> = {
  indexes: { transactions: true, filters: true, coinStatistics: true, addresses: true },
  network: { bind: [], addNodes: [], connect: [], userAgent: '/Penny:test/', dnsSeed: false },
  wallet: { keypool: 3, fallbackFee: satPerKvB(10_000n) },
};

/** More of them by hand: PENNY_STORIES=100. */
const SEEDS = Array.from({ length: Number(process.env.PENNY_STORIES ?? 2) }, (_, i) => i + 1);

interface Opened {
  readonly node: Node;
  stop(): Promise<void>;
}

const directory = mkdtempSync(join(tmpdir(), 'penny-snapshots-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let homes = 0;

type Open = (chain: { reindex?: 'blocks' }) => Promise<Opened>;

const KINDS: Readonly<Record<string, () => Open>> = {
  'in memory': () => {
    const kept = { storage: new MemoryStorage(), walletStorage: new MemoryWalletStorage() };
    return async (chain) => {
      const memory = await MemoryNode.open(REGTEST, START, { ...MORE, chain }, kept);
      return { node: memory.node, stop: () => memory.stop() };
    };
  },
  'on a disk': () => {
    const log = { console: false, categories: [], timestamps: true, microseconds: false, file: null };
    const clock = new SystemClock();
    const options = {
      directory: join(directory, String(++homes)),
      ...{ scripts: { threads: 1 }, rpc: null, web: null, mockTime: START },
    };
    return (chain) => {
      const node = { ...MORE, parameters: REGTEST, chain };
      return startNode({ ...options, node } as never, { clock, logger: new NodeLogger(log as never, clock) });
    };
  },
};

// biome-ignore lint/suspicious/noExplicitAny: answers have many shapes
type Answer = any;

class Story {
  readonly #open: Open;
  readonly #random: SeededRandom;
  #opened!: Opened;
  /** Whatever came up. */
  readonly #txids = new Set<string>();
  readonly #hashes = new Set<string>();
  /** The stack of snapshots: what could be asked when they were taken. */
  #snapshots: { name: string; seen: Answer; txids: string[]; hashes: string[] }[] = [];
  #count = 0;
  reverts = 0;

  constructor(open: Open, seed: number) {
    this.#open = open;
    this.#random = new SeededRandom(seed);
  }

  async #ask(method: string, params: readonly unknown[] = [], wallet = ''): Promise<Answer> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method, params });
    const { signal } = new AbortController();
    const path = wallet === '' ? '/' : `/wallet/${wallet}`;
    const answer = await this.#opened.node.rpc.handle(body, { path, user: '', signal });
    return JSON.parse(answer.body);
  }

  async #call(method: string, ...params: readonly unknown[]): Promise<Answer> {
    const { result, error } = await this.#ask(method, params);
    if (error !== undefined) throw new Error(`${method} ${JSON.stringify(params)}: ${error.message}`);
    return result;
  }

  async #of(wallet: string, method: string, ...params: readonly unknown[]): Promise<Answer> {
    return (await this.#ask(method, params, wallet)).result;
  }

  /** Everything that can be asked of the node. */
  async #look(txids: readonly string[], hashes: readonly string[]): Promise<Answer> {
    const seen: Record<string, Answer> = {};
    const { size_on_disk: _, ...info } = await this.#call('getblockchaininfo');
    const { disk_size: __, ...coins } = await this.#call('gettxoutsetinfo', 'muhash', null, false);
    Object.assign(seen, { info, coins, mempool: await this.#call('getrawmempool', true) });
    for (const method of [
      'getmempoolinfo',
      'getchaintips',
      'listwallets',
      'listwalletdir',
      'getprioritisedtransactions',
      'setautomine',
    ])
      seen[method] = await this.#call(method);
    seen.fees = await Promise.all([2, 6].map((target) => this.#call('estimatesmartfee', target)));
    const { threads, load } = await this.#call('setmining');
    seen.mining = [threads, load, this.#opened.node.clock.isMocked];
    seen.indexed = await this.#call('gettxoutsetinfo', 'muhash', Math.max(1, info.blocks - 1));
    seen.filter = await this.#call('getblockfilter', info.bestblockhash);
    seen.history = await this.#call('getaddresshistory', ADDRESS);
    // They follow in the background.
    for (let isBehind = true; isBehind; ) {
      await new Promise((resolve) => setImmediate(resolve));
      seen.indexes = await this.#call('getindexinfo');
      isBehind = Object.values<Answer>(seen.indexes).some(({ synced }) => !synced);
    }
    seen.time = this.#opened.node.clock.now();
    for (const txid of txids) seen[txid] = await this.#ask('getrawtransaction', [txid, 1]);
    for (const hash of hashes) seen[hash] = await this.#ask('getblock', [hash, 1]);
    for (const wallet of seen.listwallets)
      for (const [method, ...params] of [
        ['getbalances'],
        ['getwalletinfo'],
        ['listunspent', 0],
        ['listlockunspent'],
        ['listlabels'],
        ['listdescriptors'],
        ['listsinceblock', '', 1, true],
        ['listreceivedbyaddress', 0, true],
      ])
        seen[`${wallet} ${method}`] = await this.#of(wallet, method as string, ...params);
    return JSON.parse(JSON.stringify(seen));
  }

  async #note(hashes: readonly string[]): Promise<void> {
    for (const hash of hashes) {
      this.#hashes.add(hash);
      for (const txid of (await this.#call('getblock', hash)).tx) this.#txids.add(txid);
    }
    for (const txid of await this.#call('getrawmempool')) this.#txids.add(txid);
  }

  /** To a new address, or it might be the same block again. */
  async #mine(count: number): Promise<void> {
    await this.#note(await this.#call('generatetoaddress', count, await this.#of('main', 'getnewaddress')));
  }

  async #send(): Promise<void> {
    const { result } = await this.#ask(
      'sendtoaddress',
      [
        this.#random.below(2) === 0 ? ADDRESS : await this.#of('main', 'getnewaddress'),
        0.1 + this.#random.below(9),
      ],
      'main',
    );
    if (result !== undefined) this.#txids.add(result);
  }

  readonly #events: readonly (() => Promise<unknown>)[] = [
    () => this.#mine(1 + this.#random.below(3)),
    () => this.#mine(1),
    () => this.#send(),
    () => this.#send(),
    async () => this.#call('invalidateblock', await this.#call('getbestblockhash')),
    async () => {
      // A branch of its own, longer by a block.
      const height = await this.#call('getblockcount');
      await this.#call('invalidateblock', await this.#call('getblockhash', height - this.#random.below(3)));
      await this.#mine(3);
    },
    async () =>
      this.#call('reconsiderblock', [...this.#hashes][this.#random.below(this.#hashes.size)]).catch(() => {}),
    async () => {
      const { hex, hash } = await this.#call('generateblock', ADDRESS, [], false);
      await this.#call('submitheader', hex.slice(0, 160));
      this.#hashes.add(hash);
    },
    () => this.#call('increasetime', this.#random.below(100)),
    async () => {
      const [txid] = await this.#call('getrawmempool');
      if (txid !== undefined) await this.#call('prioritisetransaction', txid, 0, 1_000);
    },
    () => this.#of('main', 'getnewaddress', `label ${this.#random.below(5)}`, 'bech32m'),
    async () => {
      const [coin] = await this.#of('main', 'listunspent', 0);
      if (coin === undefined) return;
      await this.#of(
        'main',
        'lockunspent',
        false,
        [{ txid: coin.txid, vout: coin.vout }],
        this.#random.below(2) === 0,
      );
    },
    () => this.#of('main', 'lockunspent', true),
    () => this.#call('createwallet', `w${this.#count++}`, false, this.#random.below(2) === 0),
    () => this.#ask('unloadwallet', [`w${this.#random.below(3)}`]),
    () => this.#ask('loadwallet', [`w${this.#random.below(3)}`]),
    () => this.#ask('encryptwallet', ['secret'], `w${this.#random.below(3)}`),
    () => this.#of('main', 'settxfee', 0.0001 * (1 + this.#random.below(3))),
    () => this.#call('setfees', ...[[], [20], [30, 4]][this.#random.below(3)]!),
    () =>
      this.#call(
        'setautomine',
        ...[[false], [true, 3_600_000], [true, null, 7_200, false, ADDRESS]][this.#random.below(3)]!,
      ),
    () => this.#call('setmining', ...[[0], [1, 10, ADDRESS, 3_600]][this.#random.below(2)]!),
  ];

  async #snapshot(): Promise<void> {
    const [txids, hashes] = [[...this.#txids], [...this.#hashes]];
    const seen = await this.#look(txids, hashes);
    const { name } = await this.#call('snapshot');
    this.#snapshots.push({ name, seen, txids, hashes });
  }

  async #revert(): Promise<void> {
    if (this.#snapshots.length === 0) return;
    const at = this.#random.below(this.#snapshots.length);
    const { name, seen, txids, hashes } = this.#snapshots[at]!;
    await this.#call('revert', name);
    this.reverts++;
    this.#snapshots.length = at + 1;
    expect((await this.#call('listsnapshots')).map((each: Answer) => each.name)).toEqual(
      this.#snapshots.map((each) => each.name),
    );
    expect(await this.#look(txids, hashes)).toEqual(seen);
    for (const hash of this.#hashes)
      if (!hashes.includes(hash)) expect((await this.#ask('getblock', [hash])).error.code).toBe(-5);
    for (const txid of this.#txids)
      if (!txids.includes(txid)) expect((await this.#ask('getrawtransaction', [txid])).error.code).toBe(-5);
  }

  /** Every other time its index is made anew from the block files, which hold no headers without a block. */
  async #restart(reindex: boolean): Promise<void> {
    await this.#opened.stop();
    this.#opened = await this.#open(reindex ? { reindex: 'blocks' } : {});
    await this.#call('freezetime');
  }

  async tell(steps: number): Promise<void> {
    this.#opened = await this.#open({});
    await this.#call('freezetime');
    await this.#call('createwallet', 'main', false, false, '', false, true, true);
    await this.#mine(110);
    for (let step = 0; step < steps; step++) {
      if (step % 8 === 0) await this.#snapshot();
      await this.#events[this.#random.below(this.#events.length)]!();
      if (step % 8 === 7) await this.#revert();
      if (step % 16 === 12) await this.#restart(step % 32 === 12);
    }
    await this.#opened.stop();
  }
}

describe.each(Object.keys(KINDS))('%s', (kind) => {
  test.each(SEEDS)('story %i', async (seed) => {
    const story = new Story(KINDS[kind]!(), seed);
    await story.tell(40);
    expect(story.reverts).toBe(5);
  });
});

test('what other snapshots hold is not read to take one, go back to one or list them', async () => {
  const { node, stop } = await KINDS['in memory']!()({});
  const ask = async (method: string, ...params: unknown[]): Promise<Answer> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method, params });
    const { signal } = new AbortController();
    const answer = await node.rpc.handle(body, { path: '/', user: '', signal });
    return JSON.parse(answer.body).result;
  };
  await ask('generatetoaddress', 100, ADDRESS);
  for (const name of 'abcdef') await ask('snapshot', name);
  // The one that is verified when they are listed.
  let store: unknown;
  let read = 0;
  const { iterate, verify } = MemoryStore.prototype;
  vi.spyOn(MemoryStore.prototype, 'iterate').mockImplementation(async function* (this: MemoryStore, range) {
    for await (const entry of iterate.call(this, range)) {
      if (this === store) read += entry[1].length;
      yield entry;
    }
  });
  vi.spyOn(MemoryStore.prototype, 'verify').mockImplementation(function (this: MemoryStore, ...spans) {
    store ??= this;
    if (this === store) expect(spans).toEqual([expect.any(Array)]);
    return verify.call(this);
  });
  expect(await ask('listsnapshots')).toHaveLength(6);
  await ask('snapshot', 'g');
  await ask('revert', 'c');
  expect(await ask('listsnapshots')).toHaveLength(3);
  expect(read).toBeGreaterThan(0);
  expect(read).toBeLessThan((6 + 6 + 7 + 3) * 400);
  vi.restoreAllMocks();
  await stop();
});
