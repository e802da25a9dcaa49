/** Outputs of a wallet: what is unspent, what is locked. */
import { fromDisplayHex, toDisplayHex, toHex } from '../../../core/encoding/bytes.ts';
import { ripemd160 } from '../../../core/encoding/hashes.ts';
import { encodeAddress } from '../../../core/script/address.ts';
import { solve } from '../../../core/script/templates.ts';
import type { OutPoint, Txid } from '../../../core/transaction/transaction.ts';
import { sum, withAncestors } from '../../../mempool/graph.ts';
import { type Coin, listCoins } from '../../../wallet/coins.ts';
import type { Wallet } from '../../../wallet/wallet.ts';
import { addressScript } from '../../construct-transaction.ts';
import type { RpcContext } from '../../context.ts';
import { RpcCode, RpcError } from '../../errors.ts';
import type { JsonWritable } from '../../json.ts';
import { legacyParameters } from '../../legacy.ts';
import { defineMethod, type Method } from '../../method.ts';
import { param } from '../../parameter.ts';
import { result } from '../../result.ts';
import { amount, boolean, hashText, integer, long, object, optional, standard } from '../../schema.ts';
import { btc, stringFrom } from '../../values.ts';
import { readOptions, walletOf } from '../../wallet-access.ts';

const MAX_DEPTH = 9_999_999;

function unspentJson(wallet: Wallet, coin: Coin, { parameters, mempool }: RpcContext): JsonWritable {
  const { outpoint, output, depth, place, parent, trusted } = coin;
  const { lookup } = wallet.keys.secrets;
  const address = encodeAddress(output.scriptPubKey, parameters);
  const label = address === null ? undefined : wallet.labels.get(address);
  // Few have anything inside, and to find out what takes longer than all the rest.
  const inner = innerScripts(output.scriptPubKey, (hash) =>
    wallet.keys.expand(place, false).provider.scriptByHash(hash),
  );
  const entry = depth === 0 ? mempool.get(parent.tx.txid) : undefined;
  const waiting = entry && sum(withAncestors(entry));
  const { own } = place;
  const solvable = own.descriptor.isSolvable;
  return {
    txid: toDisplayHex(outpoint.txid),
    vout: outpoint.vout,
    address: address ?? undefined,
    label: label?.label,
    redeemScript: inner.redeemScript,
    witnessScript: inner.witnessScript,
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
    safe: trusted,
  };
}

/** Redeem and witness script of an output, as far as they are known. */
function innerScripts(
  script: Uint8Array,
  find: (hash: Uint8Array) => Uint8Array | undefined,
): { readonly redeemScript: string | undefined; readonly witnessScript: string | undefined } {
  const { type, solutions } = solve(script);
  let witnessProgram = type === 'witness_v0_scripthash' ? solutions[0]! : undefined;
  const redeemScript = type === 'scripthash' ? find(solutions[0]!) : undefined;
  if (redeemScript !== undefined) {
    const inner = solve(redeemScript);
    if (inner.type === 'witness_v0_scripthash') witnessProgram = inner.solutions[0]!;
  }
  const witnessScript = witnessProgram === undefined ? undefined : find(ripemd160(witnessProgram));
  return {
    redeemScript: redeemScript && toHex(redeemScript),
    witnessScript: witnessScript && toHex(witnessScript),
  };
}

const QUERY_OPTIONS = {
  minimumAmount: standard(amount('Value of each coin at least'), 0n),
  maximumAmount: optional(amount('Value of each coin at most')),
  maximumCount: standard(long('Coins at most'), 0),
  minimumSumAmount: optional(amount('No more coins once they are worth this')),
  include_immature_coinbase: standard(boolean(), false),
};

