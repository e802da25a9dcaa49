/** Waiting until the chain has come somewhere. */
import type { Clock } from '../seams.ts';
import type { Chain } from './chain.ts';
import type { HeaderEntry } from './header-entry.ts';

/** Resolves when the tip satisfies `done`, after `milliseconds` (0: never), or when the signal is aborted. */
export function waitForTip(
  { chain, clock }: { readonly chain: Chain; readonly clock: Clock },
  signal: AbortSignal,
  milliseconds: number,
  done: (tip: HeaderEntry) => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    if (done(chain.tip) || signal.aborted) return resolve();
    const end = (): void => {
      unsubscribe();
      timer?.cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const unsubscribe = chain.tipChanged.subscribe(({ tip }) => {
      if (done(tip)) end();
    });
    const timer = milliseconds > 0 ? clock.schedule(milliseconds, end, 'process') : undefined;
    signal.addEventListener('abort', end);
  });
}
