/** Sums of a wallet: balances, what addresses and labels received, what transactions would change. */
import { encodeAddress } from '../../../core/script/address.ts';
import { ANY_FORM } from '../../../core/script/decode-transaction.ts';
import type { OutPoint } from '../../../core/transaction/transaction.ts';
import { balances } from '../../../wallet/coins.ts';
import { addressGroups } from '../../../wallet/groupings.ts';
import { paidAddresses, paidLabels, receivedByAddress } from '../../../wallet/received.ts';
import { changeBy } from '../../../wallet/simulation.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { addressScript } from '../../construct-transaction.ts';
import { btc, group, RpcError, refuse, refusing, t, walletMethod } from '../../kit.ts';
import { readTransaction } from '../../texts.ts';
import {
  avoidReuse,
  avoidsReuse,
  labelFrom,
  lastProcessed,
  underLabel,
  watchOnly,
} from '../../wallet-access.ts';

const minconf = t.standard(t.integer('Confirmations at least'), 1);
const include_immature_coinbase = t.flag('Also what was mined and must not be spent yet');
const include_empty = t.flag('Also those that received nothing');

const received = { amount: t.amount(), confirmations: t.integer('Of the newest'), label: t.string() };
const receivedRow = t.object({ address: t.string(), ...received, txids: t.array(t.hex()) });

const sums = t.view<[ReturnType<typeof balances>, Wallet]>()({
  trusted: [t.amount('Confirmed, or unconfirmed change'), ({ trusted }) => btc(trusted)],
  untrusted_pending: [t.amount('Unconfirmed, from others'), ({ pending }) => btc(pending)],
  immature: [t.amount('Mined, and must not be spent yet'), ({ immature }) => btc(immature)],
  used: [
    t.optional(t.amount('Apart from these: on addresses that were spent from, if the wallet avoids reuse')),
    ({ used }, { avoidsReuse }) => (avoidsReuse ? btc(used) : undefined),
  ],
  nonmempool: [
    t.amount('Not positive: what of these is spent by own transactions outside the mempool'),
    ({ outside }) => btc(outside),
  ],
});

export const walletBalanceMethods = group('Wallet', {
  getbalance: walletMethod({
    help: 'What the wallet can spend.',
    parameters: {
      dummy: t.optional(t.string('"*"')),
      minconf: t.standard(t.integer('Confirmations at least'), 0),
      include_watchonly: watchOnly,
      avoid_reuse: avoidReuse,
    },
    result: t.amount(),
    handler({ dummy, minconf: depth, avoid_reuse }, wallet) {
      if (dummy !== undefined && dummy !== '*')
        throw refuse.method_deprecated('dummy first argument must be excluded or set to "*".');
      const apart = avoidsReuse(wallet, avoid_reuse);
      return btc(balances(wallet, { minimumDepth: depth, apart }).trusted);
    },
  }),

  getbalances: walletMethod({
    help: 'What the wallet has, by how sure it is.',
    result: t.object({ mine: sums, lastprocessedblock: lastProcessed }),
    handler(_, wallet) {
      const mine = sums.of(balances(wallet, { waiting: true }), wallet);
      return { mine, lastprocessedblock: lastProcessed.of(wallet) };
    },
  }),

  getreceivedbyaddress: walletMethod({
    help: 'What an address of the wallet has received in all, spent or not.',
    parameters: { address: t.string(), minconf, include_immature_coinbase },
    result: t.amount(),
    handler({ address: text, minconf: minimum, include_immature_coinbase: immature }, wallet, context) {
      const script = addressScript(text, context.parameters, 'Invalid Bitcoin address');
      if (wallet.keys.place(script) === undefined) throw refuse.wallet('Address not found in wallet');
      const address = encodeAddress(script, context.parameters)!;
      return btc(receivedByAddress(wallet, minimum, immature).get(address)?.amount ?? 0n);
    },
  }),

  getreceivedbylabel: walletMethod({
    help: 'What the addresses under a label have received in all, spent or not.',
    parameters: { label: t.string(), minconf, include_immature_coinbase },
    result: t.amount(),
    example: '""',
    handler({ label, minconf: minimum, include_immature_coinbase: immature }, wallet) {
      const name = labelFrom(label);
      const addresses = underLabel(wallet, name).map(([address]) => address);
      if (addresses.length === 0) throw refuse.wallet('Label not found in wallet');
      const received = receivedByAddress(wallet, minimum, immature);
      return btc(addresses.reduce((sum, address) => sum + (received.get(address)?.amount ?? 0n), 0n));
    },
  }),

  listreceivedbyaddress: walletMethod({
    help: 'What each address that was handed out has received.',
    parameters: {
      minconf,
      include_empty,
      include_watchonly: watchOnly,
      address_filter: t.optional(t.string('Only this address')),
      include_immature_coinbase,
    },
    result: t.array(receivedRow),
    example: '0 true',
    handler(asked, wallet, context) {
      const { minconf: minimum, include_immature_coinbase: immature, address_filter: filter } = asked;
      const refusal = () => refuse.wallet('address_filter parameter was invalid');
      const script = filter && refusing(RpcError, refusal, () => addressScript(filter, context.parameters));
      const only = script && encodeAddress(script, context.parameters);
      return paidAddresses(wallet, minimum, immature, asked.include_empty)
        .filter(({ address }) => !only || only === address)
        .map((paid) => ({ ...paid, amount: btc(paid.amount) }));
    },
  }),

  listreceivedbylabel: walletMethod({
    help: 'What the addresses under each label have received.',
    parameters: { minconf, include_empty, include_watchonly: watchOnly, include_immature_coinbase },
    result: t.array(t.object(received)),
    example: '0 true',
    handler: ({ minconf: minimum, include_empty, include_immature_coinbase }, wallet) =>
      paidLabels(wallet, minimum, include_immature_coinbase, include_empty).map((paid) => ({
        ...paid,
        amount: btc(paid.amount),
      })),
  }),

  simulaterawtransaction: walletMethod({
    help: 'By how much the balance would change if these transactions were confirmed, one after the other.',
    parameters: {
      rawtxs: t.standard(t.array(t.hex()), []),
      options: t.options({ include_watchonly: t.flag('No longer used') }),
    },
    result: t.object({ balance_change: t.amount('Negative where it falls') }),
    example: `'["HEX"]'`,
    async handler({ rawtxs }, wallet, { mempool }) {
      await mempool.settled();
      const read = (text: string) =>
        readTransaction(text, 'Transaction hex string decoding failure.', ANY_FORM);
      const isTaken = (outpoint: OutPoint) => mempool.graph.spender(outpoint) !== undefined;
      return { balance_change: btc(await changeBy(wallet, rawtxs, read, isTaken)) };
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
