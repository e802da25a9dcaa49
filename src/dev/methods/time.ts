/** The node's time: moved, stopped and let go on, with all that waits by it. */

import { method, type RpcContext, refuse, t } from '../../rpc/kit.ts';
import { dueTasks, LATEST_TIME } from '../../rpc/methods/control.ts';
import { devGroup } from '../dev-method.ts';

const result = t.object({ time: t.integer('Of the node, in seconds since 1970'), frozen: t.boolean() });

const told = ({ clock }: RpcContext) => ({ time: clock.seconds(), frozen: clock.isFrozen });

/** @param time milliseconds since the epoch */
export async function moveTime(
  time: number,
  { clock, network }: Pick<RpcContext, 'clock' | 'network'>,
): Promise<void> {
  if (time < 0 || time > LATEST_TIME * 1000)
    throw refuse.parameter(`Time must be in the range [0, ${LATEST_TIME}], not ${Math.floor(time / 1000)}.`);
  const leap = time - clock.now();
  clock.move(leap);
  if (leap > 0) network.timeMoved(leap);
  await dueTasks(clock);
}

export const devTimeMethods = devGroup('Control', {
  increasetime: method({
    help: 'Moves all clocks of the node forward: what is due by then happens now, once each.',
    parameters: { seconds: t.long() },
    result,
    example: '3600',
    async handler({ seconds }, context) {
      if (seconds < 0) throw refuse.parameter('Negative seconds; settime goes back');
      await moveTime(context.clock.now() + seconds * 1000, context);
      return told(context);
    },
  }),

  settime: method({
    help: 'Sets the clocks of the node, from where they go on unless they are frozen. Backwards only what is read changes, not what waits.',
    parameters: { timestamp: t.long('Seconds since 1970') },
    result,
    example: '1900000000',
    async handler({ timestamp }, context) {
      await moveTime(timestamp * 1000, context);
      return told(context);
    },
  }),

  freezetime: method({
    help: 'Stops all clocks of the node, and with them relay, pings, expiry, relocking and mining by the clock.',
    parameters: {},
    result,
    handler(_, context) {
      context.clock.freeze();
      return told(context);
    },
  }),

  resumetime: method({
    help: 'Lets the clocks of the node go on from where they stand.',
    parameters: {},
    result,
    handler(_, context) {
      context.clock.resume();
      return told(context);
    },
  }),
});
