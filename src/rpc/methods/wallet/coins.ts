/** Outputs of a wallet: what is unspent, what is locked. */
import { fromDisplayHex, toDisplayHex, toHex } from '../../../core/encoding/bytes.ts';
import { encodeAddress } from '../../../core/script/address.ts';
import { isWitnessProgram } from '../../../core/script/script.ts';
import type { OutPoint, Txid } from '../../../core/transaction/transaction.ts';
import { sum, withAncestors } from '../../../mempool/graph.ts';
import { type Coin, listCoins } from '../../../wallet/coins.ts';
import { innerScripts } from '../../../wallet/solving.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { addressScript } from '../../construct-transaction.ts';
import { btc, group, type RpcContext, refuse, t, walletMethod } from '../../kit.ts';
import { MAX_DEPTH } from '../../wallet-access.ts';

/** What is known of a coin besides. */
function known({ output, depth, place, parent }: Coin, wallet: Wallet, { parameters, mempool }: RpcContext) {
  const address = encodeAddress(output.scriptPubKey, parameters) ?? undefined;
  const inside = innerScripts(wallet, place, output.scriptPubKey).map(toHex);
  const entry = depth === 0 ? mempool.get(parent.tx.txid) : undefined;
  return {
    ...{ wallet, address, waiting: entry && sum(withAncestors(entry)) },
    inside: isWitnessProgram(output.scriptPubKey) ? [undefined, ...inside] : inside,
    solvable: place.own.descriptor.isSolvable,
  };
}

const unspent = t.view<[Coin, ReturnType<typeof known>]>()({
  txid: [t.hex(), ({ outpoint }) => toDisplayHex(outpoint.txid)],
  vout: [t.integer(), ({ outpoint }) => outpoint.vout],
  address: [t.optional(t.string()), (_, { address }) => address],
  label: [t.optional(t.string()), (_, { address, wallet }) => address && wallet.labels.get(address)?.label],
  redeemScript: [t.optional(t.hex()), (_, { inside }) => inside[0]],
  witnessScript: [t.optional(t.hex()), (_, { inside }) => inside[1]],
  scriptPubKey: [t.hex(), ({ output }) => toHex(output.scriptPubKey)],
  amount: [t.amount(), ({ output }) => btc(output.value)],
  confirmations: [t.integer(), ({ depth }) => depth],
  ancestorcount: [
    t.optional(t.integer('Unconfirmed transactions it depends on, its own counted')),
    (_, { waiting }) => waiting?.count,
  ],
  ancestorsize: [t.optional(t.integer('Their vbytes')), (_, { waiting }) => waiting?.size],
  ancestorfees: [t.optional(t.number('Their fees in satoshis')), (_, { waiting }) => waiting?.fees],
  spendable: [t.boolean(), () => true],
  solvable: [t.boolean('The wallet knows how to spend it'), (_, { solvable }) => solvable],
  desc: [
    t.optional(t.string('A descriptor of it')),
    ({ place: { own, index } }, { solvable, wallet }) =>
      solvable ? (own.public.at(index, wallet.keys.secrets.lookup)?.format() ?? undefined) : undefined,
  ],
  parent_descs: [t.array(t.string(), 'Descriptors it comes from'), ({ place }) => [place.own.shown]],
  reused: [
    t.optional(t.boolean('Its address was spent from before; only if the wallet avoids reuse')),
    ({ isReused }, { wallet }) => (wallet.avoidsReuse ? isReused : undefined),
  ],
  safe: [t.boolean('Confirmed, or own change'), ({ safe }) => safe],
});

const queryOptions = t.options({
  minimumAmount: t.standard(t.amount('Value of each coin at least'), 0n),
  maximumAmount: t.optional(t.amount('Value of each coin at most')),
  maximumCount: t.standard(t.long('Coins at most'), 0),
  minimumSumAmount: t.optional(t.amount('No more coins once they are worth this')),
  include_immature_coinbase: t.flag(),
});

