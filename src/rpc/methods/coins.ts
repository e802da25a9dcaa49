/** The UTXO set: one coin, all of them in figures, all of them in a file, and those of given descriptors. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { encodeSnapshotCoins, encodeSnapshotHeader } from '../../chain/utxo-snapshot.ts';
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
    param.long('n', 'vout number'),
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
    if (vout < 0 || vout > 0xffffffff) throw new RpcError(RpcCode.MISC_ERROR, 'JSON integer out of range');
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

/** The platform refuses to overwrite a file. */
function explainExisting(error: { readonly code?: string; readonly path?: string }): never {
  if (error.code !== 'EEXIST') throw error;
  throw new RpcError(
    RpcCode.INVALID_PARAMETER,
    `${error.path} already exists. If you are sure this is what you want, move it out of the way first.`,
  );
}

const dumptxoutset = defineMethod({
  name: 'dumptxoutset',
  category: 'Blockchain',
  description:
    'Write the serialized UTXO set to a file. This can be used in loadtxoutset afterwards if this snapshot height is supported in the chainparams as well.',
  parameters: [
    param.string('path', 'Path to the output file. If relative, will be prefixed by datadir.'),
    param.string(
      'type',
      'The type of snapshot to create. Can be "latest" to create a snapshot of the current UTXO set. "rollback" is not offered.',
      {
        default: '',
      },
    ),
  ],
  results: [
    result.object('', '', [
      result.number('coins_written', 'the number of coins written in the snapshot'),
      result.hex('base_hash', 'the hash of the base of the snapshot'),
      result.number('base_height', 'the height of the base of the snapshot'),
      result.string('path', 'the absolute path that the snapshot was written to'),
      result.hex('txoutset_hash', 'the hash of the UTXO set contents'),
      result.number('nchaintx', 'the number of transactions in the chain up to and including the base block'),
    ]),
  ],
  examples: ['utxo.dat latest'],
  async handler([path, type], { chain, parameters, writeFile }) {
    if (type !== 'latest')
      throw new RpcError(
        RpcCode.INVALID_PARAMETER,
        `Invalid snapshot type "${type}" specified. Please specify "rollback" or "latest"`,
      );
    // Two walks over one set: the header needs the count, which only the first walk knows.
    const counted = await chain.snapshotCoins();
    const { coins, hash } = await utxoStatistics(counted.coins, 'hash_serialized_3');
    const snapshot = await chain.snapshotCoins();
    const { tip } = snapshot;
    if (tip !== counted.tip)
      throw new RpcError(RpcCode.MISC_ERROR, 'The tip changed while the snapshot was made; try again');
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield encodeSnapshotHeader({ magic: parameters.magic, base: tip.hashBytes, coins });
      yield* encodeSnapshotCoins(snapshot.coins);
    }
    const written = await writeFile(path, chunks()).catch(explainExisting);
    return {
      coins_written: coins,
      base_hash: tip.hash,
      base_height: tip.height,
      path: written.path,
      txoutset_hash: toDisplayHex(hash!),
      nchaintx: tip.chainTransactionCount,
    };
  },
});

export const coinMethods: readonly Method[] = [gettxout, gettxoutsetinfo, dumptxoutset];
