/** The UTXO set: one coin, and all of them in figures. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { type UtxoHashKind, utxoStatistics } from '../../chain/utxo-statistics.ts';
import { toDisplayHex } from '../../core/encoding/bytes.ts';
import type { CoinStatistics } from '../../indexes/coin-statistics-index.ts';
import type { RpcContext } from '../context.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { scriptJson, scriptResult } from '../formats/script.ts';
import type { JsonRead, JsonWritable } from '../json.ts';
import { findBlockByHashOrHeight } from '../lookup.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';
import { btc, hashFrom } from '../values.ts';

const gettxout = defineMethod({
  name: 'gettxout',
  category: 'Blockchain',
  description: 'Returns details about an unspent transaction output.',
  parameters: [
    param.hex('txid', 'The transaction id'),
    param.uint32('n', 'vout number'),
    param.boolean(
      'include_mempool',
      "Whether to include the mempool. Note that an unspent output that is spent in the mempool won't appear.",
      {
        default: true,
      },
    ),
  ],
  results: [
    result.none('', 'If the UTXO was not found', { condition: 'If the UTXO was not found' }),
    result.object(
      '',
      '',
      [
        result.hex('bestblock', 'The hash of the block at the tip of the chain'),
        result.number('confirmations', 'The number of confirmations'),
        result.amount('value', 'The transaction value in BTC'),
        result.object('scriptPubKey', '', scriptResult),
        result.boolean('coinbase', 'Coinbase or not'),
      ],
      { condition: 'Otherwise' },
    ),
  ],
  examples: ['"txid" 1'],
  async handler([id, vout, includeMempool], { chain, mempool, parameters }) {
    const outpoint = { txid: hashFrom(id, 'txid'), vout };
    if (includeMempool && mempool.spender(outpoint) !== undefined) return null;
    const waiting = includeMempool ? mempool.output(outpoint) : undefined;
    const coin = waiting ?? (await chain.coin(outpoint));
    if (coin === undefined) return null;
    return {
      bestblock: chain.tip.hash,
      confirmations: waiting === undefined ? chain.height - coin.height + 1 : 0,
      value: btc(coin.output.value),
      scriptPubKey: scriptJson(coin.output.scriptPubKey, parameters),
      coinbase: coin.coinbase,
    };
  },
});

const HASH_KINDS: readonly UtxoHashKind[] = ['hash_serialized_3', 'muhash', 'none'];

/** What one block did, and the totals of what can never be spent, from the index. */
function indexedJson({ totals, before }: CoinStatistics): JsonWritable & object {
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
): Promise<JsonWritable> {
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

async function infoFromCoins(kind: UtxoHashKind, { chain }: RpcContext): Promise<JsonWritable> {
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

const gettxoutsetinfo = defineMethod({
  name: 'gettxoutsetinfo',
  category: 'Blockchain',
  description:
    'Returns statistics about the unspent transaction output set.\nNote this call may take some time if you are not using coinstatsindex.',
  parameters: [
    param.string(
      'hash_type',
      "Which UTXO set hash should be calculated. Options: 'hash_serialized_3' (the legacy algorithm), 'muhash', 'none'.",
      {
        default: 'hash_serialized_3',
      },
    ),
    param.any(
      'number',
      'hash_or_height',
      'The block hash or height of the target height (only available with coinstatsindex).',
      {
        hint: 'the current best block',
        typeText: ['', 'string or numeric'],
      },
    ),
    param.boolean('use_index', 'Use coinstatsindex, if available.', { default: true }),
  ],
  results: [
    result.object('', '', [
      result.number('height', 'The block height (index) of the returned statistics'),
      result.hex('bestblock', 'The hash of the block at which these statistics are calculated'),
      result.number('txouts', 'The number of unspent transaction outputs'),
      result.number('bogosize', 'Database-independent, meaningless metric indicating the UTXO set size'),
      result.hex(
        'hash_serialized_3',
        "The serialized hash (only present if 'hash_serialized_3' hash_type is chosen)",
        {
          optional: true,
        },
      ),
      result.hex('muhash', "The serialized hash (only present if 'muhash' hash_type is chosen)", {
        optional: true,
      }),
      result.amount('total_amount', 'The total amount of coins in the UTXO set'),
      result.number(
        'transactions',
        'The number of transactions with unspent outputs (not available when coinstatsindex is used)',
        {
          optional: true,
        },
      ),
      result.number(
        'disk_size',
        'The estimated size of the chainstate on disk (not available when coinstatsindex is used)',
        {
          optional: true,
        },
      ),
      result.amount(
        'total_unspendable_amount',
        'The total amount of coins permanently excluded from the UTXO set (only available if coinstatsindex is used)',
        {
          optional: true,
        },
      ),
      result.object(
        'block_info',
        'Info on amounts in the block at this block height (only available if coinstatsindex is used)',
        [
          result.amount('prevout_spent', 'Total amount of all prevouts spent in this block'),
          result.amount('coinbase', 'Coinbase subsidy amount of this block'),
          result.amount('new_outputs_ex_coinbase', 'Total amount of new outputs created by this block'),
          result.amount('unspendable', 'Total amount of unspendable outputs created in this block'),
          result.object('unspendables', 'Detailed view of the unspendable categories', [
            result.amount('genesis_block', 'The unspendable amount of the Genesis block subsidy'),
            result.amount('bip30', 'Transactions overridden by duplicates (no longer possible with BIP30)'),
            result.amount(
              'scripts',
              'Amounts sent to scripts that are unspendable (for example OP_RETURN outputs)',
            ),
            result.amount(
              'unclaimed_rewards',
              'Fee rewards that miners did not claim in their coinbase transaction',
            ),
          ]),
        ],
        { optional: true },
      ),
    ]),
  ],
  examples: ['', '"none"', '"none" 1000'],
  async handler([hashType, hashOrHeight, useIndex], context) {
    const kind = HASH_KINDS.find((candidate) => candidate === hashType);
    if (kind === undefined)
      throw new RpcError(RpcCode.INVALID_PARAMETER, `'${hashType}' is not a valid hash_type`);
    const requested =
      hashOrHeight === undefined ? undefined : requestedBlock(hashOrHeight, kind, useIndex, context);
    const index = useIndex && kind !== 'hash_serialized_3' ? context.indexes.coinStatistics : undefined;
    if (index === undefined) return infoFromCoins(kind, context);
    return infoFromIndex(requested ?? context.chain.tip, kind, index);
  },
});

export const coinMethods: readonly Method[] = [gettxout, gettxoutsetinfo];
