/** Transactions as a wallet sees them (Core's WalletTxToJSON). */
import { withAncestors } from '../../mempool/graph.ts';
import type { WalletTransaction } from '../../wallet/history.ts';
import { type Row, rowsOf } from '../../wallet/rows.ts';
import type { Wallet } from '../../wallet/wallet.ts';
import type { RpcContext } from '../context.ts';
import * as t from '../schema.ts';
import { btc } from '../values.ts';
import { signals } from './mempool-entry.ts';

/** What is true of a transaction as a whole (Core's WalletTxToJSON). */
export const walletTransaction = t.view<[entry: WalletTransaction, wallet: Wallet, context: RpcContext]>()({
  confirmations: [
    t.integer('Negative: another took its place'),
    (entry, { history }) => history.depth(entry),
  ],
  generated: [t.optional(t.boolean('Only of a coinbase: true')), ({ tx }) => tx.isCoinbase || undefined],
  blockhash: [t.optional(t.hex()), ({ block }) => block?.hash],
  blockheight: [t.optional(t.integer()), ({ block }) => block?.height],
  blockindex: [t.optional(t.integer('Place in the block')), ({ block }) => block?.index],
  blocktime: [t.optional(t.time()), ({ block }) => block?.time],
  trusted: [
    t.optional(t.boolean('Only while it is unconfirmed: safe to spend from')),
    (entry, { history }) => (entry.block === null ? history.isTrusted(entry) : undefined),
  ],
  txid: [t.hex(), ({ tx }) => tx.txid],
  wtxid: [t.hex(), ({ tx }) => tx.wtxid],
  alternate_wtxids: [t.array(t.hex(), 'Always empty: of one txid one transaction is kept'), () => []],
  walletconflicts: [
    t.array(t.hex(), 'txids of own transactions that spend the same'),
    (entry, { history }) => history.conflictsOf(entry).map(({ tx }) => tx.txid),
  ],
  replaced_by_txid: [t.optional(t.hex()), ({ replacedBy }) => replacedBy],
  replaces_txid: [t.optional(t.hex()), ({ replaces }) => replaces],
  mempoolconflicts: [
    t.array(t.hex(), 'txids in the mempool that contradict it, or what it depends on'),
    (entry, { history }) => [...history.mempoolConflicts(entry)],
  ],
  to: [t.optional(t.string('As comment_to was when it was sent')), ({ to }) => to],
  time: [t.time('When the wallet learned of it'), ({ received }) => received],
  timereceived: [t.time(), ({ received }) => received],
  'bip125-replaceable': [
    t.optional(t.string('yes, no or unknown; of old (-deprecatedrpc=bip125)')),
    (...of) => (of[2].deprecated.has('bip125') ? replaceability(...of) : undefined),
  ],
  comment: [t.optional(t.string()), ({ comment }) => comment],
});

/** What BIP125 lets be told of it, which is nothing of what it waits for outside the mempool. */
function replaceability(entry: WalletTransaction, { history }: Wallet, { mempool }: RpcContext): string {
  if (history.depth(entry) > 0) return 'no';
  const waiting = mempool.get(entry.tx.txid);
  if (signals(waiting === undefined ? [entry] : withAncestors(waiting))) return 'yes';
  return waiting === undefined ? 'unknown' : 'no';
}

/** What a row tells of itself. */
export const walletRow = t.view<[Row]>()({
  address: [t.optional(t.string('Where the output has one')), ({ address }) => address],
  category: [t.string('send, receive, generate, immature, or orphan'), ({ category }) => category],
  amount: [t.amount('Negative where it was sent'), ({ value }) => btc(value)],
  label: [t.optional(t.string()), ({ label }) => label],
  vout: [t.integer(), ({ vout }) => vout],
  parent_descs: [
    t.optional(t.array(t.string(), 'Descriptors that the script comes from, where it was received')),
    ({ parent }) => (parent === undefined ? undefined : [parent]),
  ],
  fee: [
    t.optional(t.amount('Negative; only where it was sent')),
    ({ fee }) => (fee === undefined ? undefined : btc(fee)),
  ],
  abandoned: [t.boolean(), ({ abandoned }) => abandoned],
});

/** A row with all that is true of its transaction. */
export const longRow = t.object({ ...walletRow.fields, ...walletTransaction.fields });
export type LongRow = t.Answered<typeof longRow>;

export function longRowsOf(context: RpcContext, ...told: Parameters<typeof rowsOf>): LongRow[] {
  const rows = rowsOf(...told);
  const fields = rows.length === 0 ? undefined : walletTransaction.of(told[1], told[0], context);
  return rows.map((row) => ({ ...walletRow.of(row), ...fields!, abandoned: row.abandoned }));
}
