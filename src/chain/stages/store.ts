/** Third stage of a block: it is written to the block files, and at hand for its connection. */
import { type CheckedBlock, checkBlock } from '../../core/consensus/check-block.ts';
import type { HeaderEntry } from '../header-entry.ts';
import type { ChainParts } from '../parts.ts';
import type { RecentBlocks } from '../recent-blocks.ts';
import { CorruptionError } from '../storage.ts';
import type { Received } from './receive.ts';

/** @returns the entries that have their data now */
export async function store(
  arrivals: readonly Received[],
  { tree, active, blocks }: ChainParts,
  recent: RecentBlocks,
): Promise<HeaderEntry[]> {
  const stored: HeaderEntry[] = [];
  for (const { entry, block, position } of arrivals) {
    entry.data = await blocks.writeBlock(block, position, entry.height < (tree.base?.height ?? 0));
    tree.receive(entry, block.transactions.length, active.tip);
    recent.add(entry, block);
    stored.push(entry);
  }
  return stored;
}

/** The block, from memory or disk; undefined if a power cut kept it from the disk: it must be fetched again. */
export async function takeStored(
  entry: HeaderEntry,
  { parameters, tree, blocks, logger }: ChainParts,
  recent: RecentBlocks,
): Promise<CheckedBlock | undefined> {
  const atHand = recent.take(entry);
  if (atHand !== undefined) return atHand;
  try {
    return checkBlock(await blocks.readBlock(entry), parameters);
  } catch (error) {
    if (!(error instanceof CorruptionError && (await blocks.isUnwritten(entry)))) throw error;
    logger.log('warn', 'validation', `lost the data of block ${entry.hash}: ${error.message}`);
    tree.loseData(entry);
    return undefined;
  }
}
