/** The UTXO set: one coin, and all of them in figures. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { type UtxoHashKind, utxoStatistics } from '../../chain/utxo-statistics.ts';
import { toDisplayHex } from '../../core/encoding/bytes.ts';
import type { CoinStatistics } from '../../indexes/coin-statistics-index.ts';
import type { RpcContext } from '../context.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { scriptJson, scriptPubKey } from '../formats/script.ts';
import type { JsonRead } from '../json.ts';
import { findBlockByHashOrHeight } from '../lookup.ts';
import { group, method } from '../method.ts';
import {
  amount,
  anything,
  boolean,
  cases,
  hash,
  hex,
  integer,
  nothing,
  object,
  optional,
  standard,
  string,
  uint32,
  written,
} from '../schema.ts';
import { btc } from '../values.ts';

const HASH_KINDS: readonly UtxoHashKind[] = ['hash_serialized_3', 'muhash', 'none'];

/** What one block did, and the totals of what can never be spent, from the index. */
function indexedJson({ totals, before }: CoinStatistics) {
  const change = (field: keyof CoinStatistics['totals']) => btc(totals[field] - before[field]);
  return {
    total_unspendable_amount: btc(totals.unspendable),
    block_info: {
      prevout_spent: change('prevoutsSpent'),
      coinbase: change('coinbase'),
      new_outputs_ex_coinbase: change('newOutputs'),
      unspendable: change('unspendable'),
      unspendables: {
        genesis_block: change('unspendableGenesis'),
        bip30: change('unspendableBip30'),
        scripts: change('unspendableScripts'),
        unclaimed_rewards: change('unclaimedRewards'),
      },
    },
  };
}

async function infoFromIndex(
  entry: HeaderEntry,
  kind: UtxoHashKind,
  index: NonNullable<RpcContext['indexes']['coinStatistics']>,
) {
  await index.synchronize();
  const found = await index.find(entry);
  if (found === undefined) throw new RpcError(RpcCode.INTERNAL_ERROR, 'Unable to read UTXO set');
  return {
    height: entry.height,
    bestblock: entry.hash,
    txouts: found.totals.coins,
    bogosize: found.totals.bogoSize,
    muhash: kind === 'muhash' ? toDisplayHex(found.muhash) : undefined,
    total_amount: btc(found.totals.amount),
    ...indexedJson(found),
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
    // LevelDB's own estimate is 0 as well until it compacts; a store has no notion of it.
    disk_size: 0,
  };
}

/** The block that was asked for; there must be an index that knows it. */
function requestedBlock(
  hashOrHeight: JsonRead,
  kind: UtxoHashKind,
  useIndex: boolean,
  { chain, indexes }: RpcContext,
): HeaderEntry {
  const refuse = (text: string) => new RpcError(RpcCode.INVALID_PARAMETER, text);
  if (indexes.coinStatistics === undefined)
    throw refuse('Querying specific block heights requires coinstatsindex');
  if (kind === 'hash_serialized_3')
    throw refuse('hash_serialized_3 hash type cannot be queried for a specific block');
  if (!useIndex) throw refuse('Cannot set use_index to false when querying for a specific block');
  return findBlockByHashOrHeight(chain, hashOrHeight);
}

export const coinMethods = group('Blockchain', {
  gettxout: method({
    help: 'An unspent output; null if there is none, or it is spent.',
    parameters: {
      txid: hash(),
      n: uint32('Index of the output'),
      include_mempool: standard(boolean('Let unconfirmed transactions make and spend outputs'), true),
    },
    result: cases('', {
      'spent or unknown': nothing(),
      unspent: object({
        bestblock: hex('The tip'),
        confirmations: integer('0 in the mempool'),
        value: amount(),
        scriptPubKey: written(object(scriptPubKey)),
        coinbase: boolean(),
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
      hash_type: standard(string('hash_serialized_3, muhash or none'), 'hash_serialized_3'),
      hash_or_height: optional(anything('Of another block than the tip; needs -coinstatsindex'), 'the tip'),
      use_index: standard(boolean('Where there is one'), true),
    },
    result: object({
      height: integer(),
      bestblock: hex(),
      txouts: integer(),
      bogosize: integer('A measure of size that no database changes'),
      hash_serialized_3: optional(hex()),
      muhash: optional(hex()),
      total_amount: amount(),
      transactions: optional(integer('With unspent outputs; not from the index')),
      disk_size: optional(integer('Bytes, estimated; not from the index')),
      total_unspendable_amount: optional(amount('That can never be spent; from the index, as what follows')),
      block_info: optional(
        object({
          prevout_spent: amount(),
          coinbase: amount(),
          new_outputs_ex_coinbase: amount(),
          unspendable: amount(),
          unspendables: object({
            genesis_block: amount(),
            bip30: amount('Of coinbases that were repeated'),
            scripts: amount('Under scripts that nobody can satisfy'),
            unclaimed_rewards: amount(),
          }),
        }),
      ),
    }),
    example: 'muhash',
    async handler({ hash_type, hash_or_height, use_index }, context) {
      const kind = HASH_KINDS.find((candidate) => candidate === hash_type);
      if (kind === undefined)
        throw new RpcError(RpcCode.INVALID_PARAMETER, `'${hash_type}' is not a valid hash_type`);
      const requested =
        hash_or_height === undefined ? undefined : requestedBlock(hash_or_height, kind, use_index, context);
      const index = use_index && kind !== 'hash_serialized_3' ? context.indexes.coinStatistics : undefined;
      if (index === undefined) return infoFromCoins(kind, context);
      return infoFromIndex(requested ?? context.chain.tip, kind, index);
    },
  }),
});
