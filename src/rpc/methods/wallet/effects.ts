/** What transactions do to a wallet, and what they tell of it: simulaterawtransaction, listaddressgroupings. */
import { ANY_FORM } from '../../../core/script/decode-transaction.ts';
import { type OutPoint, outPointText, prevoutsOf } from '../../../core/transaction/transaction.ts';
import { addressGroups } from '../../../wallet/groupings.ts';
import { btc, group, refuse, t, walletMethod } from '../../kit.ts';
import { readTransaction } from '../../texts.ts';

export const walletEffectMethods = group('Wallet', {
  simulaterawtransaction: walletMethod({
    help: 'By how much the balance would change if these transactions were confirmed, one after the other.',
    parameters: {
      rawtxs: t.standard(t.array(t.hex()), []),
      options: t.options({ include_watchonly: t.standard(t.boolean('No longer used'), false) }),
    },
    result: t.object({ balance_change: t.amount('Negative where it falls') }),
    example: `'["HEX"]'`,
    async handler({ rawtxs }, wallet, { mempool }) {
      await mempool.settled();
      const { chain } = wallet.parts;
      /** Outputs of those before, and what they are worth to the wallet. */
      const made = new Map<string, bigint>();
      const spent = new Set<string>();
      let change = 0n;
      for (const text of rawtxs) {
        const tx = readTransaction(text, 'Transaction hex string decoding failure.', ANY_FORM);
        const coins = await chain.coins(prevoutsOf(tx));
        for (const [i, { prevout }] of tx.inputs.entries()) {
          const id = outPointText(prevout);
          if (spent.has(id))
            throw refuse.parameter('Transaction(s) are spending the same output more than once');
          spent.add(id);
          const value = made.get(id);
          if (value === undefined && (coins[i] === undefined || isTaken(prevout)))
            throw refuse.parameter('One or more transaction inputs are missing or have been spent already');
          change -= value ?? wallet.history.output(prevout)?.output.value ?? 0n;
        }
        for (const [vout, { scriptPubKey, value }] of tx.outputs.entries()) {
          const worth = wallet.keys.place(scriptPubKey) === undefined ? 0n : value;
          made.set(`${tx.txid}:${vout}`, worth);
          change += worth;
        }
      }
      return { balance_change: btc(change) };

      function isTaken(outpoint: OutPoint): boolean {
        return mempool.graph.spender(outpoint) !== undefined;
      }
    },
  }),

  listaddressgroupings: walletMethod({
    help: 'Addresses that everybody can tell belong to one owner: they were spent together, or are change of such.',
    result: t.array(t.array(t.array(t.anything('Address, amount, and its label if it has one')))),
    handler: (_, wallet) =>
      addressGroups(wallet).map((addresses) =>
        addresses.map(([address, value]) => {
          const label = wallet.labels.get(address)?.label;
          return [address, btc(value), ...(label === undefined ? [] : [label])];
        }),
      ),
  }),
});
