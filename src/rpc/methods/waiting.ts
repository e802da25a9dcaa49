/** Long polls: answers when the chain has moved, or when time is up. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import { waitForTip } from '../../chain/wait-for-tip.ts';
import type { BlockHash } from '../../core/block/header.ts';
import { group, method, type RpcContext, type RpcRequest, refuse, t } from '../kit.ts';

/** The tip when it satisfies `done`, or when time is up. @param milliseconds 0 for ever @throws RpcError -1 */
async function tipWhere(
  done: (tip: HeaderEntry) => boolean,
  milliseconds: number,
  context: RpcContext,
  { caller }: RpcRequest,
) {
  if (milliseconds < 0) throw refuse.misc('Negative timeout');
  await waitForTip(context, caller.signal, milliseconds, done);
  const { hash, height } = context.chain.tip;
  return { hash, height };
}

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
    handler({ timeout: milliseconds, current_tip }, context, request) {
      const known = current_tip ?? context.chain.tip.hash;
      return tipWhere(({ hash }) => hash !== known, milliseconds, context, request);
    },
  }),

  waitforblock: method({
    help: 'Waits until a block is the tip; answers with the tip then, or when time is up.',
    parameters: { blockhash: t.hashText<BlockHash>(), timeout },
    result,
    example: '$(penny rpc getbestblockhash) 1000',
    handler: ({ blockhash, timeout: milliseconds }, context, request) =>
      tipWhere(({ hash }) => hash === blockhash, milliseconds, context, request),
  }),

  waitforblockheight: method({
    help: 'Waits until the tip is as high as this; answers with the tip then, or when time is up.',
    parameters: { height: t.integer(), timeout },
    result,
    example: '1 1000',
    handler: ({ height, timeout: milliseconds }, context, request) =>
      tipWhere((tip) => tip.height >= height, milliseconds, context, request),
  }),
});