const outPoint = t.object({ txid: t.hashText<Txid>(), vout: t.integer() }, '', { more: true });

export const walletCoinMethods = group('Wallet', {
  listunspent: walletMethod({
    help: 'The coins of the wallet, but for those that are locked.',
    parameters: {
      minconf: t.standard(t.integer('Confirmations at least'), 1),
      maxconf: t.standard(t.integer('Confirmations at most'), MAX_DEPTH),
      addresses: t.standard(t.array(t.string(), 'Only of these'), []),
      include_unsafe: t.flag('Also unconfirmed ones that others made', true),
      query_options: t.deferred(queryOptions),
    },
    result: t.array(unspent),
    example: '0',
    handler(given, wallet, context) {
      const { minconf, maxconf, addresses, include_unsafe } = given;
      const wanted = new Set<string>();
      for (const text of addresses) {
        const script = toHex(addressScript(text, context.parameters));
        if (wanted.has(script)) throw refuse.parameter(`Invalid parameter, duplicated address: ${text}`);
        wanted.add(script);
      }
      const options = given.query_options();
      const { minimumAmount: least, maximumAmount: most, maximumCount: count } = options;
      const { minimumSumAmount: enough } = options;
      const found: Coin[] = [];
      let sum = 0n;
      for (const coin of listCoins(wallet, options.include_immature_coinbase)) {
        const { value, scriptPubKey } = coin.output;
        if (coin.depth < minconf || coin.depth > maxconf || coin.locked) continue;
        if (wanted.size > 0 && !wanted.has(toHex(scriptPubKey))) continue;
        if (value < least || (most !== undefined && value > most) || (!coin.safe && !include_unsafe))
          continue;
        found.push(coin);
        sum += value;
        if ((count > 0 && found.length >= count) || (enough !== undefined && sum >= enough)) break;
      }
      return found.map((coin) => unspent.of(coin, known(coin, wallet, context)));
    },
  }),

  lockunspent: walletMethod({
    help: 'Keeps coins from being chosen, or lets them be chosen again; without a list all of them.',
    parameters: {
      unlock: t.boolean('False locks'),
      transactions: t.optional(t.array(outPoint)),
      persistent: t.flag('Over restarts'),
    },
    result: t.boolean(),
    example: `false '[{"txid":"TXID","vout":0}]'`,
    async handler({ unlock, transactions: list, persistent }, wallet) {
      const invalid = (text: string) => refuse.parameter(`Invalid parameter, ${text}`);
      if (list === undefined) {
        if (unlock) for (const outpoint of wallet.locks.outpoints) wallet.locks.delete(outpoint);
        return true;
      }
      const outpoints = list.map(({ txid, vout }): OutPoint => {
        if (vout < 0) throw invalid('vout cannot be negative');
        const entry = wallet.history.get(txid);
        if (entry === undefined) throw invalid('unknown transaction');
        const outpoint = { txid: fromDisplayHex(txid), vout };
        if (vout >= entry.tx.outputs.length) throw invalid('vout index out of bounds');
        if (wallet.history.isSpent(outpoint)) throw invalid('expected unspent output');
        const locked = wallet.locks.has(outpoint);
        if (unlock && !locked) throw invalid('expected locked output');
        if (!unlock && locked && !persistent) throw invalid('output already locked');
        return outpoint;
      });
      for (const outpoint of outpoints) {
        if (unlock) wallet.locks.delete(outpoint);
        else wallet.locks.add(outpoint, persistent);
      }
      return true;
    },
  }),

  listlockunspent: walletMethod({
    help: 'The coins that are locked.',
    result: t.array(t.object({ txid: t.hex(), vout: t.integer() })),
    handler: (_, wallet) =>
      wallet.locks.outpoints.map(({ txid, vout }) => ({ txid: toDisplayHex(txid), vout })),
  }),
});
