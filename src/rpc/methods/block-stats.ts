/** getblockstats: what one block did, in numbers. Satoshis and vbytes, as Core has it. */
import { blockStatistics } from '../../chain/block-statistics.ts';
import { blockSubsidy } from '../../core/consensus/subsidy.ts';
import { group, method, refuse, t } from '../kit.ts';
import { blockByHashOrHeight, readStoredBlock, readStoredUndo } from '../lookup.ts';

const count = (help?: string) => t.optional(t.number(help));

export const blockStatsMethods = group('Blockchain', {
  getblockstats: method({
    help: 'What a block did, in figures. Amounts are satoshis, fee rates satoshis for a vbyte.',
    parameters: {
      hash_or_height: blockByHashOrHeight(),
      stats: t.optional(t.array(t.string(), 'Names of the figures wanted'), 'all'),
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
});
