/** Blocks by hand: mined at will or by themselves, and branches that take the place of others. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { Invalid } from '../../core/encoding/errors.ts';
import { encodeAddress } from '../../core/script/address.ts';
import type { Transaction, Txid } from '../../core/transaction/transaction.ts';
import { addressScript } from '../../rpc/construct-transaction.ts';
import { method, type RpcContext, refuse, t } from '../../rpc/kit.ts';
import { devGroup } from '../dev-method.ts';
import { devParts } from '../dev-parts.ts';
import { conflictWith } from '../double-spend.ts';
import { moveTime } from './time.ts';

const TRIES = 2 ** 32;
/** More are hardly meant. */
const MOST_BLOCKS = 10_000;

const address = t.optional(t.string('That is paid'), "the faucet's");

const payee = (text: string | undefined, context: RpcContext): Uint8Array =>
  text === undefined
    ? devParts(context).faucet.script
    : addressScript(text, context.parameters, 'Error: Invalid address');

function requireCount(count: number, name: string): void {
  if (count < 1 || count > MOST_BLOCKS)
    throw refuse.parameter(`Invalid ${name}, must be between 1 and ${MOST_BLOCKS}`);
}

/** Where the transactions of blocks that are left go. */
const FATES = ['keep', 'mine', 'drop'] as const;
type Fate = (typeof FATES)[number];

interface Branch {
  /** The first block of the branch that is left. */
  readonly from: HeaderEntry;
  readonly blocks: number;
  /** What the first new block holds, chosen when the old branch is left. */
  first(): readonly Transaction[] | null;
}

/** Builds a longer branch beside the active one. @returns hashes @throws RpcError, and the old branch is back */
async function buildBranch({ from, blocks, first }: Branch, context: RpcContext): Promise<string[]> {
  const { chain, mempool, miner } = context;
  const { script } = devParts(context).faucet;
  const hashes: string[] = [];
  await chain.invalidate(from.hash);
  try {
    await mempool.settled();
    const chosen = first();
    if (chosen === null) hashes.push(...(await miner.mineBlocks(1, script, TRIES)));
    while (hashes.length < blocks)
      hashes.push((await miner.mineBlock(script, hashes.length === 0 ? (chosen ?? []) : [], true)).hash);
    return hashes;
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    throw refuse.verify(error.message);
  } finally {
    await chain.reconsider(from.hash);
    await mempool.settled();
    await context.wallets.settled();
  }
}

/** The block that is so many below the tip counts as the first to leave. */
function firstToLeave(depth: number, { chain }: RpcContext): HeaderEntry {
  if (depth < 1 || depth > chain.height)
    throw refuse.parameter(`Invalid depth, must be between 1 and ${chain.height}`);
  return chain.entryAt(chain.height - depth + 1)!;
}

async function transactionsFrom(from: HeaderEntry, { chain }: RpcContext): Promise<Txid[]> {
  const txids: Txid[] = [];
  for (let at: HeaderEntry | undefined = from; at !== undefined; at = chain.next(at))
    for (const { txid } of (await chain.blocks.readBlock(at)).transactions.slice(1)) txids.push(txid);
  return txids;
}

const autoMining = t.object({
  enabled: t.boolean(),
  delay: t.optional(t.integer('Milliseconds')),
  interval: t.optional(t.number('Seconds')),
  empty: t.optional(t.boolean()),
  address: t.optional(t.string()),
});

function toldAutoMining(context: RpcContext) {
  const { mining } = devParts(context).autoMiner;
  if (mining === null) return { enabled: false };
  return {
    enabled: true,
    delay: mining.delay ?? undefined,
    interval: mining.interval > 0 ? mining.interval / 1000 : undefined,
    empty: mining.interval > 0 ? mining.empty : undefined,
    address: encodeAddress(mining.script, context.parameters) ?? undefined,
  };
}

