/** Long polls: answers when the chain has moved, or when time is up. */
import type { HeaderEntry } from '../../chain/header-entry.ts';
import type { BlockHash } from '../../core/block/header.ts';
import type { RpcContext } from '../context.ts';
import { RpcCode, RpcError } from '../errors.ts';
import { defineMethod, type Method } from '../method.ts';
import { param } from '../parameter.ts';
import { result } from '../result.ts';
import { hashTextFrom } from '../values.ts';

const tipResult = result.object('', '', [
  result.hex('hash', 'The blockhash'),
  result.number('height', 'Block height'),
]);
const timeout = param.long(
  'timeout',
  'Time in milliseconds to wait for a response. 0 indicates no timeout.',
  {
    default: 0,
  },
);

/** Resolves when the tip satisfies `done`, after `milliseconds` (0: never), or when the node stops. */
export function waitForTip(
  context: Pick<RpcContext, 'chain' | 'clock'>,
  signal: AbortSignal,
  milliseconds: number,
  done: (tip: HeaderEntry) => boolean,
): Promise<void> {
  const { chain, clock } = context;
  if (milliseconds < 0) throw new RpcError(RpcCode.MISC_ERROR, 'Negative timeout');
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
    const timer = milliseconds > 0 ? clock.schedule(milliseconds, end) : undefined;
    signal.addEventListener('abort', end);
  });
}

const tipJson = ({ chain }: RpcContext) => ({ hash: chain.tip.hash, height: chain.tip.height });

const waitfornewblock = defineMethod({
  name: 'waitfornewblock',
  category: 'Blockchain',
  description:
    'Waits for any new block and returns useful info about it.\n\nReturns the current block on timeout or exit.',
  parameters: [
    timeout,
    param.hex('current_tip', 'Method waits for the chain tip to differ from this.', { optional: true }),
  ],
  results: [tipResult],
  examples: ['1000'],
  async handler([milliseconds, currentTip], context, { signal }) {
    const known = currentTip === undefined ? context.chain.tip.hash : hashTextFrom(currentTip, 'current_tip');
    await waitForTip(context, signal, milliseconds, (tip) => tip.hash !== known);
    return tipJson(context);
  },
});

const waitforblock = defineMethod({
  name: 'waitforblock',
  category: 'Blockchain',
  description:
    'Waits for a specific new block and returns useful info about it.\n\nReturns the current block on timeout or exit.',
  parameters: [param.hex('blockhash', 'Block hash to wait for.'), timeout],
  results: [tipResult],
  examples: ['"0000000000079f8ef3d2c688c244eb7a4570b24c9ed7b4a8c619eb02596f8862" 1000'],
  async handler([blockhash, milliseconds], context, { signal }) {
    const wanted = hashTextFrom<BlockHash>(blockhash, 'blockhash');
    await waitForTip(context, signal, milliseconds, (tip) => tip.hash === wanted);
    return tipJson(context);
  },
});

const waitforblockheight = defineMethod({
  name: 'waitforblockheight',
  category: 'Blockchain',
  description:
    'Waits for (at least) block height and returns the height and hash of the current tip.\n\nReturns the current block on timeout or exit.',
  parameters: [param.integer('height', 'Block height to wait for.'), timeout],
  results: [tipResult],
  examples: ['100 1000'],
  async handler([height, milliseconds], context, { signal }) {
    await waitForTip(context, signal, milliseconds, (tip) => tip.height >= height);
    return tipJson(context);
  },
});

export const waitingMethods: readonly Method[] = [waitfornewblock, waitforblock, waitforblockheight];
