/** Transactions of a wallet: lists, one by one, giving them up, reading the chain again, telling of some by proof. */
import type { BlockHash } from '../../../core/block/header.ts';
import { provedBy } from '../../../core/block/partial-merkle-tree.ts';
import { toDisplayHex, toHex } from '../../../core/encoding/bytes.ts';
import { totalValue } from '../../../core/transaction/amount.ts';
import type { Txid, TxOut } from '../../../core/transaction/transaction.ts';
import { transactionJson } from '../../../formats/transaction.ts';
import { isChange } from '../../../wallet/coins.ts';
import { rowsOf } from '../../../wallet/rows.ts';
import { decodedTransaction } from '../../formats/transaction.ts';
import {
  type LongRow,
  longRow,
  longRowsOf,
  walletRow,
  walletTransaction,
} from '../../formats/wallet-transaction.ts';
import { btc, group, refuse, refusing, t, walletMethod } from '../../kit.ts';
import { readTransaction } from '../../texts.ts';
import { hashTextFrom } from '../../values.ts';
import { findTransaction, labelFrom, lastProcessed, watchOnly } from '../../wallet-access.ts';
import { readProof } from '../blocks.ts';

const unreadable = ({ message }: Error) => refuse.internal_error(`Can't read block from disk: ${message}`);

