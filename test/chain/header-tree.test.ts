import { describe, expect, it } from 'vitest';
import { ActiveChain } from '../../src/chain/active-chain.ts';
import { forkOf, HeaderEntry, ROW_SIZE, rowOf } from '../../src/chain/header-entry.ts';
import { HeaderMap } from '../../src/chain/header-map.ts';
import { HeaderTree } from '../../src/chain/header-tree.ts';
import { BlockHeader } from '../../src/core/block/header.ts';
import { genesisBlock } from '../../src/core/consensus/genesis.ts';
import { toDisplayHex } from '../../src/core/encoding/bytes.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { ChainBuilder } from '../support/chain-builder.ts';
import { seededNumbers } from '../support/fork-story.ts';

function line(length: number, from: HeaderEntry | null): HeaderEntry[] {
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
    parent = new HeaderEntry({ page: 0, bytes: rowOf(header.hashBytes, header.bytes), at: 0 }, parent);
    entries.push(parent);
  }
  return entries;
}

describe('HeaderEntry', () => {
  it('finds every ancestor as walking down would', () => {
    const entries = line(3000, null);
    const below = seededNumbers(1);
    for (let i = 0; i < 2000; i++) {
      const from = entries[below(3000)]!;
      const height = below(from.height + 1);
      expect(from.ancestor(height)).toBe(entries[height]);
    }
    expect(() => entries[5]!.ancestor(6)).toThrow(RangeError);
  });

  it('keeps header, work and median time', () => {
    const entries = line(2000, null);
    const entry = entries[1500]!;
    expect(entry.header.hash).toBe(entry.hash);
    expect(toDisplayHex(entry.hashBytes)).toBe(entry.hash);
    expect(entry.chainWork).toBe(1501n * 2n);
    expect(entry.medianTimePast).toBe(entries[1495]!.time);
    expect(entries[2]!.medianTimePast).toBe(entries[1]!.time);
  });

  it('finds where branches part', () => {
    const trunk = line(50, null);
    const branch = line(100, trunk[20]!);
    expect(forkOf(trunk[49]!, branch[99]!)).toBe(trunk[20]);
    expect(forkOf(branch[99]!, trunk[10]!)).toBe(trunk[10]);
  });
});

it('HeaderMap finds each of many by its hash, and none that is not kept', () => {
  const entries = line(3000, null);
  const map = new HeaderMap(0x5bd1e995);
  for (const entry of entries) map.add(entry);
  expect(map.entries).toEqual(entries);
  const isKept = ({ height }: HeaderEntry): boolean => height % 3 !== 0;
  map.keep(isKept);
  expect(map.size).toBe(2000);
  for (const entry of entries) expect(map.find(entry.hashBytes)).toBe(isKept(entry) ? entry : undefined);
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

  it('is the same again from its pages, but for what was forgotten, and what is there twice', () => {
    const tree = treeOf(headers);
    const [tip] = tree.leaves();
    Object.assign(tip!, { transactionCount: 3, failed: 'self', undo: { file: 7, offset: 2 ** 31, size: 5 } });
    const pages = [tree.page(0), tree.page(1)].map((page) => page.slice());
    expect(pages.map(({ length }) => length / ROW_SIZE)).toEqual([32, 9]);
    const again = new HeaderTree(REGTEST);
    for (const [i, page] of pages.entries()) again.loadPage(i, page);
    again.loadPage(2, pages[1]!.subarray(0, ROW_SIZE));
    expect(again.entries().map(({ row }) => row)).toEqual(tree.entries().map(({ row }) => row));
    expect(again.get(tip!.hash)).toMatchObject({ failed: 'self', transactionCount: 3, height: 40 });
    expect(again.get(tip!.hash)!.undo).toEqual({ file: 7, offset: 2 ** 31, size: 5 });
    const shorter = new HeaderTree(REGTEST);
    for (const [i, page] of pages.entries())
      shorter.loadPage(i, i === 1 ? page.fill(0, -2 * ROW_SIZE) : page);
    expect(shorter.bestHeader.height).toBe(38);
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
