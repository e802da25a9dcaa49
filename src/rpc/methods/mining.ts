/** What mining is like now, and Penny's own miner. */
import type { Chain } from '../../chain/chain.ts';
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { difficultyFromBits } from '../../core/block/target.ts';
import { nextWorkRequired } from '../../core/consensus/difficulty.ts';
import { decodeAddress } from '../../core/script/address.ts';
import { addressScript } from '../construct-transaction.ts';
import type { RpcContext } from '../context.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { targetJson } from '../formats/block.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';
import { btc } from '../values.ts';

/** Core's interval where the network's rule has none. */
const DEFAULT_INTERVAL = 2016;
const DEFAULT_LOOKUP = 120;

/** Hashes a second over the last `lookup` blocks (-1: since the last change of difficulty) up to a height. */
function networkHashRate(chain: Chain, lookup: number, height: number): number {
  if (lookup < -1 || lookup === 0)
    throw new RpcError(RpcCode.INVALID_PARAMETER, 'Invalid nblocks. Must be a positive number or -1.');
  if (height < -1 || height > chain.height)
    throw new RpcError(RpcCode.INVALID_PARAMETER, 'Block does not exist at specified height');
  const last = height < 0 ? chain.tip : chain.entryAt(height)!;
  if (last.height === 0) return 0;
  const { difficulty } = chain.parameters;
  const interval = difficulty.kind === 'interval' ? difficulty.interval : DEFAULT_INTERVAL;
  const wanted = lookup === -1 ? (last.height % interval) + 1 : lookup;
  let first: HeaderEntry = last;
  let earliest = last.time;
  let latest = last.time;
  for (let i = 0; i < Math.min(wanted, last.height); i++) {
    first = first.parent!;
    earliest = Math.min(earliest, first.time);
    latest = Math.max(latest, first.time);
  }
  if (earliest === latest) return 0;
  return Number(last.chainWork - first.chainWork) / (latest - earliest);
}

const targetFields = [
  result.hex('bits', 'nBits: compact representation of the block difficulty target'),
  result.number('difficulty', 'The difficulty'),
  result.hex('target', 'The difficulty target'),
];

const getmininginfo = defineMethod({
  name: 'getmininginfo',
  category: 'Mining',
  description: 'Returns a json object containing mining-related information.',
  parameters: [],
  results: [
    result.object('', '', [
      result.number('blocks', 'The current block'),
      result.number(
        'currentblockweight',
        'The block weight (including reserved weight for block header, txs count and coinbase tx) of the last assembled block (only present if a block was ever assembled)',
        {
          optional: true,
        },
      ),
      result.number(
        'currentblocktx',
        'The number of block transactions (excluding coinbase) of the last assembled block (only present if a block was ever assembled)',
        {
          optional: true,
        },
      ),
      ...targetFields,
      result.number('networkhashps', 'The network hashes per second'),
      result.number(
        'hashrate',
        "Penny's own continuous miner: hashes per second (only present while it runs)",
        {
          optional: true,
        },
      ),
      result.number('pooledtx', 'The size of the mempool'),
      result.amount('blockmintxfee', 'Minimum feerate of packages selected for block inclusion in BTC/kvB'),
      result.string('chain', 'current network name'),
      result.object('next', 'The next block', [result.number('height', 'The next height'), ...targetFields]),
      result.array('warnings', 'any network and blockchain warnings', [result.string('', 'warning')]),
    ]),
  ],
  examples: [''],
  handler(_parameters, { chain, clock, mempool, miner, parameters }) {
    const { tip } = chain;
    const time = Math.max(tip.medianTimePast + 1, Math.floor(clock.now() / 1000));
    const nextBits = nextWorkRequired(tip, time, parameters);
    return {
      blocks: tip.height,
      currentblockweight: miner.lastTemplate?.weight,
      currentblocktx: miner.lastTemplate?.transactions,
      ...targetJson(tip.bits),
      difficulty: difficultyFromBits(tip.bits),
      networkhashps: networkHashRate(chain, DEFAULT_LOOKUP, -1),
      hashrate: miner.mining === null ? undefined : miner.hashRate,
      pooledtx: mempool.size,
      blockmintxfee: btc(miner.minimumFeeRate),
      chain: parameters.chain,
      next: { height: tip.height + 1, ...targetJson(nextBits), difficulty: difficultyFromBits(nextBits) },
      warnings: [],
    };
  },
});

