/** loadtxoutset: a whole UTXO set from a file, which is used before it is verified. */
import { SnapshotError, SnapshotReader } from '../../chain/utxo-snapshot.ts';
import { DecodeError } from '../../core/encoding/errors.ts';
import { group, method, RpcCode, RpcError, refuse, t } from '../kit.ts';

/** In Core's words, and those of the library that it reads with. */
function explainHeader(error: unknown): never {
  if (!(error instanceof DecodeError)) throw error;
  const what = error.message === 'end of data' ? 'AutoFile::read: end of file' : error.message;
  throw refuse.text(`Unable to parse metadata: ${what}: iostream error`);
}

export const loadCoinsMethods = group('Blockchain', {
  loadtxoutset: method({
    help:
      'Goes on from the coins in a file of dumptxoutset, if the file of the network has their hash. Meanwhile all\n' +
      'blocks up to theirs are fetched and verified in the background: getchainstates tells how far that is. Where\n' +
      'it ends with other coins, the node stops and forgets what was built on the file.',
    parameters: { path: t.string('From the data directory, unless it is absolute') },
    result: t.object({
      coins_loaded: t.integer(),
      tip_hash: t.hex('Of the block whose coins they are'),
      base_height: t.integer('Its height'),
      path: t.string(),
    }),
    example: 'utxo.dat',
    async handler({ path: given }, { chain, mempool, parameters, readPieces }) {
      const { path, pieces } = await readPieces(given).catch((error: Error & { readonly path?: string }) => {
        if (error.path === undefined) throw error;
        throw refuse.parameter(`Couldn't open file ${error.path} for reading.`);
      });
      const reader = new SnapshotReader(pieces);
      try {
        const header = await reader.header(parameters).catch(explainHeader);
        const base = await chain.loadSnapshot({ reader, header }, () => mempool.graph.size === 0);
        return { coins_loaded: Number(header.coins), tip_hash: base.hash, base_height: base.height, path };
      } catch (error) {
        if (!(error instanceof SnapshotError)) throw error;
        throw new RpcError(
          RpcCode.INTERNAL_ERROR,
          `Unable to load UTXO snapshot: ${error.message}. (${path})`,
        );
      } finally {
        await reader.close();
      }
    },
  }),
});
