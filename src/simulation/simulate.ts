/**
 * Runs a whole network of real nodes in one process, on a virtual clock, from one seed: the same seed
 * gives the same event log to the byte. Owns the course of a run; what a node does is its own business.
 */
import type { NetworkParameters } from '../core/parameters/network.ts';
import { REGTEST } from '../core/parameters/presets.ts';
import { exponential } from '../network/random.ts';
import type { Node } from '../node.ts';
import { MemoryNetwork } from '../platform/memory/memory-transport.ts';
import { EventLog } from './event-log.ts';
import { type Propagation, Spread, Traffic } from './measurements.ts';
import { DEFAULT_SIMULATION, type Partition, type SimulationOptions } from './options.ts';
import { ANYONE, Payments } from './payments.ts';
import { SeededRandom } from './seeded-random.ts';
import { hostOf, SimulatedNode } from './simulated-node.ts';
import { VirtualClock } from './virtual-clock.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
/** Nodes come one after the other, so that the later ones find something. */
const START_GAP = 200;
const SETTLING = 120 * SECOND;
/** Blocks that the first node has before the others come: enough for coins to spend. */
const FIRST_BLOCKS = 10;
const MATURITY = 5;
const DIALLED = 8;
const AWAY = 600 * SECOND;
/** After the last event, how long the network may take to agree. */
const CONVERGENCE_LIMIT = 2 * HOUR;

interface PartitionOutcome extends Partition {
  /** Seconds from the healing until all nodes had one tip; null if they never did. */
  readonly convergedAfter: number | null;
}

export interface SimulationReport {
  readonly options: SimulationOptions;
  /** SHA-256 of the event log. */
  readonly log: string;
  readonly events: number;
  readonly messages: number;
  /** All running nodes ended on one tip. */
  readonly converged: boolean;
  readonly height: number;
  readonly blocksMined: number;
  /** Share of the blocks that did not end in the chain. */
  readonly staleRate: number;
  /** Seconds. */
  readonly blockPropagation: Propagation;
  readonly txPropagation: Propagation;
  readonly transactions: number;
  readonly confirmed: number;
  readonly bytesPerNode: Readonly<Record<string, number>>;
  readonly partitions: readonly PartitionOutcome[];
  /** Connections a node, on average at the end. */
  readonly connections: number;
}

interface SimulationHooks {
  readonly onLine?: (line: string) => void;
  /** Virtual hours done, of all. */
  readonly onProgress?: (done: number, of: number) => void;
}

/** Penny's rules with no difficulty: who finds a block, and when, is drawn. */
function parametersFor(options: SimulationOptions): NetworkParameters {
  return {
    ...REGTEST,
    name: 'simulation',
    chain: 'simulation',
    localPeers: true,
    coinbaseMaturity: MATURITY,
    maxTipAge: 0,
    targetSpacing: options.blockInterval,
  };
}

