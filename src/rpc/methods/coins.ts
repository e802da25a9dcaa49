/** The UTXO set: one coin, and all of them in figures. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { type UtxoHashKind, utxoStatistics } from '../../chain/utxo-statistics.ts';
import { toDisplayHex } from '../../core/encoding/bytes.ts';
import { scriptJson } from '../../formats/script.ts';
import type { CoinStatistics } from '../../indexes/coin-statistics-index.ts';
import { scriptPubKey } from '../formats/transaction.ts';
import { btc, group, type JsonRead, method, type RpcContext, refuse, t } from '../kit.ts';
import { findBlockByHashOrHeight } from '../lookup.ts';

const HASH_KINDS: readonly UtxoHashKind[] = ['hash_serialized_3', 'muhash', 'none'];

const change = (field: keyof CoinStatistics['totals'], help = '') =>
  [t.amount(help), ({ totals, before }: CoinStatistics) => btc(totals[field] - before[field])] as const;
const unspendables = t.view<[CoinStatistics]>()({
  genesis_block: change('unspendableGenesis'),
  bip30: change('unspendableBip30', 'Of coinbases that were repeated'),
  scripts: change('unspendableScripts', 'Under scripts that nobody can satisfy'),
  unclaimed_rewards: change('unclaimedRewards'),
});
/** What one block did. */
const blockInfo = t.view<[CoinStatistics]>()({
  prevout_spent: change('prevoutsSpent'),
  coinbase: change('coinbase'),
  new_outputs_ex_coinbase: change('newOutputs'),
  unspendable: change('unspendable'),
  unspendables: [unspendables, (found) => unspendables.of(found)],
});

async function infoFromIndex(
  entry: HeaderEntry,
  kind: UtxoHashKind,
  index: NonNullable<RpcContext['indexes']['coinStatistics']>,
) {
  await index.synchronize();
  const found = await index.find(entry);
  if (found === undefined) throw refuse.internal_error('Unable to read UTXO set');
  return {
    height: entry.height,
    bestblock: entry.hash,
    txouts: found.totals.coins,
    bogosize: found.totals.bogoSize,
    muhash: kind === 'muhash' ? toDisplayHex(found.muhash) : undefined,
    total_amount: btc(found.totals.amount),
    total_unspendable_amount: btc(found.totals.unspendable),
    block_info: blockInfo.of(found),
  };
}

async function infoFromCoins(kind: UtxoHashKind, { chain }: RpcContext) {
  const { tip, coins } = await chain.snapshotCoins();
  const statistics = await utxoStatistics(coins, kind);
  return {
    height: tip.height,
    bestblock: tip.hash,
    txouts: statistics.coins,
    bogosize: statistics.bogoSize,
    ...(statistics.hash !== null && { [kind]: toDisplayHex(statistics.hash) }),
    total_amount: btc(statistics.amount),
    transactions: statistics.transactions,
    // An outpoint, a check value and what is told of a coin take three bytes more than the measure says.
    disk_size: statistics.bogoSize + 3 * statistics.coins,
  };
}

/** The block that was asked for; there must be an index that knows it. */
function requestedBlock(
  hashOrHeight: JsonRead,
  kind: UtxoHashKind,
  useIndex: boolean,
  { chain, indexes }: RpcContext,
): HeaderEntry {
  if (indexes.coinStatistics === undefined)
    throw refuse.parameter('Querying specific block heights requires coinstatsindex');
  if (kind === 'hash_serialized_3')
    throw refuse.parameter('hash_serialized_3 hash type cannot be queried for a specific block');
  if (!useIndex) throw refuse.parameter('Cannot set use_index to false when querying for a specific block');
  return findBlockByHashOrHeight(chain, hashOrHeight);
}

export const coinMethods = group('Blockchain', {
  gettxout: method({
    help: 'An unspent output; null if there is none, or it is spent.',
    parameters: {
      txid: t.hash(),
      n: t.uint32('Index of the output'),
      include_mempool: t.flag('Let unconfirmed transactions make and spend outputs', true),
    },
    result: t.cases('', {
      'spent or unknown': t.nothing(),
      unspent: t.object({
        bestblock: t.hex('The tip'),
        confirmations: t.integer('0 in the mempool'),
        value: t.amount(),
        scriptPubKey: t.written(t.object(scriptPubKey)),
        coinbase: t.boolean(),
      }),
    }),
    example: 'TXID 1',
    async handler({ txid, n, include_mempool }, { chain, mempool, parameters }) {
      const outpoint = { txid, vout: n };
      if (include_mempool && mempool.graph.spender(outpoint) !== undefined) return null;
      const waiting = include_mempool ? mempool.graph.output(outpoint) : undefined;
      const coin = waiting ?? (await chain.coins([outpoint]))[0];
      if (coin === undefined) return null;
      return {
        bestblock: chain.tip.hash,
        confirmations: waiting === undefined ? chain.height - coin.height + 1 : 0,
        value: btc(coin.output.value),
        scriptPubKey: scriptJson(coin.output.scriptPubKey, parameters),
        coinbase: coin.coinbase,
      };
    },
  }),

  gettxoutsetinfo: method({
    help: 'All unspent outputs in figures. Reads every coin, unless -coinstatsindex has counted them.',
    parameters: {
      hash_type: t.standard(t.string('hash_serialized_3, muhash or none'), 'hash_serialized_3'),
      hash_or_height: t.optional(
        t.unread<string | number>(t.hex('Of another block than the tip; needs -coinstatsindex'), [
          'string',
          'numeric',
        ]),
        'the tip',
      ),
      use_index: t.flag('Where there is one', true),
    },
    result: t.object({
      height: t.integer(),
      bestblock: t.hex(),
      txouts: t.integer(),
      bogosize: t.integer('A measure of size that no database changes'),
      hash_serialized_3: t.optional(t.hex()),
      muhash: t.optional(t.hex()),
      total_amount: t.amount(),
      transactions: t.optional(t.integer('With unspent outputs; not from the index')),
      disk_size: t.optional(t.integer('Bytes, estimated; not from the index')),
      total_unspendable_amount: t.optional(
        t.amount('That can never be spent; from the index, as what follows'),
      ),
      block_info: t.optional(blockInfo),
    }),
    example: 'muhash',
    async handler({ hash_type, hash_or_height, use_index }, context) {
      const kind = HASH_KINDS.find((candidate) => candidate === hash_type);
      if (kind === undefined) throw refuse.parameter(`'${hash_type}' is not a valid hash_type`);
      const requested =
        hash_or_height === undefined ? undefined : requestedBlock(hash_or_height, kind, use_index, context);
      const index = use_index && kind !== 'hash_serialized_3' ? context.indexes.coinStatistics : undefined;
      if (index === undefined) return infoFromCoins(kind, context);
      return infoFromIndex(requested ?? context.chain.tip, kind, index);
    },
  }),
});
