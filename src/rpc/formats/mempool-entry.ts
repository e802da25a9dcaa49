/** A transaction's place in the mempool, as Bitcoin Core's RPCs show it. */
import { WITNESS_SCALE_FACTOR } from '../../core/transaction/transaction.ts';
import type { MempoolEntry } from '../../mempool/entry.ts';
import type { Mempool } from '../../mempool/mempool.ts';
import type { JsonWritable } from '../json.ts';
import { type Result, result } from '../result.ts';
import { btc } from '../values.ts';

/** Count, vbytes and modified fees of an entry together with its relatives. */
function total(entry: MempoolEntry, relatives: ReadonlySet<MempoolEntry>) {
  let size = entry.virtualSize;
  let fees = entry.modifiedFee;
  for (const relative of relatives) {
    size += relative.virtualSize;
    fees += relative.modifiedFee;
  }
  return { count: relatives.size + 1, size, fees };
}

/** The three virtual sizes: as policy counts it, as it was always called, and by weight alone. */
export function virtualSizes(entry: MempoolEntry) {
  const bip141 = Math.ceil(entry.weight / WITNESS_SCALE_FACTOR);
  return { vsize_adjusted: entry.virtualSize, vsize: entry.virtualSize, vsize_bip141: bip141 };
}

export function mempoolEntryJson(entry: MempoolEntry, mempool: Mempool): JsonWritable {
  const descendants = total(entry, mempool.descendants(entry));
  const ancestors = total(entry, mempool.ancestors(entry));
  const chunk = mempool.chunk(entry);
  return {
    ...virtualSizes(entry),
    weight: entry.weight,
    time: entry.time,
    height: entry.height,
    descendantcount: descendants.count,
    descendantsize: descendants.size,
    ancestorcount: ancestors.count,
    ancestorsize: ancestors.size,
    wtxid: entry.wtxid,
    chunkweight: chunk.weight,
    fees: {
      base: btc(entry.fee),
      modified: btc(entry.modifiedFee),
      ancestor: btc(ancestors.fees),
      descendant: btc(descendants.fees),
      chunk: btc(chunk.fee),
    },
    depends: Array.from(entry.parents, (parent) => parent.txid).sort(),
    spentby: Array.from(entry.children, (child) => child.txid),
    unbroadcast: mempool.unbroadcast.has(entry.txid),
  };
}

export const virtualSizeResult: readonly Result[] = [
  result.number(
    'vsize_adjusted',
    'virtual transaction size as policy counts it: by weight, or by signature operations if they take more of a block',
  ),
  result.number('vsize', 'the same as vsize_adjusted'),
  result.number('vsize_bip141', 'virtual transaction size as defined in BIP 141'),
];

export const mempoolEntryResult: readonly Result[] = [
  ...virtualSizeResult,
  result.number('weight', 'transaction weight as defined in BIP 141.'),
  result.time('time', 'local time transaction entered pool in seconds since 1 Jan 1970 GMT'),
  result.number('height', 'block height when transaction entered pool'),
  result.number('descendantcount', 'number of in-mempool descendant transactions (including this one)'),
  result.number('descendantsize', 'virtual transaction size of in-mempool descendants (including this one)'),
  result.number('ancestorcount', 'number of in-mempool ancestor transactions (including this one)'),
  result.number('ancestorsize', 'virtual transaction size of in-mempool ancestors (including this one)'),
  result.hex('wtxid', 'hash of serialized transaction, including witness data'),
  result.number('chunkweight', "weight of this transaction's chunk: what it would be mined together with"),
  result.object('fees', '', [
    result.amount('base', 'transaction fee, denominated in BTC'),
    result.amount('modified', 'transaction fee with fee deltas used for mining priority, denominated in BTC'),
    result.amount(
      'ancestor',
      'transaction fees of in-mempool ancestors (including this one) with fee deltas used for mining priority, denominated in BTC',
    ),
    result.amount(
      'descendant',
      'transaction fees of in-mempool descendants (including this one) with fee deltas used for mining priority, denominated in BTC',
    ),
    result.amount('chunk', "transaction fees of this transaction's chunk, denominated in BTC"),
  ]),
  result.array('depends', 'unconfirmed transactions used as inputs for this transaction', [
    result.hex('transactionid', 'parent transaction id'),
  ]),
  result.array('spentby', 'unconfirmed transactions spending outputs from this transaction', [
    result.hex('transactionid', 'child transaction id'),
  ]),
  result.boolean(
    'unbroadcast',
    'Whether this transaction is currently unbroadcast (initial broadcast not yet acknowledged by any peers)',
  ),
];
