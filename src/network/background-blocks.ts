/** While a snapshot is verified in the background: which branches can be followed, and which blocks are to be fetched for it. */
import type { ChainView } from '../chain/chain-view.ts';
import { forkOf, type HeaderEntry } from '../chain/header-entry.ts';
import { DOWNLOAD_WINDOW } from './protocol.ts';

/** To no branch without the snapshot's block could the chain go before that is verified. */
export const leadsAstray = ({ background }: ChainView, best: HeaderEntry): boolean =>
  background !== undefined && !best.descendsFrom(background.base);

/** The next blocks on the way to the snapshot's that are not here, if a peer with this best block has them all. */
export function* missingEarly(
  { background }: ChainView,
  best: HeaderEntry | undefined,
): Generator<HeaderEntry> {
  if (background === undefined || best === undefined || !best.descendsFrom(background.base)) return;
  const { base, tip } = background;
  const { height: from } = forkOf(tip, base);
  const end = Math.min(base.height, from + DOWNLOAD_WINDOW);
  for (let height = from + 1; height <= end; height++) {
    const entry = base.ancestor(height);
    if (!entry.haveData) yield entry;
  }
}
