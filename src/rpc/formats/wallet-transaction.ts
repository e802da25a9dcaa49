/** Transactions as a wallet sees them (Core's WalletTxToJSON and ListTransactions). */
import { encodeAddress } from '../../core/script/address.ts';
import { totalValue } from '../../core/transaction/amount.ts';
import { withAncestors } from '../../mempool/graph.ts';
import { isChange } from '../../wallet/coins.ts';
import type { WalletTransaction } from '../../wallet/history.ts';
import type { Wallet } from '../../wallet/wallet.ts';
import type { RpcContext } from '../context.ts';
import * as t from '../schema.ts';
import { btc } from '../values.ts';
import { signals } from './mempool-entry.ts';

/** What is true of a transaction as a whole (Core's WalletTxToJSON). */
export const walletTransaction = t.view<[entry: WalletTransaction, wallet: Wallet, context: RpcContext]>()({
  confirmations: [
    t.integer('Negative: so many blocks ago another took its place'),
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

/**
 * Rows of a transaction: what it pays to others, then what it pays to us. @param label only what has it
 * @param withLost what another transaction took the place of has not been received, unless this says so
 */
export function rowsOf(
  wallet: Wallet,
  entry: WalletTransaction,
  label: string | null,
  includeChange = false,
  withLost = false,
): Row[] {
  const { tx, abandoned } = entry;
  const isReceived = withLost || wallet.history.depth(entry) >= 0;
  const debit = wallet.history.debit(tx);
  const fee = debit - totalValue(tx.outputs);
  const sent: Row[] = [];
  const received: Row[] = [];
  for (const [vout, { value, scriptPubKey }] of tx.outputs.entries()) {
    const place = wallet.keys.place(scriptPubKey);
    const address = encodeAddress(scriptPubKey, wallet.parts.parameters) ?? undefined;
    const known = address === undefined ? undefined : wallet.labels.get(address);
    if (debit > 0n ? !includeChange && isChange(wallet, scriptPubKey) : place === undefined) continue;
    const common = { address, label: known?.label, vout };
    if (debit > 0n && label === null)
      sent.push({ ...common, category: 'send', amount: btc(-value), fee: btc(-fee), abandoned });
    if (place === undefined || !isReceived || (label !== null && known?.label !== label)) continue;
    const category = incomingCategory(wallet, entry);
    received.push({ ...common, parent_descs: [place.own.shown], category, amount: btc(value), abandoned });
  }
  return [...sent, ...received];
}

/** The same, with what is true of the transaction as a whole. */
export function longRowsOf(context: RpcContext, ...told: Parameters<typeof rowsOf>): LongRow[] {
  const rows = rowsOf(...told);
  const fields = rows.length === 0 ? undefined : walletTransaction.of(told[1], told[0], context);
  return rows.map(({ abandoned, ...row }) => ({ ...row, ...fields!, abandoned }));
}

function incomingCategory(wallet: Wallet, entry: WalletTransaction): string {
  if (!entry.tx.isCoinbase) return 'receive';
  if (wallet.history.depth(entry) < 1) return 'orphan';
  return wallet.history.blocksToMaturity(entry) > 0 ? 'immature' : 'generate';
}

/** What a row tells of itself. */
export const walletRow = t.object({
  address: t.optional(t.string('Where the output has one')),
  category: t.string('send, receive, generate, immature, or orphan'),
  amount: t.amount('Negative where it was sent'),
  label: t.optional(t.string()),
  vout: t.integer(),
  parent_descs: t.optional(
    t.array(t.string(), 'Descriptors that the script comes from, where it was received'),
  ),
  fee: t.optional(t.amount('Negative; only where it was sent')),
  abandoned: t.boolean(),
});
type Row = t.Answered<typeof walletRow>;

/** A row with all that is true of its transaction. */
export const longRow = t.object({ ...walletRow.fields, ...walletTransaction.fields });
export type LongRow = t.Answered<typeof longRow>;
