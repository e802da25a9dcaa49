/** What waits in the mempool. */
import { fromDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import type { Txid } from '../../core/transaction/transaction.ts';
import type { MempoolEntry } from '../../mempool/entry.ts';
import type { Mempool } from '../../mempool/mempool.ts';
import { mempoolEntry, mempoolEntryJson } from '../formats/mempool-entry.ts';
import { btc, group, method, type RpcContext, refuse, t } from '../kit.ts';
import { findInMempool } from '../lookup.ts';

const parameters = {
  txid: t.hashText<Txid>('Of a transaction in the mempool'),
  verbose: t.standard(t.boolean('Entries by txid instead of txids'), false),
};
const lists = t.cases(
  'verbose',
  { false: t.array(t.hex()), true: t.record(t.object(mempoolEntry), 'txid') },
  'false',
);

const listJson = (entries: Iterable<MempoolEntry>, context: RpcContext, detailed: boolean) =>
  detailed
    ? Object.fromEntries(Array.from(entries, (entry) => [entry.txid, mempoolEntryJson(entry, context)]))
    : Array.from(entries, ({ txid }) => txid);

const outPoints = t.array(t.object({ txid: t.hashText<Txid>(), vout: t.integer() }), 'Outputs to look for');

const info = t.view<[mempool: Mempool, context: RpcContext]>()({
  loaded: [t.boolean('What the last run saved has been read'), ({ loaded }) => loaded],
  size: [t.integer('Transactions'), ({ graph }) => graph.size],
  bytes: [t.integer('Their vbytes'), ({ graph }) => graph.virtualSize],
  usage: [t.integer('Bytes of memory'), ({ graph }) => graph.memory],
  total_fee: [t.amount('Without the deltas of prioritisetransaction'), ({ graph }) => btc(graph.fees)],
  maxmempool: [t.integer('Bytes of memory allowed'), ({ policy }) => policy.maxBytes],
  mempoolminfee: [t.amount('What pays less is refused now'), (mempool) => btc(mempool.minimumFeeRate())],
  minrelaytxfee: [
    t.amount('What pays less is refused even when there is room'),
    ({ policy }) => btc(policy.minimumRelayFeeRate),
  ],
  incrementalrelayfee: [
    t.amount('What a replacement must pay more'),
    ({ policy }) => btc(policy.incrementalRelayFeeRate),
  ],
  unbroadcastcount: [
    t.integer('Own transactions that no peer has asked for yet'),
    ({ unbroadcast }) => unbroadcast.size,
  ],
  permitbaremultisig: [t.boolean(), ({ policy }) => policy.permitBareMultisig],
  maxdatacarriersize: [
    t.integer('Bytes of all OP_RETURN outputs of a transaction'),
    ({ policy }) => policy.maxDataCarrierBytes,
  ],
  limitclustercount: [
    t.integer('Transactions that may depend on each other'),
    ({ policy }) => policy.limitClusterCount,
  ],
  limitclustersize: [t.integer('Their vbytes'), ({ policy }) => policy.limitClusterSize],
  optimal: [t.boolean('Sorted as well as can be'), () => true],
  fullrbf: [
    t.optional(t.boolean('Always; of old (-deprecatedrpc=fullrbf)')),
    (_, { deprecated }) => deprecated.has('fullrbf') || undefined,
  ],
});

export const mempoolMethods = group('Blockchain', {
  getrawmempool: method({
    help: 'What waits in the mempool, in the order in which it would be mined.',
    parameters: {
      verbose: parameters.verbose,
      mempool_sequence: t.standard(
        t.boolean('Also tell how many changes the mempool has seen; not with verbose'),
        false,
      ),
    },
    result: t.cases(
      'mempool_sequence',
      { false: lists, true: t.object({ txids: t.array(t.hex()), mempool_sequence: t.number() }) },
      'false',
    ),
    example: 'true',
    handler({ verbose, mempool_sequence }, context) {
      const { mempool } = context;
      if (!mempool_sequence) return listJson(mempool.sorted(), context, verbose);
      if (verbose) throw refuse.parameter('Verbose results cannot contain mempool sequence values.');
      return { txids: Array.from(mempool.sorted(), ({ txid }) => txid), mempool_sequence: mempool.sequence };
    },
  }),

  getmempoolancestors: method({
    help: 'The unconfirmed transactions that one in the mempool depends on, directly or not.',
    parameters,
    result: lists,
    handler: ({ txid, verbose }, context) =>
      listJson(context.mempool.ancestors(findInMempool(context.mempool, txid)), context, verbose),
  }),

  getmempooldescendants: method({
    help: 'The unconfirmed transactions that depend on one in the mempool, directly or not.',
    parameters,
    result: lists,
    handler: ({ txid, verbose }, context) =>
      listJson(context.mempool.descendants(findInMempool(context.mempool, txid)), context, verbose),
  }),

  getmempoolentry: method({
    help: 'How one transaction stands in the mempool.',
    parameters: { txid: parameters.txid },
    result: t.object(mempoolEntry),
    handler: ({ txid }, context) => mempoolEntryJson(findInMempool(context.mempool, txid), context),
  }),

  getmempoolinfo: method({
    help: 'Size and limits of the mempool. Fee rates are in BTC for 1,000 vbytes.',
    result: info,
    handler: (_, context) => info.of(context.mempool, context),
  }),

  gettxspendingprevout: method({
    help: 'Which transactions in the mempool spend these outputs.',
    parameters: {
      outputs: outPoints,
      options: t.optional(
        t.options({
          mempool_only: t.standard(
            t.boolean('False refuses where the mempool knows none: no index does'),
            true,
          ),
          return_spending_tx: t.standard(t.boolean('Show the transactions'), false),
        }),
      ),
    },
    result: t.array(
      t.object({
        txid: t.hex(),
        vout: t.integer(),
        spendingtxid: t.optional(t.hex('Absent while unspent')),
        spendingtx: t.optional(t.hex()),
      }),
    ),
    example: `'[{"txid":"a08e6907dbbd3d809776dbfc5d82e371b764ed838b5655e72f463568df1aadf0","vout":3}]'`,
    handler({ outputs, options: given }, { mempool }) {
      if (outputs.length === 0) throw refuse.parameter('Invalid parameter, outputs are missing');
      if (outputs.some(({ vout }) => vout < 0))
        throw refuse.parameter('Invalid parameter, vout cannot be negative');
      return outputs.map(({ txid, vout }) => {
        const spender = mempool.graph.spender({ txid: fromDisplayHex(txid), vout });
        if (spender === undefined && given?.mempool_only === false)
          throw refuse.misc('Mempool lacks a relevant spend, and txospenderindex is unavailable.');
        const shown = spender && given?.return_spending_tx ? toHex(spender.tx.bytes) : undefined;
        return { txid, vout, spendingtxid: spender?.txid, spendingtx: shown };
      });
    },
  }),
});
