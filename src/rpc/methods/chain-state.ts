/** What the chain is: its tip, its branches, the rules in force, and waiting for another tip. */
import type { Background } from '../../chain/background.ts';
import type { Chain } from '../../chain/chain.ts';
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { waitForTip } from '../../chain/wait-for-tip.ts';
import type { BlockHash } from '../../core/block/header.ts';
import { difficultyFromBits } from '../../core/block/target.ts';
import { blockScriptFlags } from '../../core/consensus/flags.ts';
import { flagNames } from '../../formats/script-trace.ts';
import { targetRows, workHex } from '../formats/block.ts';
import { deployment, deploymentJson } from '../formats/deployment.ts';
import { group, method, type RpcContext, type RpcRequest, refuse, t } from '../kit.ts';
import { blockByHash } from '../lookup.ts';

const isPruned = ({ pruner }: Chain): boolean => pruner.target > 0;

const progress = t.number('Estimated, 0 to 1');
/** Of a snapshot that is verified. */
const background = t.view<[Background]>()({
  snapshotheight: [t.integer('Of its block: up to there'), ({ base }) => base.height],
  blocks: [t.integer('Height of the last block that is verified'), ({ tip }) => tip.height],
  bestblockhash: [t.hex(), ({ tip }) => tip.hash],
  mediantime: [t.time('Median of the last eleven blocks'), ({ tip }) => tip.medianTimePast],
  verificationprogress: [
    t.number('0 to 1, by transactions'),
    ({ tip, base }) => tip.chainTransactionCount / base.chainTransactionCount,
  ],
  chainwork: [t.hex('Hashes that the blocks up to there have taken'), ({ tip }) => workHex(tip.chainWork)],
});

const state = t.view<[tip: HeaderEntry, chain: Chain]>()({
  chain: [t.string('main, regtest, or as the network file says'), (_, { parameters }) => parameters.chain],
  blocks: [t.integer('Height of the tip; the genesis block is 0'), ({ height }) => height],
  headers: [
    t.integer('Height of the best header, whose blocks may still be missing'),
    (_, { bestHeader }) => bestHeader.height,
  ],
  bestblockhash: [t.hex(), ({ hash }) => hash],
  ...targetRows,
  backgroundvalidation: [
    t.optional(background),
    (_, chain) => chain.background && background.of(chain.background),
  ],
  time: [t.time('Of the tip'), ({ time }) => time],
  mediantime: [t.time('Median of the last eleven blocks'), ({ medianTimePast }) => medianTimePast],
  verificationprogress: [progress, (_, chain) => chain.verificationProgress],
  initialblockdownload: [t.boolean('Still catching up'), (_, chain) => chain.isInitialBlockDownload],
  chainwork: [t.hex('Hashes that the chain has taken'), ({ chainWork }) => workHex(chainWork)],
  size_on_disk: [t.integer('Bytes of blocks and undo data'), (_, { blocks }) => blocks.sizeOnDisk],
  pruned: [t.boolean(), (_, chain) => isPruned(chain)],
  pruneheight: [
    t.optional(t.integer('Of the first block kept; where blocks are pruned')),
    (_, chain) => (isPruned(chain) ? chain.lastMissing + 1 : undefined),
  ],
  automatic_pruning: [
    t.optional(t.boolean()),
    (_, chain) => (isPruned(chain) ? chain.pruner.target > 1 : undefined),
  ],
  prune_target_size: [
    t.optional(t.integer('Bytes')),
    (_, { pruner }) => (pruner.target > 1 ? pruner.target * 1024 * 1024 : undefined),
  ],
  warnings: [t.array(t.string()), (_, { warnings }) => warnings],
});

/** One set of coins: the active one, or what is verified while that began with a snapshot. */
const coins = t.view<[tip: HeaderEntry, chain: Chain, isActive: boolean]>()({
  blocks: [t.integer('Height of its tip'), ({ height }) => height],
  bestblockhash: [t.hex(), ({ hash }) => hash],
  ...targetRows,
  verificationprogress: [progress, (tip, chain) => chain.progressOf(tip)],
  snapshot_blockhash: [
    t.optional(t.hex('Of the snapshot with which it began')),
    (_, { snapshotBase }, isActive) => (isActive ? snapshotBase?.hash : undefined),
  ],
  coins_db_cache_bytes: [
    t.integer('Memory for coins that were read'),
    (_, chain, isActive) => (isActive ? chain : chain.background!).coinCaches.store,
  ],
  coins_tip_cache_bytes: [
    t.integer('Memory for coins that are yet to be written'),
    (_, chain, isActive) => (isActive ? chain : chain.background!).coinCaches.tip,
  ],
  validated: [
    t.boolean('Verified from the genesis block on'),
    (_, chain, isActive) => !isActive || chain.background === undefined,
  ],
});

