import { describe, expect, it } from 'vitest';
import { ActiveChain } from '../../src/chain/active-chain.ts';
import { forkOf, HeaderEntry, HeaderSlabs } from '../../src/chain/header-entry.ts';
import { HeaderTree } from '../../src/chain/header-tree.ts';
import { BlockHeader } from '../../src/core/block/header.ts';
import { genesisBlock } from '../../src/core/consensus/genesis.ts';
import { toDisplayHex } from '../../src/core/encoding/bytes.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { ChainBuilder } from '../support/chain-builder.ts';
import { seededNumbers } from '../support/fork-story.ts';

function line(length: number, from: HeaderEntry | null, slabs: HeaderSlabs): HeaderEntry[] {
  const entries: HeaderEntry[] = [];
  let parent = from;
  for (let i = 0; i < length; i++) {
    const header = BlockHeader.from({
      version: 1,
      prevHash: parent?.hashBytes ?? new Uint8Array(32),
      merkleRoot: new Uint8Array(32),
      time: 1000 + i,
      bits: 0x207fffff,
      nonce: i,
    });
    parent = new HeaderEntry(header, header.hash, parent, slabs);
    entries.push(parent);
  }
  return entries;
}

describe('HeaderEntry', () => {
  it('finds every ancestor as walking down would', () => {
    const slabs = new HeaderSlabs();
    const entries = line(3000, null, slabs);
    const below = seededNumbers(1);
    for (let i = 0; i < 2000; i++) {
      const from = entries[below(3000)]!;
      const height = below(from.height + 1);
      expect(from.ancestor(height)).toBe(entries[height]);
    }
    expect(() => entries[5]!.ancestor(6)).toThrow(RangeError);
  });

  it('keeps header, work and median time', () => {
    const entries = line(2000, null, new HeaderSlabs());
    const entry = entries[1500]!;
    expect(entry.header.hash).toBe(entry.hash);
    expect(toDisplayHex(entry.hashBytes)).toBe(entry.hash);
    expect(entry.chainWork).toBe(1501n * 2n);
    expect(entry.medianTimePast).toBe(entries[1495]!.time);
    expect(entries[2]!.medianTimePast).toBe(entries[1]!.time);
  });

  it('finds where branches part', () => {
    const slabs = new HeaderSlabs();
    const trunk = line(50, null, slabs);
    const branch = line(100, trunk[20]!, slabs);
    expect(forkOf(trunk[49]!, branch[99]!)).toBe(trunk[20]);
    expect(forkOf(branch[99]!, trunk[10]!)).toBe(trunk[10]);
  });
});

describe('HeaderTree', () => {
  const builder = new ChainBuilder(REGTEST).mine(40);
  const headers = builder.blocks.map((block) => block.header);
  const now = builder.tip.header.time;

  function activeAt(tip: HeaderEntry): ActiveChain {
    const active = new ActiveChain();
    active.reset(tip);
    return active;
  }

  function treeOf(accepted: readonly BlockHeader[]): HeaderTree {
    const tree = new HeaderTree(REGTEST);
    tree.addGenesis(genesisBlock(REGTEST).header);
    for (const header of accepted) tree.accept(header, now);
    return tree;
  }

  it('makes locators with ten in a row, then doubling steps, and the genesis block', () => {
    const tree = treeOf(headers);
    const heights = tree.locator(tree.bestHeader).map((hash) => tree.findFork([hash], () => true).height);
    expect(heights).toEqual([40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 28, 24, 16, 0]);
  });

  it('knows headers without blocks as headers only: they are no candidates', () => {
    const tree = treeOf(headers);
    const { genesis } = tree;
    genesis.data = { file: 0, offset: 8, size: 285 };
    tree.receive(genesis, 1, genesis);
    expect(tree.best(activeAt(genesis))).toBe(genesis);
    expect(tree.bestHeader.height).toBe(40);
  });

  it('takes blocks in any order, and links them when the missing one comes', () => {
    const tree = treeOf(headers.slice(0, 5));
    const { genesis } = tree;
    const receive = (entry: HeaderEntry): void => {
      entry.data = { file: 0, offset: entry.height * 1000, size: 300 };
      tree.receive(entry, entry.height, genesis);
    };
    const best = (): number => tree.best(activeAt(genesis)).height;
    receive(genesis);
    genesis.transactionCount = 1;
    genesis.chainTransactionCount = 1;
    const [one, two, three, four] = headers.map((header) => tree.get(header.hash)!);
    receive(three!);
    receive(two!);
    expect(best()).toBe(0);
    receive(one!);
    expect(best()).toBe(3);
    expect(three!.chainTransactionCount).toBe(1 + 1 + 2 + 3);
    receive(four!);
    expect(best()).toBe(4);
  });
});
