/** Shows on a terminal how far the node has caught up with its peers. Elsewhere the log says it (`sync-progress.ts`). */
import type { Chain } from '../../../chain/chain.ts';
import { type Output, ProgressBar } from './progress-bar.ts';

/** Fewer blocks than this behind is not worth a bar. */
const BEHIND = 24;

/** There is a bar while the node is far behind. @returns ends it, if there is one */
export function showSync(
  chain: Pick<Chain, 'connected' | 'bestHeader' | 'verificationProgress'>,
  output: Output,
  monotonic: () => number,
): () => void {
  let bar: ProgressBar | undefined;
  const end = (): void => {
    bar?.end();
    bar = undefined;
  };
  const unsubscribe = chain.connected.subscribe(({ entry: { height } }) => {
    const behind = chain.bestHeader.height - height;
    if (behind >= BEHIND) bar ??= new ProgressBar(output, 'blocks', monotonic);
    bar?.update(behind === 0 ? 1 : chain.verificationProgress, height);
    if (behind === 0) end();
  });
  return () => {
    unsubscribe();
    end();
  };
}