export const devMiningMethods = devGroup('Mining', {
  mine: method({
    help: 'Mines blocks, and tells their hashes.',
    parameters: {
      blocks: t.standard(t.integer(), 1),
      interval: t.standard(t.long('Seconds by which time moves from each to the next'), 0),
      address,
    },
    result: t.array(t.hex()),
    example: '6 600',
    async handler({ blocks, interval, address: to }, context) {
      const { miner, mempool, clock, wallets } = context;
      requireCount(blocks, 'blocks');
      if (interval < 0) throw refuse.parameter('Negative interval');
      const script = payee(to, context);
      const hashes: string[] = [];
      while (hashes.length < blocks) {
        if (interval > 0 && hashes.length > 0) await moveTime(clock.now() + interval * 1000, context);
        await mempool.settled();
        const count = interval > 0 ? 1 : blocks;
        hashes.push(...(await miner.mineBlocks(count, script, TRIES)));
      }
      await mempool.settled();
      await wallets.settled();
      return hashes;
    },
  }),

  setautomine: method({
    help: 'Lets the node mine by itself until it stops: a block for each transaction that comes, some time after it, or by the clock. Without arguments it tells what it does.',
    parameters: {
      enabled: t.optional(t.boolean()),
      delay: t.optional(
        t.integer('Milliseconds from a transaction to its block'),
        '0; with an interval transactions wait for it',
      ),
      interval: t.optional(t.number('Seconds from one block to the next'), 'no such blocks'),
      empty: t.flag('By the clock blocks come though nothing waits', true),
      address,
    },
    result: autoMining,
    example: 'true 500',
    async handler({ enabled, delay, interval = 0, empty, address: to }, context) {
      const { autoMiner } = devParts(context);
      if (enabled === undefined) return toldAutoMining(context);
      if ((delay ?? 0) < 0 || interval < 0) throw refuse.parameter('Negative delay or interval');
      const script = payee(to, context);
      await autoMiner.stop();
      if (enabled)
        autoMiner.start({
          ...{ interval: interval * 1000, empty, script },
          delay: delay ?? (interval > 0 ? null : 0),
        });
      return toldAutoMining(context);
    },
  }),

  reorganise: method({
    help: 'Replaces the last blocks by a longer branch, and tells the hashes of its blocks.',
    parameters: {
      depth: t.integer('Blocks that are left'),
      blocks: t.optional(t.integer('Of the new branch, more than are left'), 'one more'),
      transactions: t.standard(
        t.string(
          'Those of the blocks that are left: keep lets them wait again, mine puts them into the first new block, drop takes them out of the mempool too',
        ),
        'keep',
      ),
    },
    result: t.array(t.hex()),
    example: '2',
    async handler({ depth, blocks = depth + 1, transactions }, context) {
      const { mempool } = context;
      const fate = transactions as Fate;
      if (!FATES.includes(fate))
        throw refuse.parameter(`Invalid transactions, must be one of ${FATES.join(', ')}`);
      const from = firstToLeave(depth, context);
      if (blocks <= depth)
        throw refuse.parameter('The new branch must be longer than the blocks that are left');
      requireCount(blocks, 'blocks');
      const left = await transactionsFrom(from, context);
      const first = () => {
        if (fate === 'drop') mempool.drop(left);
        return fate === 'mine' ? null : [];
      };
      return buildBranch({ from, blocks, first }, context);
    },
  }),

  doublespend: method({
    help: 'Replaces a payment, in the mempool or confirmed, by one to its own payer: in the first block of a longer branch if it is confirmed.\nA loaded wallet or the faucet must be able to sign for what it spends.',
    parameters: { txid: t.hashText<Txid>() },
    result: t.object({
      txid: t.hex('Of the payment that takes its place'),
      blocks: t.array(t.hex('New ones')),
    }),
    async handler({ txid }, context) {
      const { chain, mempool, miner, wallets } = context;
      await mempool.settled();
      const { conflict, entry, ancestors } = await conflictWith(txid, context);
      const needed = () => [...ancestors(), conflict];
      if (entry !== null) {
        const blocks = chain.height - entry.height + 2;
        return {
          txid: conflict.txid,
          blocks: await buildBranch({ from: entry, blocks, first: needed }, context),
        };
      }
      const { hash } = await miner.mineBlock(devParts(context).faucet.script, needed(), true);
      await mempool.settled();
      await wallets.settled();
      return { txid: conflict.txid, blocks: [hash] };
    },
  }),
});
