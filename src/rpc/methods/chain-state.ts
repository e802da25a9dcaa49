/** What the chain is: its tip and its branches. */
import { difficultyFromBits } from '../../core/block/target.ts';
import { targetJson, workHex } from '../formats/block.ts';
import { group, method, refuse, t } from '../kit.ts';

/** What several answers tell of a block's target. */
const target = { bits: t.hex('Compact'), target: t.hex(), difficulty: t.number('Times the least there is') };

export const chainStateMethods = group('Blockchain', {
  getblockchaininfo: method({
    help: 'The state of the chain: its tip, how far it is verified, what is pruned.',
    result: t.object({
      chain: t.string('main, regtest, or the name in the network file'),
      blocks: t.integer('Height of the tip; the genesis block is 0'),
      headers: t.integer('Height of the best header, whose blocks may still be missing'),
      bestblockhash: t.hex(),
      ...target,
      time: t.time('Of the tip'),
      mediantime: t.time('Median of the last eleven blocks'),
      verificationprogress: t.number('Estimated, 0 to 1'),
      initialblockdownload: t.boolean('Still catching up'),
      chainwork: t.hex('Hashes that the chain has taken'),
      size_on_disk: t.integer('Bytes of blocks and undo data'),
      pruned: t.boolean(),
      pruneheight: t.optional(t.integer('Of the first block kept; where blocks are pruned')),
      automatic_pruning: t.optional(t.boolean()),
      prune_target_size: t.optional(t.integer('Bytes')),
      warnings: t.array(t.string()),
    }),
    handler(_, { chain, parameters }) {
      const { tip } = chain;
      const { target: pruneTarget, prunedHeight } = chain.pruner;
      const pruned = pruneTarget > 0;
      return {
        chain: parameters.chain,
        blocks: tip.height,
        headers: chain.bestHeader.height,
        bestblockhash: tip.hash,
        ...targetJson(tip.bits),
        difficulty: difficultyFromBits(tip.bits),
        time: tip.time,
        mediantime: tip.medianTimePast,
        verificationprogress: chain.verificationProgress,
        initialblockdownload: chain.isInitialBlockDownload,
        chainwork: workHex(tip.chainWork),
        size_on_disk: chain.blocks.sizeOnDisk,
        pruned,
        pruneheight: pruned ? prunedHeight + 1 : undefined,
        automatic_pruning: pruned ? pruneTarget > 1 : undefined,
        prune_target_size: pruneTarget > 1 ? pruneTarget * 1024 * 1024 : undefined,
        warnings: chain.warnings,
      };
    },
  }),

  getblockcount: method({
    help: 'The height of the tip. The genesis block is 0.',
    result: t.integer(),
    handler: (_, { chain }) => chain.height,
  }),

  getbestblockhash: method({
    help: 'The hash of the tip.',
    result: t.hex(),
    handler: (_, { chain }) => chain.tip.hash,
  }),

  getblockhash: method({
    help: 'The hash of the block at a height of the active chain.',
    parameters: { height: t.integer() },
    result: t.hex(),
    example: '0',
    handler({ height }, { chain }) {
      const entry = height < 0 ? undefined : chain.entryAt(height);
      if (entry === undefined) throw refuse.parameter('Block height out of range');
      return entry.hash;
    },
  }),

  getdifficulty: method({
    help: 'How much harder a block is to find than with the easiest target of all.',
    result: t.number(),
    handler: (_, { chain }) => difficultyFromBits(chain.tip.bits),
  }),

  getchaintips: method({
    help: 'The ends of all branches that are known, the active chain among them.',
    result: t.array(
      t.object({
        height: t.integer(),
        hash: t.hex(),
        branchlen: t.integer('Blocks since the branch left the active chain'),
        status: t.string(
          'active; valid-fork (was verified); valid-headers (not verified yet);\n' +
            'headers-only (blocks are missing); invalid (holds an invalid block)',
        ),
      }),
    ),
    handler: (_, { chain }) =>
      [...chain.tips()]
        .sort((a, b) => b.entry.height - a.entry.height)
        .map(({ entry, branchLength, status }) => ({
          height: entry.height,
          hash: entry.hash,
          branchlen: branchLength,
          status,
        })),
  }),

  getchainstates: method({
    help: 'The sets of coins that are kept, the active one last.',
    result: t.object({
      headers: t.integer(),
      chainstates: t.array(
        t.object({
          blocks: t.integer('Height of its tip'),
          bestblockhash: t.hex(),
          ...target,
          verificationprogress: t.number('Estimated, 0 to 1'),
          validated: t.boolean('Verified from the genesis block on'),
        }),
      ),
    }),
    handler: (_, { chain }) => ({
      headers: chain.bestHeader.height,
      chainstates: [
        {
          blocks: chain.height,
          bestblockhash: chain.tip.hash,
          ...targetJson(chain.tip.bits),
          difficulty: difficultyFromBits(chain.tip.bits),
          verificationprogress: chain.verificationProgress,
          validated: true,
        },
      ],
    }),
  }),
});
