/** What waits in the mempool, how it hangs together, and files of it. */

import { CorruptionError } from '../../chain/storage.ts';
import { fromDisplayHex, toHex } from '../../core/encoding/bytes.ts';
import { DecodeError } from '../../core/encoding/errors.ts';
import type { Txid } from '../../core/transaction/transaction.ts';
import type { Chunk, MempoolEntry } from '../../mempool/entry.ts';
import { MEMPOOL_FILE, type Mempool } from '../../mempool/mempool.ts';
import { mempoolEntry, mempoolEntryJson } from '../formats/mempool-entry.ts';
import { btc, group, method, type RpcContext, refuse, t } from '../kit.ts';
import { LIMITS } from '../limits.ts';
import { findInMempool } from '../lookup.ts';

const parameters = {
  txid: t.hashText<Txid>('Of a transaction in the mempool'),
  verbose: t.flag('Entries by txid instead of txids'),
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

/** Those that one in the mempool hangs together with, one way. */
const relatives = (help: string, pick: (mempool: Mempool, entry: MempoolEntry) => Iterable<MempoolEntry>) =>
  method({
    help,
    parameters,
    result: lists,
    handler: ({ txid, verbose }, context) =>
      listJson(pick(context.mempool, findInMempool(context.mempool, txid)), context, verbose),
  });

const outPoints = t.array(
  t.object({ txid: t.hashText<Txid>(), vout: t.integer() }),
  'Outputs to look for',
  LIMITS.inputs,
);

const info = t.view<[mempool: Mempool, context: RpcContext]>()({
  loaded: [t.boolean('What the last run saved has been read'), ({ loaded }) => loaded],
  size: [t.integer('Transactions'), ({ graph }) => graph.size],
  bytes: [t.integer('Their vbytes'), ({ graph }) => graph.virtualSize],
  usage: [t.integer('Bytes of memory'), ({ graph }) => graph.memory],
  total_fee: [t.amount('Without the deltas of prioritisetransaction'), ({ graph }) => btc(graph.fees)],
  maxmempool: [t.integer('Bytes of memory allowed'), ({ policy }) => policy.maxBytes],
  mempoolminfee: [t.amount('What pays less is refused now'), (mempool) => btc(mempool.minimumFeeRate())],
  minrelaytxfee: [t.amount('The least that is ever taken'), ({ policy }) => btc(policy.minimumRelayFeeRate)],
  incrementalrelayfee: [
    t.amount('What a replacement must pay more'),
    ({ policy }) => btc(policy.incrementalRelayFeeRate),
  ],
  unbroadcastcount: [t.integer('Own ones that no peer asked for'), ({ unbroadcast }) => unbroadcast.size],
  permitbaremultisig: [t.boolean(), ({ policy }) => policy.permitBareMultisig],
  maxdatacarriersize: [
    t.integer('Bytes in all OP_RETURNs of one'),
    ({ policy }) => policy.maxDataCarrierBytes,
  ],
  limitclustercount: [t.integer('Transactions of one cluster'), ({ policy }) => policy.limitClusterCount],
  limitclustersize: [t.integer('Their vbytes'), ({ policy }) => policy.limitClusterSize],
  optimal: [t.boolean('Sorted as well as can be'), () => true],
  fullrbf: [
    t.optional(t.boolean('Always; of old (-deprecatedrpc=fullrbf)')),
    (_, { deprecated }) => deprecated.has('fullrbf') || undefined,
  ],
});

const chunk = t.view<[Chunk]>()({
  chunkfee: [t.amount('With deltas'), ({ fee }) => btc(fee)],
  chunkweight: [t.integer(), ({ weight }) => weight],
  txs: [t.array(t.hex()), ({ entries }) => entries.map(({ txid }) => txid)],
});

export const mempoolMethods = {
  ...group('Blockchain', {
    getrawmempool: method({
      help: 'What waits in the mempool, in the order in which it would be mined.',
      parameters: {
        verbose: parameters.verbose,
        mempool_sequence: t.flag('Also tell how many changes the mempool has seen; not with verbose'),
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
        return {
          txids: Array.from(mempool.sorted(), ({ txid }) => txid),
          mempool_sequence: mempool.sequence,
        };
      },
    }),

    getmempoolancestors: relatives(
      'The unconfirmed transactions that one in the mempool depends on, directly or not.',
      (mempool, entry) => mempool.ancestors(entry),
    ),

    getmempooldescendants: relatives(
      'The unconfirmed transactions that depend on one in the mempool, directly or not.',
      (mempool, entry) => mempool.descendants(entry),
    ),

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
        options: t.options({
          mempool_only: t.flag('False refuses where the mempool knows none: no index does', true),
          return_spending_tx: t.flag('Show the transactions'),
        }),
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
      handler({ outputs, options }, { mempool }) {
        if (outputs.length === 0) throw refuse.parameter('Invalid parameter, outputs are missing');
        if (outputs.some(({ vout }) => vout < 0))
          throw refuse.parameter('Invalid parameter, vout cannot be negative');
        return outputs.map(({ txid, vout }) => {
          const spender = mempool.graph.spender({ txid: fromDisplayHex(txid), vout });
          if (spender === undefined && !options.mempool_only)
            throw refuse.misc('Mempool lacks a relevant spend, and txospenderindex is unavailable.');
          const shown = spender && options.return_spending_tx ? toHex(spender.tx.bytes) : undefined;
          return { txid, vout, spendingtxid: spender?.txid, spendingtx: shown };
        });
      },
    }),

    getmempoolcluster: method({
      help: 'All that is connected by spends with a transaction in the mempool, as it would be mined.',
      parameters: { txid: t.hashText<Txid>() },
      result: t.object({
        clusterweight: t.integer('By weight, or by signature operations where they take more of a block'),
        txcount: t.integer(),
        chunks: t.array(chunk, 'What is mined together, the best fee rate first'),
      }),
      handler({ txid }, { mempool }) {
        const { weight, entries, chunks } = findInMempool(mempool, txid).cluster;
        return {
          clusterweight: weight,
          txcount: entries.size,
          chunks: chunks.map((each) => chunk.of(each)),
        };
      },
    }),

    savemempool: method({
      help: 'Writes the mempool to the disk now.',
      result: t.object({ filename: t.string('Its path') }),
      async handler(_, { mempool, storage }) {
        if (!mempool.loaded) throw refuse.misc('The mempool was not loaded yet');
        if (!(await mempool.save(storage))) throw refuse.misc('Unable to dump mempool to disk');
        const { directory } = storage;
        return { filename: directory === undefined ? MEMPOOL_FILE : `${directory}/${MEMPOOL_FILE}` };
      },
    }),

    importmempool: method({
      help:
        'Takes the transactions of a mempool.dat, of this or another node, into the mempool as far as they are valid.\n' +
        'What such a file says beside them should come from somebody one trusts.',
      parameters: {
        filepath: t.string('From the data directory, unless it is absolute'),
        options: t.options({
          use_current_time: t.flag('They come now; else when the file says', true),
          apply_fee_delta_priority: t.flag('Add its deltas to fees, as prioritisetransaction does'),
          apply_unbroadcast_set: t.flag('Announce again what it calls own'),
        }),
      },
      result: t.object({}),
      example: '/path/to/mempool.dat',
      async handler({ filepath, options }, { chain, mempool, logger, readFile }) {
        if (chain.isInitialBlockDownload)
          throw refuse.client_in_initial_download(
            'Can only import the mempool after the block download and sync is done.',
          );
        try {
          await mempool.import(await readFile(filepath), {
            keepsTime: !options.use_current_time,
            feeDeltas: options.apply_fee_delta_priority,
            unbroadcast: options.apply_unbroadcast_set,
          });
        } catch (error) {
          const isFile = 'code' in (error as Error);
          if (!(error instanceof DecodeError || error instanceof CorruptionError || isFile)) throw error;
          logger.log('warn', 'mempool', `${filepath} cannot be imported: ${(error as Error).message}`);
          throw refuse.misc('Unable to import mempool file, see debug log for details.');
        }
        return {};
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
