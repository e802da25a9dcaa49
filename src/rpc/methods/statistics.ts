/** What one block did, and a span of blocks, in numbers. Satoshis and vbytes, as Core has it. */
import { blockStatistics } from '../../chain/block-statistics.ts';
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { blockSubsidy } from '../../core/consensus/subsidy.ts';
import { group, method, refuse, t } from '../kit.ts';
import { blockByHash, blockByHashOrHeight, readStoredBlock, readStoredUndo } from '../lookup.ts';

const count = (help?: string) => t.optional(t.number(help));

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

export const statisticsMethods = group('Blockchain', {
  getblockstats: method({
    help: 'What a block did, in figures. Amounts are satoshis, fee rates satoshis for a vbyte.',
    parameters: {
      hash_or_height: blockByHashOrHeight(),
      stats: t.optional(t.brief('stats', t.array(t.string(), 'Names of the figures wanted')), 'all'),
    },
    result: t.object({
      avgfee: count(),
      avgfeerate: count(),
      avgtxsize: count('Bytes'),
      blockhash: t.optional(t.hex()),
      feerate_percentiles: t.optional(
        t.array(t.number(), 'Below which 10, 25, 50, 75 and 90 percent of the weight lie'),
      ),
      height: count(),
      ins: count('Inputs, without the coinbase'),
      maxfee: count(),
      maxfeerate: count(),
      maxtxsize: count(),
      medianfee: count(),
      mediantime: t.optional(t.time()),
      mediantxsize: count(),
      minfee: count(),
      minfeerate: count(),
      mintxsize: count(),
      outs: count('Outputs'),
      subsidy: count(),
      swtotal_size: count('Bytes of transactions with witnesses'),
      swtotal_weight: count(),
      swtxs: count(),
      time: t.optional(t.time()),
      total_out: count('Without the coinbase'),
      total_size: count('Bytes, without the coinbase'),
      total_weight: count(),
      totalfee: count(),
      txs: count('With the coinbase'),
      utxo_increase: count('Outputs less inputs'),
      utxo_size_inc: count('Bytes that these take'),
      utxo_increase_actual: count('Without outputs that nobody can spend'),
      utxo_size_inc_actual: count(),
    }),
    example: `1 '["minfeerate","avgfeerate"]'`,
    async handler({ hash_or_height: entry, stats }, { chain, parameters }) {
      const wanted = new Set(stats ?? []);
      const block = await readStoredBlock(chain, entry);
      const undo = await readStoredUndo(chain, entry);
      const repeated = parameters.bip30Exceptions.some(
        ({ height, hash }) => height === entry.height && hash === entry.hash,
      );
      const all = {
        ...blockStatistics(block, undo, entry.height > 0 && !repeated),
        blockhash: entry.hash,
        height: entry.height,
        mediantime: entry.medianTimePast,
        subsidy: blockSubsidy(entry.height, parameters),
        time: entry.time,
      };
      for (const name of wanted)
        if (!Object.hasOwn(all, name)) throw refuse.parameter(`Invalid selected statistic '${name}'`);
      if (wanted.size === 0) return all;
      const chosen: Partial<typeof all> = Object.fromEntries(
        [...wanted].map((name) => [name, all[name as keyof typeof all]]),
      );
      return chosen;
    },
  }),

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
