/** getrawtransaction: one transaction from the mempool, the index, or a block that is named. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { genesisBlock } from '../../core/consensus/genesis.ts';
import { toHex } from '../../core/encoding/bytes.ts';
import { joinFields } from '../../core/encoding/json-writer.ts';
import type { Coin } from '../../core/transaction/coin.ts';
import type { Transaction, Txid } from '../../core/transaction/transaction.ts';
import { transactionFields } from '../../formats/transaction.ts';
import { decodedTransaction } from '../formats/transaction.ts';
import { group, method, type RpcContext, type RpcError, refuse, t } from '../kit.ts';
import { blockByHash } from '../lookup.ts';

interface FoundTransaction {
  readonly tx: Transaction;
  /** The block it is in; undefined in the mempool. */
  readonly entry?: HeaderEntry;
}

const notFound = (text: string): RpcError =>
  refuse.key(`${text}. Use gettransaction for wallet transactions.`);

export async function findInBlock(
  txid: Txid,
  entry: HeaderEntry,
  { chain }: RpcContext,
): Promise<FoundTransaction> {
  if (!entry.haveData) throw refuse.misc('Block not available');
  const tx = (await chain.blocks.readBlock(entry)).transactions.find((candidate) => candidate.txid === txid);
  if (tx === undefined) throw notFound('No such transaction found in the provided block');
  return { tx, entry };
}

export async function findAnywhere(txid: Txid, { mempool, indexes }: RpcContext): Promise<FoundTransaction> {
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
export async function spentBy(
  { tx, entry }: FoundTransaction,
  { chain }: RpcContext,
): Promise<readonly Coin[] | undefined> {
  if (entry === undefined || tx.isCoinbase || !entry.haveData || !entry.haveUndo) return undefined;
  const block = await chain.blocks.readBlock(entry);
  const position = block.transactions.findIndex((candidate) => candidate.txid === tx.txid);
  return (await chain.blocks.readUndo(entry))[position - 1];
}

function placeJson(entry: HeaderEntry | undefined, { chain }: RpcContext) {
  if (entry === undefined) return {};
  if (!chain.isActive(entry)) return { blockhash: entry.hash, confirmations: 0 };
  return {
    blockhash: entry.hash,
    confirmations: chain.height - entry.height + 1,
    time: entry.time,
    blocktime: entry.time,
  };
}

const shown = t.written(
  t.object({
    in_active_chain: t.optional(t.boolean('Where a block was named')),
    vsize_adjusted: t.optional(t.integer('In the mempool: vbytes, or what its signature operations weigh')),
    ...decodedTransaction,
    blockhash: t.optional(t.hex()),
    confirmations: t.optional(t.integer()),
    time: t.optional(t.time('The same as blocktime')),
    blocktime: t.optional(t.time()),
  }),
);

export const getRawTransactionMethods = group('Rawtransactions', {
  getrawtransaction: method({
    help:
      'A transaction of the mempool or of a block that is named; with -txindex of any block.\n' +
      'A wallet shows its own by gettransaction.',
    parameters: {
      txid: t.hashText<Txid>('', 'parameter 1'),
      'verbosity|verbose': t.verbosity('0 hex, 1 in words, 2 also with the fee and what it spends', 0),
      blockhash: t.optional(blockByHash('The block to look in', 'parameter 3', 'Block hash not found')),
    },
    result: t.cases('verbosity', { 0: t.hex(), 1: shown, 2: shown }, 0),
    example: 'TXID 1',
    async handler({ txid, verbosity: level, blockhash: named }, context) {
      const { chain, mempool, parameters } = context;
      if (txid === genesisBlock(parameters).transactions[0]!.txid)
        throw refuse.key(
          'The genesis block coinbase is not considered an ordinary transaction and cannot be retrieved',
        );
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
  }),
});
