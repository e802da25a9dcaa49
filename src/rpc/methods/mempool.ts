/** What waits in the mempool. */
import { fromDisplayHex } from '../../core/encoding/bytes.ts';
import type { MempoolEntry } from '../../mempool/entry.ts';
import type { Mempool } from '../../mempool/mempool.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { mempoolEntryJson, mempoolEntryResult } from '../formats/mempool-entry.ts';
import type { JsonWritable } from '../json.ts';
import { findInMempool } from '../lookup.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { type Result, result } from '../result.ts';
import { btc, checkFields, hashTextFrom, integerFrom, objectFrom } from '../values.ts';

const verbose = param.boolean('verbose', 'True for a json object, false for array of transaction ids', {
  default: false,
});
const entryResult = result.object('transactionid', '', mempoolEntryResult);
const listResults: readonly Result[] = [
  result.array('', '', [result.hex('', 'The transaction id')], { condition: 'for verbose = false' }),
  result.keyed('', '', [entryResult], { condition: 'for verbose = true' }),
];

function listJson(entries: Iterable<MempoolEntry>, mempool: Mempool, detailed: boolean): JsonWritable {
  if (!detailed) return Array.from(entries, (entry) => entry.txid);
  return Object.fromEntries(Array.from(entries, (entry) => [entry.txid, mempoolEntryJson(entry, mempool)]));
}

const getrawmempool = defineMethod({
  name: 'getrawmempool',
  category: 'Blockchain',
  description:
    'Returns all transaction ids in memory pool as a json array of string transaction ids.\n\n' +
    'Hint: use getmempoolentry to fetch a specific transaction from the mempool.',
  parameters: [
    verbose,
    param.boolean(
      'mempool_sequence',
      'If verbose=false, returns a json object with transaction list and mempool sequence number attached.',
      {
        default: false,
      },
    ),
  ],
  results: [
    ...listResults,
    result.object(
      '',
      '',
      [
        result.array('txids', '', [result.hex('', 'The transaction id')]),
        result.number('mempool_sequence', 'The mempool sequence value.'),
      ],
      { condition: 'for verbose = false and mempool_sequence = true' },
    ),
  ],
  examples: ['true'],
  handler([detailed, withSequence], { mempool }) {
    if (!withSequence) return listJson(mempool.sorted(), mempool, detailed);
    if (detailed)
      throw new RpcError(
        RpcCode.INVALID_PARAMETER,
        'Verbose results cannot contain mempool sequence values.',
      );
    return { txids: listJson(mempool.sorted(), mempool, false), mempool_sequence: mempool.sequence };
  },
});

const getmempoolancestors = defineMethod({
  name: 'getmempoolancestors',
  category: 'Blockchain',
  description: 'If txid is in the mempool, returns all in-mempool ancestors.',
  parameters: [param.hex('txid', 'The transaction id (must be in mempool)'), verbose],
  results: listResults,
  examples: ['"mytxid"'],
  handler([txid, detailed], { mempool }) {
    return listJson(mempool.ancestors(findInMempool(mempool, txid, 'txid')), mempool, detailed);
  },
});

const getmempooldescendants = defineMethod({
  name: 'getmempooldescendants',
  category: 'Blockchain',
  description: 'If txid is in the mempool, returns all in-mempool descendants.',
  parameters: [param.hex('txid', 'The transaction id (must be in mempool)'), verbose],
  results: listResults,
  examples: ['"mytxid"'],
  handler([txid, detailed], { mempool }) {
    return listJson(mempool.descendants(findInMempool(mempool, txid, 'txid')), mempool, detailed);
  },
});

const getmempoolentry = defineMethod({
  name: 'getmempoolentry',
  category: 'Blockchain',
  description: 'Returns mempool data for given transaction',
  parameters: [param.hex('txid', 'The transaction id (must be in mempool)')],
  results: [result.object('', '', mempoolEntryResult)],
  examples: ['"mytxid"'],
  handler: ([txid], { mempool }) => mempoolEntryJson(findInMempool(mempool, txid, 'txid'), mempool),
});

