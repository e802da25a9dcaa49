/** Transactions as a wallet sees them (Core's WalletTxToJSON and ListTransactions). */
import { encodeAddress } from '../../core/script/address.ts';
import { isChange } from '../../wallet/coins.ts';
import type { WalletTransaction } from '../../wallet/history.ts';
import { RBF_SEQUENCE } from '../../wallet/spend.ts';
import type { Wallet } from '../../wallet/wallet.ts';
import type { JsonWritable } from '../json.ts';
import { result } from '../result.ts';
import { btc } from '../values.ts';

export type WalletJson = { readonly [key: string]: JsonWritable };

/** Signals replaceability itself, or by something unconfirmed that it spends (BIP125). */
function replaceability(wallet: Wallet, entry: WalletTransaction): 'yes' | 'no' | 'unknown' {
  if (entry.block !== null) return 'no';
  if (entry.tx.inputs.some((input) => input.sequence <= RBF_SEQUENCE)) return 'yes';
  if (!wallet.history.inMempool(entry)) return 'unknown';
  const parents = entry.tx.inputs.map((input) => wallet.history.output(input.prevout)?.parent);
  return parents.some((parent) => parent !== undefined && replaceability(wallet, parent) === 'yes')
    ? 'yes'
    : 'no';
}

/** What is true of a transaction as a whole (Core's WalletTxToJSON). */
export function transactionFields(wallet: Wallet, entry: WalletTransaction): WalletJson {
  const { tx, block } = entry;
  const conflicts = wallet.history.conflictsOf(entry);
  return {
    confirmations: wallet.history.depth(entry),
    generated: tx.isCoinbase || undefined,
    blockhash: block?.hash,
    blockheight: block?.height,
    blockindex: block?.index,
    blocktime: block?.time,
    trusted: block === null ? wallet.history.isTrusted(entry) : undefined,
    txid: tx.txid,
    wtxid: tx.wtxid,
    walletconflicts: conflicts.map((other) => other.tx.txid),
    replaced_by_txid: entry.replacedBy,
    replaces_txid: entry.replaces,
    mempoolconflicts: conflicts
      .filter((other) => wallet.history.inMempool(other))
      .map((other) => other.tx.txid),
    to: entry.to,
    time: entry.received,
    timereceived: entry.received,
    comment: entry.comment,
    'bip125-replaceable': replaceability(wallet, entry),
  };
}

/** Rows of a transaction: what it pays to others, then what it pays to us. @param label only what has it */
export function rowsOf(
  wallet: Wallet,
  entry: WalletTransaction,
  label: string | null,
  includeChange = false,
  long = true,
): WalletJson[] {
  const { tx } = entry;
  const debit = wallet.history.debit(tx);
  const fee = debit - tx.outputs.reduce((sum, output) => sum + output.value, 0n);
  const more = long ? transactionFields(wallet, entry) : {};
  const sent: WalletJson[] = [];
  const received: WalletJson[] = [];
  for (const [vout, { value, scriptPubKey }] of tx.outputs.entries()) {
    const place = wallet.keys.place(scriptPubKey);
    const address = encodeAddress(scriptPubKey, wallet.parts.parameters) ?? undefined;
    const known = address === undefined ? undefined : wallet.labels.get(address);
    if (debit > 0n ? !includeChange && isChange(wallet, scriptPubKey) : place === undefined) continue;
    const common = { address, label: known?.label, vout };
    if (debit > 0n && label === null)
      sent.push({
        ...common,
        category: 'send',
        amount: btc(-value),
        fee: btc(-fee),
        ...more,
        abandoned: entry.abandoned,
      });
    if (place === undefined || (label !== null && known?.label !== label)) continue;
    received.push({
      ...common,
      parent_descs: [place.own.shown],
      category: incomingCategory(wallet, entry),
      amount: btc(value),
      ...more,
      abandoned: entry.abandoned,
    });
  }
  return [...sent, ...received];
}

function incomingCategory(wallet: Wallet, entry: WalletTransaction): string {
  if (!entry.tx.isCoinbase) return 'receive';
  if (wallet.history.depth(entry) < 1) return 'orphan';
  return wallet.history.blocksToMaturity(entry) > 0 ? 'immature' : 'generate';
}

export const fieldsResult = [
  result.number(
    'confirmations',
    'The number of confirmations for the transaction. Negative confirmations means the transaction conflicted that many blocks ago.',
  ),
  result.boolean('generated', "Only present if the transaction's only input is a coinbase one.", {
    optional: true,
  }),
  result.boolean(
    'trusted',
    'Whether we consider the transaction to be trusted and safe to spend from. Only present when the transaction has 0 confirmations.',
    { optional: true },
  ),
  result.hex('blockhash', 'The block hash containing the transaction.', { optional: true }),
  result.number('blockheight', 'The block height containing the transaction.', { optional: true }),
  result.number('blockindex', 'The index of the transaction in the block that includes it.', {
    optional: true,
  }),
  result.time('blocktime', 'The block time expressed in UNIX epoch time.', { optional: true }),
  result.hex('txid', 'The transaction id.'),
  result.hex('wtxid', 'The hash of serialized transaction, including witness data.'),
  result.array(
    'walletconflicts',
    'Confirmed transactions that have been detected by the wallet to conflict with this transaction.',
    [result.hex('txid', 'The transaction id.')],
  ),
  result.hex('replaced_by_txid', 'Only if category is send. The txid if this tx was replaced.', {
    optional: true,
  }),
  result.hex('replaces_txid', 'Only if category is send. The txid if this tx replaces another.', {
    optional: true,
  }),
  result.array(
    'mempoolconflicts',
    'Transactions in the mempool that directly conflict with either this transaction or an ancestor transaction',
    [result.hex('txid', 'The transaction id.')],
  ),
  result.string('to', 'If a comment to is associated with the transaction.', { optional: true }),
  result.time('time', 'The transaction time expressed in UNIX epoch time.'),
  result.time('timereceived', 'The time received expressed in UNIX epoch time.'),
  result.string('comment', 'If a comment is associated with the transaction, only present if not empty.', {
    optional: true,
  }),
  result.string(
    'bip125-replaceable',
    '("yes|no|unknown") Whether this transaction signals BIP125 replaceability or has an unconfirmed ancestor signaling BIP125 replaceability.',
  ),
];

export const rowResult = [
  result.string(
    'address',
    'The bitcoin address of the transaction (not returned if the output does not have an address, e.g. OP_RETURN null data).',
    { optional: true },
  ),
  result.string(
    'category',
    'The transaction category: "send", "receive", "generate", "immature" or "orphan".',
  ),
  result.amount(
    'amount',
    "The amount in BTC. This is negative for the 'send' category, and is positive for all other categories",
  ),
  result.string('label', 'A comment for the address/transaction, if any', { optional: true }),
  result.number('vout', 'the vout value'),
  result.array(
    'parent_descs',
    'Only if "category" is "received". List of parent descriptors for the output script of this coin.',
    [result.string('desc', 'The descriptor string.')],
    { optional: true },
  ),
  result.amount(
    'fee',
    "The amount of the fee in BTC. This is negative and only available for the 'send' category of transactions.",
    { optional: true },
  ),
];
export const abandonedResult = result.boolean(
  'abandoned',
  "'true' if the transaction has been abandoned (inputs are respendable).",
);
