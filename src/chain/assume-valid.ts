/** Which blocks' scripts need not be verified: those buried below a block that is assumed to be valid. */
import { workFromBits } from '../core/block/target.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { HeaderEntry } from './header-entry.ts';

/** Seconds: under two weeks' worth of work, the block may have been made up for us (Core). */
const BURIAL = 2n * 7n * 24n * 60n * 60n;

/**
 * @param assumed the block assumed to be valid, if its header is known.
 * @param best the header with the most work, which must promise `minimumChainWork` and build on `assumed`.
 */
export function isAssumedValid(
  entry: HeaderEntry,
  assumed: HeaderEntry | undefined,
  best: HeaderEntry,
  parameters: Pick<NetworkParameters, 'minimumChainWork' | 'targetSpacing'>,
): boolean {
  if (assumed === undefined || !assumed.descendsFrom(entry) || !best.descendsFrom(assumed)) return false;
  if (best.chainWork < parameters.minimumChainWork) return false;
  const work = best.chainWork - entry.chainWork;
  return (work * BigInt(parameters.targetSpacing)) / workFromBits(best.bits) > BURIAL;
}
