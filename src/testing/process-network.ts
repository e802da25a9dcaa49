/** Nodes in processes of their own, for a test: their directories, ports and links, and what it costs to wait for them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RpcClient } from '../client/client.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { networkFile } from '../core/parameters/network-file.ts';
import { SystemClock } from '../platform/node/clock.ts';
import { DevnetNode } from '../platform/node/devnet/devnet-node.ts';
import type { Link } from '../platform/node/devnet/link.ts';
import { takeState, writeState } from '../platform/node/devnet/network-state.ts';
import { waitFor } from '../platform/node/devnet/patience.ts';
import { freePort } from '../platform/node/devnet/ports.ts';
import { Wiring } from '../platform/node/devnet/wiring.ts';
import type { LinkOptions, NodeSettings, WaitOptions } from './api.ts';
import type { Body } from './body.ts';
import { LinkedNetwork, type SyncOptions } from './linked-network.ts';
import type { Pair } from './links.ts';
import { parametersOf, type WorldOptions } from './memory-world.ts';
import { BodyNode } from './test-node.ts';

/** Removed when the test's process ends: until then a node may be started again. */
const directories = new Set<string>();
const clock = new SystemClock();
/** Milliseconds until a wait is in vain. */
const DEFAULT_TIMEOUT = 15_000;
/** Whatever is told to one is told to the next at once. */
const OPTIONS = ['-txindex', '-fallbackfee=0.0001', '-dnsseed=0', '-whitelist=noban,in,out@127.0.0.1'];

function newDirectory(): string {
  if (directories.size === 0)
    process.once('exit', () => {
      // One whose node still writes is not empty at first.
      for (const each of directories) rmSync(each, { recursive: true, force: true, maxRetries: 10 });
    });
  const directory = mkdtempSync(join(tmpdir(), 'penny-test-'));
  directories.add(directory);
  return directory;
}

/** Looks whenever one of the nodes tells of something, and at once, until it is so. @throws Error that says what for */
async function until(
  rpcs: readonly RpcClient[],
  topics: readonly ('chain' | 'mempool' | 'peers')[],
  look: () => Promise<boolean>,
  { timeout = DEFAULT_TIMEOUT, what }: WaitOptions & { readonly what: () => string },
): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(timeout)]);
  let isSo = false;
  const follow = async (rpc: RpcClient): Promise<void> => {
    for await (const _ of rpc.subscribe({ topics, signal })) {
      if (!(await look())) continue;
      isSo = true;
      over.abort();
    }
  };
  try {
    await Promise.all(rpcs.map(follow));
  } finally {
    over.abort();
  }
  if (!isSo) throw new Error(`waited ${timeout} ms in vain for ${what()}`);
}

export class ProcessTestNetwork extends LinkedNetwork {
  readonly nodes: readonly BodyNode[];
  readonly #bodies: readonly ProcessBody[];
  readonly #parameters: NetworkParameters;
  readonly #wiring: Wiring;
  #taken = 0;

  private constructor(
    nodes: readonly DevnetNode[],
    { parameters, wiring }: { readonly parameters: NetworkParameters; readonly wiring: Wiring },
  ) {
    super();
    this.#parameters = parameters;
    this.#wiring = wiring;
    this.#bodies = nodes.map((node) => new ProcessBody(node, this));
    this.nodes = this.#bodies.map((body) => new BodyNode(body, parameters));
  }

