/** Assembling a block template from a large mempool: by the builder, and through `getblocktemplate`. */
import { buildTemplate } from '../../src/mining/template.ts';
import type { BenchNode } from './nodes/bench-node.ts';
import { contenders } from './nodes/contender.ts';
import { withChainFile, withFillable } from './nodes/filling.ts';
import { call, drive, post } from './nodes/load.ts';
import { inTurn, rowsOf } from './nodes/rows.ts';
import type { Bench, BenchRow } from './row.ts';
import { type SignedTransactions, signTransactions } from './signed-transactions.ts';
import { summarize } from './table.ts';

/** Templates of one node. */
const ROUNDS = 5;
/** Seconds: Bitcoin Core gives out the last template again for five, whatever has changed. */
const APART = 10;

async function builtHere(signed: SignedTransactions, repeat: number): Promise<BenchRow[]> {
  const { chain, scriptVerifier, txs, openMempool } = signed;
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
  const name = `template: of ${txs.length} transactions`;
  return [
    { name, unit: 'ms', values: first },
    { name: `${name}, with the block`, unit: 'ms', values: full },
    { name: `${name}, with the block checked`, unit: 'ms', values: checked },
  ];
}

/** Milliseconds of `getblocktemplate`, each of a mempool that has changed. */
async function askedFor(node: BenchNode, txids: readonly string[]): Promise<number[]> {
  const request = post(node, call('getblocktemplate', { rules: ['segwit'] }));
  const times: number[] = [];
  const now = Math.floor(Date.now() / 1000);
  for (let i = 0; i < ROUNDS; i++) {
    await node.rpc.prioritisetransaction(txids[i]!, 0, 1);
    await node.rpc.setmocktime(now + (i + 1) * APART);
    const requests = [request];
    times.push(await drive(node.rpcPort, 1, () => requests.pop()));
  }
  return times;
}

export const bench: Bench = async (options) => {
  const { repeat, quick, dbcache } = options;
  const count = quick ? 500 : 10_000;
  const signed = await signTransactions(count);
  const txids = signed.txs.map(({ txid }) => txid);
  const asked = await withChainFile(signed, (path) =>
    inTurn(repeat, contenders(options), (contender) =>
      withFillable(contender, dbcache, path, signed, async (node, fill) => {
        await fill();
        return { times: await askedFor(node, txids), peakMegabytes: node.usage.peakMegabytes };
      }),
    ),
  );
  const name = `template: getblocktemplate of ${count} transactions`;
  return [
    ...(await builtHere(signed, repeat)),
    ...rowsOf(asked, [
      { name: `${name}, first`, unit: 'ms', value: ({ times }) => times[0]! },
      { name, unit: 'ms', value: ({ times }) => summarize(times.slice(1)).median },
      { name: `${name}, peak memory`, unit: 'MB', value: ({ peakMegabytes }) => peakMegabytes },
    ]),
  ];
};