const getmempoolinfo = defineMethod({
  name: 'getmempoolinfo',
  category: 'Blockchain',
  description: 'Returns details on the active state of the TX memory pool.',
  parameters: [],
  results: [
    result.object('', '', [
      result.boolean('loaded', 'True if the initial load attempt of the persisted mempool finished'),
      result.number('size', 'Current tx count'),
      result.number('bytes', 'Sum of all virtual transaction sizes as defined in BIP 141.'),
      result.number('usage', 'Total memory usage for the mempool'),
      result.amount(
        'total_fee',
        'Total fees for the mempool in BTC, ignoring modified fees through prioritisetransaction',
      ),
      result.number('maxmempool', 'Maximum memory usage for the mempool'),
      result.amount(
        'mempoolminfee',
        'Minimum fee rate in BTC/kvB for tx to be accepted. Is the maximum of minrelaytxfee and minimum mempool fee',
      ),
      result.amount('minrelaytxfee', 'Current minimum relay fee for transactions'),
      result.amount(
        'incrementalrelayfee',
        'minimum fee rate increment for mempool limiting or replacement in BTC/kvB',
      ),
      result.number(
        'unbroadcastcount',
        "Current number of transactions that haven't passed initial broadcast yet",
      ),
      result.boolean(
        'permitbaremultisig',
        'True if the mempool accepts transactions with bare multisig outputs',
      ),
      result.number(
        'maxdatacarriersize',
        'Maximum number of bytes that can be used by OP_RETURN outputs in the mempool',
      ),
      result.number('limitclustercount', 'Maximum number of transactions that can be in a cluster'),
      result.number('limitclustersize', 'Maximum size of a cluster in virtual bytes'),
      result.boolean('optimal', 'If the mempool is in a known-optimal transaction ordering'),
    ]),
  ],
  examples: [''],
  handler(_parameters, { mempool }) {
    const { policy } = mempool;
    return {
      loaded: mempool.loaded,
      size: mempool.size,
      bytes: mempool.bytes,
      usage: mempool.usage,
      total_fee: btc(mempool.totalFee),
      maxmempool: policy.maxBytes,
      mempoolminfee: btc(mempool.minimumFeeRate()),
      minrelaytxfee: btc(policy.minimumRelayFeeRate),
      incrementalrelayfee: btc(policy.incrementalRelayFeeRate),
      unbroadcastcount: mempool.unbroadcast.size,
      permitbaremultisig: policy.permitBareMultisig,
      maxdatacarriersize: policy.maxDataCarrierBytes,
      limitclustercount: policy.limitClusterCount,
      limitclustersize: policy.limitClusterSize,
      optimal: true,
    };
  },
});

const gettxspendingprevout = defineMethod({
  name: 'gettxspendingprevout',
  category: 'Blockchain',
  description: 'Scans the mempool to find transactions spending any of the given outputs',
  parameters: [
    param.array(
      'outputs',
      'The transaction outputs that we want to check, and within each, the txid (string) vout (numeric).',
      [
        param.object(
          '',
          '',
          [param.hex('txid', 'The transaction id'), param.integer('vout', 'The output number')],
          { optional: true },
        ),
      ],
    ),
  ],
  results: [
    result.array('', '', [
      result.object('', '', [
        result.hex('txid', 'the transaction id of the checked output'),
        result.number('vout', 'the vout value of the checked output'),
        result.hex(
          'spendingtxid',
          'the transaction id of the mempool transaction spending this output (omitted if unspent)',
          {
            optional: true,
          },
        ),
      ]),
    ]),
  ],
  examples: ['\'[{"txid":"a08e6907dbbd3d809776dbfc5d82e371b764ed838b5655e72f463568df1aadf0","vout":3}]\''],
  handler([outputs], { mempool }) {
    if (outputs.length === 0)
      throw new RpcError(RpcCode.INVALID_PARAMETER, 'Invalid parameter, outputs are missing');
    const outpoints = outputs.map((output) => {
      const object = objectFrom(output);
      checkFields(object, { txid: 'string', vout: 'number' }, { strict: true });
      const txid = hashTextFrom(object.get('txid'), 'txid');
      const vout = integerFrom(object.get('vout'));
      if (vout < 0)
        throw new RpcError(RpcCode.INVALID_PARAMETER, 'Invalid parameter, vout cannot be negative');
      return { txid, vout };
    });
    return outpoints.map(({ txid, vout }) => ({
      txid,
      vout,
      spendingtxid: mempool.spender({ txid: fromDisplayHex(txid), vout })?.txid,
    }));
  },
});

export const mempoolMethods: readonly Method[] = [
  getrawmempool,
  getmempoolancestors,
  getmempooldescendants,
  getmempoolentry,
  getmempoolinfo,
  gettxspendingprevout,
];