export async function simulate(
  given: Partial<SimulationOptions>,
  hooks: SimulationHooks = {},
): Promise<SimulationReport> {
  const simulation = new Simulation({ ...DEFAULT_SIMULATION, ...given }, hooks);
  return simulation.run();
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #hooks: SimulationHooks;
  readonly #parameters: NetworkParameters;
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #net: MemoryNetwork;
  readonly #nodes: SimulatedNode[] = [];
  readonly #payments: Payments;
  readonly #log: EventLog;
  readonly #traffic = new Traffic();
  readonly #blocks: Spread;
  readonly #transactions: Spread;
  readonly #mined: string[] = [];
  readonly #healed: { readonly partition: Partition; at: number; converged: number | null }[] = [];
  #paid = 0;
  #end = Number.POSITIVE_INFINITY;
  #failure: unknown;

  constructor(options: SimulationOptions, hooks: SimulationHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#parameters = parametersFor(options);
    this.#clock = new VirtualClock((this.#parameters.genesis.time + 86_400) * SECOND);
    this.#random = new SeededRandom(options.seed);
    const now = (): number => this.#clock.monotonic();
    this.#log = new EventLog(now, hooks.onLine ?? (() => {}));
    const running = (): number => this.#running().length;
    this.#blocks = new Spread(now, running);
    this.#transactions = new Spread(now, running);
    this.#payments = new Payments(this.#random.fork(), MATURITY);
    this.#net = new MemoryNetwork(
      { latency: this.#latency(), bandwidth: () => options.bandwidth * 125, loss: options.loss },
      { clock: this.#clock, random: this.#random.fork() },
    );
    this.#net.observe((_from, _to, envelope) => this.#traffic.add(envelope));
  }

  async run(): Promise<SimulationReport> {
    const { nodes, hours } = this.#options;
    await this.#startAll();
    const start = this.#clock.monotonic();
    this.#end = start + hours * HOUR;
    this.#scheduleBlock();
    this.#schedulePayment();
    this.#scheduleDeparture();
    for (const partition of this.#options.partitions) this.#schedulePartition(partition);
    for (let hour = 0; hour < hours; hour += 0.05) {
      this.#hooks.onProgress?.(hour, hours);
      await this.#clock.advance(Math.min(0.05, hours - hour) * HOUR);
      this.#throwFailure();
    }
    const converged = await this.#converge();
    this.#hooks.onProgress?.(hours, hours);
    const report = this.#report(converged);
    await Promise.all(this.#nodes.map((node) => this.#clock.complete(node.stop())));
    if (this.#nodes.length !== nodes) throw new Error('a node was lost');
    return report;
  }

  #running(): SimulatedNode[] {
    return this.#nodes.filter((node) => node.node !== undefined);
  }

  /** Hosts lie at random in a square; the mean distance of two is 0.52 of its side. */
  #latency(): (from: string, to: string) => number {
    const random = this.#random.fork();
    const places = new Map<string, readonly [number, number]>();
    const place = (host: string): readonly [number, number] => {
      const known = places.get(host) ?? ([random.below(1_000), random.below(1_000)] as const);
      places.set(host, known);
      return known;
    };
    for (let i = 0; i < this.#options.nodes; i++) place(hostOf(i));
    const scale = this.#options.latency / 521;
    return (from, to) => {
      const [x, y] = place(from);
      const [u, v] = place(to);
      return 1 + Math.round(Math.hypot(x - u, y - v) * scale);
    };
  }

  async #startAll(): Promise<void> {
    for (let index = 0; index < this.#options.nodes; index++) {
      const node = new SimulatedNode(
        { index, parameters: this.#parameters, ...this.#acquaintances(index) },
        { clock: this.#clock, random: this.#random.fork(), net: this.#net },
      );
      this.#nodes.push(node);
      await this.#clock.complete(this.#start(node));
      if (index === 0) await this.#clock.complete(this.#mineFirst(node.node!));
      await this.#clock.advance(START_GAP);
      this.#throwFailure();
    }
    await this.#clock.advance(SETTLING);
    this.#log.add('started', { nodes: this.#running().length });
  }

  async #mineFirst(node: Node): Promise<void> {
    this.#payments.follow(node);
    await node.miner.mineBlocks(FIRST_BLOCKS, ANYONE);
    for (let i = 0; i < 3; i++) await this.#payments.pay(node);
    await node.miner.mineBlocks(1, ANYONE);
  }

  #acquaintances(index: number): { readonly peers: readonly string[]; readonly fixed: boolean } {
    const { topology } = this.#options;
    const address = (other: number): string => `${hostOf(other)}:${this.#parameters.p2pPort}`;
    if (topology === 'line') return { peers: index === 0 ? [] : [address(index - 1)], fixed: true };
    const count = Math.min(index, topology === 'random' ? DIALLED : 2);
    const chosen = new Set<number>();
    while (chosen.size < count) chosen.add(this.#random.below(index));
    return { peers: [...chosen].map(address), fixed: topology === 'random' };
  }

  async #start(simulated: SimulatedNode): Promise<void> {
    const node = await simulated.start();
    node.chain.connected.subscribe(({ entry }) => this.#blocks.reached(entry.hash));
    node.chain.tipChanged.subscribe(({ tip, fork }) => {
      const reorganised = fork !== tip.parent ? { fork: fork.height } : {};
      this.#log.add('tip', { node: simulated.index, height: tip.height, hash: tip.hash, ...reorganised });
      this.#watchHealing();
    });
    node.mempool.added.subscribe(({ txid }) => this.#transactions.reached(txid));
    node.chain.fatal.subscribe((error) => {
      this.#failure ??= error;
    });
  }

  #scheduleBlock(): void {
    const wait = exponential(this.#random, this.#options.blockInterval * SECOND);
    this.#clock.schedule(wait, () => {
      if (this.#clock.monotonic() >= this.#end) return;
      this.#scheduleBlock();
      this.#watch(this.#mine(this.#nodes[this.#drawMiner()]!));
    });
  }

  #drawMiner(): number {
    const { hashRates, nodes } = this.#options;
    if (hashRates.length === 0) return this.#random.below(nodes);
    const total = hashRates.reduce((sum, rate) => sum + rate, 0);
    let left = (this.#random.below(2 ** 32) / 2 ** 32) * total;
    const index = hashRates.findIndex((rate) => {
      left -= rate;
      return left < 0;
    });
    return Math.max(0, index);
  }

  /** What a node that is away would have found is not found. */
  async #mine({ node, index }: SimulatedNode): Promise<void> {
    if (node === undefined) return;
    const [hash] = await node.miner.mineBlocks(1, ANYONE);
    if (hash === undefined) return;
    this.#mined.push(hash);
    this.#blocks.begin(hash);
    this.#blocks.reached(hash);
    this.#log.add('mined', { node: index, height: node.chain.entry(hash)!.height, hash });
  }

  #schedulePayment(): void {
    const { txRate } = this.#options;
    if (txRate === 0) return;
    this.#clock.schedule(exponential(this.#random, SECOND / txRate), () => {
      if (this.#clock.monotonic() >= this.#end) return;
      this.#schedulePayment();
      const running = this.#running();
      const { node, index } = running[this.#random.below(running.length)]!;
      this.#watch(this.#pay(node!, index));
    });
  }

  async #pay(node: Node, index: number): Promise<void> {
    const tx = await this.#payments.pay(node);
    if (tx === undefined) return;
    this.#paid++;
    this.#transactions.begin(tx.txid);
    this.#transactions.reached(tx.txid);
    this.#log.add('paid', { node: index, txid: tx.txid });
  }

  /** Any node but the first, whose view the payments follow. */
  #scheduleDeparture(): void {
    const { churn, nodes } = this.#options;
    if (churn === 0 || nodes < 2) return;
    this.#clock.schedule(exponential(this.#random, HOUR / (churn * nodes)), () => {
      if (this.#clock.monotonic() >= this.#end) return;
      this.#scheduleDeparture();
      const node = this.#nodes[1 + this.#random.below(nodes - 1)]!;
      if (node.node === undefined) return;
      this.#log.add('left', { node: node.index });
      this.#watch(node.stop());
      this.#clock.schedule(exponential(this.#random, AWAY) + SECOND, () => {
        this.#log.add('returned', { node: node.index });
        this.#watch(this.#start(node));
      });
    });
  }

  #schedulePartition(partition: Partition): void {
    const outcome = { partition, at: Number.POSITIVE_INFINITY, converged: null as number | null };
    this.#healed.push(outcome);
    this.#clock.schedule(partition.at * HOUR, () => {
      const cut = Math.round(this.#options.nodes * (1 - partition.share));
      const side = new Map(this.#nodes.map((node) => [node.host, node.index < cut]));
      this.#log.add('partition', { from: cut });
      this.#net.partition((a, b) => side.get(a) === side.get(b));
    });
    this.#clock.schedule((partition.at + partition.duration) * HOUR, () => {
      outcome.at = this.#clock.monotonic();
      this.#log.add('healed', {});
      this.#net.partition(() => true);
      this.#watchHealing();
    });
  }

  /** Was that the last node to agree after a partition? */
  #watchHealing(): void {
    const open = this.#healed.filter(
      (outcome) => outcome.converged === null && outcome.at <= this.#clock.monotonic(),
    );
    if (open.length === 0 || !this.#agree()) return;
    for (const outcome of open) outcome.converged = (this.#clock.monotonic() - outcome.at) / SECOND;
  }

  #agree(): boolean {
    return new Set(this.#running().map(({ node }) => node!.chain.tip.hash)).size === 1;
  }

  /** Two branches of equal work are settled by the next block, so blocks go on until all agree. */
  async #converge(): Promise<boolean> {
    const limit = this.#clock.monotonic() + CONVERGENCE_LIMIT;
    while (this.#clock.monotonic() < limit) {
      if (await this.#clock.runUntil(() => this.#agree(), this.#clock.monotonic() + 60 * SECOND)) return true;
      await this.#clock.complete(this.#mine(this.#running()[0]!));
    }
    return false;
  }

  #report(converged: boolean): SimulationReport {
    const { chain } = this.#nodes[0]!.node!;
    const stale = this.#mined.filter((hash) => {
      const entry = chain.entry(hash as Parameters<typeof chain.entry>[0]);
      return entry === undefined || !chain.isActive(entry);
    });
    const running = this.#running();
    const peers = running.reduce((sum, { node }) => sum + node!.network.peers().length, 0);
    let confirmed = 0;
    for (let entry = chain.tip; entry.parent !== null; entry = entry.parent)
      confirmed += entry.transactionCount - 1;
    return {
      options: this.#options,
      log: this.#log.digest(),
      events: this.#log.lines,
      messages: this.#traffic.messages,
      converged,
      height: chain.height,
      blocksMined: this.#mined.length,
      staleRate: this.#mined.length === 0 ? 0 : stale.length / this.#mined.length,
      blockPropagation: this.#blocks.summary(),
      txPropagation: this.#transactions.summary(),
      transactions: this.#paid,
      confirmed,
      bytesPerNode: this.#traffic.perNode(this.#options.nodes),
      partitions: this.#healed.map(({ partition, converged: after }) => ({
        ...partition,
        convergedAfter: after,
      })),
      connections: peers / running.length,
    };
  }

  #watch(promise: Promise<unknown>): void {
    promise.catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
