/** What a test does with a network in this process, and what each of its nodes is made of. */
import { takeState, writeState } from '../platform/node/devnet/network-state.ts';
import type { LinkOptions } from './api.ts';
import type { Body } from './body.ts';
import { LinkedNetwork, type SyncOptions } from './linked-network.ts';
import type { Pair } from './links.ts';
import type { MemoryNode } from './memory-node.ts';
import type { MemoryWorld } from './memory-world.ts';
import { DEFAULT_TIMEOUT } from './pace.ts';
import { BodyNode } from './test-node.ts';

export class MemoryTestNetwork extends LinkedNetwork {
  readonly nodes: readonly BodyNode[];
  readonly #world: MemoryWorld;

  constructor(world: MemoryWorld) {
    super();
    this.#world = world;
    const dump = (path: string): Promise<void> => this.dump(path);
    this.nodes = world.nodes.map((node) => new BodyNode(new MemoryBody(node, world, dump), world.parameters));
  }

  protected agree(
    nodes: readonly number[],
    { timeout = DEFAULT_TIMEOUT, mempools = false }: SyncOptions,
  ): Promise<void> {
    const chosen = nodes.map((index) => this.#world.nodes[index]!);
    const running = (): MemoryNode[] => chosen.filter(({ isRunning }) => isRunning);
    const isSo = (): boolean => {
      const [first, ...others] = running().map(({ node }) => node);
      return others.every(
        ({ chain, mempool }) =>
          chain.tip.hash === first!.chain.tip.hash &&
          (!mempools ||
            (mempool.graph.size === first!.mempool.graph.size &&
              [...mempool.graph.entries()].every(({ tx }) => first!.mempool.has(tx.txid)))),
      );
    };
    const what = (): string => {
      const states = running().map(
        ({ name, node: { chain, mempool } }) =>
          `${name} is at ${chain.height} ${chain.tip.hash} with ${mempool.graph.size} in its mempool`,
      );
      return `nodes to be in sync: ${states.join(', ')}`;
    };
    return this.#world.pace.until(isSo, timeout, what);
  }

  protected isLinked(pair: Pair): boolean {
    return this.#world.links.has(pair);
  }

  protected switch(isUp: boolean, chosen: (pair: Pair) => boolean): Promise<void> {
    return this.#world.switch(isUp, chosen);
  }

  protected join(pair: Pair, options: LinkOptions): Promise<void> {
    return this.#world.link(pair, options);
  }

  protected pass(seconds: number): Promise<void> {
    return this.#world.pace.advance(seconds);
  }

  snapshot(): Promise<string> {
    return this.#world.snapshot();
  }

  revert(snapshot?: string): Promise<void> {
    return this.#world.revert(snapshot);
  }

  stop(): Promise<void> {
    return this.#world.stop();
  }

  async dump(path: string): Promise<void> {
    const { parameters, clock, nodes, links } = this.#world;
    const running = nodes.filter(({ isRunning }) => isRunning);
    const state = await takeState(
      running.map((node) => ({ name: node.name, rpc: node.rpc, backup: (wallet) => node.backup(wallet) })),
      { parameters, time: clock.seconds(), links: links.describe(nodes.map(({ name }) => name)) },
    );
    await writeState(path, state);
  }
}

class MemoryBody implements Body {
  readonly #node: MemoryNode;
  readonly #world: MemoryWorld;
  readonly dump: (path: string) => Promise<void>;

  constructor(node: MemoryNode, world: MemoryWorld, dump: (path: string) => Promise<void>) {
    this.#node = node;
    this.#world = world;
    this.dump = dump;
  }

  get name(): string {
    return this.#node.name;
  }

  get rpc(): Body['rpc'] {
    return this.#node.rpc;
  }

  get http(): Body['http'] {
    return this.#node.http;
  }

  async start(): Promise<void> {
    await this.#node.start();
    await this.#world.join();
  }

  stop(): Promise<void> {
    return this.#node.stop();
  }

  advance(seconds: number): Promise<void> {
    return this.#world.pace.advance(seconds);
  }

  wait(what: () => string, look: () => Promise<boolean>, timeout = DEFAULT_TIMEOUT): Promise<void> {
    let isOver = false;
    const looking = async (): Promise<void> => {
      while (!isOver) {
        const changed = this.#node.changed();
        if (await look()) return;
        await changed;
      }
    };
    return this.#world.pace.pass(looking(), timeout, what).finally(() => {
      isOver = true;
    });
  }

  snapshot(): Promise<string> {
    return this.#world.snapshot();
  }

  revert(snapshot: string | undefined): Promise<void> {
    return this.#world.revert(snapshot);
  }
}
