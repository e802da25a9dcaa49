/**
 * Takes a chain back to what it knew once: by undo data to the last block in common, then the header tree as it
 * was. Owns the order in which memory, index and files follow, so that a kill at any instant can be mended.
 */
import type { BlockHash } from '../core/block/header.ts';
import type { ChainDisk } from './disk.ts';
import { type HeaderEntry, hasData } from './header-entry.ts';
import type { ChainParts } from './parts.ts';
import type { RememberedChain } from './remembered.ts';
import type { Reception } from './stages/receive.ts';
import type { Walk } from './walk.ts';
import { BlockRequestError } from './writer-queue.ts';

/**
 * A kill on the way leaves the chain as it was before, or as it is to be.
 * @throws BlockRequestError, and nothing has happened, if the chain has not got all of it any more
 */
export async function rewind(
  { tip, files, entries }: RememberedChain,
  { tree, active, blocks, events }: ChainParts,
  { walk, disk, reception }: { walk: Walk; disk: ChainDisk; reception: Reception },
  left: () => Promise<void>,
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
  while (active.tip !== fork) await walk.takeBack();
  await left();
  const forgotten = tree.rewind(entries, active.tip);
  // At once, before anybody looks at the tree.
  events.rewound.emit();
  reception.forget(tree);
  // The index must know the block whose coins the database has.
  if (forgotten.includes(disk.flushed)) await disk.flush();
  await disk.saveIndex({ forgotten });
  await blocks.cut(files);
}
