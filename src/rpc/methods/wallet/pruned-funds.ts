/** Transactions that a wallet is told of with a proof, where their blocks are pruned; and such as it shall forget. */
import { toDisplayHex } from '../../../core/encoding/bytes.ts';
import type { Txid } from '../../../core/transaction/transaction.ts';
import { group, refuse, t, walletMethod } from '../../kit.ts';
import { readTransaction } from '../../texts.ts';
import { matchesOf, readProof } from '../proofs.ts';

export const walletPrunedFundMethods = group('Wallet', {
  importprunedfunds: walletMethod({
    help: 'Takes note of a confirmed transaction that pays the wallet or spends from it, without a look at any block.',
    parameters: { rawtransaction: t.hex(), txoutproof: t.bytes('As gettxoutproof gives it') },
    async handler({ rawtransaction, txoutproof }, wallet, { chain }) {
      const tx = readTransaction(rawtransaction, 'TX decode failed.');
      const proof = readProof(txoutproof);
      const matches = matchesOf(proof);
      if (matches === null) throw refuse.key('Something wrong with merkleblock');
      const place = wallet.parts.chain.placeOf(proof.header.hash);
      if (place === undefined || place.height > wallet.follower.last.height)
        throw refuse.key('Block not found in chain');
      const found = matches.matches.find(({ txid }) => toDisplayHex(txid) === tx.txid);
      if (found === undefined || chain.entry(place.hash)?.transactionCount === 0)
        throw refuse.key("Transaction given doesn't exist in proof");
      if (!tx.outputs.some(({ scriptPubKey }) => wallet.keys.place(scriptPubKey) !== undefined))
        throw refuse.key('No addresses in wallet correspond to included transaction');
      wallet.learn(tx, { ...place, index: found.index });
      await wallet.settled();
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
      await wallet.settled();
    },
  }),
});
