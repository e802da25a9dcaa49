/** Says in the log how far the node has caught up, and how long the rest will take. */

import type { Chain } from '../chain/chain.ts';
import type { Clock, Logger } from '../seams.ts';
import { SECOND } from './protocol.ts';

const INTERVAL = 10 * SECOND;
/** Fewer blocks than this behind is not worth a line. */
const BEHIND = 24;

export function logSyncProgress(dependencies: {
  readonly chain: Chain;
  readonly clock: Clock;
  readonly logger: Logger;
}): void {
  const { chain, clock, logger } = dependencies;
  let last = { at: clock.monotonic(), height: chain.height };
  chain.connected.subscribe(({ entry: { height } }) => {
    const at = clock.monotonic();
    const best = chain.bestHeader.height;
    if (at - last.at < INTERVAL || best - height < BEHIND) return;
    const rate = ((height - last.height) / (at - last.at)) * SECOND;
    last = { at, height };
    const percent = (100 * chain.verificationProgress).toFixed(2);
    const left = rate > 0 ? `, ${duration((best - height) / rate)} left` : '';
    const line = `catching up: block ${height} of ${best}, ${percent} %, ${rate.toFixed(1)} blocks/s${left}`;
    logger.log('info', 'net', line);
  });
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}
