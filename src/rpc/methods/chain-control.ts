/** Steers the chain by hand, and gives it headers. */
import type { Chain } from '../../chain/chain.ts';
import type { BlockHash } from '../../core/block/header.ts';
import { decodeHeader } from '../decode.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { findBlock } from '../lookup.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';
import { hashTextFrom } from '../values.ts';

const none = [result.none('', '')];
/** A prune height above this is a time (Core's rule). */
const TIME_THRESHOLD = 1_000_000_000;
/** Seconds before a given time from which blocks are kept. */
const TIMESTAMP_WINDOW = 2 * 60 * 60;
/** Blocks below the tip that are never pruned. */
const BLOCKS_TO_KEEP = 288;
const PRUNE_AFTER_HEIGHT = { main: 100_000, other: 1_000 } as const;

const invalidateblock = defineMethod({
  name: 'invalidateblock',
  category: 'hidden',
  description: 'Permanently marks a block as invalid, as if it violated a consensus rule.',
  parameters: [param.hex('blockhash', 'the hash of the block to mark as invalid')],
  results: none,
  examples: ['"blockhash"'],
  async handler([blockhash], { chain, mempool }) {
    await chain.invalidate(findBlock(chain, blockhash, 'blockhash').hash);
    await mempool.settled();
    return null;
  },
});

const reconsiderblock = defineMethod({
  name: 'reconsiderblock',
  category: 'hidden',
  description:
    'Removes invalidity status of a block, its ancestors and its descendants, reconsider them for activation.\n' +
    'This can be used to undo the effects of invalidateblock.',
  parameters: [param.hex('blockhash', 'the hash of the block to reconsider')],
  results: none,
  examples: ['"blockhash"'],
  async handler([blockhash], { chain, mempool }) {
    await chain.reconsider(findBlock(chain, blockhash, 'blockhash').hash);
    await mempool.settled();
    return null;
  },
});

const preciousblock = defineMethod({
  name: 'preciousblock',
  category: 'Blockchain',
  description:
    'Treats a block as if it were received before others with the same work.\n\n' +
    'A later preciousblock call can override the effect of an earlier one.\n\n' +
    'The effects of preciousblock are not retained across restarts.',
  parameters: [param.hex('blockhash', 'the hash of the block to mark as precious')],
  results: none,
  examples: ['"blockhash"'],
  async handler([blockhash], { chain, mempool }) {
    await chain.precious(findBlock(chain, blockhash, 'blockhash').hash);
    await mempool.settled();
    return null;
  },
});

const submitheader = defineMethod({
  name: 'submitheader',
  category: 'Mining',
  description:
    'Decode the given hexdata as a header and submit it as a candidate chain tip if valid.\nThrows when the header is invalid.',
  parameters: [param.hex('hexdata', 'the hex-encoded block header data')],
  results: [result.none('', 'None')],
  examples: ['"aabbcc"'],
  handler([hexdata], { chain }) {
    const header = decodeHeader(hexdata);
    if (header === null) throw new RpcError(RpcCode.DESERIALIZATION_ERROR, 'Block header decode failed');
    if (chain.entry(header.prev) === undefined)
      throw new RpcError(RpcCode.VERIFY_ERROR, `Must submit previous header (${header.prev}) first`);
    const verdict = chain.acceptHeaders([header]);
    if (!verdict.ok) throw new RpcError(RpcCode.VERIFY_ERROR, verdict.invalid.reason);
    return null;
  },
});

const verifychain = defineMethod({
  name: 'verifychain',
  category: 'Blockchain',
  description: 'Verifies blockchain database.',
  parameters: [
    param.integer(
      'checklevel',
      'How thorough the block verification is, 0 to 4: read the block, check it, check its undo data, disconnect it, connect it again',
      {
        default: 3,
      },
    ),
    param.integer('nblocks', 'The number of blocks to check (0 = all).', { default: 6 }),
  ],
  results: [result.boolean('', 'Verification finished successfully. If false, check debug log for reason.')],
  examples: ['', '4 100'],
  handler: ([level, blocks], { chain }) => chain.verify(level, blocks),
});

const getblockfrompeer = defineMethod({
  name: 'getblockfrompeer',
  category: 'Blockchain',
  description:
    'Attempt to fetch block from a given peer.\n\n' +
    'We must have the header for this block, e.g. using submitheader.\n' +
    'Returns an empty JSON object if the request was successfully scheduled.',
  parameters: [
    param.hex('blockhash', 'The block hash to try to fetch'),
    param.integer('peer_id', 'The peer to fetch it from (see getpeerinfo for peer IDs)'),
  ],
  results: [result.object('', '', [])],
  examples: ['"00000000c937983704a73af28acdec37b049d214adbda81d7e2a3dd146f6ed09" 0'],
  handler([blockhash, peerId], { chain, network }) {
    const entry = chain.entry(hashTextFrom<BlockHash>(blockhash, 'blockhash'));
    if (entry === undefined) throw new RpcError(RpcCode.MISC_ERROR, 'Block header missing');
    if (entry.haveData) throw new RpcError(RpcCode.MISC_ERROR, 'Block already downloaded');
    try {
      network.requestBlock(entry, peerId);
    } catch (error) {
      // Why that peer cannot be asked, in Core's words.
      throw new RpcError(RpcCode.MISC_ERROR, (error as Error).message);
    }
    return {};
  },
});

const pruneblockchain = defineMethod({
  name: 'pruneblockchain',
  category: 'Blockchain',
  description:
    'Attempts to delete block and undo data up to a specified height or timestamp, if eligible for pruning.',
  parameters: [
    param.integer(
      'height',
      'The block height to prune up to. May be set to a discrete height, or to a UNIX epoch time\nto prune blocks whose block time is at least 2 hours older than the provided timestamp.',
    ),
  ],
  results: [result.number('', 'Height of the last block pruned')],
  examples: ['1000'],
  async handler([height], { chain, parameters }) {
    if (chain.pruneTarget === 0)
      throw new RpcError(RpcCode.MISC_ERROR, 'Cannot prune blocks because node is not in prune mode.');
    if (height < 0) throw new RpcError(RpcCode.INVALID_PARAMETER, 'Negative block height.');
    const wanted = height > TIME_THRESHOLD ? heightAtTime(chain, height - TIMESTAMP_WINDOW) : height;
    const enough = parameters.chain === 'main' ? PRUNE_AFTER_HEIGHT.main : PRUNE_AFTER_HEIGHT.other;
    if (chain.height < enough) throw new RpcError(RpcCode.MISC_ERROR, 'Blockchain is too short for pruning.');
    if (wanted > chain.height)
      throw new RpcError(RpcCode.INVALID_PARAMETER, 'Blockchain is shorter than the attempted prune height.');
    return chain.prune(Math.min(wanted, chain.height - BLOCKS_TO_KEEP));
  },
});

/** The lowest block that is at least this late. */
function heightAtTime(chain: Chain, time: number): number {
  let latest = -1;
  for (let height = 0; height <= chain.height; height++) {
    latest = Math.max(latest, chain.entryAt(height)!.time);
    if (latest >= time) return height;
  }
  throw new RpcError(
    RpcCode.INVALID_PARAMETER,
    'Could not find block with at least the specified timestamp.',
  );
}

export const chainControlMethods: readonly Method[] = [
  invalidateblock,
  reconsiderblock,
  preciousblock,
  submitheader,
  verifychain,
  getblockfrompeer,
  pruneblockchain,
];
