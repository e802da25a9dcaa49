/** The whole UTXO set in a file, and from one that is used before it is verified. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { whileTip } from '../../chain/rollback.ts';
import {
  encodeSnapshotCoins,
  encodeSnapshotHeader,
  SnapshotError,
  SnapshotReader,
} from '../../chain/utxo-snapshot.ts';
import { utxoStatistics } from '../../chain/utxo-statistics.ts';
import { toDisplayHex } from '../../core/encoding/bytes.ts';
import { DecodeError } from '../../core/encoding/errors.ts';
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
  const { active } = network.connections;
  network.setActive(false);
  try {
    return await whileTip(chain, target, act);
  } finally {
    await mempool.settled();
    network.setActive(active);
  }
}

const dumped = t.view<[tip: HeaderEntry, file: { coins: number; hash: Uint8Array; path: string }]>()({
  coins_written: [t.integer(), (_, { coins }) => coins],
  base_hash: [t.hex('Of the block whose coins they are'), ({ hash }) => hash],
  base_height: [t.integer(), ({ height }) => height],
  path: [t.string(), (_, { path }) => path],
  txoutset_hash: [t.hex('As hash_serialized_3 of gettxoutsetinfo'), (_, { hash }) => toDisplayHex(hash)],
  nchaintx: [t.integer('Transactions of the chain up to there'), (tip) => tip.chainTransactionCount],
});

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
  return dumped.of(tip, { coins, hash: hash!, path: written.path });
}

/** In Core's words, and those of the library that it reads with. */
function explainHeader(error: unknown): never {
  if (!(error instanceof DecodeError)) throw error;
  const what = error.message === 'end of data' ? 'AutoFile::read: end of file' : error.message;
  throw refuse.text(`Unable to parse metadata: ${what}: iostream error`);
}

export const coinFileMethods = group('Blockchain', {
  dumptxoutset: method({
    help:
      'Writes all coins to a file, as Bitcoin Core reads them with loadtxoutset. For coins of an earlier block the\n' +
      'node goes back to it meanwhile, without its peers.',
    parameters: {
      path: t.string('From the data directory, unless it is absolute'),
      type: t.standard(t.string('latest, or rollback'), ''),
      options: t.options({
        rollback: t.optional(blockByHashOrHeight('Whose coins are wanted')),
        in_memory: t.flag('Without effect: nothing is copied on the way'),
      }),
    },
    result: dumped,
    example: 'utxo.dat latest',
    handler({ path, type, options: given }, context) {
      const target = rollbackTarget(type, given.rollback, context);
      return withTip(target, context, () => dump(path, context));
    },
  }),

  loadtxoutset: method({
    help:
      'Goes on from the coins in a file of dumptxoutset, if the file of the network has their hash. Meanwhile all\n' +
      'blocks up to theirs are fetched and verified in the background: getchainstates tells how far that is. Where\n' +
      'it ends with other coins, the node stops and forgets what was built on the file.',
    parameters: { path: t.string('From the data directory, unless it is absolute') },
    result: t.object({
      coins_loaded: t.integer(),
      tip_hash: t.hex('Of the block whose coins they are'),
      base_height: t.integer('Its height'),
      path: t.string(),
    }),
    example: 'utxo.dat',
    async handler({ path: given }, { chain, mempool, parameters, readPieces }) {
      const { path, pieces } = await readPieces(given).catch((error: Error & { readonly path?: string }) => {
        if (error.path === undefined) throw error;
        throw refuse.parameter(`Couldn't open file ${error.path} for reading.`);
      });
      const reader = new SnapshotReader(pieces);
      try {
        const header = await reader.header(parameters).catch(explainHeader);
        const base = await chain.loadSnapshot({ reader, header }, () => mempool.graph.size === 0);
        return { coins_loaded: Number(header.coins), tip_hash: base.hash, base_height: base.height, path };
      } catch (error) {
        if (!(error instanceof SnapshotError)) throw error;
        throw refuse.internal_error(`Unable to load UTXO snapshot: ${error.message}. (${path})`);
      } finally {
        await reader.close();
      }
    },
  }),
});
