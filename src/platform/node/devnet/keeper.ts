/**
 * Keeps the nodes of a devnet running: one that ends is started again, after a rest that grows while it
 * does not live long; or when the user says so. Owns when, not how.
 */
import type { Clock, Timer } from '../../../seams.ts';
import type { DevnetNode } from './devnet-node.ts';

/** Milliseconds before a node is started again, doubled each time that it has not lived for the longest of them. */
const FIRST_REST = 1_000;
const LONGEST_REST = 60_000;

export type Verb = 'start' | 'stop';

interface Dependencies {
  readonly clock: Clock;
  /** Tells the user. */
  readonly tell: (event: string) => void;
  readonly start: (node: DevnetNode) => void;
  readonly stop: (node: DevnetNode) => void;
}

export class Keeper {
  readonly #restart: boolean;
  readonly #dependencies: Dependencies;
  readonly #startedAt = new Map<DevnetNode, number>();
  /** What each node that ended rested last. */
  readonly #rests = new Map<DevnetNode, number>();
  readonly #timers = new Map<DevnetNode, Timer>();
  /** Nodes that the user has stopped. */
  readonly #stopped = new Set<DevnetNode>();

  constructor(restart: boolean, dependencies: Dependencies) {
    this.#restart = restart;
    this.#dependencies = dependencies;
  }

  started(node: DevnetNode): void {
    this.#startedAt.set(node, this.#dependencies.clock.monotonic());
  }

  ended(node: DevnetNode, how: string): void {
    const { clock, tell } = this.#dependencies;
    if (this.#stopped.has(node) || !this.#restart) {
      tell(`${how}; "start ${node.plan.number}" starts it again`);
      return;
    }
    const lived = clock.monotonic() - (this.#startedAt.get(node) ?? 0);
    const last = lived < LONGEST_REST ? (this.#rests.get(node) ?? 0) : 0;
    const rest = Math.min(Math.max(FIRST_REST, 2 * last), LONGEST_REST);
    this.#rests.set(node, rest);
    tell(`${how}; starting it again in ${rest / 1_000} s`);
    this.#timers.set(
      node,
      clock.schedule(rest, () => this.#start(node)),
    );
  }

  /** What the user says of a node. */
  obey(verb: Verb, node: DevnetNode): void {
    const { name } = node.plan;
    if (verb === 'start') {
      this.#stopped.delete(node);
      this.#rests.delete(node);
      if (node.isRunning) this.#dependencies.tell(`${name} runs already`);
      else this.#start(node);
    } else {
      this.#timers.get(node)?.cancel();
      this.#stopped.add(node);
      if (node.isRunning) this.#dependencies.stop(node);
      else this.#dependencies.tell(`${name} is down`);
    }
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
  }

  #start(node: DevnetNode): void {
    this.#timers.get(node)?.cancel();
    this.#dependencies.start(node);
  }
}
