import { expect, test } from 'vitest';
import { HeaderTree } from '../../src/chain/header-tree.ts';
import { RecentBlocks } from '../../src/chain/recent-blocks.ts';
import { checkBlock } from '../../src/core/consensus/check-block.ts';
import { genesisBlock } from '../../src/core/consensus/genesis.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { ChainBuilder, OP_TRUE_SCRIPT, padding } from '../support/chain-builder.ts';

function setUp(count: number, scriptPubKey = OP_TRUE_SCRIPT) {
  const tree = new HeaderTree(REGTEST);
  const genesis = tree.addGenesis(genesisBlock(REGTEST).header);
  const { blocks } = new ChainBuilder().mine(count, { coinbase: { scriptPubKey } });
  const items = blocks.map((block) => ({
    entry: tree.accept(block.header, block.header.time),
    block: checkBlock(block, REGTEST),
  }));
  return { tree, genesis, items, recent: new RecentBlocks() };
}

test('a block is handed out once', () => {
  const { items, recent } = setUp(2);
  for (const { entry, block } of items) recent.add(entry, block);
  expect(recent.take(items[1]!.entry)).toBe(items[1]!.block);
  expect(recent.take(items[1]!.entry)).toBeUndefined();
});

test('of too many blocks, or bytes, the nearest are kept, in whatever order they come', () => {
  const many = setUp(70);
  for (const { entry, block } of [...many.items].reverse()) many.recent.add(entry, block);
  expect(many.items.map(({ entry }) => many.recent.take(entry) !== undefined).lastIndexOf(true)).toBe(63);

  const large = setUp(12, padding(900_000));
  for (const { entry, block } of large.items) large.recent.add(entry, block);
  const kept = large.items.filter(({ entry }) => large.recent.take(entry) !== undefined);
  expect(kept).toEqual(large.items.slice(0, 9));
});

test('what cannot be connected on the tip any more is dropped', () => {
  const { tree, items, recent } = setUp(6);
  const other = new ChainBuilder().mine(2, { coinbase: { value: 0n } });
  const side = other.blocks.map((block) => ({
    entry: tree.accept(block.header, block.header.time),
    block: checkBlock(block, REGTEST),
  }));
  for (const { entry, block } of [...items, ...side]) recent.add(entry, block);
  recent.prune(items[0]!.entry);
  expect(recent.take(items[0]!.entry)).toBeUndefined();
  expect(recent.take(side[1]!.entry)).toBeUndefined();
  expect(recent.take(items[5]!.entry)).toBe(items[5]!.block);
});
