/** dumptxoutset: the whole UTXO set in a file. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { encodeSnapshotCoins, encodeSnapshotHeader } from '../../chain/utxo-snapshot.ts';
import { utxoStatistics } from '../../chain/utxo-statistics.ts';
import { toDisplayHex } from '../../core/encoding/bytes.ts';
import { group, method, type RpcContext, refuse, t } from '../kit.ts';
import { activeAt, blockByHashOrHeight } from '../lookup.ts';

/** The platform refuses to overwrite a file, or cannot make it. */
function explain(error: Error & { readonly code?: string; readonly path?: string }): never {
  if (error.code === 'EEXIST')
    throw refuse.parameter(
      `${error.path} already exists. If you are sure this is what you want, move it out of the way first.`,
    );
  if (error.message.includes(' cannot be written: '))
    throw refuse.parameter(`Couldn't open file ${error.path}.incomplete for writing`);
  throw error;
}

/** The block whose coins are wanted; undefined for the tip. */
function rollbackTarget(
  type: string,
  target: HeaderEntry | undefined,
  { chain, parameters }: RpcContext,
): HeaderEntry | undefined {
  if (target !== undefined) {
    if (type !== '' && type !== 'rollback')
      throw refuse.parameter(`Invalid snapshot type "${type}" specified with rollback option`);
    if (!chain.isActive(target)) throw refuse.parameter('Block is not in main chain');
    return target;
  }
  if (type === 'rollback') {
    const known = parameters.assumeUtxo?.at(-1);
    if (known === undefined)
      throw refuse.parameter('No height of a snapshot is known: give one with the rollback option');
    return activeAt(chain, known.height);
  }
  if (type !== 'latest')
    throw refuse.parameter(
      `Invalid snapshot type "${type}" specified. Please specify "rollback" or "latest"`,
    );
  return undefined;
}

/** Does something while a block is the tip, without the network, and then goes on as before. */
async function withTip<T>(
  target: HeaderEntry | undefined,
  { chain, network, mempool }: RpcContext,
  act: () => Promise<T>,
): Promise<T> {
  if (target === undefined || target === chain.tip) return act();
  const left: HeaderEntry[] = [];
  const { active } = network.connections;
  network.setActive(false);
  try {
    // More than one branch may have grown beyond it.
    while (chain.tip !== target) {
      let fork = target;
      while (!chain.isActive(fork)) fork = fork.parent!;
      const next = chain.next(fork)!;
      await chain.invalidate(next.hash);
      left.push(next);
    }
    return await act();
  } finally {
    for (const { hash } of left.reverse()) await chain.reconsider(hash);
    await mempool.settled();
    network.setActive(active);
  }
}

async function dump(path: string, { chain, parameters, writeFile }: RpcContext) {
  // Two walks over one set: the header needs the count, which only the first walk knows.
  const counted = await chain.snapshotCoins();
  const { coins, hash } = await utxoStatistics(counted.coins, 'hash_serialized_3');
  const snapshot = await chain.snapshotCoins();
  const { tip } = snapshot;
  if (tip !== counted.tip) throw refuse.misc('The tip changed while the snapshot was made; try again');
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield encodeSnapshotHeader({ magic: parameters.magic, base: tip.hashBytes, coins });
    yield* encodeSnapshotCoins(snapshot.coins);
  }
  const written = await writeFile(path, chunks()).catch(explain);
  return {
    coins_written: coins,
    base_hash: tip.hash,
    base_height: tip.height,
    path: written.path,
    txoutset_hash: toDisplayHex(hash!),
    nchaintx: tip.chainTransactionCount,
  };
}

export const dumpCoinsMethods = group('Blockchain', {
  dumptxoutset: method({
    help:
      'Writes all coins to a file, as Bitcoin Core reads them with loadtxoutset. For coins of an earlier block the\n' +
      'node goes back to it meanwhile, without its peers.',
    parameters: {
      path: t.string('From the data directory, unless it is absolute'),
      type: t.standard(t.string('latest, or rollback'), ''),
      options: t.options({
        rollback: t.optional(blockByHashOrHeight('Whose coins are wanted')),
        in_memory: t.standard(t.boolean('Without effect: nothing is copied on the way'), false),
      }),
    },
    result: t.object({
      coins_written: t.integer(),
      base_hash: t.hex('Of the block whose coins they are'),
      base_height: t.integer(),
      path: t.string(),
      txoutset_hash: t.hex('As hash_serialized_3 of gettxoutsetinfo'),
      nchaintx: t.integer('Transactions of the chain up to there'),
    }),
    example: 'utxo.dat latest',
    handler({ path, type, options: given }, context) {
      const target = rollbackTarget(type, given.rollback, context);
      return withTip(target, context, () => dump(path, context));
    },
  }),
});
