import { describe, expect, it } from 'vitest';
import type { Chain } from '../../src/chain/chain.ts';
import { MIN_BLOCKS_TO_KEEP } from '../../src/chain/pruning.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { ChainBuilder, padding } from '../support/chain-builder.ts';
import { STORY_NETWORK, utxoHash } from '../support/fork-story.ts';
import { openMemoryChain } from '../support/memory-chain.ts';

/** Of 8 kB each, so that a chain just long enough fills a few MiB. */
const filler = { scriptPubKey: padding(8_000), value: 0n };
const { blocks } = new ChainBuilder(STORY_NETWORK).mine(350, { coinbase: { moreOutputs: [filler] } });

/** Twelve blocks a file. */
const SMALL = { parameters: { ...STORY_NETWORK, pruneAfterHeight: 100 }, blockFileSize: 100_000 };

async function feed(chain: Chain): Promise<void> {
  for (const block of blocks) await chain.acceptBlock(block);
}

const missing = (chain: Chain): number[] =>
  blocks.flatMap((_, i) => (chain.entryAt(i + 1)?.haveData === false ? [i + 1] : []));

describe('pruning', () => {
  it('keeps every block unless told otherwise', async () => {
    const chain = await openMemoryChain(SMALL);
    await feed(chain);
    expect([missing(chain), chain.pruner.prunedHeight]).toEqual([[], -1]);
  });

  it('on demand deletes whole files up to a height, and remembers it', async () => {
    const storage = new MemoryStorage();
    const chain = await openMemoryChain({ ...SMALL, storage, prune: 1 });
    await feed(chain);
    const size = chain.blocks.sizeOnDisk;
    const coins = await utxoHash(chain);
    const height = await chain.prune(300);
    expect(height).toBeGreaterThan(280);
    expect(height).toBeLessThanOrEqual(300);
    expect(missing(chain)).toEqual(Array.from({ length: height }, (_, i) => i + 1));
    expect(chain.blocks.sizeOnDisk).toBeLessThan(size);
    const files = await (await storage.blockFiles()).list();
    expect(files[0]).toBeGreaterThan(20);
    await expect(chain.blocks.readBlock(chain.entryAt(5)!)).rejects.toThrow('not on the disk');
    const { tip } = chain;
    await expect(chain.invalidate(chain.entryAt(5)!.hash)).rejects.toThrow('is pruned');
    expect(chain.tip).toBe(tip);
    await chain.close();

    const again = await openMemoryChain({ ...SMALL, storage, prune: 1, checkBlocks: 0, checkLevel: 4 });
    expect([again.tip.hash, again.pruner.prunedHeight, await utxoHash(again)]).toEqual([
      chain.tip.hash,
      height,
      coins,
    ]);
  });

  it('never deletes what a follower needs', async () => {
    const chain = await openMemoryChain({ ...SMALL, prune: 1 });
    await feed(chain);
    chain.pruner.locks.add(() => 100);
    expect(await chain.prune(300)).toBeLessThanOrEqual(100);
    expect(chain.pruner.prunedHeight).toBeGreaterThan(80);
  });

  it('keeps to its target by itself, but for the last blocks', async () => {
    const chain = await openMemoryChain({ ...SMALL, prune: 2 });
    await feed(chain);
    // 2.8 MB came in; 288 blocks, 2.3 MB, must stay.
    expect(chain.pruner.prunedHeight).toBeGreaterThan(40);
    expect(chain.pruner.prunedHeight).toBeLessThanOrEqual(chain.height - MIN_BLOCKS_TO_KEEP);
    expect(await chain.verify(3, 200)).toBe(true);
    expect(await chain.verify(4, 0)).toBe(false);
    // Not before the chain is long enough for its network.
    const short = await openMemoryChain({ ...SMALL, parameters: STORY_NETWORK, prune: 2 });
    await feed(short);
    expect(short.pruner.prunedHeight).toBe(-1);
  });

  it('looks at a start too, when it is known who still needs blocks', async () => {
    const storage = new MemoryStorage();
    const kept = await openMemoryChain({ ...SMALL, storage });
    await feed(kept);
    await kept.close();
    const chain = await openMemoryChain({ ...SMALL, storage, prune: 2 });
    expect(chain.pruner.prunedHeight).toBe(-1);
    const lock = () => 20;
    chain.pruner.locks.add(lock);
    await chain.pruneIfOver();
    expect(chain.pruner.prunedHeight).toBeLessThanOrEqual(20);
    chain.pruner.locks.delete(lock);
    await chain.pruneIfOver();
    expect(chain.pruner.prunedHeight).toBeGreaterThan(40);
    await chain.close();
  });

  it('looks before another file begins, and leaves room for what comes until it looks again', async () => {
    // MiB of the target: 17 are kept free, and not quite 3 are taken in. The first file can go at a height of 328.
    for (const [prune, gone] of [
      [18, true],
      [21, false],
    ] as const) {
      const chain = await openMemoryChain({ ...SMALL, blockFileSize: 320_000, prune });
      await feed(chain);
      expect(chain.pruner.prunedHeight > 0).toBe(gone);
    }
  });
});
