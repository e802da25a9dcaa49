/** Sums of a wallet: balances, and what addresses and labels received. */
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { encodeAddress } from '../../../core/script/address.ts';
import { balances } from '../../../wallet/coins.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { addressScript } from '../../construct-transaction.ts';
import { RpcCode, RpcError } from '../../errors.ts';
import type { JsonWritable } from '../../json.ts';
import { defineMethod, type Method } from '../../method.ts';
import { param } from '../../parameter.ts';
import { result } from '../../result.ts';
import { btc } from '../../values.ts';
import {
  labelFrom,
  lastProcessedBlock,
  lastProcessedBlockResult,
  refuseReuse,
  reuseParameter,
  walletOf,
} from '../../wallet-access.ts';

const MAX_DEPTH = 9_999_999;

const getbalance = defineMethod({
  name: 'getbalance',
  category: 'Wallet',
  description:
    'Returns the total available balance.\n' +
    'The available balance is what the wallet considers currently spendable, and is\n' +
    'thus affected by options which limit spendability such as -spendzeroconfchange.',
  parameters: [
    param.string('dummy', 'Remains for backward compatibility. Must be excluded or set to "*".', {
      optional: true,
    }),
    param.integer('minconf', 'Only include transactions confirmed at least this many times.', { default: 0 }),
    param.boolean('include_watchonly', 'No longer used', { default: false }),
    reuseParameter,
  ],
  results: [result.amount('amount', 'The total amount in BTC received for this wallet.')],
  examples: [''],
  handler([dummy, depth, , reuse], context, request) {
    if (dummy !== undefined && dummy !== '*')
      throw new RpcError(RpcCode.METHOD_DEPRECATED, 'dummy first argument must be excluded or set to "*".');
    refuseReuse(reuse);
    return btc(balances(walletOf(context, request), depth).trusted);
  },
});

const getbalances = defineMethod({
  name: 'getbalances',
  category: 'Wallet',
  description: 'Returns an object with all balances in BTC.',
  parameters: [],
  results: [
    result.object('', '', [
      result.object('mine', 'balances from outputs that the wallet can sign', [
        result.amount('trusted', 'trusted balance (outputs created by the wallet or confirmed outputs)'),
        result.amount(
          'untrusted_pending',
          'untrusted pending balance (outputs created by others that are in the mempool)',
        ),
        result.amount('immature', 'balance from immature coinbase outputs'),
      ]),
      lastProcessedBlockResult,
    ]),
  ],
  examples: [''],
  handler(_parameters, context, request) {
    const wallet = walletOf(context, request);
    const { trusted, pending, immature } = balances(wallet);
    return {
      mine: { trusted: btc(trusted), untrusted_pending: btc(pending), immature: btc(immature) },
      lastprocessedblock: lastProcessedBlock(wallet),
    };
  },
});

interface Received {
  amount: bigint;
  confirmations: number;
  readonly txids: string[];
}

/** What own addresses were paid, by address. Coinbases count once they are mature. */
function receivedByAddress(wallet: Wallet, minimum: number, includeImmature: boolean): Map<string, Received> {
  const received = new Map<string, Received>();
  for (const { parent, output } of wallet.history.outputs()) {
    const depth = wallet.history.depth(parent);
    if (depth < minimum || parent.abandoned) continue;
    if (
      parent.tx.isCoinbase &&
      (depth < 1 || (!includeImmature && wallet.history.blocksToMaturity(parent) > 0))
    )
      continue;
    const address = encodeAddress(output.scriptPubKey, wallet.parts.parameters);
    if (address === null) continue;
    const entry = received.get(address) ?? { amount: 0n, confirmations: MAX_DEPTH, txids: [] };
    entry.amount += output.value;
    entry.confirmations = Math.min(entry.confirmations, depth);
    entry.txids.push(parent.tx.txid);
    received.set(address, entry);
  }
  return received;
}

const minimumDepthParameter = param.integer(
  'minconf',
  'Only include transactions confirmed at least this many times.',
  { default: 1 },
);
const immatureParameter = param.boolean(
  'include_immature_coinbase',
  'Include immature coinbase transactions.',
  { default: false },
);

const getreceivedbyaddress = defineMethod({
  name: 'getreceivedbyaddress',
  category: 'Wallet',
  description:
    'Returns the total amount received by the given address in transactions with at least minconf confirmations.',
  parameters: [
    param.string('address', 'The bitcoin address for transactions.'),
    minimumDepthParameter,
    immatureParameter,
  ],
  results: [result.amount('amount', 'The total amount in BTC received at this address.')],
  examples: ['"myaddress"'],
  handler([text, minimum, immature], context, request) {
    const wallet = walletOf(context, request);
    const script = addressScript(text, context.parameters, 'Invalid Bitcoin address');
    if (wallet.keys.place(script) === undefined)
      throw new RpcError(RpcCode.WALLET_ERROR, 'Address not found in wallet');
    const address = encodeAddress(script, context.parameters)!;
    return btc(receivedByAddress(wallet, minimum, immature).get(address)?.amount ?? 0n);
  },
});

