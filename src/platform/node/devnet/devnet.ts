/**
 * A local network of nodes that mine, gossip and pay: starts them, lets them fund their wallets and pay,
 * goes on at a calm pace, and stops them. Knows its nodes by their RPC only, as any user would.
 */
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { networkFile } from '../../../core/parameters/network-file.ts';
import type { Clock, Random } from '../../../seams.ts';
import { DevnetNode } from './devnet-node.ts';
import { DevnetDirectory } from './directory.ts';
import type { Display } from './display.ts';
import { Economy } from './economy.ts';
import { Keeper, type Verb } from './keeper.ts';
import { type NetworkState, takeState } from './network-state.ts';
import { type Patience, sleep, waitFor } from './patience.ts';
import { type DevnetOptions, devnetParameters, pageOrigin, planNode } from './plan.ts';
import { requirePort } from './ports.ts';
import { describeNode, statusOf, tryLine } from './report.ts';
import { restoreNetwork } from './restoring.ts';
import { everyPair, isNodeName, MAX_NODES, NAME_FORM, type NetworkSpec, parseSpec } from './state-file.ts';
import { Trouble } from './trouble.ts';
import { Wiring } from './wiring.ts';

/** Milliseconds. */
const STATUS_INTERVAL = 2_000;
/** Seconds by which clocks may differ from ours without being set. */
const CLOCK_SLACK = 60;

export interface ControlServer {
  /** Of the devnet's page. */
  readonly pageLink: string | null;
  stop(): Promise<void>;
}

interface Dependencies {
  readonly penny: NetworkParameters;
  /** Begins to answer calls about it. */
  serve(devnet: Devnet, at: { port: number; directory: string; clock: Clock }): Promise<ControlServer>;
  /** What a file says that it starts with. */
  readonly spec?: NetworkSpec | undefined;
  readonly display: Display;
  readonly random: Random;
  readonly clock: Clock;
  /** Aborted when the user wants to stop. */
  readonly signal: AbortSignal;
  /** Aborted when the user does not want to wait for that. */
  readonly insist: AbortSignal;
}

export class Devnet {
  readonly #options: DevnetOptions;
  readonly #parts: Dependencies;
  readonly #patience: Patience;
  readonly #nodes: DevnetNode[] = [];
  #spec: NetworkSpec | undefined;
  #parameters!: NetworkParameters;
  #wiring!: Wiring;
  #economy!: Economy;
  #keeper!: Keeper;
  #home!: DevnetDirectory;
  #networkOption = '';
  #phase: 'starting' | 'going on' | 'stopping' = 'starting';
  #control: ControlServer | undefined;
  #pace = { blockTime: 0, paymentsPerMinute: 0 };
  /** Milliseconds by which the nodes' clocks are ahead of ours. */
  #ahead = 0;
  readonly #trouble: Trouble;
  /** Resolves when another network is to take this one's place. */
  #replaced!: Promise<NetworkSpec>;
  #replace: (spec: NetworkSpec) => void = () => {};
  /** Told when that one goes on, or why it cannot; and what was there before, to go back to. */
  #arrived: { resolve(): void; reject(error: Error): void; before?: NetworkSpec | undefined } | undefined;
  /** Counts the networks that took the place of another. */
  number = 1;

  constructor(options: DevnetOptions, dependencies: Dependencies) {
    const { spec, signal, clock } = dependencies;
    this.#options = options;
    this.#parts = dependencies;
    this.#spec = spec;
    this.#patience = { signal, say: (event) => this.#tell(event), clock };
    this.#trouble = new Trouble(signal, clock);
  }

