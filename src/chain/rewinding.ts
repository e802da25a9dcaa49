/**
 * Takes a chain back to what it knew once: by undo data to the last block in common, then the header tree as it
 * was. Owns the order in which memory, index and files follow, so that a kill at any instant can be mended.
 */
import type { BlockHash } from '../core/block/header.ts';
import type { ChainParts } from './chain-view.ts';
import { type HeaderEntry, hasData } from './header-entry.ts';
import type { RememberedChain } from './remembered.ts';
import { saveIndex } from './startup.ts';
import { BlockRequestError } from './writer-queue.ts';

interface RewindHooks {
  /** Takes off the tip. */
  disconnect(): Promise<void>;
  /** Everybody has followed to the last block in common. */
  left(): Promise<void>;
  /** The tree is what it was: at once, before anybody looks at it. */
  forgotten(): void;
  /** Writes the coins of the tip. */
  flush(): Promise<void>;
  /** Whose coins the database has. */
  flushed(): HeaderEntry;
}

/**
 * A kill on the way leaves the chain as it was before, or as it is to be.
 * @throws BlockRequestError, and nothing has happened, if the chain has not got all of it any more
 */
export async function rewind(
  { tip, files, entries }: RememberedChain,
  { tree, active, blocks, index }: ChainParts,
  hooks: RewindHooks,
): Promise<void> {
  const known = (hash: string): HeaderEntry => {
    const entry = tree.get(hash as BlockHash);
    if (entry === undefined) throw new BlockRequestError(`Block not found: ${hash}`);
    return entry;
  };
  for (const { hash, row } of entries)
    if (!known(hash).haveData && hasData(row)) throw new BlockRequestError(`Block ${hash} is pruned`);
  const fork = active.forkWith(known(tip));
  for (let at = active.tip; at !== fork; at = at.parent!)
    if (!at.haveUndo) throw new BlockRequestError(`Block ${at.hash} is pruned`);
  while (active.tip !== fork) await hooks.disconnect();
  await hooks.left();
  const forgotten = tree.rewind(entries, active.tip);
  hooks.forgotten();
  // The index must know the block whose coins the database has.
  if (forgotten.includes(hooks.flushed())) await hooks.flush();
  await saveIndex(index, tree, { forgotten });
  await blocks.cut(files);
}
