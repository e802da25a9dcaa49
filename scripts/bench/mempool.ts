/** Transactions a second into the mempool: through its door, and through `sendrawtransaction` of a process. */
import { contenders } from './nodes/contender.ts';
import { CONNECTIONS, withChainFile, withFillable } from './nodes/filling.ts';
import { inTurn, rowsOf } from './nodes/rows.ts';
import type { Bench } from './row.ts';
import { type SignedTransactions, signTransactions } from './signed-transactions.ts';

async function throughDoor(
  { txs, openMempool }: SignedTransactions,
  repeat: number,
): Promise<readonly number[]> {
  const values: number[] = [];
  for (let i = 0; i < repeat; i++) {
    const { mempool, close } = await openMempool();
    const begun = performance.now();
    for (const tx of txs) {
      const result = await mempool.accept(tx);
      if (!result.ok) throw result.invalid;
    }
    values.push((txs.length * 1000) / (performance.now() - begun));
    await close();
  }
  return values;
}

interface Sent {
  readonly perSecond: number;
  /** CPU of the node for one transaction, all its threads together. */
  readonly microseconds: number;
  readonly peakMegabytes: number;
}

export const bench: Bench = async (options) => {
  const { repeat, quick, dbcache } = options;
  const count = quick ? 500 : 10_000;
  const signed = await signTransactions(count);
  const sent = await withChainFile(signed, (path) =>
    inTurn(repeat, contenders(options), (contender) =>
      withFillable(contender, dbcache, path, signed, async (node, fill): Promise<Sent> => {
        const before = node.usage.cpuSeconds;
        const milliseconds = await fill();
        const { cpuSeconds, peakMegabytes } = node.usage;
        const microseconds = ((cpuSeconds - before) * 1e6) / count;
        return { perSecond: (count * 1000) / milliseconds, microseconds, peakMegabytes };
      }),
    ),
  );
  const what = `mempool: sendrawtransaction of P2WPKH, ${CONNECTIONS} connections`;
  return [
    {
      name: 'mempool: accept P2WPKH transactions',
      unit: 'tx/s',
      values: await throughDoor(signed, repeat),
      higherIsBetter: true,
    },
    ...rowsOf(sent, [
      { name: what, unit: 'tx/s', higherIsBetter: true, value: ({ perSecond }) => perSecond },
      { name: `${what}, CPU of one`, unit: 'us', value: ({ microseconds }) => microseconds },
      {
        name: `mempool: peak memory of the node with ${count} transactions`,
        unit: 'MB',
        value: ({ peakMegabytes }) => peakMegabytes,
      },
    ]),
  ];
};
