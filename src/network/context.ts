/** What every part of the network works with. */
import type { Chain } from '../chain/chain.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import type { Mempool } from '../mempool/mempool.ts';
import type { Clock, Logger, Random } from '../seams.ts';
import type { Body, Command } from './messages/table.ts';
import type { Peer } from './peer.ts';

export interface NetworkContext {
  readonly parameters: NetworkParameters;
  readonly chain: Chain;
  readonly mempool: Mempool;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Every peer whose handshake is done, oldest first. */
  readyPeers(): Iterable<Peer>;
  /** The peer broke the protocol or its data broke a rule: disconnect and discourage it. */
  punish(peer: Peer, reason: string): void;
}

/** How a part answers to messages: one function a command. */
export type Handlers = {
  readonly [C in Command]?: (peer: Peer, body: Body<C>) => Promise<void> | void;
};

/** Exponentially distributed milliseconds with this mean: the gaps of a Poisson process. */
export function exponential(random: Random, mean: number): number {
  const uniform = (random.below(2 ** 32) + 1) / 2 ** 32;
  return Math.round(-Math.log(uniform) * mean);
}

/** In place, uniformly (Fisher and Yates). */
export function shuffle<T>(random: Random, items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}
