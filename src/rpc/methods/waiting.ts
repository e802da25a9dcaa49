/** Long polls: answers when the chain has moved, or when time is up. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import type { BlockHash } from '../../core/block/header.ts';
import { group, method, type RpcContext, refuse, t } from '../kit.ts';

/** Resolves when the tip satisfies `done`, after `milliseconds` (0: never), or when the node stops. */
export function waitForTip(
  context: Pick<RpcContext, 'chain' | 'clock'>,
  signal: AbortSignal,
  milliseconds: number,
  done: (tip: HeaderEntry) => boolean,
): Promise<void> {
  const { chain, clock } = context;
  if (milliseconds < 0) throw refuse.misc('Negative timeout');
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

const tipJson = ({ chain }: RpcContext) => ({ hash: chain.tip.hash, height: chain.tip.height });

const timeout = t.standard(t.long('Milliseconds; 0 waits for ever'), 0);
const result = t.object({ hash: t.hex(), height: t.integer() });

export const waitingMethods = group('Blockchain', {
  waitfornewblock: method({
    help: 'Waits until the tip is another; answers with the tip then, or when time is up.',
    parameters: {
      timeout,
      current_tip: t.optional(t.hashText<BlockHash>('Another than this'), 'the tip now'),
    },
    result,
    example: '1000',
    async handler({ timeout: milliseconds, current_tip }, context, { caller }) {
      const known = current_tip ?? context.chain.tip.hash;
      await waitForTip(context, caller.signal, milliseconds, (tip) => tip.hash !== known);
      return tipJson(context);
    },
  }),

  waitforblock: method({
    help: 'Waits until a block is the tip; answers with the tip then, or when time is up.',
    parameters: { blockhash: t.hashText<BlockHash>(), timeout },
    result,
    example: '$(penny rpc getbestblockhash) 1000',
    async handler({ blockhash, timeout: milliseconds }, context, { caller }) {
      await waitForTip(context, caller.signal, milliseconds, (tip) => tip.hash === blockhash);
      return tipJson(context);
    },
  }),

  waitforblockheight: method({
    help: 'Waits until the tip is as high as this; answers with the tip then, or when time is up.',
    parameters: { height: t.integer(), timeout },
    result,
    example: '1 1000',
    async handler({ height, timeout: milliseconds }, context, { caller }) {
      await waitForTip(context, caller.signal, milliseconds, (tip) => tip.height >= height);
      return tipJson(context);
    },
  }),
});
