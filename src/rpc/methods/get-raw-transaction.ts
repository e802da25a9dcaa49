/** getrawtransaction: one transaction from the mempool, the index, or a block that is named. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { genesisBlock } from '../../core/consensus/genesis.ts';
import { toHex } from '../../core/encoding/bytes.ts';
import type { Coin } from '../../core/transaction/coin.ts';
import type { Transaction, Txid } from '../../core/transaction/transaction.ts';
import type { RpcContext } from '../context.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { transactionFields, transactionResult } from '../formats/transaction.ts';
import type { JsonWritable } from '../json.ts';
import { joinFields } from '../json-writer.ts';
import { findBlock } from '../lookup.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';
import { hashTextFrom, verbosityFrom } from '../values.ts';

interface Found {
  readonly tx: Transaction;
  /** The block it is in; undefined in the mempool. */
  readonly entry?: HeaderEntry;
}

const notFound = (text: string): RpcError =>
  new RpcError(RpcCode.INVALID_ADDRESS_OR_KEY, `${text}. Use gettransaction for wallet transactions.`);

async function findInBlock(txid: Txid, entry: HeaderEntry, { chain }: RpcContext): Promise<Found> {
  if (!entry.haveData) throw new RpcError(RpcCode.MISC_ERROR, 'Block not available');
  const tx = (await chain.readBlock(entry)).transactions.find((candidate) => candidate.txid === txid);
  if (tx === undefined) throw notFound('No such transaction found in the provided block');
  return { tx, entry };
}

async function findAnywhere(txid: Txid, { mempool, indexes }: RpcContext): Promise<Found> {
  const waiting = mempool.get(txid);
  if (waiting !== undefined) return { tx: waiting.tx };
  const index = indexes.transactions;
  if (index === undefined)
    throw notFound(
      'No such mempool transaction. Use -txindex or provide a block hash to enable blockchain transaction queries',
    );
  await index.synchronize();
  const found = await index.find(txid);
  if (found === undefined) throw notFound('No such mempool or blockchain transaction');
  return found;
}

/** What a confirmed transaction spends, from its block's undo data; undefined if there is none. */
async function spentBy({ tx, entry }: Found, { chain }: RpcContext): Promise<readonly Coin[] | undefined> {
  if (entry === undefined || tx.isCoinbase || !entry.haveData || !entry.haveUndo) return undefined;
  const block = await chain.readBlock(entry);
  const position = block.transactions.findIndex((candidate) => candidate.txid === tx.txid);
  return (await chain.readUndo(entry))[position - 1];
}

function placeJson(
  entry: HeaderEntry | undefined,
  { chain }: RpcContext,
): { readonly [key: string]: JsonWritable } {
  if (entry === undefined) return {};
  if (!chain.isActive(entry)) return { blockhash: entry.hash, confirmations: 0 };
  return {
    blockhash: entry.hash,
    confirmations: chain.height - entry.height + 1,
    time: entry.time,
    blocktime: entry.time,
  };
}

const getrawtransaction = defineMethod({
  name: 'getrawtransaction',
  category: 'Rawtransactions',
  description:
    'By default, this call only returns a transaction if it is in the mempool. If -txindex is enabled\n' +
    'and no blockhash argument is passed, it will return the transaction if it is in the mempool or any block.\n' +
    'If a blockhash argument is passed, it will return the transaction if\n' +
    'the specified block is available and the transaction is in that block.\n\n' +
    'Hint: Use gettransaction for wallet transactions.\n\n' +
    'If verbosity is 0 or omitted, returns the serialized transaction as a hex-encoded string.\n' +
    'If verbosity is 1, returns a JSON Object with information about the transaction.\n' +
    'If verbosity is 2, returns a JSON Object with information about the transaction, including fee and prevout information.',
  parameters: [
    param.hex('txid', 'The transaction id'),
    param.any(
      'number',
      'verbosity|verbose',
      '0 for hex-encoded data, 1 for a JSON object, and 2 for JSON object with fee and prevout',
      { default: 0 },
    ),
    param.hex('blockhash', 'The block in which to look for the transaction', { optional: true }),
  ],
  results: [
    result.string('', "The serialized transaction as a hex-encoded string for 'txid'", {
      condition: 'if verbosity is not set or set to 0',
    }),
    result.object(
      '',
      '',
      [
        result.boolean(
          'in_active_chain',
          'Whether specified block is in the active chain or not (only present with explicit "blockhash" argument)',
          {
            optional: true,
          },
        ),
        result.number(
          'vsize_adjusted',
          'Virtual size used for mempool policy, counting signature operations (only in the mempool)',
          {
            optional: true,
          },
        ),
        ...transactionResult,
        result.hex('blockhash', 'the block hash', { optional: true }),
        result.number('confirmations', 'The confirmations', { optional: true }),
        result.time('time', 'Same as "blocktime"', { optional: true }),
        result.time('blocktime', 'The block time expressed in UNIX epoch time', { optional: true }),
      ],
      { condition: 'if verbosity is set to 1 or 2' },
    ),
  ],
  examples: ['"mytxid"', '"mytxid" 1', '"mytxid" 0 "myblockhash"', '"mytxid" 2 "myblockhash"'],
  async handler([id, verbosity, blockhash], context) {
    const { chain, mempool, parameters } = context;
    const txid = hashTextFrom<Txid>(id, 'parameter 1');
    if (txid === genesisBlock(parameters).transactions[0]!.txid)
      throw new RpcError(
        RpcCode.INVALID_ADDRESS_OR_KEY,
        'The genesis block coinbase is not considered an ordinary transaction and cannot be retrieved',
      );
    const level = verbosityFrom(verbosity, 0);
    const named =
      blockhash === undefined
        ? undefined
        : findBlock(chain, blockhash, 'parameter 3', 'Block hash not found');
    const found = await (named === undefined
      ? findAnywhere(txid, context)
      : findInBlock(txid, named, context));
    if (level <= 0) return toHex(found.tx.bytes);
    const prevouts = level >= 2 ? await spentBy(found, context) : undefined;
    return joinFields(
      {
        in_active_chain: named && chain.isActive(named),
        vsize_adjusted: found.entry === undefined ? mempool.get(txid)?.virtualSize : undefined,
      },
      transactionFields(found.tx, parameters, { prevouts, hex: true }),
      placeJson(found.entry, context),
    );
  },
});

export const getRawTransactionMethods: readonly Method[] = [getrawtransaction];
