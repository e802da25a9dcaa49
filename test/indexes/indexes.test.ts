/** Indexes beside a chain that reorganises, and after restarts that leave them ahead or behind. */
import { describe, expect, it } from 'vitest';
import type { Chain } from '../../src/chain/chain.ts';
import { CorruptionError } from '../../src/chain/storage.ts';
import { utxoStatistics } from '../../src/chain/utxo-statistics.ts';
import { basicFilter, filterHeader } from '../../src/core/block/filter.ts';
import { blockSubsidy } from '../../src/core/consensus/subsidy.ts';
import { toHex } from '../../src/core/encoding/bytes.ts';
import type { Transaction } from '../../src/core/transaction/transaction.ts';
import { CoinStatisticsIndex } from '../../src/indexes/coin-statistics-index.ts';
import { FilterIndex } from '../../src/indexes/filter-index.ts';
import { Follower, type IndexContent, type IndexDependencies } from '../../src/indexes/follower.ts';
import { TransactionIndex } from '../../src/indexes/transaction-index.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { ChainBuilder } from '../support/chain-builder.ts';
import { forkStory, STORY_NETWORK } from '../support/fork-story.ts';
import { openMemoryChain, StillClock, silentLogger } from '../support/memory-chain.ts';

const story = forkStory(21, 60);
/** Whatever needs no more than its turn has happened. */
const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

async function openAll(storage: MemoryStorage) {
  const clock = new StillClock(1_893_456_000);
  const chain = await openMemoryChain({ parameters: STORY_NETWORK, storage, clock });
  const dependencies: IndexDependencies = { chain, storage, clock, logger: silentLogger };
  return {
    chain,
    transactions: await TransactionIndex.open(dependencies),
    filters: await FilterIndex.open(dependencies),
    statistics: await CoinStatisticsIndex.open(dependencies),
  };
}

type All = Awaited<ReturnType<typeof openAll>>;

async function closeAll({ chain, transactions, filters, statistics }: All): Promise<void> {
  for (const part of [transactions, filters, statistics, chain]) await part.close();
}

async function checkTransactions(index: TransactionIndex, chain: Chain): Promise<void> {
  await index.synchronize();
  for (let height = 1; height <= chain.height; height++) {
    const entry = chain.entryAt(height)!;
    for (const { txid, bytes } of (await chain.blocks.readBlock(entry)).transactions) {
      const found = (await index.find(txid))!;
      expect([found.entry.hash, toHex(found.tx.bytes)]).toEqual([entry.hash, toHex(bytes)]);
    }
  }
}

describe('the transaction index', () => {
  it('shows no transaction but the one that was asked for', async () => {
    const all = await openAll(new MemoryStorage());
    for (const block of story) await all.chain.acceptBlock(block);
    await all.transactions.synchronize();
    const entry = all.chain.entryAt(1)!;
    const [{ txid, bytes }] = (await all.chain.blocks.readBlock(entry)).transactions as [Transaction];
    const other = (await all.chain.blocks.readBlock(all.chain.entryAt(2)!)).transactions[0]!.bytes;
    for (const wrong of [other, bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte))]) {
      all.chain.blocks.readPart = async () => wrong;
      // It has been damaged on the disk, then, or the index is: the block says which.
      expect((await all.transactions.find(txid))!.tx.bytes).toEqual(bytes);
      const { readBlockBytes } = all.chain.blocks;
      all.chain.blocks.readBlockBytes = async () => other;
      await expect(all.transactions.find(txid)).rejects.toThrow();
      all.chain.blocks.readBlockBytes = readBlockBytes;
    }
    await closeAll(all);
  });
});

async function checkFilters(index: FilterIndex, chain: Chain): Promise<void> {
  await index.synchronize();
  let header: Uint8Array = new Uint8Array(32);
  for (let height = 0; height <= chain.height; height++) {
    const entry = chain.entryAt(height)!;
    const spent = (await chain.blocks.readUndo(entry)).flat().map((coin) => coin.output);
    const filter = basicFilter(await chain.blocks.readBlock(entry), spent);
    header = filterHeader(filter, header);
    expect(await index.find(entry)).toEqual({ filter, header });
  }
}

async function checkStatistics(index: CoinStatisticsIndex, chain: Chain): Promise<void> {
  await index.synchronize();
  const expected = await utxoStatistics((await chain.snapshotCoins()).coins, 'muhash');
  const { totals, before, muhash } = (await index.find(chain.tip))!;
  expect([Number(totals.coins), Number(totals.bogoSize), totals.amount]).toEqual([
    expected.coins,
    expected.bogoSize,
    expected.amount,
  ]);
  expect(toHex(muhash)).toBe(toHex(expected.hash!));
  const subsidy = blockSubsidy(chain.height, STORY_NETWORK);
  expect(totals.subsidy - before.subsidy).toBe(subsidy);
  // Nothing is lost: what was ever paid out is in a coin, or cannot be spent.
  expect(totals.amount + totals.unspendable).toBe(totals.subsidy);
}

