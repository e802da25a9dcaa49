/** Sums of a wallet: balances, and what addresses and labels received. */
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { encodeAddress } from '../../../core/script/address.ts';
import { balances } from '../../../wallet/coins.ts';
import { paidAddresses, paidLabels, receivedByAddress } from '../../../wallet/received.ts';
import { addressScript } from '../../construct-transaction.ts';
import { btc, group, RpcCode, RpcError, refuse, t, walletMethod } from '../../kit.ts';
import {
  avoidReuse,
  avoidsReuse,
  labelFrom,
  lastProcessed,
  lastProcessedBlock,
  watchOnly,
} from '../../wallet-access.ts';

/** @throws RpcError -4 */
function filterScript(address: string, parameters: NetworkParameters): Uint8Array {
  try {
    return addressScript(address, parameters);
  } catch {
    throw refuse.wallet('address_filter parameter was invalid');
  }
}

const minconf = t.standard(t.integer('Confirmations at least'), 1);
const include_immature_coinbase = t.standard(
  t.boolean('Also what was mined and must not be spent yet'),
  false,
);
const include_empty = t.standard(t.boolean('Also those that received nothing'), false);

const receivedRow = t.object({
  address: t.string(),
  amount: t.amount(),
  confirmations: t.integer('Of the newest'),
  label: t.string(),
  txids: t.array(t.hex()),
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
        throw new RpcError(RpcCode.METHOD_DEPRECATED, 'dummy first argument must be excluded or set to "*".');
      const apart = avoidsReuse(wallet, avoid_reuse);
      return btc(balances(wallet, { minimumDepth: depth, apart }).trusted);
    },
  }),

  getbalances: walletMethod({
    help: 'What the wallet has, by how sure it is.',
    result: t.object({
      mine: t.object({
        trusted: t.amount('Confirmed, or unconfirmed change'),
        untrusted_pending: t.amount('Unconfirmed, from others'),
        immature: t.amount('Mined, and must not be spent yet'),
        used: t.optional(
          t.amount(
            'Apart from these: paid to addresses that were spent from before, if the wallet avoids reuse',
          ),
        ),
        nonmempool: t.amount('Not positive: what of these is spent by own transactions outside the mempool'),
      }),
      lastprocessedblock: lastProcessed,
    }),
    handler(_, wallet) {
      const { trusted, pending, immature, used, outside } = balances(wallet, { waiting: true });
      return {
        mine: {
          trusted: btc(trusted),
          untrusted_pending: btc(pending),
          immature: btc(immature),
          nonmempool: btc(outside),
          used: wallet.avoidsReuse ? btc(used) : undefined,
        },
        lastprocessedblock: lastProcessedBlock(wallet),
      };
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
      const addresses = [...wallet.labels.entries]
        .filter(([, record]) => record.label === name)
        .map(([address]) => address);
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
    handler(
      {
        minconf: minimum,
        include_empty: includeEmpty,
        address_filter: filter,
        include_immature_coinbase: immature,
      },
      wallet,
      context,
    ) {
      const only =
        filter === undefined || filter === ''
          ? undefined
          : encodeAddress(filterScript(filter, context.parameters), context.parameters);
      return paidAddresses(wallet, minimum, immature, includeEmpty)
        .filter(({ address }) => only === undefined || only === address)
        .map((paid) => ({ ...paid, amount: btc(paid.amount) }));
    },
  }),

  listreceivedbylabel: walletMethod({
    help: 'What the addresses under each label have received.',
    parameters: { minconf, include_empty, include_watchonly: watchOnly, include_immature_coinbase },
    result: t.array(
      t.object({ amount: t.amount(), confirmations: t.integer('Of the newest'), label: t.string() }),
    ),
    example: '0 true',
    handler: ({ minconf: minimum, include_empty, include_immature_coinbase }, wallet) =>
      paidLabels(wallet, minimum, include_immature_coinbase, include_empty).map((paid) => ({
        ...paid,
        amount: btc(paid.amount),
      })),
  }),
});
