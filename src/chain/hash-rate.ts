/** How fast all miners together search, estimated from the work of blocks and the time they took. */
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { HeaderEntry } from './header-entry.ts';

/** Seconds. Of such a time is Core's interval where the network's rule has none. */
const DAY = 86_400;

/** Hashes a second. @param lookup blocks; null: since the last change of difficulty */
export function hashRateUpTo(
  last: HeaderEntry,
  lookup: number | null,
  { difficulty, targetSpacing }: NetworkParameters,
): number {
  const interval = difficulty.kind === 'interval' ? difficulty.interval : Math.ceil(DAY / targetSpacing);
  const first = last.ancestor(Math.max(0, last.height - (lookup ?? (last.height % interval) + 1)));
  let [earliest, latest] = [last.time, last.time];
  for (let at = last; at !== first; at = at.parent!) {
    earliest = Math.min(earliest, at.parent!.time);
    latest = Math.max(latest, at.parent!.time);
  }
  return earliest === latest ? 0 : Number(last.chainWork - first.chainWork) / (latest - earliest);
}
