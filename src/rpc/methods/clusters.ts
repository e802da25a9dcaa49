/** How what waits in the mempool hangs together, and what is earned with it. */
import type { Txid } from '../../core/transaction/transaction.ts';
import { btc, group, method, t } from '../kit.ts';
import { findInMempool } from '../lookup.ts';

export const clusterMethods = {
  ...group('Blockchain', {
    getmempoolcluster: method({
      help: 'All that is connected by spends with a transaction in the mempool, as it would be mined.',
      parameters: { txid: t.hashText<Txid>() },
      result: t.object({
        clusterweight: t.integer('By weight, or by signature operations where they take more of a block'),
        txcount: t.integer(),
        chunks: t.array(
          t.object({ chunkfee: t.amount('With deltas'), chunkweight: t.integer(), txs: t.array(t.hex()) }),
          'What is mined together, the best fee rate first',
        ),
      }),
      handler({ txid }, { mempool }) {
        const { weight, entries, chunks } = findInMempool(mempool, txid).cluster;
        return {
          clusterweight: weight,
          txcount: entries.size,
          chunks: chunks.map((chunk) => ({
            chunkfee: btc(chunk.fee),
            chunkweight: chunk.weight,
            txs: chunk.entries.map((entry) => entry.txid),
          })),
        };
      },
    }),
  }),
  ...group('hidden', {
    getmempoolfeeratediagram: method({
      help: 'Fees of the best chunks of the mempool, by their weight: sums, from nothing to all of it.',
      result: t.array(t.object({ weight: t.integer(), fee: t.amount() })),
      handler(_, { mempool }) {
        let [weight, fee] = [0, 0n];
        const sums = Array.from(mempool.chunks(), (chunk) => {
          weight += chunk.weight;
          fee += chunk.fee;
          return { weight, fee: btc(fee) };
        });
        return [{ weight: 0, fee: btc(0n) }, ...sums];
      },
    }),
  }),
};
