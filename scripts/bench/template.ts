/** Assembling a block template from a large mempool, and the block from it. */
import { buildTemplate } from '../../src/mining/template.ts';
import type { Bench, BenchRow } from './row.ts';
import { signTransactions } from './signed-transactions.ts';

export const bench: Bench = async ({ repeat, quick }) => {
  const count = quick ? 500 : 10_000;
  const { chain, scriptVerifier, txs, openMempool } = await signTransactions(count);
  const { mempool } = await openMempool(scriptVerifier);
  for (const tx of txs) await mempool.accept(tx);
  const options = { coinbaseScript: txs[0]!.outputs[0]!.scriptPubKey, time: Math.floor(Date.now() / 1000) };
  const first: number[] = [];
  const full: number[] = [];
  const checked: number[] = [];
  for (let i = 0; i < repeat; i++) {
    // A changed fee is a changed order: what was known of one cluster is forgotten.
    mempool.prioritise(txs[i]!.txid, 1n);
    const begun = performance.now();
    const template = await buildTemplate(chain, mempool, options);
    const built = performance.now();
    const block = template.block();
    const serialized = performance.now();
    const invalid = await chain.testBlock(block);
    if (invalid !== null) throw invalid;
    first.push(built - begun);
    full.push(serialized - begun);
    checked.push(performance.now() - begun);
  }
  const name = `template: of ${count} transactions`;
  const rows: BenchRow[] = [
    { name, unit: 'ms', values: first },
    { name: `${name}, with the block`, unit: 'ms', values: full },
    { name: `${name}, with the block checked`, unit: 'ms', values: checked },
  ];
  return rows;
};
