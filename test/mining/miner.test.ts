import { describe, expect, test } from 'vitest';
import type { Chain } from '../../src/chain/chain.ts';
import { BlockHeader } from '../../src/core/block/header.ts';
import { targetFromBits } from '../../src/core/block/target.ts';
import { nobleEngine } from '../../src/core/script/noble-engine.ts';
import { Mempool } from '../../src/mempool/mempool.ts';
import { HashRate } from '../../src/mining/hash-rate.ts';
import { Miner, type MiningOptions } from '../../src/mining/miner.ts';
import type { NonceSearcher, SearchOptions } from '../../src/mining/nonce-searcher.ts';
import { ThreadSearcher } from '../../src/mining/thread-searcher.ts';
import { InlineScriptVerifier } from '../../src/platform/memory/inline-script-verifier.ts';
import { VirtualClock } from '../../src/simulation/virtual-clock.ts';
import { fixedRandom, openMemoryChain, silentLogger } from '../support/memory-chain.ts';
import { P2WSH_TRUE, START } from '../support/pool.ts';

interface Search {
  readonly header: BlockHeader;
  readonly options: SearchOptions;
  answer(nonce: number | null): void;
}

/** Finds what the test says, when the test says it. */
class ToldSearcher implements NonceSearcher {
  readonly searches: Search[] = [];
  hashes = 0;
  closed = false;

  search(header: Uint8Array, _target: bigint, _from: number, _count: number, options: SearchOptions = {}) {
    return new Promise<number | null>((answer) => {
      this.searches.push({ header: BlockHeader.decode(header.slice()), options, answer });
      options.signal?.addEventListener('abort', () => answer(null));
    });
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

async function openMiner(createSearcher?: () => NonceSearcher) {
  const clock = new VirtualClock(START * 1000);
  const chain: Chain = await openMemoryChain({ clock });
  const scriptVerifier = new InlineScriptVerifier(nobleEngine, clock);
  const dependencies = { clock, random: fixedRandom, scriptVerifier, logger: silentLogger };
  const mempool = new Mempool({}, chain, dependencies);
  const searcher = new ThreadSearcher(clock);
  const create = createSearcher ?? (() => new ThreadSearcher(clock));
  const miner = new Miner({}, chain, mempool, { ...dependencies, searcher, createSearcher: create });
  const options: MiningOptions = { threads: 1, load: 100, script: P2WSH_TRUE };
  return { clock, chain, miner, options };
}

async function openTold() {
  const told = new ToldSearcher();
  const setup = await openMiner(() => told);
  setup.miner.start(setup.options);
  await setup.clock.advance(1);
  return { ...setup, told };
}

/** A nonce that solves the header. */
async function solution({ header }: Search): Promise<number> {
  const { target } = targetFromBits(header.bits);
  return (await new ThreadSearcher(new VirtualClock(0)).search(header.bytes, target, 0, 1_000))!;
}

describe('continuous mining', () => {
  test('finds one block after the other, and comes to an end', async () => {
    const { clock, chain, miner, options } = await openMiner();
    miner.start(options);
    expect(miner.mining).toMatchObject({ threads: 1, load: 100 });
    await clock.runUntil(() => chain.height >= 5, 60_000);
    await miner.stop();
    const { height } = chain;
    expect(height).toBeGreaterThanOrEqual(5);
    expect([miner.blocksFound, miner.mining]).toEqual([height, null]);
    await clock.advance(60_000);
    expect(chain.height).toBe(height);
  });

  test('keeps to an interval where blocks are easy', async () => {
    const { clock, chain, miner, options } = await openMiner();
    miner.start({ ...options, blockInterval: 10 });
    await clock.advance(205_000);
    await miner.stop();
    expect(chain.height).toBeGreaterThanOrEqual(16);
    expect(chain.height).toBeLessThanOrEqual(27);
  });

  test('hands a found block to the chain and goes on upon it', async () => {
    const { clock, chain, miner, told } = await openTold();
    const [search] = told.searches;
    expect(search!.header.prev).toBe(chain.genesis.hash);
    search!.answer(await solution(search!));
    await clock.advance(1);
    expect(chain.height).toBe(1);
    expect(told.searches.at(-1)!.header.prev).toBe(chain.tip.hash);
    await miner.stop();
    expect(told.closed).toBe(true);
  });

  test('leaves a tip that is no longer the tip at once', async () => {
    const { clock, chain, miner, told } = await openTold();
    const [search] = told.searches;
    await miner.mineBlocks(1, P2WSH_TRUE);
    expect(search!.options.signal!.aborted).toBe(true);
    await clock.advance(1);
    expect(told.searches).toHaveLength(2);
    expect(told.searches[1]!.header.prev).toBe(chain.tip.hash);
    await miner.stop();
    expect(told.searches[1]!.options.signal!.aborted).toBe(true);
  });

  test('rolls the extra nonce and the time when all nonces are spent', async () => {
    const { clock, miner, told } = await openTold();
    await clock.advance(5_000);
    told.searches[0]!.answer(null);
    await clock.advance(1);
    const [first, second] = told.searches.map(({ header }) => header);
    expect(second!.merkleRoot).not.toEqual(first!.merkleRoot);
    expect(second!.time).toBe(first!.time + 5);
    expect(second!.prev).toBe(first!.prev);
    await miner.stop();
  });

  test('makes a new template after a while', async () => {
    const { clock, miner, told } = await openTold();
    await clock.advance(31_000);
    expect(told.searches).toHaveLength(2);
    expect(told.searches[0]!.options.signal!.aborted).toBe(true);
    await miner.stop();
  });

  test('is replaced by what is started later', async () => {
    const { clock, miner, told, options } = await openTold();
    miner.start({ ...options, threads: 2, load: 50 });
    await clock.advance(1);
    expect(miner.mining).toMatchObject({ threads: 2, load: 50 });
    expect(told.searches.at(-1)!.options.load).toBe(50);
    await miner.stop();
  });

  test('pauses after a failure and tries again', async () => {
    let asked = 0;
    class Failing extends ThreadSearcher {
      override search(...given: Parameters<ThreadSearcher['search']>) {
        if (asked++ === 0) throw new Error('the thread has ended');
        return super.search(...given);
      }
    }
    const { clock, chain, miner, options } = await openMiner(() => new Failing(clock));
    miner.start(options);
    await clock.advance(4_000);
    expect([asked, chain.height]).toEqual([1, 0]);
    await clock.runUntil(() => chain.height > 0, 10_000);
    expect(chain.height).toBeGreaterThan(0);
    await miner.stop();
  });
});

test('blocks on demand stop after so many tries', async () => {
  const { miner, chain } = await openMiner();
  expect(await miner.mineBlocks(1_000, P2WSH_TRUE, 20)).toHaveLength(chain.height);
  expect(chain.height).toBeGreaterThan(2);
  expect(chain.height).toBeLessThan(20);
});

test('the hash rate is counted over the last seconds', async () => {
  const clock = new VirtualClock(0);
  let hashes = 0;
  const rate = new HashRate(clock, () => hashes);
  expect(rate.perSecond()).toBe(0);
  for (let second = 0; second < 30; second++) {
    hashes += second < 15 ? 1_000 : 5_000;
    await clock.advance(1_000);
  }
  expect(rate.perSecond()).toBeCloseTo(5_000);
  rate.close();
  expect(await clock.runUntil(() => false, 100_000)).toBe(false);
});
