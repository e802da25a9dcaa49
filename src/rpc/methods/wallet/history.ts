/** Transactions of a wallet: lists, one by one, giving them up, reading the chain again. */
import type { BlockHash } from '../../../core/block/header.ts';
import { toHex } from '../../../core/encoding/bytes.ts';
import type { Txid } from '../../../core/transaction/transaction.ts';
import type { WalletTransaction } from '../../../wallet/history.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { RpcCode, RpcError } from '../../errors.ts';
import { transactionJson } from '../../formats/transaction.ts';
import {
  abandonedResult,
  fieldsResult,
  rowResult,
  rowsOf,
  transactionFields,
  type WalletJson,
} from '../../formats/wallet-transaction.ts';
import { defineMethod, type Method } from '../../method.ts';
import { param } from '../../parameter.ts';
import { result } from '../../result.ts';
import { btc, hashTextFrom } from '../../values.ts';
import { labelFrom, lastProcessedBlock, lastProcessedBlockResult, walletOf } from '../../wallet-access.ts';

const listtransactions = defineMethod({
  name: 'listtransactions',
  category: 'Wallet',
  description:
    'If a label name is provided, this will return only incoming transactions paying to addresses with the specified label.\n' +
    "Returns up to 'count' most recent transactions ordered from oldest to newest while skipping the first number of \n" +
    "transactions specified in the 'skip' argument.",
  parameters: [
    param.string(
      'label|dummy',
      'If set, should be a valid label name to return only incoming transactions with the specified label, or "*" to disable filtering and return all transactions.',
      { optional: true },
    ),
    param.integer('count', 'The number of transactions to return', { default: 10 }),
    param.integer('skip', 'The number of transactions to skip', { default: 0 }),
    param.boolean('include_watchonly', 'No longer used', { default: false }),
  ],
  results: [result.array('', '', [result.object('', '', [...rowResult, ...fieldsResult, abandonedResult])])],
  examples: [''],
  handler([label, count, skip], context, request) {
    const wallet = walletOf(context, request);
    if (label === '')
      throw new RpcError(RpcCode.INVALID_PARAMETER, 'Label argument must be a valid label name or "*".');
    if (count < 0) throw new RpcError(RpcCode.INVALID_PARAMETER, 'Negative count');
    if (skip < 0) throw new RpcError(RpcCode.INVALID_PARAMETER, 'Negative from');
    const filter = label === undefined || label === '*' ? null : label;
    const newestFirst: WalletJson[] = [];
    for (const entry of [...wallet.history.transactions].reverse()) {
      if (newestFirst.length >= count + skip) break;
      newestFirst.push(...rowsOf(wallet, entry, filter));
    }
    return newestFirst.slice(skip, skip + count).reverse();
  },
});

const listsinceblock = defineMethod({
  name: 'listsinceblock',
  category: 'Wallet',
  description:
    'Get all transactions in blocks since block [blockhash], or all transactions if omitted.\n' +
    'If "blockhash" is no longer a part of the main chain, transactions from the fork point onward are included.\n' +
    'Additionally, if include_removed is set, transactions affecting the wallet which were removed are returned in the "removed" array.',
  parameters: [
    param.string(
      'blockhash',
      'If set, the block hash to list transactions since, otherwise list all transactions.',
      { optional: true },
    ),
    param.integer(
      'target_confirmations',
      'Return the nth block hash from the main chain. e.g. 1 would mean the best block hash.',
      { default: 1 },
    ),
    param.boolean('include_watchonly', 'No longer used', { default: false }),
    param.boolean(
      'include_removed',
      'Show transactions that were removed due to a reorg in the "removed" array',
      { default: true },
    ),
    param.boolean('include_change', 'Also add entries for change outputs.', { default: false }),
    param.string('label', 'Return only incoming transactions paying to addresses with the specified label.', {
      optional: true,
    }),
  ],
  results: [
    result.object('', '', [
      result.array('transactions', '', [
        result.object('', '', [...rowResult, ...fieldsResult, abandonedResult]),
      ]),
      result.array(
        'removed',
        '<structure is the same as "transactions" above, only present if include_removed=true>',
        [result.any('', '')],
        { optional: true },
      ),
      result.hex(
        'lastblock',
        'The hash of the block (target_confirmations-1) from the best block on the main chain, or the genesis hash if the referenced block does not exist yet.',
      ),
    ]),
  ],
  examples: [''],
  async handler([hash, target, , includeRemoved, includeChange, label], context, request) {
    const wallet = walletOf(context, request);
    const { chain } = context;
    let since = -1;
    const removed: WalletJson[] = [];
    if (hash !== undefined && hash !== '') {
      let block = chain.entry(hashTextFrom<BlockHash>(hash, 'blockhash'));
      if (block === undefined) throw new RpcError(RpcCode.INVALID_ADDRESS_OR_KEY, 'Block not found');
      // What was in blocks that are no longer in the chain is listed as removed.
      for (; !chain.isActive(block); block = block.parent!) {
        if (!includeRemoved) continue;
        for (const tx of (await chain.readBlock(block)).transactions) {
          const entry = wallet.history.get(tx.txid);
          if (entry !== undefined) removed.push(...rowsOf(wallet, entry, label ?? null, includeChange));
        }
      }
      since = block.height;
    }
    if (target < 1) throw new RpcError(RpcCode.INVALID_PARAMETER, 'Invalid parameter');
    const filter = label === undefined ? null : labelFrom(label);
    const listed = wallet.history.transactions.filter(
      ({ block }) => since < 0 || block === null || block.height > since,
    );
    const last = chain.entryAt(Math.max(0, wallet.follower.last.height + 1 - target))!;
    return {
      transactions: listed.flatMap((entry) => rowsOf(wallet, entry, filter, includeChange)),
      removed: includeRemoved ? removed : undefined,
      lastblock: last.hash,
    };
  },
});

