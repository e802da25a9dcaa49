import { describe, expect, it } from 'vitest';
import type { Chain } from '../../src/chain/chain.ts';
import { MIN_BLOCKS_TO_KEEP } from '../../src/chain/pruning.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { ChainBuilder } from '../support/chain-builder.ts';
import { STORY_NETWORK, utxoHash } from '../support/fork-story.ts';
import { openMemoryChain } from '../support/memory-chain.ts';

const { blocks } = new ChainBuilder(STORY_NETWORK).mine(700);

/** About twenty blocks a file. */
const SMALL = { parameters: STORY_NETWORK, blockFileSize: 5000 };

async function feed(chain: Chain, count = blocks.length): Promise<void> {
  for (const block of blocks.slice(0, count)) await chain.acceptBlock(block);
}

const missing = (chain: Chain): number[] =>
  blocks.flatMap((_, i) => (chain.entryAt(i + 1)?.haveData === false ? [i + 1] : []));

describe('pruning', () => {
  it('keeps every block unless told otherwise', async () => {
    const chain = await openMemoryChain(SMALL);
    await feed(chain);
    expect([missing(chain), chain.pruneHeight]).toEqual([[], -1]);
  });

  it('on demand deletes whole files up to a height, and remembers it', async () => {
    const storage = new MemoryStorage();
    const chain = await openMemoryChain({ ...SMALL, storage, prune: 1 });
    await feed(chain);
    const size = chain.sizeOnDisk;
    const coins = await utxoHash(chain);
    const height = await chain.prune(300);
    expect(height).toBeGreaterThan(280);
    expect(height).toBeLessThanOrEqual(300);
    expect(missing(chain)).toEqual(Array.from({ length: height }, (_, i) => i + 1));
    expect(chain.sizeOnDisk).toBeLessThan(size);
    const files = await (await storage.blockFiles()).list();
    expect(files[0]).toBeGreaterThan(5);
    await expect(chain.readBlock(chain.entryAt(5)!)).rejects.toThrow('not on the disk');
    await chain.close();

    const again = await openMemoryChain({ ...SMALL, storage, prune: 1, checkBlocks: 0, checkLevel: 4 });
    expect([again.tip.hash, again.pruneHeight, await utxoHash(again)]).toEqual([
      chain.tip.hash,
      height,
      coins,
    ]);
  });

  it('never deletes what a follower needs, nor the last blocks of a target', async () => {
    const held = await openMemoryChain({ ...SMALL, prune: 1 });
    await feed(held);
    held.pruneLocks.add(() => 100);
    expect(await held.prune(300)).toBeLessThanOrEqual(100);

    // The target is so small that everything would have to go.
    const chain = await openMemoryChain({ ...SMALL, prune: 0.001 + 1 });
    await feed(chain);
    expect(chain.pruneHeight).toBe(-1);
    const tiny = await openMemoryChain({ ...SMALL, blockFileSize: 5000, prune: 1.0000001 });
    await feed(tiny, 300);
    expect(missing(tiny).length).toBe(0);
  });

  it('keeps to its target by itself', async () => {
    const bulky = new ChainBuilder(STORY_NETWORK);
    const filler = { scriptPubKey: Uint8Array.from([0x6a, ...new Uint8Array(8000)]), value: 0n };
    const chain = await openMemoryChain({ parameters: STORY_NETWORK, blockFileSize: 100_000, prune: 2 });
    for (let i = 0; i < 400; i++) {
      const block = bulky.block({ coinbase: { moreOutputs: [filler] } });
      bulky.accept(block);
      await chain.acceptBlock(block);
    }
    // 3.2 MB came in, 288 blocks (2.3 MB) must stay.
    expect(chain.pruneHeight).toBeGreaterThan(80);
    expect(chain.pruneHeight).toBeLessThanOrEqual(chain.height - MIN_BLOCKS_TO_KEEP);
    expect(await chain.verify(3, 0)).toBe(true);
  });
});