  /** All nodes run, are joined, and have what is theirs. */
  static async open(
    { network, names, pairs, time, log, rpcPort = 0 }: WorldOptions,
    settings: readonly NodeSettings[],
  ): Promise<ProcessTestNetwork> {
    const parameters = parametersOf(network);
    const directory = newDirectory();
    const isPreset = parameters.name === 'regtest';
    const file = join(directory, 'network.json');
    if (!isPreset) await writeFile(file, JSON.stringify(networkFile(parameters)));
    const nodes: DevnetNode[] = [];
    const wiring = new Wiring(nodes, parameters, clock, []);
    for (const [i, name] of names.entries()) {
      const own = join(directory, String(i + 1));
      await mkdir(own);
      const plan = {
        ...{ number: i + 1, name, directory: own, mnemonic: '', wallet: '' },
        networkDirectory: join(own, parameters.dataSubdirectory),
        peerPort: await freePort(),
        rpcPort: rpcPort === 0 ? await freePort() : rpcPort,
      };
      const words = [isPreset ? '-regtest' : `-genesis=${file}`, ...OPTIONS];
      nodes.push(
        new DevnetNode(plan, () => [...words, ...wiring.optionsOf(name)], {
          onStart: () => {},
          onEnd: (node, how) => opened.#bodies.find((body) => body.name === node.name)?.ended(how),
          onLine: log && ((_, line) => log(name, line)),
        }),
      );
    }
    const opened = new ProcessTestNetwork(nodes, { parameters, wiring });
    try {
      await wiring.follow(pairs.map(([a, b]) => ({ between: [names[a]!, names[b]!] })));
      await Promise.all(opened.#bodies.map((body) => body.run()));
      if (time !== undefined) for (const { rpc } of nodes) await rpc.call('settime', time);
      await opened.joined();
      await opened.#fund(settings);
      return opened;
    } catch (error) {
      await opened.stop();
      throw error;
    }
  }

  /** By payments of the first, in one block. */
  async #fund(settings: readonly NodeSettings[]): Promise<void> {
    const [first] = this.nodes;
    let isPaid = false;
    for (const [i, { wallets = {} }] of settings.entries())
      for (const [name, coins] of Object.entries(wallets)) {
        const wallet = await this.nodes[i]!.wallet(name);
        if (coins > 0) await first!.faucet(await wallet.address(), coins);
        isPaid ||= coins > 0;
      }
    if (!isPaid) return;
    await first!.mine();
    await this.inSync();
  }

