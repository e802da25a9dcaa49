/** Branches that outgrow each other, with good blocks and bad ones: tips, mempools and answers must stay the same. */
import type { HeaderEntry } from '../../src/chain/header-entry.ts';
import type { Block } from '../../src/core/block/block.ts';
import { toHex } from '../../src/core/encoding/bytes.ts';
import { outPointText, type Transaction } from '../../src/core/transaction/transaction.ts';
import { blockOf, type Place, spoiltBlock } from './blocks.ts';
import type { Draw } from './draw.ts';
import type { Call, Pair } from './pair.ts';

/** Asked after each block. */
const TIPS: readonly Call[] = [
  { method: 'getbestblockhash', parameters: '[]', about: 'the tip' },
  { method: 'getchaintips', parameters: '[]', about: 'all tips' },
];
/** Not asked where a branch fails: Core then drops what spends from blocks that it left and came back to. */
const POOL: Call = { method: 'getrawmempool', parameters: '[true]', about: 'the pool after a block' };

const placeOn = (parent: HeaderEntry, place: Place): Place => ({
  ...place,
  height: parent.height + 1,
  prevHash: parent.hashBytes,
  medianTimePast: parent.medianTimePast,
});

/**
 * Some branches from the last blocks, each block with the questions after it.
 * @param floor no block up to this height is left
 * @param ask false if it was not asked
 * @returns the blocks that were given
 */
export async function growBranches(
  draw: Draw,
  pair: Pair,
  place: Place,
  floor: number,
  txs: readonly Transaction[],
  ask: (calls: readonly Call[]) => Promise<boolean>,
): Promise<Block[]> {
  const { chain } = pair.penny.node;
  const blocks: Block[] = [];
  const areGood = draw.once(2);
  const left = apart(txs);
  for (let branch = draw.between(1, 3); branch > 0; branch--) {
    let parent = chain.tip.ancestor(Math.max(floor, chain.height - draw.below(4)));
    for (let length = draw.between(1, 5); length > 0; length--) {
      const here = placeOn(parent, place);
      const fresh = left.splice(0, draw.below(4));
      const some = areGood ? fresh : [...new Set(draw.list(draw.below(4), () => draw.one(txs)))];
      const spoilt = !areGood && draw.once(5);
      const block = spoilt ? spoiltBlock(draw, here, txs, true) : blockOf(here, some, true);
      const submit = { method: 'submitblock', parameters: `["${toHex(block.bytes)}"]`, about: 'a branch' };
      // A difference would make more of them.
      if (!(await ask([submit, ...TIPS, ...(areGood ? [POOL] : [])]))) return blocks;
      blocks.push(block);
      const entry = chain.entry(block.hash);
      if (entry === undefined) break;
      parent = entry;
    }
  }
  return blocks;
}

/** Those that spend no coin twice. */
function apart(txs: readonly Transaction[]): Transaction[] {
  const spent = new Set<string>();
  return txs.filter((tx) => {
    const texts = tx.inputs.map(({ prevout }) => outPointText(prevout));
    if (texts.some((text) => spent.has(text))) return false;
    for (const text of texts) spent.add(text);
    return true;
  });
}
