/**
 * All nodes of one test in this process, with the time, the chance and the wires that they share. Owns when links
 * are dialled, and the state of the whole as something that can be kept and taken up again.
 */

import type { NetworkParameters } from '../core/parameters/network.ts';
import { parseNetworkFile } from '../core/parameters/network-file.ts';
import { REGTEST } from '../core/parameters/presets.ts';
import type { SignatureEngine } from '../core/script/signature-engine.ts';
import { MemoryNetwork } from '../platform/memory/memory-transport.ts';
import { bindFastHashes } from '../platform/node/hashes.ts';
import { loadSignatureEngine } from '../platform/node/signatures/load-engine.ts';
import { SeededRandom } from '../simulation/seeded-random.ts';
import { type Content, NO_LOG } from '../simulation/simulated-node.ts';
import { VirtualClock } from '../simulation/virtual-clock.ts';
import type { LinkOptions } from './api.ts';
import { Links, type Pair } from './links.ts';
import { MemoryNode } from './memory-node.ts';
import { DEFAULT_TIMEOUT, Pace } from './pace.ts';

/** 2025-01-01, in seconds. */
export const START = 1_735_689_600;

/** Begun before the first node is asked for. */
const loadedEngine = loadSignatureEngine();

export interface WorldOptions {
  readonly network?: 'regtest' | object | undefined;
  readonly seed?: number | undefined;
  readonly time?: number | undefined;
  readonly log?: ((node: string, line: string) => void) | undefined;
  readonly names: readonly string[];
  readonly pairs: readonly Pair[];
  readonly rpcPort?: number | undefined;
  /** Not here. */
  readonly process?: boolean | undefined;
}

/** Everything, at one instant. */
export interface WorldState {
  /** Wall time in milliseconds. */
  readonly now: number;
  readonly contents: readonly Content[];
}

export class MemoryWorld {
  readonly parameters: NetworkParameters;
  readonly clock: VirtualClock;
  readonly pace: Pace;
  readonly nodes: readonly MemoryNode[];
  readonly links = new Links();
  readonly #net: MemoryNetwork;
  readonly #snapshots = new Map<string, WorldState>();
  #taken = 0;

  private constructor(options: WorldOptions, engine: SignatureEngine, state: WorldState | undefined) {
    const { seed = 1, time = START, names, pairs } = options;
    this.parameters = parametersOf(options.network);
    this.clock = new VirtualClock(state?.now ?? time * 1_000);
    this.pace = new Pace(this.clock);
    const random = new SeededRandom(seed);
    this.#net = new MemoryNetwork(this.links.options, { clock: this.clock, random: random.fork() });
    for (const pair of pairs) this.links.set(pair);
    const { parameters, clock, pace } = this;
    this.nodes = names.map((name, index) => {
      const content = state?.contents[index];
      return new MemoryNode(
        { name, index, parameters, rpcPort: options.rpcPort },
        {
          clock,
          pace,
          random: random.fork(),
          net: this.#net,
          engine,
          logger: loggerOf(name, options.log),
          ...(content && { content }),
        },
      );
    });
    this.#net.partition((a, b) => this.links.isReachable(a, b));
  }

  /** All nodes run and are joined. @param state which becomes theirs */
  static async open(options: WorldOptions, state?: WorldState): Promise<MemoryWorld> {
    bindFastHashes();
    const { engine } = await loadedEngine;
    const world = new MemoryWorld(options, engine, state && copyState(state));
    for (const node of world.nodes) await node.start();
    await world.join();
    return world;
  }

  async link(pair: Pair, options: LinkOptions): Promise<void> {
    this.links.set(pair, options);
    await this.join();
  }

  /** Cuts or mends links. */
  async switch(isUp: boolean, chosen: (pair: Pair) => boolean): Promise<void> {
    this.links.switch(isUp, chosen);
    this.#net.partition((a, b) => this.links.isReachable(a, b));
    await this.join();
  }

  /** Dials what is not joined and should be; resolves when both ends have shaken hands. */
  async join(): Promise<void> {
    const ends = this.links.up
      .map(([a, b]) => [this.nodes[a]!, this.nodes[b]!] as const)
      .filter((pair) => pair.every(({ isRunning }) => isRunning));
    for (const [near, far] of ends) {
      const { connections } = near.node.network;
      const address = `${far.host}:${this.parameters.p2pPort}`;
      if (!connections.add(address)) void connections.connectOnce(address);
    }
    await this.pace.until(
      () => ends.every(([near, far]) => near.knows(far) && far.knows(near)),
      DEFAULT_TIMEOUT,
      () => 'the links to be up',
    );
  }

  /** Keeps everything as it is. */
  async save(): Promise<WorldState> {
    const contents: Content[] = [];
    for (const node of this.nodes) contents.push(await node.save());
    await this.join();
    return { now: this.clock.now(), contents };
  }

  async snapshot(): Promise<string> {
    const id = String(++this.#taken);
    this.#snapshots.set(id, await this.save());
    return id;
  }

  /** Later snapshots are forgotten. @throws RangeError where there is none of that name */
  async revert(id = [...this.#snapshots.keys()].at(-1)): Promise<void> {
    const state = this.#snapshots.get(id ?? '');
    if (state === undefined)
      throw new RangeError(id === undefined ? 'there is no snapshot' : `there is no snapshot ${id}`);
    for (const other of this.#snapshots.keys()) if (Number(other) > Number(id)) this.#snapshots.delete(other);
    const running = this.nodes.map(({ isRunning }) => isRunning);
    for (const node of this.nodes) await node.stop();
    this.clock.setNow(state.now);
    for (const [i, node] of this.nodes.entries()) await node.load(state.contents[i]!, running[i]!);
    await this.join();
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await node.stop();
  }
}

export function parametersOf(network: WorldOptions['network'] = 'regtest'): NetworkParameters {
  // Tests move time as they like, and are never out of date for it.
  return network === 'regtest' ? { ...REGTEST, maxTipAge: 0 } : parseNetworkFile(network);
}

function copyState({ now, contents }: WorldState): WorldState {
  return {
    now,
    contents: contents.map(({ storage, wallets }) => ({ storage: storage.copy(), wallets: wallets.copy() })),
  };
}

function loggerOf(name: string, log: WorldOptions['log']): typeof NO_LOG {
  if (log === undefined) return NO_LOG;
  return {
    ...NO_LOG,
    log: (level, category, message, fields = {}) => {
      const more = Object.entries(fields).map(([key, value]) => ` ${key}=${String(value)}`);
      log(name, `[${category}:${level}] ${message}${more.join('')}`);
    },
  };
}
