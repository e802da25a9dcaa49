/** What the chain is: its tip and its branches. */
import { difficultyFromBits } from '../../core/block/target.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { targetJson, workHex } from '../formats/block.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';

const getblockchaininfo = defineMethod({
  name: 'getblockchaininfo',
  category: 'Blockchain',
  description: 'Returns an object containing various state info regarding blockchain processing.',
  parameters: [],
  results: [
    result.object('', '', [
      result.string('chain', 'current network name (main, regtest, or the name in the network file)'),
      result.number(
        'blocks',
        'the height of the most-work fully-validated chain. The genesis block has height 0',
      ),
      result.number('headers', 'the current number of headers we have validated'),
      result.string('bestblockhash', 'the hash of the currently best block'),
      result.hex('bits', 'nBits: compact representation of the block difficulty target'),
      result.hex('target', 'The difficulty target'),
      result.number('difficulty', 'the current difficulty'),
      result.time('time', 'The block time expressed in UNIX epoch time'),
      result.time('mediantime', 'The median block time expressed in UNIX epoch time'),
      result.number('verificationprogress', 'estimate of verification progress [0..1]'),
      result.boolean(
        'initialblockdownload',
        'estimate of whether this node is in Initial Block Download mode',
      ),
      result.hex('chainwork', 'total amount of work in active chain, in hexadecimal'),
      result.number('size_on_disk', 'the estimated size of the block and undo files on disk'),
      result.boolean('pruned', 'if the blocks are subject to pruning'),
      result.number(
        'pruneheight',
        'height of the last block pruned, plus one (only present if pruning is enabled)',
        {
          optional: true,
        },
      ),
      result.boolean(
        'automatic_pruning',
        'whether automatic pruning is enabled (only present if pruning is enabled)',
        {
          optional: true,
        },
      ),
      result.number(
        'prune_target_size',
        'the target size used by pruning (only present if automatic pruning is enabled)',
        {
          optional: true,
        },
      ),
      result.array('warnings', 'any network and blockchain warnings', [result.string('', 'warning')]),
    ]),
  ],
  examples: [''],
  handler(_parameters, { chain, parameters }) {
    const { tip } = chain;
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
      size_on_disk: chain.sizeOnDisk,
      pruned: chain.pruneTarget > 0,
      ...(chain.pruneTarget > 0 && {
        pruneheight: chain.pruneHeight + 1,
        automatic_pruning: chain.pruneTarget > 1,
        prune_target_size: chain.pruneTarget > 1 ? chain.pruneTarget * 1024 * 1024 : undefined,
      }),
      warnings: [],
    };
  },
});

const getblockcount = defineMethod({
  name: 'getblockcount',
  category: 'Blockchain',
  description: 'Returns the height of the most-work fully-validated chain.\nThe genesis block has height 0.',
  parameters: [],
  results: [result.number('', 'The current block count')],
  examples: [''],
  handler: (_parameters, { chain }) => chain.height,
});

const getbestblockhash = defineMethod({
  name: 'getbestblockhash',
  category: 'Blockchain',
  description: 'Returns the hash of the best (tip) block in the most-work fully-validated chain.',
  parameters: [],
  results: [result.hex('', 'the block hash, hex-encoded')],
  examples: [''],
  handler: (_parameters, { chain }) => chain.tip.hash,
});

const getblockhash = defineMethod({
  name: 'getblockhash',
  category: 'Blockchain',
  description: 'Returns hash of block in best-block-chain at height provided.',
  parameters: [param.integer('height', 'The height index')],
  results: [result.hex('', 'The block hash')],
  examples: ['1000'],
  handler([height], { chain }) {
    const entry = height < 0 ? undefined : chain.entryAt(height);
    if (entry === undefined) throw new RpcError(RpcCode.INVALID_PARAMETER, 'Block height out of range');
    return entry.hash;
  },
});

const getdifficulty = defineMethod({
  name: 'getdifficulty',
  category: 'Blockchain',
  description: 'Returns the proof-of-work difficulty as a multiple of the minimum difficulty.',
  parameters: [],
  results: [result.number('', 'the proof-of-work difficulty as a multiple of the minimum difficulty.')],
  examples: [''],
  handler: (_parameters, { chain }) => difficultyFromBits(chain.tip.bits),
});

const getchaintips = defineMethod({
  name: 'getchaintips',
  category: 'Blockchain',
  description:
    'Return information about all known tips in the block tree, including the main chain as well as orphaned branches.',
  parameters: [],
  results: [
    result.array('', '', [
      result.object('', '', [
        result.number('height', 'height of the chain tip'),
        result.hex('hash', 'block hash of the tip'),
        result.number(
          'branchlen',
          'zero for main chain, otherwise length of branch connecting the tip to the main chain',
        ),
        result.string(
          'status',
          'status of the chain, "active" for the main chain\n' +
            'Possible values for status:\n' +
            '1.  "invalid"               This branch contains at least one invalid block\n' +
            '2.  "headers-only"          Not all blocks for this branch are available, but the headers are valid\n' +
            '3.  "valid-headers"         All blocks are available for this branch, but they were never fully validated\n' +
            '4.  "valid-fork"            This branch is not part of the active chain, but is fully validated\n' +
            '5.  "active"                This is the tip of the active main chain, which is certainly valid',
        ),
      ]),
    ]),
  ],
  examples: [''],
  handler: (_parameters, { chain }) =>
    [...chain.tips()]
      .sort((a, b) => b.entry.height - a.entry.height)
      .map(({ entry, branchLength, status }) => ({
        height: entry.height,
        hash: entry.hash,
        branchlen: branchLength,
        status,
      })),
});

const getchainstates = defineMethod({
  name: 'getchainstates',
  category: 'Blockchain',
  description: 'Return information about chainstates.',
  parameters: [],
  results: [
    result.object('', '', [
      result.number('headers', 'the number of headers seen so far'),
      result.array(
        'chainstates',
        'list of the chainstates ordered by work, with the most-work (active) chainstate last',
        [
          result.object('', '', [
            result.number('blocks', 'number of blocks in this chainstate'),
            result.hex('bestblockhash', 'blockhash of the tip'),
            result.hex('bits', 'nBits: compact representation of the block difficulty target'),
            result.hex('target', 'The difficulty target'),
            result.number('difficulty', 'difficulty of the tip'),
            result.number('verificationprogress', 'progress towards the network tip'),
            result.boolean('validated', 'whether the chainstate is fully validated'),
          ]),
        ],
      ),
    ]),
  ],
  examples: [''],
  handler: (_parameters, { chain }) => ({
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
});

export const chainStateMethods: readonly Method[] = [
  getblockchaininfo,
  getblockcount,
  getbestblockhash,
  getblockhash,
  getdifficulty,
  getchaintips,
  getchainstates,
];
