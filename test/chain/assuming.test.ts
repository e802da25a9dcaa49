/** A chain that goes on from a snapshot, and verifies it in the background. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Chain } from '../../src/chain/chain.ts';
import { INDEX_STORE } from '../../src/chain/schema.ts';
import { concatBytes } from '../../src/core/encoding/bytes.ts';
import { script } from '../../src/core/script/script.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { ChainBuilder, output } from '../support/chain-builder.ts';
import { utxoHash } from '../support/fork-story.ts';
import { openMemoryChain } from '../support/memory-chain.ts';
import {
  BASE_HEIGHT,
  BEFORE,
  dumpOf,
  give,
  load,
  prepare,
  rest,
  type SnapshotStory,
  snapshotStory,
} from '../support/snapshot-story.ts';

let story: SnapshotStory;
/** Of the whole chain. */
let expected: string;

beforeAll(async () => {
  story = await snapshotStory();
  const chain = await openMemoryChain({ parameters: story.parameters });
  await give(chain, story.blocks);
  expected = await utxoHash(chain);
});

const open = (storage = new MemoryStorage(), parameters = story.parameters): Promise<Chain> =>
  openMemoryChain({ parameters, storage, checkBlocks: 0 });
const above = () => story.blocks.slice(BASE_HEIGHT);
const missing = () => story.blocks.slice(BEFORE, BASE_HEIGHT);
const stateOf = (chain: Chain) => ({
  height: chain.height,
  background: chain.background?.tip.height,
  base: chain.snapshotBase?.height,
  verified: chain.verifiedChain.tip.height,
});

/** A node that has loaded the snapshot. */
async function loaded(storage = new MemoryStorage()): Promise<Chain> {
  const chain = await open(storage);
  await prepare(chain, story);
  await load(chain, story.dump);
  return chain;
}

