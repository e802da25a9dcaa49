/**
 * Coins of a snapshot that are used before they are verified: from its file to a database of their own, and what is
 * on the disk of them meanwhile. Knows nothing of the blocks that follow.
 *
 * `chainstate_snapshot` counts if `base_blockhash` in it names its block (32 bytes, internal order, as in Core); behind
 * that a 1 follows when the block's coins turned out to be the same. Then a start puts it in the place of `chainstate`,
 * which has no use any more. One that turned out to be false is kept as `chainstate_snapshot_INVALID`.
 */
import type { BlockHash } from '../core/block/header.ts';
import { concatBytes, toDisplayHex } from '../core/encoding/bytes.ts';
import type { AssumedCoins, NetworkParameters } from '../core/parameters/network.ts';
import type { Logger } from '../seams.ts';
import type { ActiveChain } from './active-chain.ts';
import type { Chainstate } from './chainstate.ts';
import type { HeaderEntry } from './header-entry.ts';
import type { HeaderTree } from './header-tree.ts';
import { COIN_STORE, SNAPSHOT_STORE } from './schema.ts';
import { sealed, unsealed } from './side-files.ts';
import type { Storage } from './storage.ts';
import { SnapshotError, type SnapshotHeader, type SnapshotReader } from './utxo-snapshot.ts';
import { utxoStatistics } from './utxo-statistics.ts';

const NOTE = `${SNAPSHOT_STORE}/base_blockhash`;
const INVALID = `${SNAPSHOT_STORE}_INVALID`;
const VERIFIED = Uint8Array.of(1);

/** The snapshot's block, and what the network's file says of its coins. */
export interface Assumption {
  readonly base: HeaderEntry;
  readonly coins: AssumedCoins;
}

/** Nothing that was built on the snapshot can be trusted; the next start goes on without it. */
export class FalseSnapshotError extends Error {
  override readonly name = 'FalseSnapshotError';

  constructor({ base }: Assumption, reason: string) {
    super(
      `The UTXO snapshot of block ${base.height} is false: ${reason}. The node stops. At its next start it goes on ` +
        `without the snapshot, whose coins are kept in ${INVALID}.`,
    );
  }
}

/** Puts in order what an earlier run has left. @returns what the coins of a snapshot are assumed to be, if there are any */
export async function loadAssumed(
  storage: Storage,
  { assumeUtxo = [] }: NetworkParameters,
  logger: Logger,
): Promise<AssumedCoins | undefined> {
  const note = await storage.readBlob(NOTE);
  // Without it a kill cut its loading short.
  if (note === undefined) await storage.destroy(SNAPSHOT_STORE);
  if (note === undefined) return undefined;
  const content = unsealed(NOTE, note);
  if (content.length > 32) {
    logger.log(
      'info',
      'validation',
      '[snapshot] cleaning up unneeded background chainstate, then reinitializing',
    );
    await storage.destroy(COIN_STORE);
    await storage.rename!(SNAPSHOT_STORE, COIN_STORE);
    return undefined;
  }
  const hash = toDisplayHex(content);
  const known = assumeUtxo.find(({ blockHash }) => blockHash === hash);
  if (known === undefined) throw new UnknownSnapshotError(hash);
  return known;
}

/** The data directory has a snapshot that the network's file does not know: Core's words. */
class UnknownSnapshotError extends Error {
  override readonly name = 'UnknownSnapshotError';

  constructor(hash: string) {
    super(
      'A fatal internal error occurred, see debug.log for details: ' +
        `Assumeutxo data not found for the given blockhash '${hash}'.`,
    );
  }
}

/** From now on the snapshot's coins are those of the chain. */
export const noteAssumed = (storage: Storage, { base }: Assumption): Promise<void> =>
  storage.writeBlob(NOTE, sealed(base.hashBytes));

/** They are as they should be. The others must be closed. */
export async function noteVerified(storage: Storage, { base }: Assumption): Promise<void> {
  await storage.writeBlob(NOTE, sealed(concatBytes(base.hashBytes, VERIFIED)));
  await storage.destroy(COIN_STORE);
}

/** They are not. Both must be closed. */
export async function putAside(storage: Storage): Promise<void> {
  await storage.destroy(INVALID);
  await storage.rename!(SNAPSHOT_STORE, INVALID);
}

/** What a snapshot's header promises, in a chain that may take it. @throws SnapshotError in Core's words */
export function findAssumption(
  { base: hashBytes }: SnapshotHeader,
  { assumeUtxo = [] }: NetworkParameters,
  tree: HeaderTree,
): Assumption {
  const hash = toDisplayHex(hashBytes) as BlockHash;
  const coins = assumeUtxo.find(({ blockHash }) => blockHash === hash);
  if (coins === undefined)
    throw new SnapshotError(
      `assumeutxo block hash in snapshot metadata not recognized (hash: ${hash}). ` +
        `The following snapshot heights are available: ${assumeUtxo.map(({ height }) => height).join(', ')}`,
    );
  const base = tree.get(hash);
  if (base === undefined)
    throw new SnapshotError(
      `The base block header (${hash}) must appear in the headers chain. Make sure all headers are syncing, and call loadtxoutset again`,
    );
  if (base.failed !== 'none')
    throw new SnapshotError(`The base block header (${hash}) is part of an invalid chain`);
  if (!tree.bestHeader.descendsFrom(base))
    throw new SnapshotError(
      'A forked headers-chain with more work than the chain with the snapshot base block header exists. Please proceed to sync without AssumeUtxo.',
    );
  if (base.height !== coins.height)
    throw new SnapshotError(
      `Assumeutxo height in snapshot metadata not recognized (${base.height}) - refusing to load snapshot`,
    );
  return { base, coins };
}

export const exceeds = ({ base }: Assumption, { tip }: ActiveChain): boolean =>
  base.chainWork > tip.chainWork;

/** hash_serialized_3 in display order. @param isCancelled asked now and then @throws SnapshotError if it says so */
export async function hashOf(chainstate: Chainstate, isCancelled: () => boolean): Promise<string> {
  const coins = await chainstate.snapshot();
  const { hash } = await utxoStatistics(cancellable(coins, isCancelled), 'hash_serialized_3');
  return toDisplayHex(hash!);
}

/** Fills the database, and compares what is in it then. @throws SnapshotError in Core's words */
export async function fillAssumed(
  chainstate: Chainstate,
  { reader, header }: { readonly reader: SnapshotReader; readonly header: SnapshotHeader },
  { base, coins: { hashSerialized } }: Assumption,
  isCancelled: () => boolean,
): Promise<void> {
  try {
    await chainstate.fill(cancellable(reader.coins(header, base.height), isCancelled), base.hashBytes);
    const hash = await hashOf(chainstate, isCancelled);
    if (hash === hashSerialized) return;
    throw new SnapshotError(`Bad snapshot content hash: expected ${hashSerialized}, got ${hash}`);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    throw new SnapshotError(`Population failed: ${error.message}`);
  }
}

async function* cancellable<T>(items: AsyncIterable<T>, isCancelled: () => boolean): AsyncGenerator<T> {
  for await (const item of items) {
    if (isCancelled()) throw new SnapshotError('Aborting after an interrupt was requested');
    yield item;
  }
}