const listunspent = defineMethod({
  name: 'listunspent',
  category: 'Wallet',
  description:
    'Returns array of unspent transaction outputs\n' +
    'with between minconf and maxconf (inclusive) confirmations.\n' +
    'Optionally filter to only include txouts paid to specified addresses.',
  parameters: [
    param.integer('minconf', 'The minimum confirmations to filter', { default: 1 }),
    param.integer('maxconf', 'The maximum confirmations to filter', { default: MAX_DEPTH }),
    param.array(
      'addresses',
      'The bitcoin addresses to filter',
      [param.string('address', 'bitcoin address')],
      { default: [] },
    ),
    param.boolean('include_unsafe', 'Include outputs that are not safe to spend', { default: true }),
    param.options('query_options', '', legacyParameters(QUERY_OPTIONS), { optional: true }),
  ],
  results: [
    result.array('', '', [
      result.object('', '', [
        result.hex('txid', 'the transaction id'),
        result.number('vout', 'the vout value'),
        result.string('address', 'the bitcoin address', { optional: true }),
        result.string('label', 'The associated label, or "" for the default label', { optional: true }),
        result.hex('scriptPubKey', 'the output script'),
        result.amount('amount', 'the transaction output amount in BTC'),
        result.number('confirmations', 'The number of confirmations'),
        result.number(
          'ancestorcount',
          'The number of in-mempool ancestor transactions, including this one (if transaction is in the mempool)',
          { optional: true },
        ),
        result.number(
          'ancestorsize',
          'The virtual transaction size of in-mempool ancestors, including this one (if transaction is in the mempool)',
          { optional: true },
        ),
        result.number(
          'ancestorfees',
          'The total fees of in-mempool ancestors (including this one) with fee deltas used for mining priority in sat (if transaction is in the mempool)',
          { optional: true },
        ),
        result.hex('redeemScript', 'The redeem script if the output script is P2SH', { optional: true }),
        result.hex('witnessScript', 'witness script if the output script is P2WSH or P2SH-P2WSH', {
          optional: true,
        }),
        result.boolean('spendable', '(DEPRECATED) Always true'),
        result.boolean('solvable', 'Whether we know how to spend this output, ignoring the lack of keys'),
        result.string('desc', '(only when solvable) A descriptor for spending this output', {
          optional: true,
        }),
        result.array('parent_descs', 'List of parent descriptors for the output script of this coin.', [
          result.string('desc', 'The descriptor string.'),
        ]),
        result.boolean('safe', 'Whether this output is considered safe to spend.'),
      ]),
    ]),
  ],
  examples: [''],
  handler([minimum, maximum, addresses, includeUnsafe, given], context, request) {
    const wallet = walletOf(context, request);
    const wanted = new Set<string>();
    for (const address of addresses ?? []) {
      const text = stringFrom(address);
      const script = toHex(addressScript(text, context.parameters));
      if (wanted.has(script))
        throw new RpcError(RpcCode.INVALID_PARAMETER, `Invalid parameter, duplicated address: ${text}`);
      wanted.add(script);
    }
    const options = readOptions(QUERY_OPTIONS, given, context);
    const { minimumAmount: least, maximumAmount: most, maximumCount: count } = options;
    const { minimumSumAmount: enough } = options;
    const found: Coin[] = [];
    let sum = 0n;
    for (const coin of listCoins(wallet, options.include_immature_coinbase)) {
      const { value, scriptPubKey } = coin.output;
      if (coin.depth < minimum || coin.depth > maximum || coin.locked) continue;
      if (wanted.size > 0 && !wanted.has(toHex(scriptPubKey))) continue;
      if (value < least || (most !== undefined && value > most) || (!coin.trusted && !includeUnsafe))
        continue;
      found.push(coin);
      sum += value;
      if ((count > 0 && found.length >= count) || (enough !== undefined && sum >= enough)) break;
    }
    return found.map((coin) => unspentJson(wallet, coin, context));
  },
});

const outPoint = object({ txid: hashText<Txid>(), vout: integer() }, '', { more: true });

const lockunspent = defineMethod({
  name: 'lockunspent',
  category: 'Wallet',
  description:
    'Updates list of temporarily unspendable outputs.\n' +
    'Temporarily lock (unlock=false) or unlock (unlock=true) specified transaction outputs.\n' +
    'If no transaction outputs are specified when unlocking then all current locked transaction outputs are unlocked.',
  parameters: [
    param.boolean('unlock', 'Whether to unlock (true) or lock (false) the specified transactions'),
    param.array(
      'transactions',
      'The transaction outputs and within each, the txid (string) vout (numeric).',
      [legacyParameters({ '': outPoint })[0]!],
      { optional: true },
    ),
    param.boolean(
      'persistent',
      'Whether to write/erase this lock in the wallet database, or keep the change in memory only.',
      { default: false },
    ),
  ],
  results: [result.boolean('', 'Whether the command was successful or not')],
  examples: [
    'false "[{\\"txid\\":\\"a08e6907dbbd3d809776dbfc5d82e371b764ed838b5655e72f463568df1aadf0\\",\\"vout\\":1}]"',
  ],
  async handler([unlock, list, persistent], context, request) {
    const wallet = walletOf(context, request);
    const refuse = (text: string): RpcError =>
      new RpcError(RpcCode.INVALID_PARAMETER, `Invalid parameter, ${text}`);
    if (list === undefined) {
      if (unlock) for (const outpoint of wallet.locks.outpoints) wallet.locks.delete(outpoint);
      await wallet.settled();
      return true;
    }
    const outpoints = list.map((item): OutPoint => {
      const { txid, vout } = outPoint.read(item, '', context);
      if (vout < 0) throw refuse('vout cannot be negative');
      const entry = wallet.history.get(txid);
      if (entry === undefined) throw refuse('unknown transaction');
      const outpoint = { txid: fromDisplayHex(txid), vout };
      if (vout >= entry.tx.outputs.length) throw refuse('vout index out of bounds');
      if (wallet.history.isSpent(outpoint)) throw refuse('expected unspent output');
      const locked = wallet.locks.has(outpoint);
      if (unlock && !locked) throw refuse('expected locked output');
      if (!unlock && locked && !persistent) throw refuse('output already locked');
      return outpoint;
    });
    for (const outpoint of outpoints) {
      if (unlock) wallet.locks.delete(outpoint);
      else wallet.locks.add(outpoint, persistent);
    }
    await wallet.settled();
    return true;
  },
});

const listlockunspent = defineMethod({
  name: 'listlockunspent',
  category: 'Wallet',
  description:
    'Returns list of temporarily unspendable outputs.\nSee the lockunspent call to lock and unlock transactions for spending.',
  parameters: [],
  results: [
    result.array('', '', [
      result.object('', '', [
        result.hex('txid', 'The transaction id locked'),
        result.number('vout', 'The vout value'),
      ]),
    ]),
  ],
  examples: [''],
  handler: (_parameters, context, request) =>
    walletOf(context, request).locks.outpoints.map(({ txid, vout }) => ({ txid: toDisplayHex(txid), vout })),
});

export const walletCoinMethods: readonly Method[] = [listunspent, lockunspent, listlockunspent];
