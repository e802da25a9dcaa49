/** Sixth stage of a block: what it did to the coins becomes the chain's, or is taken back by its undo data. */
import type { CheckedBlock } from '../../core/consensus/check-block.ts';
import { type ConnectResult, disconnectBlock, isBip30Exception } from '../../core/consensus/connect-block.ts';
import type { BlockEvent } from '../events.ts';
import type { HeaderEntry } from '../header-entry.ts';
import type { ChainParts } from '../parts.ts';

/** A block that was connected to those below it, and holds if its scripts do. */
export interface Connected {
  readonly entry: HeaderEntry;
  readonly block: CheckedBlock;
  readonly result: ConnectResult;
}

export async function commit(
  { entry, block, result }: Connected,
  { parameters, tree, active, blocks, chainstate }: ChainParts,
): Promise<BlockEvent> {
  if (!(await blocks.hasUndo(entry))) entry.undo = await blocks.writeUndo(entry, result.undo);
  entry.validScripts = true;
  tree.dirty.add(entry);
  chainstate.apply(result.changes, { fresh: true, repeats: isBip30Exception(entry, parameters) });
  active.push(entry);
  tree.pruneCandidates(entry);
  return { entry, block, undo: result.undo };
}

/** Takes the tip off the active chain. */
export async function takeBack({ active, blocks, chainstate, parameters }: ChainParts): Promise<BlockEvent> {
  const entry = active.tip;
  if (entry.parent === null) throw new Error('the genesis block cannot be disconnected');
  const block = await blocks.readBlock(entry);
  const undo = await blocks.readUndo(entry);
  const removal = disconnectBlock(block, entry.height, undo);
  await chainstate.checkRemoval(removal, [], entry.height < parameters.heights.bip34);
  chainstate.apply(removal, { fresh: false });
  active.pop();
  return { entry, block, undo };
}
