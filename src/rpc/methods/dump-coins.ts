/** dumptxoutset: the whole UTXO set in a file. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { encodeSnapshotCoins, encodeSnapshotHeader } from '../../chain/utxo-snapshot.ts';
import { utxoStatistics } from '../../chain/utxo-statistics.ts';
import { toDisplayHex } from '../../core/encoding/bytes.ts';
import type { RpcContext } from '../context.ts';
import { RpcCode, RpcError } from '../errors.ts';
import type { JsonRead, JsonWritable } from '../json.ts';
import { findBlockByHashOrHeight } from '../lookup.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';

/** The platform refuses to overwrite a file. */
function explainExisting(error: { readonly code?: string; readonly path?: string }): never {
  if (error.code !== 'EEXIST') throw error;
  throw new RpcError(
    RpcCode.INVALID_PARAMETER,
    `${error.path} already exists. If you are sure this is what you want, move it out of the way first.`,
  );
}

/** The block whose coins are wanted; undefined for the tip. */
function rollbackTarget(
  type: string,
  wanted: JsonRead | undefined,
  { chain }: RpcContext,
): HeaderEntry | undefined {
  const refuse = (text: string) => new RpcError(RpcCode.INVALID_PARAMETER, text);
  if (wanted !== undefined && wanted !== null) {
    if (type !== '' && type !== 'rollback')
      throw refuse(`Invalid snapshot type "${type}" specified with rollback option`);
    const target = findBlockByHashOrHeight(chain, wanted);
    if (!chain.isActive(target)) throw refuse('Block is not in main chain');
    return target;
  }
  if (type === 'rollback')
    throw refuse('No height of a snapshot is known: give one with the rollback option');
  if (type !== 'latest')
    throw refuse(`Invalid snapshot type "${type}" specified. Please specify "rollback" or "latest"`);
  return undefined;
}

/** Does something while a block is the tip, without the network, and then goes on as before. */
async function withTip<T>(
  target: HeaderEntry | undefined,
  { chain, network, mempool }: RpcContext,
  act: () => Promise<T>,
): Promise<T> {
  const above = target === undefined ? undefined : chain.next(target);
  if (above === undefined) return act();
  const { active } = network;
  network.setActive(false);
  try {
    await chain.invalidate(above.hash);
    return await act();
  } finally {
    await chain.reconsider(above.hash);
    await mempool.settled();
    network.setActive(active);
  }
}

async function dump(path: string, { chain, parameters, writeFile }: RpcContext): Promise<JsonWritable> {
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
}

const dumptxoutset = defineMethod({
  name: 'dumptxoutset',
  category: 'Blockchain',
  description:
    'Write the serialized UTXO set to a file. This can be used in loadtxoutset afterwards if this snapshot height is supported in the chainparams as well.\n\n' +
    'Unless the "latest" type is requested, the node will roll back to the requested height and network activity will be suspended during this process.',
  parameters: [
    param.string('path', 'Path to the output file. If relative, will be prefixed by datadir.'),
    param.string(
      'type',
      'The type of snapshot to create. Can be "latest" to create a snapshot of the current UTXO set or "rollback" to temporarily roll back the state of the node to a historical block before creating the snapshot of a historical UTXO set.',
      { default: '' },
    ),
    param.options(
      'options',
      '',
      [
        param.any(
          'number',
          'rollback',
          'Height or hash of the block to roll back to before creating the snapshot.',
          { optional: true, typeText: ['', 'string or numeric'] },
        ),
      ],
      { optional: true },
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
  examples: ['"utxo.dat" "latest"', '"utxo.dat" "rollback" \'{"rollback": 1000}\''],
  handler([path, type, options], context) {
    const target = rollbackTarget(type, options?.get('rollback'), context);
    return withTip(target, context, () => dump(path, context));
  },
});

export const dumpCoinsMethods: readonly Method[] = [dumptxoutset];
