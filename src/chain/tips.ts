/** getchaintips: the ends of all branches, and what is known of each. */
import type { ActiveChain } from './active-chain.ts';
import type { ChainTip, TipStatus } from './events.ts';
import type { HeaderEntry } from './header-entry.ts';
import type { HeaderTree } from './header-tree.ts';

/** Highest first; the active tip is among them even where headers go on above it. */
export function chainTips(tree: HeaderTree, active: ActiveChain): ChainTip[] {
  const tips = new Set([active.tip, ...tree.leaves()]);
  return [...tips]
    .sort((a, b) => b.height - a.height)
    .map((entry) => ({
      entry,
      branchLength: entry.height - active.forkWith(entry).height,
      status: statusOf(entry, active),
    }));
}

function statusOf(entry: HeaderEntry, active: ActiveChain): TipStatus {
  if (active.includes(entry)) return 'active';
  if (entry.failed !== 'none') return 'invalid';
  if (entry.chainTransactionCount === 0) return 'headers-only';
  return entry.validScripts ? 'valid-fork' : 'valid-headers';
}