  get #running(): readonly ProcessBody[] {
    return this.#bodies.filter(({ isRunning }) => isRunning);
  }

  protected async agree(nodes: readonly number[], { timeout, mempools = false }: SyncOptions): Promise<void> {
    const chosen = nodes.map((index) => this.#bodies[index]!).filter(({ isRunning }) => isRunning);
    let states: { readonly what: string; readonly state: string }[] = [];
    const look = async (): Promise<boolean> => {
      states = await Promise.all(
        chosen.map(async ({ name, rpc }) => {
          const { blocks, bestblockhash } = await rpc.getblockchaininfo();
          const pool = await rpc.getrawmempool();
          return {
            what: `${name} is at ${blocks} ${bestblockhash} with ${pool.length} in its mempool`,
            state: [bestblockhash, ...(mempools ? [...pool].sort() : [])].join(),
          };
        }),
      );
      return states.every(({ state }) => state === states[0]!.state);
    };
    const what = (): string => `nodes to be in sync: ${states.map((each) => each.what).join(', ')}`;
    const rpcs = chosen.map(({ rpc }) => rpc);
    await until(rpcs, ['chain', 'mempool'], look, { what, ...(timeout !== undefined && { timeout }) });
  }

  protected isLinked(pair: Pair): boolean {
    const [a, b] = pair.map((index) => this.nodes[index]!.name);
    return this.#wiring.find(a!, b!) !== undefined;
  }

  protected async switch(isUp: boolean, chosen: (pair: Pair) => boolean): Promise<void> {
    const pairOf = ({ between: [a, b] }: Link): Pair => [
      this.indexOf({ name: a }),
      this.indexOf({ name: b }),
    ];
    await this.#wiring.switch(!isUp, (link) => chosen(pairOf(link)));
    await this.joined();
  }

  protected async join(pair: Pair, options: LinkOptions): Promise<void> {
    const { delay = 0, drop = [] } = options;
    const [a, b] = pair.map((index) => this.#bodies[index]!.node);
    await this.#wiring.set(a!, b!, { ...(delay > 0 && { delay }), ...(drop.length > 0 && { drop }) });
    await this.joined();
  }

  /** Resolves when every link is as it should be between nodes that run: who dials has shaken hands, or is alone. */
  async joined(): Promise<void> {
    let amiss: string[] = [];
    const look = async (): Promise<boolean> => {
      amiss = [];
      for (const { name, rpc } of this.#running) {
        const known = new Set<string>();
        for (const { addr, bytesrecv_per_msg } of await rpc.getpeerinfo())
          if (bytesrecv_per_msg.verack !== undefined) known.add(addr);
        for (const { between, address, isCut } of this.#wiring.links) {
          const isThere = this.#running.some((body) => body.name === between[0]);
          if (between[1] === name && known.has(address) !== (isThere && !isCut))
            amiss.push(between.join(' and '));
        }
      }
      return amiss.length === 0;
    };
    const rpcs = this.#running.map(({ rpc }) => rpc);
    const slowest = Math.max(0, ...this.#wiring.states.map(({ delay = 0 }) => delay));
    const timeout = DEFAULT_TIMEOUT + 8 * slowest;
    if (rpcs.length > 0)
      await until(rpcs, ['peers'], look, { timeout, what: () => `the links of ${amiss.join(', ')}` });
  }

  protected async pass(seconds: number): Promise<void> {
    for (const { rpc } of this.#running) await rpc.call('increasetime', seconds);
  }

  async snapshot(): Promise<string> {
    const name = String(++this.#taken);
    for (const { rpc } of this.#running) await rpc.call('snapshot', name);
    return name;
  }

  /** Apart from each other meanwhile: nobody is to bring another what both are to forget. */
  async revert(snapshot = String(this.#taken)): Promise<void> {
    if (this.#taken === 0) throw new RangeError('there is no snapshot');
    const up = this.#wiring.links.filter(({ isCut }) => !isCut);
    await this.#wiring.switch(true, (link) => up.includes(link));
    try {
      for (const { rpc } of this.#running) await rpc.call('revert', snapshot);
    } finally {
      await this.#wiring.switch(false, (link) => up.includes(link));
      await this.joined();
    }
  }

  async stop(): Promise<void> {
    const faults = await Promise.allSettled(this.#bodies.map((body) => body.stop()));
    await this.#wiring.remove();
    for (const fault of faults) if (fault.status === 'rejected') throw fault.reason;
  }

  async dump(path: string): Promise<void> {
    const running = this.#running;
    const names = running.map(({ name }) => name);
    const [{ rpc }] = running as [ProcessBody];
    const { time } = await rpc.increasetime(0);
    const links = this.#wiring.states.filter(({ between }) => between.every((name) => names.includes(name)));
    await writeState(
      path,
      await takeState(
        running.map(({ node }) => node),
        { parameters: this.#parameters, time, links },
      ),
    );
  }
}

class ProcessBody implements Body {
  readonly node: DevnetNode;
  readonly #network: ProcessTestNetwork;
  /** Why it does not run. */
  #how = '';
  /** Milliseconds by which its clock was ahead of ours when it stopped. */
  #ahead = 0;

  constructor(node: DevnetNode, network: ProcessTestNetwork) {
    this.node = node;
    this.#network = network;
  }

  get name(): string {
    return this.node.name;
  }

  get rpc(): RpcClient {
    return this.node.rpc;
  }

  get isRunning(): boolean {
    return this.node.isReady;
  }

  get http(): Body['http'] {
    if (!this.isRunning) return null;
    return { url: this.node.url, cookie: readFileSync(this.node.cookieFile, 'utf8') };
  }

  ended(how: string): void {
    this.#how = how;
  }

  async start(): Promise<void> {
    await this.run();
    await this.#network.joined();
  }

  /** @throws Error with what its process said on its way out */
  async run(): Promise<void> {
    if (this.node.isRunning) return;
    this.node.start(this.#ahead === 0 ? undefined : Math.floor((clock.now() + this.#ahead) / 1_000));
    const patience = { say: () => {}, signal: new AbortController().signal, clock };
    await waitFor(`${this.name} to start`, () => this.node.look(), patience);
    if (!this.isRunning) throw new Error(this.#how);
  }

  async stop(): Promise<void> {
    if (this.isRunning) {
      const { time } = await this.rpc.increasetime(0);
      this.#ahead = Math.abs(time - clock.seconds()) > 1 ? time * 1_000 - clock.now() : 0;
    }
    const fault = await this.node.stop(new AbortController().signal);
    if (fault !== null) throw new Error(fault);
  }

  advance(seconds: number): Promise<void> {
    return this.#network.advance(seconds);
  }

  wait(what: () => string, look: () => Promise<boolean>, timeout = DEFAULT_TIMEOUT): Promise<void> {
    return until([this.rpc], ['chain', 'mempool'], look, { timeout, what });
  }

  snapshot(): Promise<string> {
    return this.#network.snapshot();
  }

  revert(snapshot: string | undefined): Promise<void> {
    return this.#network.revert(snapshot);
  }

  dump(path: string): Promise<void> {
    return this.#network.dump(path);
  }
}
