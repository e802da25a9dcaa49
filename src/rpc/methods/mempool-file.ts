/** What waits in the mempool, in files. */
import { CorruptionError } from '../../chain/storage.ts';
import { DecodeError } from '../../core/encoding/errors.ts';
import { MEMPOOL_FILE } from '../../mempool/mempool.ts';
import { group, method, RpcCode, RpcError, refuse, t } from '../kit.ts';

export const mempoolFileMethods = group('Blockchain', {
  savemempool: method({
    help: 'Writes the mempool to the disk now.',
    result: t.object({ filename: t.string('Its path') }),
    async handler(_, { mempool, storage }) {
      if (!mempool.loaded) throw refuse.misc('The mempool was not loaded yet');
      if (!(await mempool.save(storage))) throw refuse.misc('Unable to dump mempool to disk');
      const { directory } = storage;
      return { filename: directory === undefined ? MEMPOOL_FILE : `${directory}/${MEMPOOL_FILE}` };
    },
  }),

  importmempool: method({
    help:
      'Takes the transactions of a mempool.dat, of this or another node, into the mempool as far as they are valid.\n' +
      'What such a file says beside them should come from somebody one trusts.',
    parameters: {
      filepath: t.string('From the data directory, unless it is absolute'),
      options: t.options({
        use_current_time: t.standard(t.boolean('They come now; else when the file says'), true),
        apply_fee_delta_priority: t.standard(
          t.boolean('Add its deltas to fees, as prioritisetransaction does'),
          false,
        ),
        apply_unbroadcast_set: t.standard(t.boolean('Announce again what it calls own'), false),
      }),
    },
    result: t.object({}),
    example: '/path/to/mempool.dat',
    async handler({ filepath, options }, { chain, mempool, logger, readFile }) {
      if (chain.isInitialBlockDownload)
        throw new RpcError(
          RpcCode.CLIENT_IN_INITIAL_DOWNLOAD,
          'Can only import the mempool after the block download and sync is done.',
        );
      try {
        await mempool.import(await readFile(filepath), {
          keepsTime: !options.use_current_time,
          feeDeltas: options.apply_fee_delta_priority,
          unbroadcast: options.apply_unbroadcast_set,
        });
      } catch (error) {
        const isFile = 'code' in (error as Error);
        if (!(error instanceof DecodeError || error instanceof CorruptionError || isFile)) throw error;
        logger.log('warn', 'mempool', `${filepath} cannot be imported: ${(error as Error).message}`);
        throw refuse.misc('Unable to import mempool file, see debug log for details.');
      }
      return {};
    },
  }),
});