async function checkAll(all: All): Promise<void> {
  await checkTransactions(all.transactions, all.chain);
  await checkFilters(all.filters, all.chain);
  await checkStatistics(all.statistics, all.chain);
}

describe('indexes', () => {
  it('follow the chain through reorganisations', async () => {
    const all = await openAll(new MemoryStorage());
    for (const [i, block] of story.entries()) {
      await all.chain.acceptBlock(block);
      if (i % 7 === 0) await checkStatistics(all.statistics, all.chain);
    }
    await checkAll(all);
    await closeAll(all);
  });

  it('catch up with a chain that went on without them, and leave a branch that lost', async () => {
    const storage = new MemoryStorage();
    let all = await openAll(storage);
    for (const block of story.slice(0, 20)) await all.chain.acceptBlock(block);
    await checkAll(all);
    await closeAll(all);
    const alone = await openMemoryChain({ parameters: STORY_NETWORK, storage });
    for (const block of story) await alone.acceptBlock(block);
    await alone.close();
    all = await openAll(storage);
    await checkAll(all);
    await all.chain.invalidate(all.chain.entryAt(all.chain.height - 3)!.hash);
    await checkStatistics(all.statistics, all.chain);
    await checkFilters(all.filters, all.chain);
    await closeAll(all);
  });

  it('start anew if the chain does not know where they stand', async () => {
    const storage = new MemoryStorage();
    let all = await openAll(storage);
    for (const block of story) await all.chain.acceptBlock(block);
    await checkAll(all);
    await closeAll(all);
    await storage.destroy('blocks/index');
    await storage.destroy('chainstate');
    const files = await storage.blockFiles();
    for (const kind of ['blk', 'rev'] as const) await files.remove(kind, 0);
    all = await openAll(storage);
    for (const block of story.slice(0, 10)) await all.chain.acceptBlock(block);
    await checkAll(all);
    await closeAll(all);
  });

  it.each(['getMany', 'verify'])(
    'that meet damage (%s) say so, and start anew the next time',
    async (met) => {
      const storage = new MemoryStorage();
      let all = await openAll(storage);
      for (const block of story) await all.chain.acceptBlock(block);
      await checkAll(all);
      const store = await storage.store('indexes/blockfilter/basic');
      const { getMany, verify } = store;
      if (met === 'verify') store.getMany = async () => [undefined];
      const fail = () => Promise.reject(new CorruptionError('indexes/blockfilter/basic is damaged'));
      Object.assign(store, { [met]: fail });
      await expect(all.filters.find(all.chain.tip)).rejects.toThrow('is damaged');
      await expect(all.filters.synchronize()).rejects.toThrow('is damaged');
      await closeAll(all);
      Object.assign(store, { getMany, verify });
      await store.batch([{ put: Uint8Array.of(0x66, ...all.chain.tip.hashBytes), value: Uint8Array.of(1) }]);
      all = await openAll(storage);
      await checkAll(all);
      await closeAll(all);
    },
  );

  it('have arrived when they are done with a block that came and went, though they stand where they stood', async () => {
    const clock = new StillClock(1_893_456_000);
    const storage = new MemoryStorage();
    const chain = await openMemoryChain({ storage, clock });
    const told: string[] = [];
    let go = (): void => {};
    const content: IndexContent = {
      connect: async ({ entry }) => {
        if (entry.height === 3) await new Promise<void>((resolve) => (go = resolve));
        told.push(`+${entry.height}`);
        return [];
      },
      disconnect: async ({ entry }) => {
        told.push(`-${entry.height}`);
        return [];
      },
    };
    const follower = await Follower.open('slow', content, { chain, storage, clock, logger: silentLogger });
    const { blocks } = new ChainBuilder().mine(3);
    for (const block of blocks.slice(0, 2)) await chain.acceptBlock(block);
    await follower.arrived();
    await chain.acceptBlock(blocks[2]!);
    await turns();
    await chain.invalidate(chain.tip.hash);
    const arrived = follower.arrived().then(() => told.push('arrived'));
    await turns();
    go();
    await arrived;
    expect(told).toEqual(['+0', '+1', '+2', '+3', '-3', 'arrived']);
    await follower.close();
    await chain.close();
  });

  it('leave the node alone when they fail, and say so to who asks', async () => {
    const storage = new MemoryStorage();
    const all = await openAll(storage);
    const store = await storage.store('indexes/txindex');
    store.batch = () => Promise.reject(new Error('disk on fire'));
    await all.chain.acceptBlock(story[0]!);
    expect(await all.chain.acceptBlock(story[1]!)).toMatchObject({ ok: true });
    await expect(all.transactions.synchronize()).rejects.toThrow('disk on fire');
    await checkFilters(all.filters, all.chain);
  });
});