const getreceivedbylabel = defineMethod({
  name: 'getreceivedbylabel',
  category: 'Wallet',
  description:
    'Returns the total amount received by addresses with <label> in transactions with at least [minconf] confirmations.',
  parameters: [
    param.string('label', 'The selected label, may be the default label using "".'),
    minimumDepthParameter,
    immatureParameter,
  ],
  results: [result.amount('amount', 'The total amount in BTC received for this label.')],
  examples: ['"tabby"'],
  handler([label, minimum, immature], context, request) {
    const wallet = walletOf(context, request);
    const name = labelFrom(label);
    const addresses = [...wallet.labels.entries]
      .filter(([, record]) => record.label === name)
      .map(([address]) => address);
    if (addresses.length === 0) throw new RpcError(RpcCode.WALLET_ERROR, 'Label not found in wallet');
    const received = receivedByAddress(wallet, minimum, immature);
    return btc(addresses.reduce((sum, address) => sum + (received.get(address)?.amount ?? 0n), 0n));
  },
});

/** @throws RpcError -4 */
function filterScript(address: string, parameters: NetworkParameters): Uint8Array {
  try {
    return addressScript(address, parameters);
  } catch {
    throw new RpcError(RpcCode.WALLET_ERROR, 'address_filter parameter was invalid');
  }
}

const emptyParameter = param.boolean(
  'include_empty',
  "Whether to include addresses that haven't received any payments.",
  { default: false },
);
const watchOnlyParameter = param.boolean('include_watchonly', 'No longer used', { default: false });

const listreceivedbyaddress = defineMethod({
  name: 'listreceivedbyaddress',
  category: 'Wallet',
  description: 'List balances by receiving address.',
  parameters: [
    minimumDepthParameter,
    emptyParameter,
    watchOnlyParameter,
    param.string('address_filter', 'If present and non-empty, only return information on this address.', {
      optional: true,
    }),
    immatureParameter,
  ],
  results: [
    result.array('', '', [
      result.object('', '', [
        result.string('address', 'The receiving address'),
        result.amount('amount', 'The total amount in BTC received by the address'),
        result.number('confirmations', 'The number of confirmations of the most recent transaction included'),
        result.string('label', 'The label of the receiving address. The default label is ""'),
        result.array('txids', '', [result.hex('txid', 'The ids of transactions received with the address')]),
      ]),
    ]),
  ],
  examples: [''],
  handler([minimum, includeEmpty, , filter, immature], context, request) {
    const wallet = walletOf(context, request);
    const only =
      filter === undefined || filter === ''
        ? undefined
        : encodeAddress(filterScript(filter, context.parameters), context.parameters);
    const received = receivedByAddress(wallet, minimum, immature);
    const rows: JsonWritable[] = [];
    for (const [address, { label, purpose }] of wallet.labels.entries) {
      const entry = received.get(address);
      if (
        purpose !== 'receive' ||
        (entry === undefined && !includeEmpty) ||
        (only !== undefined && only !== address)
      )
        continue;
      rows.push({
        address,
        amount: btc(entry?.amount ?? 0n),
        confirmations: entry?.confirmations ?? 0,
        label,
        txids: entry?.txids ?? [],
      });
    }
    return rows;
  },
});

const listreceivedbylabel = defineMethod({
  name: 'listreceivedbylabel',
  category: 'Wallet',
  description: 'List received transactions by label.',
  parameters: [minimumDepthParameter, emptyParameter, watchOnlyParameter, immatureParameter],
  results: [
    result.array('', '', [
      result.object('', '', [
        result.amount('amount', 'The total amount received by addresses with this label'),
        result.number('confirmations', 'The number of confirmations of the most recent transaction included'),
        result.string('label', 'The label of the receiving address. The default label is ""'),
      ]),
    ]),
  ],
  examples: [''],
  handler([minimum, includeEmpty, , immature], context, request) {
    const wallet = walletOf(context, request);
    const received = receivedByAddress(wallet, minimum, immature);
    const byLabel = new Map<string, { amount: bigint; confirmations: number }>();
    for (const [address, { label, purpose }] of wallet.labels.entries) {
      const entry = received.get(address);
      if (purpose !== 'receive' || (entry === undefined && !includeEmpty)) continue;
      const sum = byLabel.get(label) ?? { amount: 0n, confirmations: MAX_DEPTH };
      sum.amount += entry?.amount ?? 0n;
      sum.confirmations = Math.min(sum.confirmations, entry?.confirmations ?? MAX_DEPTH);
      byLabel.set(label, sum);
    }
    return [...byLabel].map(([label, { amount, confirmations }]) => ({
      amount: btc(amount),
      confirmations: confirmations === MAX_DEPTH ? 0 : confirmations,
      label,
    }));
  },
});

export const walletBalanceMethods: readonly Method[] = [
  getbalance,
  getbalances,
  getreceivedbyaddress,
  getreceivedbylabel,
  listreceivedbyaddress,
  listreceivedbylabel,
];
