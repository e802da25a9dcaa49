/** What mining is like now and what a transaction should pay, and Penny's own miner. */
import type { Chain } from '../../chain/chain.ts';
import { hashRateUpTo } from '../../chain/hash-rate.ts';
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { nextWorkRequired } from '../../core/consensus/difficulty.ts';
import { decodeAddress } from '../../core/script/address.ts';
import type { Txid } from '../../core/transaction/transaction.ts';
import { dustOutputs } from '../../mempool/dust.ts';
import type { MempoolEntry } from '../../mempool/entry.ts';
import type { Miner } from '../../mining/miner.ts';
import { addressScript } from '../construct-transaction.ts';
import { estimateMode, requireTarget } from '../fee-choice.ts';
import { target, targetRows } from '../formats/block.ts';
import { btc, group, method, type RpcContext, refuse, t } from '../kit.ts';

const DEFAULT_LOOKUP = 120;

/** Up to a height; -1 for the tip. @param lookup blocks; -1: since the last change of difficulty @throws RpcError -8 */
function networkHashRate(chain: Chain, lookup = DEFAULT_LOOKUP, height = -1): number {
  if (lookup < -1 || lookup === 0)
    throw refuse.parameter('Invalid nblocks. Must be a positive number or -1.');
  if (height < -1 || height > chain.height)
    throw refuse.parameter('Block does not exist at specified height');
  const last = height < 0 ? chain.tip : chain.entryAt(height)!;
  return hashRateUpTo(last, lookup === -1 ? null : lookup, chain.parameters);
}

/** Where continuous mining pays: the address given, or a new one of the first wallet. */
async function miningScript(
  address: string | undefined,
  { wallets, parameters }: RpcContext,
): Promise<Uint8Array> {
  if (address !== undefined) return addressScript(address, parameters, 'Error: Invalid address');
  const wallet = wallets.get(wallets.list()[0] ?? '');
  if (wallet === undefined) throw refuse.wallet_not_found('Mining needs an address, or a wallet to make one');
  const own = wallet.newAddress('bech32', 'mining');
  await wallet.settled();
  return decodeAddress(own, parameters);
}

const miningInfo = t.view<[tip: HeaderEntry, context: RpcContext]>()({
  blocks: [t.integer('Height of the tip'), ({ height }) => height],
  currentblockweight: [
    t.optional(t.integer('Of the last template made here')),
    (_, { miner }) => miner.lastTemplate?.weight,
  ],
  currentblocktx: [
    t.optional(t.integer('Transactions in it, without the coinbase')),
    (_, { miner }) => miner.lastTemplate?.transactions,
  ],
  ...targetRows,
  networkhashps: [t.number('Hashes a second of all, estimated'), (_, { chain }) => networkHashRate(chain)],
  hashrate: [
    t.optional(t.number("Hashes a second of this node's miner, while it runs")),
    (_, { miner }) => (miner.mining === null ? undefined : miner.hashRate),
  ],
  pooledtx: [t.integer('Transactions in the mempool'), (_, { mempool }) => mempool.graph.size],
  blockmintxfee: [t.amount('What pays less is not mined here'), (_, { miner }) => btc(miner.minimumFeeRate)],
  chain: [t.string(), (_, { parameters }) => parameters.chain],
  next: [
    t.object({ height: t.integer(), ...target.fields }, 'The block to be found'),
    (tip, { clock, parameters }) => {
      const time = Math.max(tip.medianTimePast + 1, clock.seconds());
      return { height: tip.height + 1, ...target.of({ bits: nextWorkRequired(tip, time, parameters) }) };
    },
  ],
  warnings: [t.array(t.string()), (_, { chain }) => chain.warnings],
});

const mining = t.view<[Miner, load: number]>()({
  threads: [t.integer(), ({ mining }) => mining?.threads ?? 0],
  load: [t.integer('Percent'), ({ mining }, load) => mining?.load ?? load],
  hashrate: [t.number('Hashes in each of the last seconds'), ({ hashRate }) => hashRate],
  blocks: [t.integer('Found since the start'), ({ blocksFound }) => blocksFound],
});

const prioritised = t.view<[delta: bigint, entry: MempoolEntry | undefined]>()({
  fee_delta: [t.number(), (delta) => delta],
  in_mempool: [t.boolean(), (_, entry) => entry !== undefined],
  modified_fee: [t.optional(t.number('With the delta')), (_, entry) => entry?.modifiedFee],
});

export const miningMethods = {
  ...group('Mining', {
    getmininginfo: method({
      help: 'What finding the next block takes. The fee rate is in BTC for 1,000 vbytes.',
      result: miningInfo,
      handler: (_, context) => miningInfo.of(context.chain.tip, context),
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
      result: mining,
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
            miner.start({ threads, load: share, script, blockInterval: interval ?? 0 });
        }
        return mining.of(miner, share);
      },
    }),

    prioritisetransaction: method({
      help: 'Lets templates and the mempool treat a transaction as if it paid more, or less. Nothing is paid.',
      parameters: {
        txid: t.hashText<Txid>(),
        dummy: t.optional(t.number('0')),
        fee_delta: t.long('Satoshis, added to what was said before'),
      },
      result: t.boolean(),
      example: 'TXID 0 10000',
      handler({ txid, dummy, fee_delta }, { mempool }) {
        if (dummy !== undefined && dummy !== 0)
          throw refuse.parameter(
            'Priority is no longer supported, dummy argument to prioritisetransaction must be 0.',
          );
        const { requireStandard, dustRelayFeeRate } = mempool.policy;
        const entry = mempool.get(txid);
        if (requireStandard && entry !== undefined && dustOutputs(entry.tx, dustRelayFeeRate).length > 0)
          throw refuse.parameter('Priority is not supported for transactions with dust outputs.');
        mempool.prioritise(txid, BigInt(fee_delta));
        return true;
      },
    }),

    getprioritisedtransactions: method({
      help: 'What prioritisetransaction has changed, in satoshis.',
      result: t.record(prioritised, 'txid'),
      handler: (_, { mempool }) =>
        Object.fromEntries(
          Array.from(mempool.feeDeltas, ([txid, delta]) => [txid, prioritised.of(delta, mempool.get(txid))]),
        ),
    }),
  }),
  ...group('Util', {
    estimatesmartfee: method({
      help: 'The fee rate at which a transaction should be confirmed within some blocks, in BTC for 1,000 vbytes.',
      parameters: {
        conf_target: t.integer('Blocks, 1 to 1008'),
        estimate_mode: t.standard(
          t.string('economical: by the last blocks; conservative: by more'),
          'economical',
        ),
      },
      result: t.object({
        feerate: t.optional(t.amount()),
        errors: t.optional(t.array(t.string(), 'Why there is no rate')),
        blocks: t.integer('For so many blocks'),
      }),
      example: '6',
      async handler({ conf_target, estimate_mode }, { fees, mempool }) {
        await mempool.settled();
        requireTarget(conf_target);
        const isConservative = estimateMode(estimate_mode) === 'conservative';
        const { feeRate, blocks, errors } = fees.estimate(conf_target, isConservative);
        return feeRate === null ? { errors, blocks } : { feerate: btc(feeRate), blocks };
      },
    }),
  }),
};
