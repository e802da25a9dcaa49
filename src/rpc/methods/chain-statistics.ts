/** getchaintxstats: transactions over a span of blocks. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { group, method, refuse, t } from '../kit.ts';
import { blockByHash } from '../lookup.ts';

function rateJson(first: HeaderEntry, last: HeaderEntry) {
  const interval = last.medianTimePast - first.medianTimePast;
  const known = last.chainTransactionCount > 0 && first.chainTransactionCount > 0;
  const count = last.chainTransactionCount - first.chainTransactionCount;
  return {
    window_interval: interval,
    window_tx_count: known ? count : undefined,
    txrate: known && interval > 0 ? count / interval : undefined,
  };
}

export const chainStatisticsMethods = group('Blockchain', {
  getchaintxstats: method({
    help: 'How many transactions a span of blocks holds, and how many a second that is.',
    parameters: {
      nblocks: t.optional(t.integer('Blocks in the span'), 'a month of them'),
      blockhash: t.optional(blockByHash('The last block'), 'the tip'),
    },
    result: t.object({
      time: t.time('Of the last block'),
      txcount: t.optional(t.integer('In the whole chain up to there')),
      window_final_block_hash: t.hex(),
      window_final_block_height: t.integer(),
      window_block_count: t.integer(),
      window_interval: t.optional(t.integer('Seconds, by median times; unless the span is empty')),
      window_tx_count: t.optional(t.integer()),
      txrate: t.optional(t.number('A second')),
    }),
    example: '144',
    handler({ nblocks, blockhash: last }, { chain, parameters }) {
      const end = last ?? chain.tip;
      if (!chain.isActive(end)) throw refuse.parameter('Block is not in main chain');
      const month = Math.floor((30 * 24 * 60 * 60) / parameters.targetSpacing);
      const count = nblocks ?? Math.max(0, Math.min(month, end.height - 1));
      if (count < 0 || (count > 0 && count >= end.height))
        throw refuse.parameter("Invalid block count: should be between 0 and the block's height - 1");
      return {
        time: end.time,
        txcount: end.chainTransactionCount || undefined,
        window_final_block_hash: end.hash,
        window_final_block_height: end.height,
        window_block_count: count,
        ...(count > 0 ? rateJson(end.ancestor(end.height - count), end) : {}),
      };
    },
  }),
});