export const walletHistoryMethods = group('Wallet', {
  listtransactions: walletMethod({
    help: 'The last transactions of the wallet, oldest first: a row for each output that was sent or received.',
    parameters: {
      label: t.optional(t.string('Only what was received under it; "*" for everything')),
      count: t.standard(t.integer('Rows'), 10),
      skip: t.standard(t.integer('Of the newest'), 0),
      include_watchonly: watchOnly,
    },
    result: t.array(longRow),
    example: '"*" 20',
    handler({ label, count, skip }, wallet, context) {
      if (label === '') throw refuse.parameter('Label argument must be a valid label name or "*".');
      if (count < 0) throw refuse.parameter('Negative count');
      if (skip < 0) throw refuse.parameter('Negative from');
      const filter = label === undefined || label === '*' ? null : label;
      const newestFirst: LongRow[] = [];
      for (const entry of [...wallet.history.transactions].reverse()) {
        if (newestFirst.length >= count + skip) break;
        newestFirst.push(...longRowsOf(context, wallet, entry, filter));
      }
      return newestFirst.slice(skip, skip + count).reverse();
    },
  }),

  listsinceblock: walletMethod({
    help:
      'All transactions since a block, for who asks again and again: the answer names the block to ask from next.\n' +
      'Where that block is no longer in the chain, what it and those after it held is listed as removed.',
    parameters: {
      blockhash: t.optional(t.string('Without it, from the beginning')),
      target_confirmations: t.standard(t.integer('How deep lastblock lies; 1 is the tip'), 1),
      include_watchonly: watchOnly,
      include_removed: t.flag('', true),
      include_change: t.flag(),
      label: t.optional(t.string('Only what was received under it')),
    },
    result: t.object({
      transactions: t.array(longRow),
      removed: t.optional(t.array(longRow)),
      lastblock: t.hex('To ask from the next time'),
    }),
    example: '$(penny rpc getblockhash 0)',
    async handler(asked, wallet, context) {
      const { blockhash: hash, target_confirmations: target, label } = asked;
      const { include_removed: includeRemoved, include_change: includeChange } = asked;
      const { chain } = context;
      let since = -1;
      const removed: LongRow[] = [];
      if (hash !== undefined && hash !== '') {
        let block = chain.entry(hashTextFrom<BlockHash>(hash, 'blockhash'));
        if (block === undefined) throw refuse.key('Block not found');
        // What was in blocks that are no longer in the chain is listed as removed.
        for (; !chain.isActive(block); block = block.parent!) {
          if (!includeRemoved) continue;
          const left = block;
          const { transactions } = await refusing(Error, unreadable, () => chain.blocks.readBlock(left));
          const known = transactions.map(({ txid }) => wallet.history.get(txid));
          for (const entry of known.filter((each) => each !== undefined))
            removed.push(...longRowsOf(context, wallet, entry, label ?? null, includeChange, true));
        }
        since = block.height;
      }
      if (target < 1) throw refuse.parameter('Invalid parameter');
      const filter = label === undefined ? null : labelFrom(label);
      const listed = wallet.history.transactions.filter(
        // Of what is contradicted, the block that did so counts.
        (entry) => since < 0 || Math.abs(wallet.history.depth(entry)) <= wallet.follower.last.height - since,
      );
      const last = chain.entryAt(Math.max(0, wallet.follower.last.height + 1 - target))!;
      return {
        transactions: listed.flatMap((entry) => longRowsOf(context, wallet, entry, filter, includeChange)),
        removed: includeRemoved ? removed : undefined,
        lastblock: last.hash,
      };
    },
  }),

  gettransaction: walletMethod({
    help: 'One transaction of the wallet.',
    parameters: {
      txid: t.hashText<Txid>(),
      include_watchonly: watchOnly,
      verbose: t.flag('With the transaction in words'),
    },
    result: t.object({
      amount: t.amount('What it changed, without the fee'),
      fee: t.optional(t.amount('Negative; only where it was sent')),
      ...walletTransaction.fields,
      details: t.array(walletRow),
      hex: t.hex(),
      decoded: t.optional(t.written(t.object(decodedTransaction))),
      lastprocessedblock: lastProcessed,
    }),
    handler({ txid, verbose }, wallet, context) {
      const entry = findTransaction(wallet, txid);
      const { tx } = entry;
      const change = ({ scriptPubKey }: TxOut) => isChange(wallet, scriptPubKey);
      const debit = wallet.history.debit(tx);
      const out = totalValue(tx.outputs);
      const fee = debit > 0n ? out - debit : 0n;
      return {
        amount: btc(wallet.history.credit(tx) - debit - fee),
        fee: debit > 0n ? btc(fee) : undefined,
        ...walletTransaction.of(entry, wallet, context),
        details: rowsOf(wallet, entry, null).map((row) => walletRow.of(row)),
        hex: toHex(tx.bytes),
        decoded: verbose ? transactionJson(tx, context.parameters, { isChange: change }) : undefined,
        lastprocessedblock: lastProcessed.of(wallet),
      };
    },
  }),

  abandontransaction: walletMethod({
    help:
      'Gives up a transaction that is neither confirmed nor in the mempool, with those that depend on it: what it\n' +
      'spends can be spent again. Whoever has a copy may still have it confirmed.',
    parameters: { txid: t.hashText<Txid>() },
    handler: ({ txid }, wallet) => wallet.outbox.abandon(findTransaction(wallet, txid)),
  }),

  rescanblockchain: walletMethod({
    help: 'Looks through blocks again for transactions of the wallet.',
    parameters: { start_height: t.standard(t.integer(), 0), stop_height: t.optional(t.integer(), 'the tip') },
    result: t.object({ start_height: t.integer(), stop_height: t.integer() }),
    example: '0 100',
    async handler({ start_height: start, stop_height: stop }, wallet) {
      // What comes up must be watched on from there, below hardened steps too.
      wallet.vault.requireUnlocked();
      const tip = wallet.follower.last.height;
      if (start < 0 || start > tip) throw refuse.parameter('Invalid start_height');
      if (stop !== undefined && (stop < 0 || stop > tip)) throw refuse.parameter('Invalid stop_height');
      if (stop !== undefined && stop < start)
        throw refuse.parameter('stop_height must be greater than start_height');
      wallet.follower.requireRange(start, stop ?? tip);
      const last = await wallet.rescan(start, stop ?? null);
      return { start_height: start, stop_height: last };
    },
  }),

  abortrescan: walletMethod({
    help: 'Ends a rescan before its time.',
    result: t.boolean('There was one'),
    handler: (_, wallet) => wallet.follower.abortScan(),
  }),

  importprunedfunds: walletMethod({
    help: 'Takes note of a confirmed transaction that pays the wallet or spends from it, without a look at any block.',
    parameters: { rawtransaction: t.hex(), txoutproof: t.bytes('As gettxoutproof gives it') },
    async handler({ rawtransaction, txoutproof }, wallet, { chain }) {
      const tx = readTransaction(rawtransaction, 'TX decode failed.');
      const proof = readProof(txoutproof);
      const matches = provedBy(proof.tree, proof.header.merkleRoot);
      if (matches === null) throw refuse.key('Something wrong with merkleblock');
      const place = wallet.parts.chain.placeOf(proof.header.hash);
      if (place === undefined || place.height > wallet.follower.last.height)
        throw refuse.key('Block not found in chain');
      const found = matches.find(({ txid }) => toDisplayHex(txid) === tx.txid);
      if (found === undefined || chain.entry(place.hash)?.transactionCount === 0)
        throw refuse.key("Transaction given doesn't exist in proof");
      if (!tx.outputs.some(({ scriptPubKey }) => wallet.keys.place(scriptPubKey) !== undefined))
        throw refuse.key('No addresses in wallet correspond to included transaction');
      wallet.learn(tx, { ...place, index: found.index });
    },
  }),

  removeprunedfunds: walletMethod({
    help: 'Forgets a transaction of the wallet; only with -deprecatedrpc=removeprunedfunds.',
    parameters: { txid: t.hashText<Txid>() },
    deprecated: true,
    async handler({ txid }, wallet) {
      const entry = wallet.history.get(txid);
      if (entry === undefined) throw refuse.wallet(`Transaction ${txid} does not belong to this wallet`);
      wallet.history.remove(entry);
    },
  }),
});
