/** Steers the chain by hand, and gives it headers. */
import type { Chain } from '../../chain/chain.ts';
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { MIN_BLOCKS_TO_KEEP } from '../../chain/pruning.ts';
import { type BlockHash, BlockHeader } from '../../core/block/header.ts';
import { TIMESTAMP_WINDOW } from '../../core/consensus/limits.ts';
import { Reader } from '../../core/encoding/reader.ts';
import { group, method, type RpcContext, refuse, t } from '../kit.ts';
import { blockByHash } from '../lookup.ts';
import { readHex } from '../texts.ts';

/** A prune height above this is a time (Core's rule). */
const TIME_THRESHOLD = 1_000_000_000;
const PRUNE_AFTER_HEIGHT = 1_000;

/** Methods that do something to the branches, after which the mempool must have followed. */
const steering = (help: string, steer: (chain: Chain, hash: BlockHash) => Promise<unknown>) =>
  method({
    help,
    parameters: { blockhash: blockByHash() },
    async handler({ blockhash: entry }: { blockhash: HeaderEntry }, { chain, mempool }: RpcContext) {
      await steer(chain, entry.hash);
      await mempool.settled();
    },
  });

/** The lowest block that is at least this late. */
function heightAtTime(chain: Chain, time: number): number {
  let latest = -1;
  for (let height = 0; height <= chain.height; height++) {
    latest = Math.max(latest, chain.entryAt(height)!.time);
    if (latest >= time) return height;
  }
  throw refuse.parameter('Could not find block with at least the specified timestamp.');
}

export const chainControlMethods = {
  ...group('hidden', {
    invalidateblock: steering(
      'Treats a block as invalid, with all that follows it, until reconsiderblock.',
      (chain, hash) => chain.invalidate(hash),
    ),
    reconsiderblock: steering('Takes back invalidateblock for a block and its whole branch.', (chain, hash) =>
      chain.reconsider(hash),
    ),
  }),
  ...group('Blockchain', {
    preciousblock: steering(
      'Prefers a block to others of the same work, as if it had come first. Forgotten at a restart.',
      (chain, hash) => chain.precious(hash),
    ),

    verifychain: method({
      help: 'Checks the last blocks on the disk again. The log tells what is wrong where the answer is false.',
      parameters: {
        checklevel: t.standard(
          t.integer('0 reads blocks, 1 checks them, 2 their undo data, 3 undoes them, 4 connects them again'),
          3,
        ),
        nblocks: t.standard(t.integer('0 for all'), 6),
      },
      result: t.boolean(),
      example: '4 100',
      handler: ({ checklevel, nblocks }, { chain }) => chain.verify(checklevel, nblocks),
    }),

    getblockfrompeer: method({
      help: 'Asks a peer for a block whose header is known. It comes later, if at all.',
      parameters: { blockhash: t.hashText<BlockHash>(), peer_id: t.integer('As getpeerinfo tells it') },
      result: t.object({}),
      example: '$(penny rpc getbestblockhash) 0',
      handler({ blockhash, peer_id }, { chain, network }) {
        const entry = chain.entry(blockhash);
        if (entry === undefined) throw refuse.misc('Block header missing');
        // One ahead of the tip would keep its file from being pruned.
        if (chain.pruner.target !== 0 && entry.height > chain.height)
          throw refuse.misc(
            'In prune mode, only blocks that the node has already synced previously can be fetched from a peer',
          );
        if (entry.haveData) throw refuse.misc('Block already downloaded');
        try {
          network.requestBlock(entry, peer_id);
        } catch (error) {
          // Why that peer cannot be asked, in Core's words.
          throw refuse.misc((error as Error).message);
        }
        return {};
      },
    }),

    pruneblockchain: method({
      help: 'Deletes old blocks up to a height. Needs -prune=1.',
      parameters: { height: t.integer('Or a time in seconds: blocks two hours older than that go') },
      result: t.integer('Height of the last block that is gone'),
      example: '1000',
      async handler({ height }, { chain, parameters }) {
        if (chain.pruner.target === 0)
          throw refuse.misc('Cannot prune blocks because node is not in prune mode.');
        if (height < 0) throw refuse.parameter('Negative block height.');
        const wanted = height > TIME_THRESHOLD ? heightAtTime(chain, height - TIMESTAMP_WINDOW) : height;
        if (chain.height < (parameters.pruneAfterHeight ?? PRUNE_AFTER_HEIGHT))
          throw refuse.misc('Blockchain is too short for pruning.');
        if (wanted > chain.height)
          throw refuse.parameter('Blockchain is shorter than the attempted prune height.');
        return chain.prune(Math.min(wanted, chain.height - MIN_BLOCKS_TO_KEEP));
      },
    }),
  }),
  ...group('Mining', {
    submitheader: method({
      help: 'Offers a header; its block is fetched if it may become the tip.',
      parameters: { hexdata: t.hex('80 bytes; what follows, as in a whole block, is ignored') },
      handler({ hexdata }, { chain }) {
        const header = readHex(
          hexdata,
          (bytes) => BlockHeader.read(new Reader(bytes)),
          'Block header decode failed',
        );
        if (chain.entry(header.prev) === undefined)
          throw refuse.verify(`Must submit previous header (${header.prev}) first`);
        const verdict = chain.acceptHeaders([header]);
        if (!verdict.ok) throw refuse.verify(verdict.invalid.reason);
      },
    }),
  }),
};
