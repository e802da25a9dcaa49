/** The chain as it was at an earlier block, for as long as something takes. */
import type { Chain } from './chain.ts';
import type { HeaderEntry } from './header-entry.ts';

/** Does something while a block is the tip, and then goes on as before. */
export async function whileTip<T>(chain: Chain, target: HeaderEntry, act: () => Promise<T>): Promise<T> {
  const left: HeaderEntry[] = [];
  try {
    // More than one branch may have grown beyond it.
    while (chain.tip !== target) {
      let fork = target;
      while (!chain.isActive(fork)) fork = fork.parent!;
      const next = chain.next(fork)!;
      await chain.invalidate(next.hash);
      left.push(next);
    }
    return await act();
  } finally {
    for (const { hash } of left.reverse()) await chain.reconsider(hash);
  }
}