const getnetworkhashps = defineMethod({
  name: 'getnetworkhashps',
  category: 'Mining',
  description:
    'Returns the estimated network hashes per second based on the last n blocks.\n' +
    'Pass in [blocks] to override # of blocks, -1 specifies since last difficulty change.\n' +
    'Pass in [height] to estimate the network speed at the time when a certain block was found.',
  parameters: [
    param.integer(
      'nblocks',
      'The number of previous blocks to calculate estimate from, or -1 for blocks since last difficulty change.',
      {
        default: DEFAULT_LOOKUP,
      },
    ),
    param.integer('height', 'To estimate at the time of the given height.', { default: -1 }),
  ],
  results: [result.number('', 'Hashes per second estimated')],
  examples: [''],
  handler: ([lookup, height], { chain }) => networkHashRate(chain, lookup, height),
});

/** Where continuous mining pays: the address given, or a new one of the first wallet. */
async function miningScript(
  address: string | undefined,
  { wallets, parameters }: RpcContext,
): Promise<Uint8Array> {
  if (address !== undefined) return addressScript(address, parameters, 'Error: Invalid address');
  const wallet = wallets.get(wallets.list()[0] ?? '');
  if (wallet === undefined)
    throw new RpcError(RpcCode.WALLET_NOT_FOUND, 'Mining needs an address, or a wallet to make one');
  const own = wallet.newAddress('bech32', 'mining');
  await wallet.settled();
  return decodeAddress(own, parameters);
}

const setmining = defineMethod({
  name: 'setmining',
  category: 'Mining',
  description:
    "Starts, changes or stops the continuous miner, and tells its state.\nWithout arguments only tells its state. This method is Penny's own.",
  parameters: [
    param.integer('threads', 'Threads that search; 0 stops mining', { optional: true }),
    param.integer('load', 'Percent of the time that each thread works, 1 to 100', {
      hint: 'as it is, or 100',
    }),
    param.string('address', 'The address that is paid', { hint: 'a new address of the first wallet' }),
    param.number(
      'interval',
      'Seconds from one block to the next on average, however easy they are; 0 does not pace',
      {
        default: 0,
      },
    ),
  ],
  results: [
    result.object('', '', [
      result.number('threads', 'Threads that search; 0 if the miner is not running'),
      result.number('load', 'Percent of the time that each thread works'),
      result.number('hashrate', 'Hashes per second, counted over the last seconds'),
      result.number('blocks', 'Blocks found since the node started'),
    ]),
  ],
  examples: ['', '2 50', '0'],
  async handler([threads, load, address, interval], context) {
    const { miner } = context;
    const share = load ?? miner.mining?.load ?? 100;
    if (share < 1 || share > 100)
      throw new RpcError(RpcCode.INVALID_PARAMETER, 'Invalid load, must be between 1 and 100');
    if (threads !== undefined) {
      if (interval < 0) throw new RpcError(RpcCode.INVALID_PARAMETER, 'Invalid interval, cannot be negative');
      if (threads < 0 || threads > 256)
        throw new RpcError(RpcCode.INVALID_PARAMETER, 'Invalid threads, must be between 0 and 256');
      const script = threads > 0 ? await miningScript(address, context) : undefined;
      await miner.stop();
      if (script !== undefined)
        miner.start({
          threads,
          load: share,
          script: () => Promise.resolve(script),
          blockInterval: interval,
        });
    }
    return {
      threads: miner.mining?.threads ?? 0,
      load: miner.mining?.load ?? share,
      hashrate: miner.hashRate,
      blocks: miner.blocksFound,
    };
  },
});

export const miningMethods: readonly Method[] = [getmininginfo, getnetworkhashps, setmining];
