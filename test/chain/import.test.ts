import { describe, expect, it } from 'vitest';
import type { Chain } from '../../src/chain/chain.ts';
import { exportBlocks, type ImportProgress, importBlocks } from '../../src/chain/import.ts';
import type { BlockSource } from '../../src/chain/record-reader.ts';
import { continueReindex } from '../../src/chain/reindex.ts';
import type { Block } from '../../src/core/block/block.ts';
import { concatBytes, toHex } from '../../src/core/encoding/bytes.ts';
import { Writer } from '../../src/core/encoding/writer.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { forkStory, STORY_NETWORK, utxoHash } from '../support/fork-story.ts';
import { openMemoryChain } from '../support/memory-chain.ts';

const parameters = STORY_NETWORK;
const story = forkStory(5, 60);
const all = story.length;

function record(block: Block): Uint8Array {
  return new Writer(1000).bytes(parameters.magic).uint32(block.bytes.length).bytes(block.bytes).finish();
}

function sourceOf(...pieces: Uint8Array[]): BlockSource {
  const bytes = concatBytes(...pieces);
  const read = async (offset: number, length: number) => bytes.slice(offset, offset + length);
  return { name: 'test.dat', size: bytes.length, read };
}

async function told(): Promise<Chain> {
  const chain = await openMemoryChain({ parameters });
  for (const block of story) await chain.acceptBlock(block);
  return chain;
}

describe('importBlocks', () => {
  it('takes blocks in any order, over several files, past torn records', async () => {
    const expected = await told();
    const torn = record(story[3]!).subarray(0, 150);
    const backwards = [...story].reverse().map(record);
    const first = sourceOf(new Uint8Array(100), ...backwards.slice(0, 30), torn, ...backwards.slice(30, 50));
    const second = sourceOf(parameters.magic, ...backwards.slice(50), Uint8Array.of(1, 2, 3));
    const chain = await openMemoryChain({ parameters });
    const progress: ImportProgress[] = [];
    const result = await importBlocks(chain, [first, second], { onProgress: (at) => progress.push(at) });
    expect(result).toMatchObject({ accepted: all, refused: 0, orphans: 0 });
    // Which of two equal branches came first differs, so only the work must be the same.
    expect(chain.tip.chainWork).toBe(expected.tip.chainWork);
    expect(progress.at(-1)).toMatchObject({ total: first.size + second.size, blocks: all });
  });

  it('goes on where it was broken off, and takes nothing twice', async () => {
    const chain = await openMemoryChain({ parameters });
    const source = sourceOf(...story.map(record));
    let asked = 0;
    const half = await importBlocks(chain, [source], { isCancelled: () => ++asked > 30 });
    expect(half.accepted).toBe(30);
    expect((await importBlocks(chain, [source])).accepted).toBe(all - 30);
    expect((await importBlocks(chain, [source])).accepted).toBe(0);
    expect(chain.tip.hash).toBe((await told()).tip.hash);
  });

  it('has few blocks with the chain at a time, however small they are', async () => {
    const chain = await openMemoryChain({ parameters });
    const many = forkStory(6, 400);
    const accept = chain.acceptBlock.bind(chain);
    const held: (() => void)[] = [];
    let most = 0;
    chain.acceptBlock = async (block, options) => {
      const verdict = accept(block, options);
      await new Promise<void>((resolve) => {
        most = Math.max(most, held.push(resolve));
      });
      return verdict;
    };
    let ended = false;
    const task = importBlocks(chain, [sourceOf(...many.map(record))]).finally(() => {
      ended = true;
    });
    while (!ended) {
      await new Promise((resolve) => setImmediate(resolve));
      for (const release of held.splice(0)) release();
    }
    expect(await task).toMatchObject({ accepted: many.length, refused: 0, orphans: 0 });
    expect(many.length).toBeGreaterThan(200);
    expect(most).toBeLessThan(150);
  });

  it('counts what is refused and what has no parent', async () => {
    const chain = await openMemoryChain({ parameters });
    const broken = story[1]!.bytes.slice();
    broken[40]! ^= 1;
    const size = new Writer(8).bytes(parameters.magic).uint32(broken.length).finish();
    const source = sourceOf(record(story[0]!), size, broken, record(story[5]!), record(story[6]!));
    expect(await importBlocks(chain, [source])).toMatchObject({ accepted: 1, refused: 1, orphans: 2 });
  });

  it('says what in a file is no block, and where', async () => {
    const chain = await openMemoryChain({ parameters });
    const noise = Uint8Array.from({ length: 1000 }, (_, i) => 1 + (i % 200));
    const padding = new Uint8Array(5000);
    const torn = record(story[1]!).subarray(0, 40);
    const [first, second] = [record(story[0]!), record(story[1]!)];
    const source = sourceOf(
      noise,
      first,
      padding,
      torn,
      second,
      padding,
      noise,
      padding,
      noise,
      padding,
      noise,
    );
    const result = await importBlocks(chain, [source, sourceOf(noise), sourceOf(first)]);
    const at = noise.length + first.length + padding.length;
    expect(result.accepted).toBe(2);
    expect(result.sources).toEqual([
      {
        name: 'test.dat',
        blocks: 2,
        skipped: 14_040,
        gaps: [
          { offset: 0, size: 1000 },
          { offset: at, size: 40 },
          { offset: at + 40 + second.length + 5000, size: 13_000 },
        ],
      },
      { name: 'test.dat', blocks: 0, skipped: 1000, gaps: [{ offset: 0, size: 1000 }] },
      { name: 'test.dat', blocks: 1, skipped: 0, gaps: [] },
    ]);
  });

  it('finds a record whose magic lies across what is read at once', async () => {
    const chain = await openMemoryChain({ parameters });
    for (const before of [1, 2, 3, 4]) {
      const noise = new Uint8Array((8 << 20) - before).fill(7);
      const source = sourceOf(noise, record(story[before - 1]!));
      expect((await importBlocks(chain, [source])).sources[0]).toMatchObject({
        blocks: 1,
        skipped: noise.length,
      });
    }
  });

  it('reads what exportBlocks wrote', async () => {
    const chain = await told();
    const pieces: Uint8Array[] = [];
    for await (const piece of exportBlocks(chain)) pieces.push(piece);
    const copy = await openMemoryChain({ parameters });
    await importBlocks(copy, [sourceOf(...pieces)]);
    expect([copy.tip.hash, await utxoHash(copy)]).toEqual([chain.tip.hash, await utxoHash(chain)]);
    expect(pieces).toHaveLength(chain.height + 1);
  });
});