/** @throws RpcError -5 */
function findTransaction(wallet: Wallet, txid: string): WalletTransaction {
  const entry = wallet.history.get(hashTextFrom<Txid>(txid, 'txid'));
  if (entry === undefined)
    throw new RpcError(RpcCode.INVALID_ADDRESS_OR_KEY, 'Invalid or non-wallet transaction id');
  return entry;
}

const gettransaction = defineMethod({
  name: 'gettransaction',
  category: 'Wallet',
  description: 'Get detailed information about in-wallet transaction <txid>',
  parameters: [
    param.hex('txid', 'The transaction id'),
    param.boolean('include_watchonly', 'No longer used', { default: false }),
    param.boolean(
      'verbose',
      'Whether to include a `decoded` field containing the decoded transaction (equivalent to RPC decoderawtransaction)',
      { default: false },
    ),
  ],
  results: [
    result.object('', '', [
      result.amount('amount', 'The amount in BTC'),
      result.amount(
        'fee',
        "The amount of the fee in BTC. This is negative and only available for the 'send' category of transactions.",
        { optional: true },
      ),
      ...fieldsResult,
      result.array('details', '', [result.object('', '', [...rowResult, abandonedResult])]),
      result.hex('hex', 'Raw data for transaction'),
      result.any('decoded', 'The decoded transaction (only present when `verbose` is passed)', {
        optional: true,
      }),
      lastProcessedBlockResult,
    ]),
  ],
  examples: ['"1075db55d416d3ca199f55b6084e2115b9345e16c5cf302fc80e9d5fbf5d48d"'],
  handler([txid, , verbose], context, request) {
    const wallet = walletOf(context, request);
    const entry = findTransaction(wallet, txid);
    const { tx } = entry;
    const debit = wallet.history.debit(tx);
    const out = tx.outputs.reduce((sum, output) => sum + output.value, 0n);
    const fee = debit > 0n ? out - debit : 0n;
    return {
      amount: btc(wallet.history.credit(tx) - debit - fee),
      fee: debit > 0n ? btc(fee) : undefined,
      ...transactionFields(wallet, entry),
      details: rowsOf(wallet, entry, null, false, false),
      hex: toHex(tx.bytes),
      decoded: verbose ? transactionJson(tx, context.parameters) : undefined,
      lastprocessedblock: lastProcessedBlock(wallet),
    };
  },
});

const abandontransaction = defineMethod({
  name: 'abandontransaction',
  category: 'Wallet',
  description:
    'Mark in-wallet transaction <txid> as abandoned\n' +
    'This will mark this transaction and all its in-wallet descendants as abandoned which will allow\n' +
    'for their inputs to be respent.  It can be used to replace "stuck" or evicted transactions.\n' +
    'It only works on transactions which are not included in a block and are not currently in the mempool.\n' +
    'It has no effect on transactions which are already abandoned.',
  parameters: [param.hex('txid', 'The transaction id')],
  results: [result.none('', '')],
  examples: ['"1075db55d416d3ca199f55b6084e2115b9345e16c5cf302fc80e9d5fbf5d48d"'],
  async handler([txid], context, request) {
    const wallet = walletOf(context, request);
    wallet.outbox.abandon(findTransaction(wallet, txid));
    await wallet.settled();
    return null;
  },
});

const rescanblockchain = defineMethod({
  name: 'rescanblockchain',
  category: 'Wallet',
  description: 'Rescan the local blockchain for wallet related transactions.',
  parameters: [
    param.integer('start_height', 'block height where the rescan should start', { default: 0 }),
    param.integer(
      'stop_height',
      'the last block height that should be scanned. If none is provided it will rescan up to the tip at return time of this call.',
      { optional: true },
    ),
  ],
  results: [
    result.object('', '', [
      result.number('start_height', 'The block height where the rescan started (the requested height or 0)'),
      result.number(
        'stop_height',
        "The height of the last rescanned block. May be null in rare cases if there was a reorg and the call didn't scan any blocks because they were already scanned in the background.",
      ),
    ]),
  ],
  examples: ['100000 120000'],
  async handler([start, stop], context, request) {
    const wallet = walletOf(context, request);
    // What comes up must be watched on from there, below hardened steps too.
    wallet.vault.requireUnlocked();
    const tip = wallet.follower.last.height;
    if (start < 0 || start > tip) throw new RpcError(RpcCode.INVALID_PARAMETER, 'Invalid start_height');
    if (stop !== undefined && (stop < 0 || stop > tip))
      throw new RpcError(RpcCode.INVALID_PARAMETER, 'Invalid stop_height');
    if (stop !== undefined && stop < start)
      throw new RpcError(RpcCode.INVALID_PARAMETER, 'stop_height must be greater than start_height');
    const last = await wallet.rescan(start, stop ?? null);
    return { start_height: start, stop_height: last };
  },
});

const abortrescan = defineMethod({
  name: 'abortrescan',
  category: 'Wallet',
  description: 'Stops current wallet rescan triggered by an RPC call, e.g. by a rescanblockchain call.',
  parameters: [],
  results: [result.boolean('', 'Whether the abort was successful')],
  examples: [''],
  handler: (_parameters, context, request) => walletOf(context, request).follower.abortScan(),
});

export const walletHistoryMethods: readonly Method[] = [
  listtransactions,
  listsinceblock,
  gettransaction,
  abandontransaction,
  rescanblockchain,
  abortrescan,
];
