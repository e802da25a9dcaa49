/** Transactions a second through the mempool's door, with signatures. */
import type { Bench } from './row.ts';
import { signTransactions } from './signed-transactions.ts';

export const bench: Bench = async ({ repeat, quick }) => {
  const count = quick ? 500 : 10_000;
  const { txs, openMempool } = await signTransactions(count);
  const values: number[] = [];
  for (let i = 0; i < repeat; i++) {
    const { mempool, close } = await openMempool();
    const begun = performance.now();
    for (const tx of txs) {
      const result = await mempool.accept(tx);
      if (!result.ok) throw result.invalid;
    }
    values.push((count * 1000) / (performance.now() - begun));
    await close();
  }
  return [{ name: `mempool: accept P2WPKH transactions`, unit: 'tx/s', values, higherIsBetter: true }];
};
