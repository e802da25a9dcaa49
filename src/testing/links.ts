/** Who is joined to whom in a network in memory, how fast, and what is lost on the way. Knows hosts by their number. */
import type { MemoryNetworkOptions } from '../platform/memory/memory-transport.ts';
import { commandOf } from '../platform/node/devnet/link.ts';
import type { LinkState } from '../platform/node/devnet/network-state.ts';
import { hostOf } from '../simulation/simulated-node.ts';
import type { LinkOptions } from './api.ts';

const DEFAULT_DELAY = 10;

export type Pair = readonly [number, number];

interface Link extends Required<LinkOptions> {
  readonly pair: Pair;
  isUp: boolean;
}

export class Links {
  readonly #links = new Map<string, Link>();

  set(pair: Pair, options: LinkOptions = {}): void {
    this.#links.set(keyOf(pair), { pair, delay: DEFAULT_DELAY, drop: [], ...options, isUp: true });
  }

  get pairs(): readonly Pair[] {
    return [...this.#links.values()].map(({ pair }) => pair);
  }

  /** Those that are not cut. */
  get up(): readonly Pair[] {
    return [...this.#links.values()].filter(({ isUp }) => isUp).map(({ pair }) => pair);
  }

  switch(isUp: boolean, chosen: (pair: Pair) => boolean): void {
    for (const link of this.#links.values()) if (chosen(link.pair)) link.isUp = isUp;
  }

  has(pair: Pair): boolean {
    return this.#links.has(keyOf(pair));
  }

  /** What a network in memory asks of it. */
  get options(): MemoryNetworkOptions {
    return {
      latency: (from, to) => this.#between(from, to)?.delay ?? DEFAULT_DELAY,
      drop: (from, to, envelope) => {
        const { drop = [] } = this.#between(from, to) ?? {};
        return drop.length > 0 && drop.includes(commandOf(envelope));
      },
    };
  }

  /** By the nodes' names. */
  describe(names: readonly string[]): LinkState[] {
    return [...this.#links.values()].map(({ pair: [a, b], delay, drop, isUp }) => ({
      between: [names[a]!, names[b]!],
      ...(delay !== DEFAULT_DELAY && { delay }),
      ...(drop.length > 0 && { drop }),
      ...(!isUp && { cut: true }),
    }));
  }

  isReachable(a: string, b: string): boolean {
    return this.#between(a, b)?.isUp ?? false;
  }

  #between(a: string, b: string): Link | undefined {
    return this.#links.get([a, b].sort().join());
  }
}

const keyOf = (pair: Pair): string => pair.map(hostOf).sort().join();