describe('a snapshot', () => {
  it('becomes the chain, which goes on at once; in the background come the blocks below', async () => {
    const chain = await open();
    await prepare(chain, story);
    const told: number[] = [];
    chain.tipChanged.subscribe(({ tip }) => told.push(tip.height));
    chain.connected.subscribe(({ entry }) => told.push(entry.height));
    await load(chain, story.dump);
    expect(stateOf(chain)).toEqual({
      height: BASE_HEIGHT,
      background: BEFORE,
      base: BASE_HEIGHT,
      verified: BEFORE,
    });
    expect(await dumpOf(chain)).toEqual(story.dump);
    expect(chain.tip.chainTransactionCount).toBe(story.parameters.assumeUtxo![0]!.chainTxCount);
    expect(chain.lastMissing).toBe(BASE_HEIGHT);
    await give(chain, above());
    expect(stateOf(chain)).toEqual({ height: 20, background: BEFORE, base: BASE_HEIGHT, verified: BEFORE });
    expect(await utxoHash(chain)).toBe(expected);
    await give(chain, missing().slice(0, 3));
    expect(stateOf(chain)).toMatchObject({ height: 20, background: 8, verified: 8 });
    // In any order.
    await give(chain, missing().slice(4).reverse());
    expect(stateOf(chain)).toMatchObject({ background: 8 });
    await give(chain, missing().slice(3, 4));
    expect(stateOf(chain)).toEqual({ height: 20, background: undefined, base: BASE_HEIGHT, verified: 20 });
    // Nothing is told of blocks that are connected in the background.
    expect(told).toEqual([12, ...[13, 14, 15, 16, 17, 18, 19, 20].flatMap((height) => [height, height])]);
    expect(await utxoHash(chain)).toBe(expected);
    await chain.close();
  });

  it('goes on in the background with what comes while the chain itself is at its last stroke', async () => {
    const storage = new MemoryStorage();
    const chain = await loaded(storage);
    const index = await storage.store(INDEX_STORE);
    const { batch } = index;
    // The turn of the background is queued already, and asks for no other; these are stored behind it.
    index.batch = (...words) => {
      if (chain.height === 20) {
        index.batch = batch;
        for (const block of missing()) void chain.acceptBlock(block);
      }
      return batch.apply(index, words);
    };
    await give(chain, above());
    expect(stateOf(chain)).toEqual({ height: 20, background: undefined, base: BASE_HEIGHT, verified: 20 });
    await chain.close();
  });

  it('survives restarts at any time, and is the only chainstate at the one after its verification', async () => {
    const storage = new MemoryStorage();
    await (await loaded(storage)).close();
    const blocks = [above().slice(0, 2), missing().slice(0, 2), above().slice(2), missing().slice(2)];
    for (const some of blocks) {
      const chain = await open(storage);
      expect(chain.snapshotBase?.height).toBe(BASE_HEIGHT);
      await give(chain, some);
      await chain.close();
    }
    const chain = await open(storage);
    expect(stateOf(chain)).toEqual({ height: 20, background: undefined, base: undefined, verified: 20 });
    expect(await utxoHash(chain)).toBe(expected);
    expect(await chain.verify(4, 0)).toBe(true);
    // Below the snapshot's block there are undo data now.
    await chain.invalidate(chain.entryAt(7)!.hash);
    expect(chain.height).toBe(6);
    await chain.close();
  });

  it('is hashed again at the next start if a kill came before its verification was noted', async () => {
    const storage = new MemoryStorage();
    await (await loaded(storage)).close();
    const copy = storage.copy();
    const chain = await open(storage);
    await give(chain, missing());
    expect(chain.background).toBeUndefined();
    await chain.close();
    // All but the last stroke: the block that completes the way is there already.
    const again = await open(copy);
    for (const block of missing()) void again.acceptBlock(block);
    await again.close();
    const last = await open(copy);
    await rest(last);
    expect(last.background).toBeUndefined();
    await last.close();
  });

  it('may come while the chain stands on another branch', async () => {
    const builder = new ChainBuilder(story.parameters);
    for (const block of story.blocks.slice(0, 3)) builder.accept(block);
    for (let i = 0; i < 4; i++)
      builder.accept(builder.block({ coinbase: { moreOutputs: [output(0n, script(0x6a))] } }));
    const chain = await open();
    await give(chain, builder.blocks);
    expect(chain.height).toBe(7);
    chain.acceptHeaders(story.blocks.map(({ header }) => header));
    await load(chain, story.dump);
    // It leaves its branch when it has something better to do.
    await give(chain, above());
    expect(stateOf(chain)).toMatchObject({ height: 20, background: 7 });
    await give(chain, story.blocks.slice(3, 4));
    expect(stateOf(chain)).toMatchObject({ height: 20, background: 4 });
    await give(chain, story.blocks.slice(4, BASE_HEIGHT));
    expect(stateOf(chain)).toEqual({ height: 20, background: undefined, base: BASE_HEIGHT, verified: 20 });
    await chain.close();
  });

  it('lets nothing be undone below its block until it is verified', async () => {
    const chain = await loaded();
    await give(chain, above());
    for (const height of [3, BASE_HEIGHT])
      await expect(chain.invalidate(chain.entryAt(height)!.hash)).rejects.toThrow('is pruned');
    await chain.invalidate(chain.entryAt(15)!.hash);
    expect(chain.height).toBe(14);
    await chain.reconsider(story.blocks[14]!.hash);
    expect(chain.height).toBe(20);
    await expect(chain.remember()).rejects.toThrow('not while the UTXO snapshot is verified');
    await chain.close();
  });

  it('is thrown away with the coins that are rebuilt', async () => {
    for (const reindex of ['blocks', 'chainstate'] as const) {
      const storage = new MemoryStorage();
      const chain = await loaded(storage);
      await give(chain, above());
      await chain.close();
      const rebuilt = await openMemoryChain({ parameters: story.parameters, storage, reindex });
      expect(rebuilt.snapshotBase).toBeUndefined();
      expect(rebuilt.height).toBe(reindex === 'chainstate' ? BEFORE : 0);
      await give(rebuilt, story.blocks);
      expect(await utxoHash(rebuilt)).toBe(expected);
      await rebuilt.close();
    }
  });
});

