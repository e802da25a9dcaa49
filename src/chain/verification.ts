/** verifychain, and the check at start: are the last blocks on the disk what they were when they were connected? */
import type { CoinLayer } from '../core/consensus/block-coins.ts';
import { checkBlock } from '../core/consensus/check-block.ts';
import { disconnectBlock } from '../core/consensus/connect-block.ts';
import { DecodeError, Invalid } from '../core/encoding/errors.ts';
import { MissingDataError } from './block-store.ts';
import { ChangesLayer } from './chainstate.ts';
import type { HeaderEntry } from './header-entry.ts';
import type { ChainParts } from './parts.ts';
import { damagedCoins } from './schema.ts';
import { connectUpon } from './stages/connect.ts';
import { CorruptionError } from './storage.ts';

/**
 * Core's levels: 0 reads the blocks, 1 checks them, 2 reads their undo data, 3 takes them off the coins (in
 * memory), 4 connects them again with all scripts. Stops early where blocks were pruned.
 * @param count of blocks from the tip down; 0 is all.
 * @param above goes no further down than to the block above this height
 * @returns what is wrong, as the store or file that is damaged, or which block is not there; else null
 */
export async function verifyChain(
  parts: ChainParts,
  level: number,
  count: number,
  above = 0,
): Promise<CorruptionError | MissingDataError | null> {
  const { active, blocks, parameters, clock, logger } = parts;
  const tip = active.tip;
  const last = Math.max(above + 1, count <= 0 ? 1 : tip.height - count + 1);
  const layers: CoinLayer[] = [];
  let at = tip;
  let missing: MissingDataError | null = null;
  try {
    for (; at.height >= last; at = at.parent!) {
      const block = checkBlock(await blocks.readBlock(at), parameters, { checkPow: level >= 1 });
      if (level >= 2) {
        const undo = await blocks.readUndo(at);
        if (level >= 3) {
          const removal = disconnectBlock(block, at.height, undo);
          await parts.chainstate.checkRemoval(removal, layers, at.height < parameters.heights.bip34);
          layers.push(new ChangesLayer(removal));
        }
      }
      await clock.yield();
    }
  } catch (error) {
    if (!(error instanceof MissingDataError)) return describe(at, error);
    logger.log('info', 'validation', `Block verification stopping at height ${at.height} (no data)`);
    missing = error;
  }
  if (level < 4) return missing;
  for (let height = at.height + 1; height <= tip.height; height++) {
    const entry = active.at(height)!;
    const problem = await reconnect(parts, entry, layers);
    if (problem !== null) return problem;
    await clock.yield();
  }
  return missing;
}

async function reconnect(
  parts: ChainParts,
  entry: HeaderEntry,
  layers: CoinLayer[],
): Promise<CorruptionError | null> {
  try {
    const block = checkBlock(await parts.blocks.readBlock(entry), parts.parameters);
    const place = { height: entry.height, hash: entry.hash, parent: entry.parent! };
    const { layer, scriptChecks } = await connectUpon(layers, block, place, parts);
    const failure = await parts.scriptVerifier.verify(scriptChecks);
    if (failure !== null) return damagedCoins(`block ${entry.hash} has an invalid script: ${failure.error}`);
    layers.push(layer);
    return null;
  } catch (error) {
    return describe(entry, error);
  }
}

/**
 * Damage is an answer; any other error is a failing disk or a bug. What is wrong with a block that is as it was
 * stored is the coins' fault.
 */
function describe(entry: HeaderEntry, error: unknown): CorruptionError {
  if (error instanceof CorruptionError) return error;
  if (error instanceof Invalid || error instanceof DecodeError)
    return damagedCoins(`block ${entry.hash} at height ${entry.height}: ${error.message}`);
  throw error;
}
