/** A transaction's place in the mempool, as Bitcoin Core's RPCs show it. */
import {
  SEQUENCE_REPLACEABLE,
  type Transaction,
  WITNESS_SCALE_FACTOR,
} from '../../core/transaction/transaction.ts';
import type { MempoolEntry } from '../../mempool/entry.ts';
import { sum, withAncestors, withDescendants } from '../../mempool/graph.ts';
import type { RpcContext } from '../context.ts';
import * as t from '../schema.ts';
import { btc } from '../values.ts';

/** The three virtual sizes: as policy counts it, as it was always called, and by weight alone. */
export const sizes = t.view<[MempoolEntry]>()({
  vsize_adjusted: [
    t.integer('By weight, or by signature operations if they take more of a block'),
    ({ virtualSize }) => virtualSize,
  ],
  vsize: [t.integer('The same as vsize_adjusted'), ({ virtualSize }) => virtualSize],
  vsize_bip141: [t.integer('By weight alone'), ({ weight }) => Math.ceil(weight / WITNESS_SCALE_FACTOR)],
});

/** Whether one of these says that it may be replaced (BIP125). */
export const signals = (all: Iterable<{ readonly tx: Transaction }>): boolean =>
  [...all].some(({ tx }) => tx.inputs.some(({ sequence }) => sequence <= SEQUENCE_REPLACEABLE));

export function mempoolEntryJson(entry: MempoolEntry, { mempool, deprecated }: RpcContext) {
  const descendants = sum(withDescendants(entry));
  const ancestors = sum(withAncestors(entry));
  const chunk = mempool.chunk(entry);
  return {
    ...sizes.of(entry),
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
    ...(deprecated.has('bip125') && { 'bip125-replaceable': signals(withAncestors(entry)) }),
    unbroadcast: mempool.unbroadcast.has(entry.txid),
  };
}

const { vsize_adjusted, vsize, vsize_bip141 } = sizes.fields;
export const optionalSize = {
  vsize_adjusted: t.optional(vsize_adjusted),
  vsize: t.optional(vsize),
  vsize_bip141: t.optional(vsize_bip141),
};

export const mempoolEntry = {
  ...sizes.fields,
  weight: t.integer(),
  time: t.time('When it came in'),
  height: t.integer('Of the tip when it came in'),
  descendantcount: t.integer('Transactions in the mempool that depend on it, and itself'),
  descendantsize: t.integer('Their vbytes'),
  ancestorcount: t.integer('Transactions in the mempool that it depends on, and itself'),
  ancestorsize: t.integer('Their vbytes'),
  wtxid: t.hex(),
  chunkweight: t.integer('Weight of what it would be mined together with'),
  fees: t.object({
    base: t.amount(),
    modified: t.amount('With the delta of prioritisetransaction, as all that follow'),
    ancestor: t.amount('Of all it depends on, and itself'),
    descendant: t.amount('Of all that depends on it, and itself'),
    chunk: t.amount('Of what it would be mined together with'),
  }),
  depends: t.array(t.hex(), 'Unconfirmed transactions it spends from'),
  spentby: t.array(t.hex(), 'Unconfirmed transactions that spend from it'),
  'bip125-replaceable': t.optional(t.boolean('It may say so itself; of old (-deprecatedrpc=bip125)')),
  unbroadcast: t.boolean('Own, and no peer has asked for it yet'),
};