describe('a snapshot that is false', () => {
  /** Its coins are those of another chain, and the network's file says so. */
  async function falseStory(): Promise<SnapshotStory> {
    const chain = await openMemoryChain({ parameters: story.parameters });
    for (const block of story.blocks.slice(0, BASE_HEIGHT - 1)) await chain.acceptBlock(block);
    const hashSerialized = await utxoHash(chain);
    const dump = await dumpOf(chain);
    const base = story.blocks[BASE_HEIGHT - 1]!.header.hashBytes;
    const assumeUtxo = [{ ...story.parameters.assumeUtxo![0]!, hashSerialized }];
    return {
      ...story,
      parameters: { ...story.parameters, assumeUtxo },
      dump: concatBytes(dump.subarray(0, 11), base, dump.subarray(43)),
    };
  }

  it('stops the node when its block is reached, and is put aside; what was built on it is forgotten', async () => {
    const lie = await falseStory();
    const storage = new MemoryStorage();
    const chain = await open(storage, lie.parameters);
    await prepare(chain, lie);
    await load(chain, lie.dump);
    const failures: Error[] = [];
    chain.fatal.subscribe((error) => failures.push(error));
    await give(chain, above().slice(0, 1));
    expect(chain.height).toBe(BASE_HEIGHT + 1);
    await give(chain, missing());
    expect(failures.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^The UTXO snapshot of block 12 is false: the hash of its coins should be [0-9a-f]{64}, and theirs is/,
      ),
    ]);
    await chain.close();
    expect(await storage.readBlob('chainstate_snapshot_INVALID/base_blockhash')).toBeDefined();
    const next = await open(storage, lie.parameters);
    expect(stateOf(next)).toMatchObject({ base: undefined, background: undefined });
    await give(next, above());
    expect(next.height).toBe(20);
    expect(await utxoHash(next)).toBe(expected);
    expect(await next.verify(4, 0)).toBe(true);
    await next.close();
  });

  it('is found again if a kill came before it was put aside', async () => {
    const lie = await falseStory();
    const storage = new MemoryStorage();
    const chain = await open(storage, lie.parameters);
    await prepare(chain, lie);
    await load(chain, lie.dump);
    await give(chain, missing());
    // As a kill leaves it: never closed.
    const next = await open(storage, lie.parameters);
    const failures: Error[] = [];
    next.fatal.subscribe((error) => failures.push(error));
    await rest(next);
    expect(failures).toHaveLength(1);
    await next.close();
    const last = await open(storage, lie.parameters);
    expect(last.snapshotBase).toBeUndefined();
    expect(last.height).toBe(BASE_HEIGHT);
    await last.close();
  });

  it('is false too if a block below it is invalid', async () => {
    const chain = await loaded();
    const failures: Error[] = [];
    chain.fatal.subscribe((error) => failures.push(error));
    await give(chain, missing().slice(0, 1));
    // As if it had been found invalid: no block with a valid one's hash can be made.
    const { tree } = (chain as unknown as { parts: { tree: { markFailed(entry: unknown): void } } }).parts;
    tree.markFailed(chain.entry(missing()[2]!.hash));
    await give(chain, missing().slice(1, 2));
    expect(failures.map(({ message }) => message)).toEqual([
      expect.stringContaining('is false: a block up to there is invalid'),
    ]);
    await chain.close();
  });
});

