/** dumptxoutset: the whole UTXO set in a file. */
import { encodeSnapshotCoins, encodeSnapshotHeader } from '../../chain/utxo-snapshot.ts';
import { utxoStatistics } from '../../chain/utxo-statistics.ts';
import { toDisplayHex } from '../../core/encoding/bytes.ts';
import { RpcCode, RpcError } from '../errors.ts';
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

export const dumpCoinsMethods: readonly Method[] = [dumptxoutset];
