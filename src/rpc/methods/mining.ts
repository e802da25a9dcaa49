/** What mining is like now, and Penny's own miner. */
import type { Chain } from '../../chain/chain.ts';
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { difficultyFromBits } from '../../core/block/target.ts';
import { nextWorkRequired } from '../../core/consensus/difficulty.ts';
import { decodeAddress } from '../../core/script/address.ts';
import { addressScript } from '../construct-transaction.ts';
import { targetJson } from '../formats/block.ts';
import { btc, group, method, RpcCode, type RpcContext, RpcError, refuse, t } from '../kit.ts';

/** Seconds. Of such a time is Core's interval where the network's rule has none. */
const DAY = 86_400;
const DEFAULT_LOOKUP = 120;

/** Hashes a second over the last `lookup` blocks (-1: since the last change of difficulty) up to a height. */
function networkHashRate(chain: Chain, lookup: number, height: number): number {
  if (lookup < -1 || lookup === 0)
    throw refuse.parameter('Invalid nblocks. Must be a positive number or -1.');
  if (height < -1 || height > chain.height)
    throw refuse.parameter('Block does not exist at specified height');
  const last = height < 0 ? chain.tip : chain.entryAt(height)!;
  if (last.height === 0) return 0;
  const { difficulty, targetSpacing } = chain.parameters;
  const interval = difficulty.kind === 'interval' ? difficulty.interval : Math.ceil(DAY / targetSpacing);
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

const target = { bits: t.hex('Compact'), difficulty: t.number('Times the least there is'), target: t.hex() };

export const miningMethods = group('Mining', {
  getmininginfo: method({
    help: 'What finding the next block takes.',
    result: t.object({
      blocks: t.integer('Height of the tip'),
      currentblockweight: t.optional(t.integer('Of the last template made here')),
      currentblocktx: t.optional(t.integer('Transactions in it, without the coinbase')),
      ...target,
      networkhashps: t.number('Hashes a second of all miners, estimated'),
      hashrate: t.optional(t.number("Hashes a second of this node's miner, while it runs")),
      pooledtx: t.integer('Transactions in the mempool'),
      blockmintxfee: t.amount('BTC for 1,000 vbytes; what pays less is not mined here'),
      chain: t.string(),
      next: t.object({ height: t.integer(), ...target }, 'The block to be found'),
      warnings: t.array(t.string()),
    }),
    handler(_, { chain, clock, mempool, miner, parameters }) {
      const { tip } = chain;
      const time = Math.max(tip.medianTimePast + 1, clock.seconds());
      const nextBits = nextWorkRequired(tip, time, parameters);
      return {
        blocks: tip.height,
        currentblockweight: miner.lastTemplate?.weight,
        currentblocktx: miner.lastTemplate?.transactions,
        ...targetJson(tip.bits),
        difficulty: difficultyFromBits(tip.bits),
        networkhashps: networkHashRate(chain, DEFAULT_LOOKUP, -1),
        hashrate: miner.mining === null ? undefined : miner.hashRate,
        pooledtx: mempool.graph.size,
        blockmintxfee: btc(miner.minimumFeeRate),
        chain: parameters.chain,
        next: { height: tip.height + 1, ...targetJson(nextBits), difficulty: difficultyFromBits(nextBits) },
        warnings: chain.warnings,
      };
    },
  }),

  getnetworkhashps: method({
    help: 'Hashes a second of all miners together, estimated from how fast blocks were found.',
    parameters: {
      nblocks: t.standard(
        t.integer('Blocks to look at; -1 for those since the last change of difficulty'),
        DEFAULT_LOOKUP,
      ),
      height: t.standard(t.integer('Of the last of them; -1 for the tip'), -1),
    },
    result: t.number(),
    handler: ({ nblocks, height }, { chain }) => networkHashRate(chain, nblocks, height),
  }),

  setmining: method({
    help: "Starts, changes or stops this node's miner, and tells its state; without arguments only that.",
    parameters: {
      threads: t.optional(t.integer('That search; 0 stops')),
      load: t.optional(t.integer('Percent of the time that each thread works'), 'as it is, or 100'),
      address: t.optional(t.string('That is paid'), 'a new one of the first wallet'),
      interval: t.optional(
        t.number('Seconds between blocks at the least, on average'),
        '0, as fast as can be',
      ),
    },
    result: t.object({
      threads: t.integer(),
      load: t.integer('Percent'),
      hashrate: t.number('Hashes in each of the last seconds'),
      blocks: t.integer('Found since the start'),
    }),
    example: '2 50',
    async handler({ threads, load, address, interval }, context) {
      const { miner } = context;
      const share = load ?? miner.mining?.load ?? 100;
      if (share < 1 || share > 100) throw refuse.parameter('Invalid load, must be between 1 and 100');
      if (threads === undefined && [load, address, interval].some((value) => value !== undefined))
        throw refuse.parameter('Without threads the miner is not changed');
      if (threads !== undefined) {
        if (interval !== undefined && interval < 0)
          throw refuse.parameter('Invalid interval, cannot be negative');
        if (threads < 0 || threads > 256)
          throw refuse.parameter('Invalid threads, must be between 0 and 256');
        const script = threads > 0 ? await miningScript(address, context) : undefined;
        await miner.stop();
        if (script !== undefined)
          miner.start({
            threads,
            load: share,
            script: () => Promise.resolve(script),
            blockInterval: interval ?? 0,
          });
      }
      return {
        threads: miner.mining?.threads ?? 0,
        load: miner.mining?.load ?? share,
        hashrate: miner.hashRate,
        blocks: miner.blocksFound,
      };
    },
  }),
});
