/**
 * Takes a chain back to what it knew once: by undo data to the last block in common, then the header tree as it
 * was. Owns the order in which memory, index and files follow, so that a kill at any instant can be mended.
 */
import type { ChainDisk } from './disk.ts';
import { HeaderEntry, hasData } from './header-entry.ts';
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
  { tip, entries }: RememberedChain,
  { tree, active, blocks, events }: ChainParts,
  { walk, disk, reception }: { walk: Walk; disk: ChainDisk; reception: Reception },
  left: () => Promise<void>,
): Promise<void> {
  const lost = entries.filter(({ hash }) => tree.get(hash) === undefined);
  for (const { hash, row } of entries.filter((entry) => hasData(entry.row))) {
    const entry = tree.get(hash);
    const isGone = entry === undefined ? await blocks.isUnwritten(loose(row)) : !entry.haveData;
    if (isGone) throw new BlockRequestError(`Block ${hash} is pruned`);
  }
  // Reindexing finds blocks only: headers without one, and what is built on them, it has cost the tree.
  for (const { hash, row } of lost) {
    tree.load(row);
    tree.get(hash)!.undo = null;
  }
  const fork = active.forkWith(tree.get(tip)!);
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
  await blocks.cut(tree.entries());
}

const loose = (row: Uint8Array): HeaderEntry => new HeaderEntry({ page: 0, bytes: row, at: 0 }, null);