describe('a snapshot is refused', () => {
  const refusal = (chain: Chain, dump = story.dump, isFree?: () => boolean): Promise<string> =>
    load(chain, dump, isFree).then(
      () => 'taken',
      (error: Error) => error.message,
    );

  it('where it does not fit the chain, and nothing has changed', async () => {
    const [assumed] = story.parameters.assumeUtxo!;
    const { blockHash: hash } = assumed!;
    const fresh = await open();
    expect(await refusal(fresh)).toBe(
      `The base block header (${hash}) must appear in the headers chain. Make sure all headers are syncing, and call loadtxoutset again`,
    );
    await prepare(fresh, story);
    const unknown = concatBytes(story.dump.subarray(0, 11), new Uint8Array(32), story.dump.subarray(43));
    expect(await refusal(fresh, unknown)).toBe(
      `assumeutxo block hash in snapshot metadata not recognized (hash: ${'0'.repeat(64)}). The following snapshot heights are available: 12`,
    );
    expect(await refusal(fresh, story.dump, () => false)).toBe(
      "Can't activate a snapshot when mempool not empty",
    );
    // A transaction that came while it was loaded.
    let asked = 0;
    expect(await refusal(fresh, story.dump, () => asked++ === 0)).toBe(
      "Can't activate a snapshot when mempool not empty",
    );
    await fresh.invalidate(fresh.entryAt(4)!.hash);
    expect(await refusal(fresh)).toBe(`The base block header (${hash}) is part of an invalid chain`);
    await fresh.reconsider(story.blocks[3]!.hash);
    expect(stateOf(fresh)).toEqual({
      height: BEFORE,
      background: undefined,
      base: undefined,
      verified: BEFORE,
    });
    await give(fresh, missing());
    expect(await refusal(fresh)).toBe('Population failed: Work does not exceed active chainstate');
    await fresh.close();
    const twice = await loaded();
    expect(await refusal(twice)).toBe("Can't activate a snapshot-based chainstate more than once");
    await twice.close();
  });

  it('where its height is not that of the file, or there can be no second chainstate', async () => {
    const wrong = [{ ...story.parameters.assumeUtxo![0]!, height: BASE_HEIGHT + 1 }];
    const chain = await open(undefined, { ...story.parameters, assumeUtxo: wrong });
    await prepare(chain, story);
    expect(await refusal(chain)).toContain('Assumeutxo height in snapshot metadata not recognized (12)');
    await chain.close();
    const storage = Object.assign(new MemoryStorage(), { rename: undefined });
    const poor = await open(storage as unknown as MemoryStorage);
    await prepare(poor, story);
    expect(await refusal(poor)).toBe('There can be no second chainstate here');
    await poor.close();
  });

  it('wherever a byte of it differs or it ends, and another try may follow', async () => {
    const chain = await open();
    await prepare(chain, story);
    const { dump } = story;
    const refusals = new Set<string>();
    for (let at = 0; at < dump.length; at += at < 200 ? 1 : 37) {
      const changed = dump.slice();
      changed[at]! ^= 1 << (at % 8);
      for (const bad of [changed, dump.subarray(0, at)]) {
        const message = await refusal(chain, bad);
        refusals.add(
          message
            .replace(/[0-9a-f]{64}/g, '#')
            .replace(/\d+ coins/, 'n coins')
            .replace(/\d+ does/, 'n does'),
        );
        expect(stateOf(chain)).toMatchObject({ height: BEFORE, base: undefined });
      }
    }
    expect(refusals).not.toContain('taken');
    expect(refusals).toContain('Population failed: Bad snapshot content hash: expected #, got #');
    expect(refusals).toContain(
      'Population failed: Bad snapshot format or truncated snapshot after deserializing n coins',
    );
    expect(await refusal(chain, concatBytes(dump, Uint8Array.of(0)))).toMatch(
      /^Population failed: Bad snapshot - coins left over after deserializing \d+ coins$/,
    );
    // The same coin twice instead of two.
    const [first, second] = [dump.subarray(51, 51 + 37), dump.subarray(51 + 37)];
    expect(first).toHaveLength(37);
    expect(await refusal(chain, concatBytes(dump.subarray(0, 51), second, first))).not.toBe('');
    if (chain.snapshotBase === undefined) await load(chain, dump);
    expect(chain.height).toBe(BASE_HEIGHT);
    await chain.close();
  });
});
