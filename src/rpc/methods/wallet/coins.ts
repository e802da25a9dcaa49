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

function unspentJson(wallet: Wallet, coin: Coin, { parameters, mempool }: RpcContext) {
  const { outpoint, output, depth, place, parent, safe } = coin;
  const { lookup } = wallet.keys.secrets;
  const address = encodeAddress(output.scriptPubKey, parameters);
  const label = address === null ? undefined : wallet.labels.get(address);
  const inside = innerScripts(wallet, place, output.scriptPubKey).map(toHex);
  const [redeemScript, witnessScript] = isWitnessProgram(output.scriptPubKey)
    ? [undefined, ...inside]
    : inside;
  const entry = depth === 0 ? mempool.get(parent.tx.txid) : undefined;
  const waiting = entry && sum(withAncestors(entry));
  const { own } = place;
  const solvable = own.descriptor.isSolvable;
  return {
    txid: toDisplayHex(outpoint.txid),
    vout: outpoint.vout,
    address: address ?? undefined,
    label: label?.label,
    redeemScript,
    witnessScript,
    scriptPubKey: toHex(output.scriptPubKey),
    amount: btc(output.value),
    confirmations: depth,
    ancestorcount: waiting?.count,
    ancestorsize: waiting?.size,
    ancestorfees: waiting?.fees,
    spendable: true,
    solvable,
    desc: solvable ? (own.public.at(place.index, lookup)?.format() ?? undefined) : undefined,
    parent_descs: [own.shown],
    reused: wallet.avoidsReuse ? coin.isReused : undefined,
    safe,
  };
}

const queryOptions = t.options({
  minimumAmount: t.standard(t.amount('Value of each coin at least'), 0n),
  maximumAmount: t.optional(t.amount('Value of each coin at most')),
  maximumCount: t.standard(t.long('Coins at most'), 0),
  minimumSumAmount: t.optional(t.amount('No more coins once they are worth this')),
  include_immature_coinbase: t.standard(t.boolean(), false),
});

const outPoint = t.object({ txid: t.hashText<Txid>(), vout: t.integer() }, '', { more: true });

export const walletCoinMethods = group('Wallet', {
  listunspent: walletMethod({
    help: 'The coins of the wallet, but for those that are locked.',
    parameters: {
      minconf: t.standard(t.integer('Confirmations at least'), 1),
      maxconf: t.standard(t.integer('Confirmations at most'), MAX_DEPTH),
      addresses: t.standard(t.array(t.string(), 'Only of these'), []),
      include_unsafe: t.standard(t.boolean('Also unconfirmed ones that others made'), true),
      query_options: t.deferred(queryOptions),
    },
    result: t.array(
      t.object({
        txid: t.hex(),
        vout: t.integer(),
        address: t.optional(t.string()),
        label: t.optional(t.string()),
        redeemScript: t.optional(t.hex()),
        witnessScript: t.optional(t.hex()),
        scriptPubKey: t.hex(),
        amount: t.amount(),
        confirmations: t.integer(),
        ancestorcount: t.optional(t.integer('Unconfirmed transactions it depends on, its own counted')),
        ancestorsize: t.optional(t.integer('Their vbytes')),
        ancestorfees: t.optional(t.number('Their fees in satoshis')),
        spendable: t.boolean(),
        solvable: t.boolean('The wallet knows how to spend it'),
        desc: t.optional(t.string('A descriptor of it')),
        parent_descs: t.array(t.string(), 'Descriptors it comes from'),
        reused: t.optional(t.boolean('Its address was spent from before; only if the wallet avoids reuse')),
        safe: t.boolean('Confirmed, or own change'),
      }),
    ),
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
      return found.map((coin) => unspentJson(wallet, coin, context));
    },
  }),

  lockunspent: walletMethod({
    help: 'Keeps coins from being chosen, or lets them be chosen again; without a list all of them.',
    parameters: {
      unlock: t.boolean('False locks'),
      transactions: t.optional(t.array(outPoint)),
      persistent: t.standard(t.boolean('Over restarts'), false),
    },
    result: t.boolean(),
    example: `false '[{"txid":"TXID","vout":0}]'`,
    async handler({ unlock, transactions: list, persistent }, wallet) {
      const invalid = (text: string) => refuse.parameter(`Invalid parameter, ${text}`);
      if (list === undefined) {
        if (unlock) for (const outpoint of wallet.locks.outpoints) wallet.locks.delete(outpoint);
        await wallet.settled();
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
      await wallet.settled();
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
