/** A chain with a past: blocks that spend, and branches that lose, from a seed. For tests that must survive it. */

import type { Chain } from '../../src/chain/chain.ts';
import { utxoStatistics } from '../../src/chain/utxo-statistics.ts';
import type { Block } from '../../src/core/block/block.ts';
import { toDisplayHex } from '../../src/core/encoding/bytes.ts';
import { Writer } from '../../src/core/encoding/writer.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';
import { script } from '../../src/core/script/script.ts';
import { ChainBuilder, output, outputOf, type SpendableCoin, transaction } from './chain-builder.ts';

/** Coinbases mature fast, so that short stories can spend. */
export const STORY_NETWORK = { ...REGTEST, coinbaseMaturity: 2 };

/** xorshift32: small, and the same everywhere. */
export function seededNumbers(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Blocks in an order in which each has its parent; about one in six starts a branch that wins. */
export function forkStory(seed: number, length: number): Block[] {
  const below = seededNumbers(seed);
  const builder = new ChainBuilder(STORY_NETWORK);
  const story: Block[] = [];
  const add = (): void => {
    const block = builder.block({ transactions: spends(builder, below), coinbase: distinct(story.length) });
    builder.accept(block);
    story.push(block);
  };
  while (story.length < length) {
    add();
    const depth = 1 + below(3);
    if (below(6) !== 0 || builder.height <= depth) continue;
    for (let i = 0; i < depth; i++) builder.disconnect();
    for (let i = 0; i <= depth; i++) add();
  }
  return story;
}

/** An output that makes the coinbase unlike any other. */
function distinct(number: number) {
  return { moreOutputs: [output(0n, script(0x6a, new Writer(4).uint32(number).finish()))] };
}

/** One coinbase split in three (for whoever has OP_1, OP_2 and OP_3), and one of the parts spent in the same block. */
function spends(builder: ChainBuilder, below: (n: number) => number) {
  let coin: SpendableCoin;
  try {
    coin = builder.takeMature();
  } catch {
    return [];
  }
  if (below(4) === 0) return [builder.spend([coin])];
  const third = coin.coin.output.value / 3n;
  const split = transaction(
    [{ prevout: coin.outpoint }],
    [1, 2, 3].map((n) => output(third, script(0x50 + n))),
  );
  return [split, builder.spend([outputOf(split, below(3))])];
}

/** hash_serialized_3 of a chain's coins, as people read it. */
export async function utxoHash(chain: Chain): Promise<string> {
  const { coins } = await chain.snapshotCoins();
  return toDisplayHex((await utxoStatistics(coins, 'hash_serialized_3')).hash!);
}