/** The tip when it satisfies `done`, or when time is up. @param milliseconds 0 for ever @throws RpcError -1 */
async function tipWhere(
  done: (tip: HeaderEntry, before: BlockHash) => boolean,
  milliseconds: number,
  context: RpcContext,
  { caller }: RpcRequest,
) {
  if (milliseconds < 0) throw refuse.misc('Negative timeout');
  const before = context.chain.tip.hash;
  await waitForTip(context, caller.signal, milliseconds, (tip) => done(tip, before));
  const { hash, height } = context.chain.tip;
  return { hash, height };
}

const timeout = t.standard(t.long('Milliseconds; 0 waits for ever'), 0);
const reached = t.object({ hash: t.hex(), height: t.integer() });

const tip = t.view<[ReturnType<Chain['tips']> extends Iterable<infer T> ? T : never]>()({
  height: [t.integer(), ({ entry }) => entry.height],
  hash: [t.hex(), ({ entry }) => entry.hash],
  branchlen: [t.integer('Blocks since the branch left the active chain'), ({ branchLength }) => branchLength],
  status: [
    t.string(
      'active; valid-fork (was verified); valid-headers (not verified yet);\n' +
        'headers-only (blocks are missing); invalid (holds an invalid block)',
    ),
    ({ status }) => status,
  ],
});

export const chainStateMethods = group('Blockchain', {
  getblockchaininfo: method({
    help: 'The state of the chain: its tip, how far it is verified, what is pruned.',
    result: state,
    handler: (_, { chain }) => state.of(chain.tip, chain),
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
    result: t.array(tip),
    handler: (_, { chain }) =>
      [...chain.tips()].sort((a, b) => b.entry.height - a.entry.height).map((each) => tip.of(each)),
  }),

  getchainstates: method({
    help: 'The sets of coins that are kept, the active one last.',
    result: t.object({ headers: t.integer(), chainstates: t.array(coins) }),
    handler: (_, { chain }) => ({
      headers: chain.bestHeader.height,
      chainstates: [
        ...(chain.background ? [coins.of(chain.background.tip, chain, false)] : []),
        coins.of(chain.tip, chain, true),
      ],
    }),
  }),

  waitfornewblock: method({
    help: 'Waits until the tip is another; answers with the tip then, or when time is up.',
    parameters: {
      timeout,
      current_tip: t.optional(t.hashText<BlockHash>('Another than this'), 'the tip now'),
    },
    result: reached,
    example: '1000',
    handler: ({ timeout: patience, current_tip }, context, request) =>
      tipWhere(({ hash }, known) => hash !== (current_tip ?? known), patience, context, request),
  }),

  waitforblock: method({
    help: 'Waits until a block is the tip; answers with the tip then, or when time is up.',
    parameters: { blockhash: t.hashText<BlockHash>(), timeout },
    result: reached,
    example: '$(penny rpc getbestblockhash) 1000',
    handler: ({ blockhash, timeout: patience }, ...call) =>
      tipWhere(({ hash }) => hash === blockhash, patience, ...call),
  }),

  waitforblockheight: method({
    help: 'Waits until the tip is as high as this; answers with the tip then, or when time is up.',
    parameters: { height: t.integer(), timeout },
    result: reached,
    example: '1 1000',
    handler: ({ height, timeout: patience }, ...call) =>
      tipWhere((tip) => tip.height >= height, patience, ...call),
  }),

  getdeploymentinfo: method({
    help: 'Which soft forks are in force for a block and for the next.',
    parameters: { blockhash: t.optional(blockByHash(), 'the tip') },
    result: t.object({
      hash: t.hex(),
      height: t.integer(),
      script_flags: t.array(t.string(), 'Rules by which its scripts are verified'),
      deployments: t.record(deployment, 'name'),
    }),
    handler({ blockhash }, { chain, parameters }) {
      const entry = blockhash ?? chain.tip;
      const { bip34, bip66, bip65, csv, segwit } = parameters.heights;
      const buried = Object.entries({ bip34, bip66, bip65, csv, segwit }).map(
        ([name, height]) => [name, { type: 'buried', active: entry.height + 1 >= height, height }] as const,
      );
      const signalled = (parameters.versionBits ?? []).map(
        (each) => [each.name, deploymentJson(entry, each)] as const,
      );
      return {
        hash: entry.hash,
        height: entry.height,
        script_flags: flagNames(blockScriptFlags(entry, parameters)).sort(),
        deployments: Object.fromEntries([...buried, ...signalled]),
      };
    },
  }),
});