describe('reindex', () => {
  async function stateOf(chain: Chain, storage: MemoryStorage) {
    const size = await (await storage.blockFiles()).size('blk', 0);
    return { tip: chain.tip.hash, coins: await utxoHash(chain), size };
  }

  async function stored() {
    const storage = new MemoryStorage();
    const chain = await openMemoryChain({ parameters, storage });
    for (const block of story) await chain.acceptBlock(block);
    const state = await stateOf(chain, storage);
    const undo = toHex(
      (await chain.blocks.readUndo(chain.tip))[0]?.[0]?.output.scriptPubKey ?? new Uint8Array(),
    );
    await chain.close();
    return { storage, state, undo };
  }

  it('builds index, undo data and coins again, without writing a block twice', async () => {
    const { storage, state, undo } = await stored();
    const chain = await openMemoryChain({ parameters, storage, reindex: 'blocks' });
    expect([chain.height, chain.isReindexing]).toEqual([0, true]);
    expect(await continueReindex(chain, storage)).toMatchObject({ accepted: all, refused: 0, orphans: 0 });
    expect(await stateOf(chain, storage)).toEqual(state);
    expect(
      toHex((await chain.blocks.readUndo(chain.tip))[0]?.[0]?.output.scriptPubKey ?? new Uint8Array()),
    ).toBe(undo);
    await chain.close();
    const again = await openMemoryChain({ parameters, storage });
    expect([again.tip.hash, again.isReindexing]).toEqual([state.tip, false]);
  });

  it('goes on after an interruption', async () => {
    const { storage, state } = await stored();
    const chain = await openMemoryChain({ parameters, storage, reindex: 'blocks' });
    let asked = 0;
    await continueReindex(chain, storage, { isCancelled: () => ++asked > 20 });
    await chain.close();
    const again = await openMemoryChain({ parameters, storage });
    expect(again.isReindexing).toBe(true);
    await continueReindex(again, storage);
    expect(await stateOf(again, storage)).toEqual(state);
  });

  it('builds the coins alone as the chain is opened', async () => {
    const { storage, state } = await stored();
    let before = -1;
    const onLoaded = (chain: { height: number }) => {
      before = chain.height;
    };
    const chain = await openMemoryChain({ parameters, storage, reindex: 'chainstate', onLoaded });
    expect(before).toBe(0);
    expect(await stateOf(chain, storage)).toEqual(state);
  });
});
