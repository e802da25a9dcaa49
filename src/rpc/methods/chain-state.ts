/** What the chain is: its tip, its branches, its rules in force. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { difficultyFromBits } from '../../core/block/target.ts';
import { blockScriptFlags } from '../../core/consensus/flags.ts';
import { ScriptFlag } from '../../core/script/flags.ts';
import type { RpcContext } from '../context.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { targetJson, workHex } from '../formats/block.ts';
import { bip9Result, deploymentJson } from '../formats/deployment.ts';
import { findBlock } from '../lookup.ts';
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

const getdeploymentinfo = defineMethod({
  name: 'getdeploymentinfo',
  category: 'Blockchain',
  description: 'Returns an object containing various state info regarding deployments of consensus changes.',
  parameters: [
    param.hex('blockhash', 'The block hash at which to query deployment state', {
      hint: 'hash of current chain tip',
    }),
  ],
  results: [
    result.object('', '', [
      result.string('hash', 'requested block hash (or tip)'),
      result.number('height', 'requested block height (or tip)'),
      result.array('script_flags', 'script verify flags for the block', [
        result.string('flag', 'a script verify flag'),
      ]),
      result.keyed('deployments', '', [
        result.object('xxxx', 'name of the deployment', [
          result.string('type', 'one of "buried", "bip9"'),
          result.number('height', 'height of the first block which the rules are or will be enforced', {
            optional: true,
          }),
          result.boolean('active', 'true if the rules are enforced for the mempool and the next block'),
          bip9Result,
        ]),
      ]),
    ]),
  ],
  examples: [''],
  handler([blockhash], { chain, parameters }) {
    const entry = blockhash === undefined ? chain.tip : findBlock(chain, blockhash, 'blockhash');
    const { bip34, bip66, bip65, csv, segwit } = parameters.heights;
    const buried = Object.entries({ bip34, bip66, bip65, csv, segwit }).map(([name, height]) => [
      name,
      { type: 'buried', active: entry.height + 1 >= height, height },
    ]);
    const signalled = (parameters.versionBits ?? []).map((deployment) => [
      deployment.name,
      deploymentJson(entry, deployment),
    ]);
    return {
      hash: entry.hash,
      height: entry.height,
      script_flags: flagNames(blockScriptFlags(entry, parameters)),
      deployments: Object.fromEntries([...buried, ...signalled]),
    };
  },
});

function flagNames(flags: number): string[] {
  return Object.entries(ScriptFlag)
    .filter(([, flag]) => (flags & flag) !== 0)
    .map(([name]) => name)
    .sort();
}

const getchaintxstats = defineMethod({
  name: 'getchaintxstats',
  category: 'Blockchain',
  description: 'Compute statistics about the total number and rate of transactions in the chain.',
  parameters: [
    param.integer('nblocks', 'Size of the window in number of blocks', { hint: 'one month' }),
    param.hex('blockhash', 'The hash of the block that ends the window.', { hint: 'chain tip' }),
  ],
  results: [
    result.object('', '', [
      result.time('time', 'The timestamp for the final block in the window, expressed in UNIX epoch time'),
      result.number('txcount', 'The total number of transactions in the chain up to that point, if known.', {
        optional: true,
      }),
      result.hex('window_final_block_hash', 'The hash of the final block in the window'),
      result.number('window_final_block_height', 'The height of the final block in the window.'),
      result.number('window_block_count', 'Size of the window in number of blocks'),
      result.number(
        'window_interval',
        'The elapsed time in the window in seconds. Only returned if "window_block_count" is > 0',
        {
          optional: true,
        },
      ),
      result.number(
        'window_tx_count',
        'The number of transactions in the window. Only returned if "window_block_count" is > 0 and if txcount exists for the start and end of the window.',
        {
          optional: true,
        },
      ),
      result.number(
        'txrate',
        'The average rate of transactions per second in the window. Only returned if "window_interval" is > 0 and if window_tx_count exists.',
        {
          optional: true,
        },
      ),
    ]),
  ],
  examples: ['', '2016'],
  handler([nblocks, blockhash], { chain, parameters }) {
    const last = windowEnd(blockhash, chain);
    const month = Math.floor((30 * 24 * 60 * 60) / parameters.targetSpacing);
    const count = nblocks ?? Math.max(0, Math.min(month, last.height - 1));
    if (count < 0 || (count > 0 && count >= last.height))
      throw new RpcError(
        RpcCode.INVALID_PARAMETER,
        "Invalid block count: should be between 0 and the block's height - 1",
      );
    return {
      time: last.time,
      txcount: last.chainTransactionCount || undefined,
      window_final_block_hash: last.hash,
      window_final_block_height: last.height,
      window_block_count: count,
      ...(count > 0 && rateJson(last.ancestor(last.height - count), last)),
    };
  },
});

function windowEnd(blockhash: string | undefined, chain: RpcContext['chain']): HeaderEntry {
  if (blockhash === undefined) return chain.tip;
  const entry = findBlock(chain, blockhash, 'blockhash');
  if (!chain.isActive(entry)) throw new RpcError(RpcCode.INVALID_PARAMETER, 'Block is not in main chain');
  return entry;
}

function rateJson(first: HeaderEntry, last: HeaderEntry) {
  const interval = last.medianTimePast - first.medianTimePast;
  const known = last.chainTransactionCount > 0 && first.chainTransactionCount > 0;
  const count = last.chainTransactionCount - first.chainTransactionCount;
  return {
    window_interval: interval,
    window_tx_count: known ? count : undefined,
    txrate: known && interval > 0 ? count / interval : undefined,
  };
}

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
  getdeploymentinfo,
  getchaintxstats,
  getchainstates,
];
