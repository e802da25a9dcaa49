/** A node dies at its k-th write, for every k: the next start mends what it left, and ends with the same coins. */
import { describe, expect, it } from 'vitest';
import type { BlockFiles } from '../../src/chain/block-files.ts';
import type { Chain } from '../../src/chain/chain.ts';
import type { KeyValueStore } from '../../src/chain/key-value-store.ts';
import { continueReindex } from '../../src/chain/reindex.ts';
import type { Storage } from '../../src/chain/storage.ts';
import type { Block } from '../../src/core/block/block.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { forkStory, STORY_NETWORK, utxoHash } from '../support/fork-story.ts';
import { openMemoryChain, saveIndex } from '../support/memory-chain.ts';
import { BASE_HEIGHT, BEFORE, give, load, prepare, snapshotStory } from '../support/snapshot-story.ts';

class Killed extends Error {}

/** Lets so many writes through to a storage that survives; the next one is lost, or half of it is. */
class MortalStorage implements Storage {
  readonly #inner: Storage;
  lives: number;

  constructor(inner: Storage, lives: number) {
    this.#inner = inner;
    this.lives = lives;
  }

  /** False at the write that kills. */
  #survives(): boolean {
    if (this.lives < 0) throw new Killed();
    return this.lives-- > 0;
  }

  async store(name: string): Promise<KeyValueStore> {
    const inner = await this.#inner.store(name);
    return {
      get: (key) => inner.get(key),
      getMany: (keys) => inner.getMany(keys),
      iterate: (range) => inner.iterate(range),
      batch: async (operations, options) => {
        if (!this.#survives()) throw new Killed();
        await inner.batch(operations, options);
      },
      wasDeleted: (key) => inner.wasDeleted(key),
      verify: () => inner.verify(),
      close: async () => {},
    };
  }

  async blockFiles(): Promise<BlockFiles> {
    const inner = await this.#inner.blockFiles();
    return {
      list: () => inner.list(),
      size: (kind, file) => inner.size(kind, file),
      append: async (kind, file, parts) => {
        if (this.#survives()) return inner.append(kind, file, parts);
        // The system wrote the first part of it.
        await inner.append(kind, file, [parts[0]!, parts[1]!.subarray(0, 20)]);
        throw new Killed();
      },
      read: (kind, file, offset, length) => inner.read(kind, file, offset, length),
      sync: async () => {},
      truncate: async (kind, file, length) => {
        if (!this.#survives()) throw new Killed();
        await inner.truncate(kind, file, length);
      },
      remove: (kind, file) => inner.remove(kind, file),
      close: async () => {},
    };
  }

  async destroy(name: string): Promise<void> {
    if (!this.#survives()) throw new Killed();
    await this.#inner.destroy(name);
  }

  async rename(name: string, to: string): Promise<void> {
    if (!this.#survives()) throw new Killed();
    await this.#inner.rename!(name, to);
  }

  async writeBlob(name: string, bytes: Uint8Array): Promise<void> {
    if (!this.#survives()) throw new Killed();
    await this.#inner.writeBlob(name, bytes);
  }

  readBlob = (name: string): Promise<Uint8Array | undefined> => this.#inner.readBlob(name);
  close = (): Promise<void> => this.#inner.close();
}

/** Few coins a batch, so that a flush has many writes. */
const OPTIONS = { parameters: STORY_NETWORK, batchCoins: 3, checkBlocks: 3, checkLevel: 4 };

/** Feeds the story, with a flush now and then; true if it lived to the end. */
async function live(story: readonly Block[], storage: Storage): Promise<boolean> {
  try {
    const chain = await openMemoryChain({ ...OPTIONS, storage });
    for (const [i, block] of story.entries()) {
      await chain.acceptBlock(block);
      if (i % 5 === 4) await chain.flush();
      else if (i % 3 === 0) await saveIndex(chain);
    }
    await chain.close();
    return true;
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    return false;
  }
}

describe('a kill at any write', () => {
  it('leaves a chain that starts again and ends with the same coins', async () => {
    const story = forkStory(7, 24);
    const undisturbed = await openMemoryChain(OPTIONS);
    for (const block of story) await undisturbed.acceptBlock(block);
    const expected = { tip: undisturbed.tip.hash, coins: await utxoHash(undisturbed) };

    let kills = 0;
    for (; ; kills++) {
      const storage = new MemoryStorage();
      if (await live(story, new MortalStorage(storage, kills))) break;
      const chain = await openMemoryChain({ ...OPTIONS, storage });
      for (const block of story) await chain.acceptBlock(block);
      expect({ kills, tip: chain.tip.hash, coins: await utxoHash(chain) }).toEqual({ kills, ...expected });
      expect(await chain.verify(4, 0)).toBe(true);
      await chain.close();
    }
    expect(kills).toBeGreaterThan(100);
  });

  it('on the way back to what was once remembered leaves the chain as it was before, or is to be', async () => {
    const story = forkStory(7, 24);
    const stateOf = async (chain: Chain) => ({ tip: chain.tip.hash, coins: await utxoHash(chain) });
    const outcomes = new Set<string>();
    let kills = 0;
    for (let lived = false; !lived; kills++) {
      const storage = new MemoryStorage();
      const mortal = new MortalStorage(storage, Number.POSITIVE_INFINITY);
      const doomed = await openMemoryChain({ ...OPTIONS, storage: mortal });
      for (const block of story.slice(0, 12)) await doomed.acceptBlock(block);
      const after = await stateOf(doomed);
      const remembered = await doomed.remember();
      for (const block of story.slice(12)) await doomed.acceptBlock(block);
      const before = await stateOf(doomed);
      mortal.lives = kills;
      lived = await doomed
        .rewind(remembered, async () => {})
        .then(
          () => true,
          () => false,
        );
      const chain = await openMemoryChain({ ...OPTIONS, storage });
      const state = await stateOf(chain);
      expect([before, after]).toContainEqual(state);
      if (lived) expect(state).toEqual(after);
      outcomes.add(state.tip);
      // What lies behind the blocks that are known is read again, and what was cut off is not there.
      await continueReindex(chain, storage);
      expect([before, after]).toContainEqual(await stateOf(chain));
      expect(await chain.verify(4, 0)).toBe(true);
      for (const block of story) await chain.acceptBlock(block);
      expect(await stateOf(chain)).toEqual(before);
      await chain.close();
    }
    expect([outcomes.size, kills > 3]).toEqual([2, true]);
  });

  it('while a snapshot is loaded, verified and put in its place loses neither it nor what was there', async () => {
    const story = await snapshotStory();
    const { parameters, blocks } = story;
    const options = { parameters, batchCoins: 3, checkBlocks: 0, checkLevel: 4 };
    const undisturbed = await openMemoryChain(options);
    for (const block of blocks) await undisturbed.acceptBlock(block);
    const expected = { height: 20, coins: await utxoHash(undisturbed) };
    /** True if it lived to the end, through two starts. */
    const live = async (storage: Storage): Promise<boolean> => {
      try {
        const chain = await openMemoryChain({ ...options, storage });
        await prepare(chain, story);
        await load(chain, story.dump);
        for (const some of [blocks.slice(BASE_HEIGHT), blocks.slice(BEFORE, BASE_HEIGHT)]) {
          await give(chain, some);
          await chain.flush();
        }
        await chain.close();
        await (await openMemoryChain({ ...options, storage })).close();
        return true;
      } catch {
        return false;
      }
    };
    const bases = new Set<number | undefined>();
    let kills = 0;
    for (; ; kills++) {
      const storage = new MemoryStorage();
      if (await live(new MortalStorage(storage, kills))) break;
      const chain = await openMemoryChain({ ...options, storage });
      bases.add(chain.snapshotBase?.height);
      await give(chain, blocks);
      const { height } = chain;
      expect({ kills, height, coins: await utxoHash(chain) }).toEqual({ kills, ...expected });
      expect(chain.background).toBeUndefined();
      expect(await chain.verify(4, 0)).toBe(true);
      await chain.close();
    }
    expect(kills).toBeGreaterThan(50);
    expect(bases).toEqual(new Set([undefined, BASE_HEIGHT]));
  });
});