  #tell(event: string): void {
    this.#parts.display.event(event);
  }

  /** Runs until the signal (or the first confirmation, if so wished), and stops every node. @throws Error why not */
  async run(): Promise<void> {
    const { directory, keep, basePort } = this.#options;
    const nodes = this.#spec?.nodes.length ?? this.#options.nodes;
    this.#tell(`a devnet of ${nodes} node${nodes === 1 ? '' : 's'} in ${directory}`);
    this.#home = await DevnetDirectory.take(directory, (event) => this.#tell(event));
    let cause: Error | undefined;
    const faults: string[] = [];
    try {
      await requirePort(basePort, 'the control API');
      this.#control = await this.#parts.serve(this, { port: basePort, directory, clock: this.#parts.clock });
      for (;;) {
        this.#phase = 'starting';
        this.#replaced = new Promise((resolve) => (this.#replace = resolve));
        const live = this.#live();
        const ends = [live, this.#replaced, this.#trouble.came];
        const next = await Promise.race(ends).catch((error: Error) => this.#goBack(error, live));
        if (next === undefined) break;
        this.#tell('another network takes its place');
        this.number++;
        faults.push(...(await this.#stop()));
        this.#spec = next;
      }
    } catch (error) {
      if (!this.#parts.signal.aborted) cause = await this.#trouble.firstCause(error as Error);
      this.#arrived?.reject(cause ?? (error as Error));
    }
    await this.#control?.stop();
    const ran = this.#nodes.length > 0;
    faults.push(...(await this.#stop()));
    await this.#home.release(keep);
    // The first cause is what the user needs; what went wrong after it is told, but never in its place.
    for (const fault of faults) this.#tell(fault);
    if (cause !== undefined) throw cause;
    if (faults.length > 0) throw new Error('not every node stopped as it should');
    if (ran) this.#tell('every node has stopped');
  }

  /** A network that cannot be had does not cost the one that was there. @returns that one @throws the error */
  async #goBack(error: Error, live: Promise<undefined>): Promise<NetworkSpec> {
    const { before, reject } = this.#arrived ?? {};
    if (before === undefined || this.#parts.signal.aborted) throw error;
    const cause = await this.#trouble.firstCause(error);
    this.#tell(`${cause.message}: what was before comes back`);
    await this.#stop();
    await live.catch(() => {});
    this.#trouble.clear();
    // Whoever asked is told when that goes on.
    this.#arrived = { resolve: () => reject!(cause), reject: reject! };
    return before;
  }

  /** What the user types of a node, by its name or number. */
  obey(verb: Verb, name: string): void {
    try {
      this.requireCalm();
      this.#keeper.obey(verb, this.node(name));
    } catch (error) {
      this.#tell((error as Error).message);
    }
  }

  get nodes(): readonly DevnetNode[] {
    return this.#nodes;
  }

  get parameters(): NetworkParameters {
    return this.#parameters;
  }

  get wiring(): Wiring {
    return this.#wiring;
  }

  /** @throws RangeError unless all is set up, and nothing is being stopped */
  requireCalm(): void {
    if (this.#phase !== 'going on') throw new RangeError(`not now: the devnet is ${this.#phase}`);
  }

  /** By its name or number. @throws RangeError */
  node(name: string): DevnetNode {
    const node = this.#nodes.find(({ plan }) => plan.name === name || String(plan.number) === name);
    if (node === undefined) throw new RangeError(`there is no ${/^\d+$/.test(name) ? 'node' : ''}${name}`);
    return node;
  }

  /** Resolves when it has ended. */
  async stopNode(node: DevnetNode): Promise<void> {
    this.#keeper.obey('stop', node);
    await node.stop(this.#parts.insist);
  }

  /** Resolves when it answers again. @throws Error with what it said on its way out */
  async startNode(node: DevnetNode): Promise<void> {
    if (node.isRunning) return;
    this.#keeper.obey('start', node);
    await waitFor(`${node.plan.name} to start`, () => node.look(), this.#patience);
    if (!node.isReady) throw new RangeError(`${node.plan.name} ended again: the devnet says why`);
  }

  /** One more, linked to all that are there unless a file says otherwise. @throws RangeError */
  async addNode(name: string | undefined, links?: NetworkSpec['links']): Promise<DevnetNode> {
    const number = Math.max(0, ...this.#nodes.map(({ plan }) => plan.number)) + 1;
    const plan = planNode(this.#options, this.#parameters, number, name);
    if (!isNodeName(plan.name)) throw new RangeError(`${plan.name} is not ${NAME_FORM}`);
    if (this.#nodes.some((node) => node.plan.name === plan.name))
      throw new RangeError(`${plan.name} is there already`);
    if (this.#nodes.length >= MAX_NODES) throw new RangeError(`a devnet has ${MAX_NODES} nodes at most`);
    for (const port of [plan.peerPort, plan.rpcPort]) await requirePort(port, plan.name);
    const node = this.#makeNode(plan);
    const others = [...this.#nodes];
    this.#nodes.push(node);
    if (links === undefined) for (const other of others) await this.#wiring.set(other, node, {});
    await this.#startNode(node);
    if (this.#spec === undefined) await this.#economy.openWallet(node);
    else await this.#economy.fill(new Map([[node, {}]]));
    await this.#economy.mineCalmly(node, this.#pace.blockTime);
    return node;
  }

  /** @returns txid @throws RpcError */
  faucet(node: DevnetNode, address: string, coins: number): Promise<string> {
    return this.#economy.faucet(node, address, coins);
  }

  /** All of it, of the nodes that run. */
  async export(): Promise<NetworkState> {
    const subjects = this.#nodes.filter(({ isReady }) => isReady);
    const names = subjects.map(({ name }) => name);
    return takeState(subjects, {
      ...this.#pace,
      parameters: this.#parameters,
      time: this.#now,
      links: this.#wiring.states.filter(({ between }) => between.every((name) => names.includes(name))),
    });
  }

  /** Stops all, and starts with what a file says. Resolves when it goes on. @throws Error why it does not */
  async import(spec: NetworkSpec): Promise<void> {
    const state = this.#nodes.some(({ isReady }) => isReady) ? await this.export() : undefined;
    this.requireCalm();
    const before = state && parseSpec(JSON.parse(JSON.stringify(state)));
    this.#phase = 'stopping';
    this.#replace(spec);
    return new Promise((resolve, reject) => (this.#arrived = { resolve, reject, before }));
  }

  /** Goes over to what a file says now: nodes that are new or gone, links, wallets that are new, pace. */
  async apply({ nodes, links, blockTime, paymentsPerMinute }: NetworkSpec): Promise<void> {
    this.requireCalm();
    const names = nodes.map(({ name }) => name);
    for (const node of this.#nodes.filter(({ plan }) => !names.includes(plan.name))) {
      this.#nodes.splice(this.#nodes.indexOf(node), 1);
      await this.#wiring.remove(node.plan.name);
      await node.stop(this.#parts.insist);
    }
    for (const name of names)
      if (!this.#nodes.some(({ plan }) => plan.name === name)) await this.addNode(name, links);
    await this.#wiring.follow(links);
    this.#pace = { blockTime, paymentsPerMinute };
    const ready = nodes.filter(({ name }) => this.node(name).isReady);
    await this.#economy.fill(new Map(ready.map(({ name, wallets }) => [this.node(name), wallets])));
    await this.#mine();
  }

  async #live(): Promise<undefined> {
    const spec = this.#spec;
    const { blockTime, paymentsPerMinute } = spec ?? this.#options;
    this.#pace = { blockTime, paymentsPerMinute };
    this.#ahead = spec?.time === undefined ? 0 : spec.time * 1_000 - this.#parts.clock.now();
    await this.#start();
    if (spec === undefined) {
      await Promise.all(this.#nodes.map((node) => this.#economy.openWallet(node)));
      await this.#economy.meet();
      await this.#economy.fund(this.#parameters.coinbaseMaturity);
      await this.#economy.payAndConfirm();
    } else {
      const refused = await restoreNetwork(spec, this.#nodes, {
        economy: this.#economy,
        wiring: this.#wiring,
      });
      for (const event of refused) this.#tell(event);
    }
    for (const node of this.#nodes) this.#parts.display.print(await describeNode(node));
    this.#parts.display.print(tryLine(this.#nodes[0]!, this.#control?.pageLink ?? null));
    if (this.#options.exitWhenConfirmed) return;
    await this.#mine();
    this.#phase = 'going on';
    this.#arrived?.resolve();
    this.#arrived = undefined;
    this.#parts.display.print(
      'Ctrl-C stops it all; "stop 2" and Enter stops node2, "start 2" starts it again; `penny devnet ctl` does more.\n',
    );
    await this.#goOn();
  }

  #mine(): Promise<unknown> {
    const ready = this.#nodes.filter(({ isReady }) => isReady);
    return Promise.all(ready.map((node) => this.#economy.mineCalmly(node, this.#pace.blockTime)));
  }

  async #start(): Promise<void> {
    const spec = this.#spec;
    const { nodes, keep } = this.#options;
    const parameters = spec?.parameters ?? devnetParameters(this.#parts.penny, this.#options);
    this.#parameters = parameters;
    this.#wiring = new Wiring(this.#nodes, parameters, this.#parts.clock, [pageOrigin(this.#options)]);
    const tell = (event: string): void => this.#tell(event);
    this.#economy = new Economy(this.#nodes, {
      parameters,
      random: this.#parts.random,
      patience: this.#patience,
      tell,
    });
    this.#keeper = new Keeper(this.#options.restart, {
      clock: this.#parts.clock,
      tell,
      start: (node) => void this.#revive(node),
      stop: (node) => void node.stop(this.#parts.insist),
    });
    const names =
      spec?.nodes.map(({ name }) => name) ?? Array.from({ length: nodes }, (_, i) => `node${i + 1}`);
    const plans = names.map((name, i) => planNode(this.#options, parameters, i + 1, name));
    for (const { name, peerPort, rpcPort } of plans)
      for (const port of [peerPort, rpcPort]) await requirePort(port, name);
    if (this.#phase === 'stopping') return;
    const isPreset = parameters.name === 'regtest';
    const file = this.#home.prepare(keep && spec === undefined, isPreset ? {} : networkFile(parameters));
    this.#networkOption = isPreset ? '-regtest' : `-genesis=${file}`;
    for (const plan of plans) this.#nodes.push(this.#makeNode(plan));
    // A file says how they are linked when they have what is theirs.
    if (spec === undefined) await this.#wiring.follow(everyPair(names));
    await Promise.all(this.#nodes.map((node) => this.#startNode(node)));
  }

  #makeNode(plan: DevnetNode['plan']): DevnetNode {
    const options = (): readonly string[] => [this.#networkOption, ...this.#wiring.optionsOf(plan.name)];
    return new DevnetNode(plan, options, {
      onStart: (node) => {
        this.#home.noteNodes(this.#nodes.map((one) => one.identity));
        this.#keeper.started(node);
      },
      onEnd: (node, how) => {
        if (this.#phase === 'starting') this.#trouble.raise(new Error(how));
        else if (this.#phase === 'going on' && this.#nodes.includes(node)) this.#keeper.ended(node, how);
      },
    });
  }

  /** Resolves when it answers, or has ended. */
  async #startNode(node: DevnetNode): Promise<void> {
    const { name } = node.plan;
    const began = this.#parts.clock.monotonic();
    node.start(Math.abs(this.#ahead) > CLOCK_SLACK * 1_000 ? this.#now : undefined);
    this.#tell(`starting ${name}`);
    await waitFor(`${name} to start`, () => node.look(), this.#patience);
    if (!node.isReady) return;
    this.#tell(`${name} answers after ${((this.#parts.clock.monotonic() - began) / 1000).toFixed(1)} s`);
  }

  /** Of the nodes, in seconds. */
  get #now(): number {
    return Math.floor((this.#parts.clock.now() + this.#ahead) / 1_000);
  }

  /** Starts a node again, and what it did before. */
  async #revive(node: DevnetNode): Promise<void> {
    try {
      await this.#startNode(node);
      if (!node.isReady) return;
      if (this.#spec === undefined) await this.#economy.openWallet(node);
      await this.#economy.mineCalmly(node, this.#pace.blockTime);
    } catch (error) {
      if (this.#phase === 'going on') this.#tell((error as Error).message);
    }
  }

  async #goOn(): Promise<undefined> {
    let tip = '';
    const nodes = this.#nodes;
    const wiring = this.#wiring;
    for (
      let nextPayment = this.#parts.clock.monotonic();
      this.#phase === 'going on' && wiring === this.#wiring;
    ) {
      const states = await Promise.all(nodes.map(statusOf));
      this.#parts.display.status(states, wiring.states);
      const best = states.reduce((a, b) => (b.height > a.height ? b : a));
      if (best.tip !== '') {
        if (tip !== '' && best.tip !== tip) this.#tell(`block ${best.height} ${best.tip}`);
        tip = best.tip;
      }
      const { paymentsPerMinute } = this.#pace;
      if (paymentsPerMinute > 0 && this.#parts.clock.monotonic() >= nextPayment) {
        nextPayment = this.#parts.clock.monotonic() + 60_000 / paymentsPerMinute;
        await this.#economy.payAtRandom();
      }
      await sleep(STATUS_INTERVAL, this.#parts.clock);
    }
  }

  /** @returns what went wrong */
  async #stop(): Promise<string[]> {
    this.#phase = 'stopping';
    this.#keeper?.close();
    const running = this.#nodes.filter((node) => node.isRunning).map((node) => node.plan.name);
    if (running.length > 0) this.#tell(`stopping ${running.join(', ')}`);
    const faults = await Promise.all(this.#nodes.map((node) => node.stop(this.#parts.insist)));
    await this.#wiring?.remove();
    this.#nodes.length = 0;
    return faults.filter((fault) => fault !== null);
  }
}
