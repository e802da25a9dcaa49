/**
 * A local network of nodes that mine, gossip and pay: starts them, lets them fund their wallets and pay,
 * goes on at a calm pace, and stops them. Knows its nodes by their RPC only, as any user would.
 */
import type { NetworkParameters } from '../../../core/parameters/network.ts';
import { networkFile } from '../../../core/parameters/network-file.ts';
import type { Clock, Random } from '../../../seams.ts';
import { UsageError } from '../cli/usage-error.ts';
import { DevnetNode } from './devnet-node.ts';
import { DevnetDirectory } from './directory.ts';
import type { Display } from './display.ts';
import { Economy } from './economy.ts';
import { Keeper, type Verb } from './keeper.ts';
import { type Patience, sleep, waitFor } from './patience.ts';
import { type DevnetOptions, devnetParameters, planNodes } from './plan.ts';
import { isPortFree } from './ports.ts';
import { describeNode, statusOf, tryLine } from './report.ts';

/** Milliseconds. */
const STATUS_INTERVAL = 2_000;
const CAUSE_TIMEOUT = 1_000;

interface Dependencies {
  readonly penny: NetworkParameters;
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
  readonly #parameters: NetworkParameters;
  readonly #display: Display;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #insist: AbortSignal;
  readonly #patience: Patience;
  readonly #economy: Economy;
  readonly #keeper: Keeper;
  readonly #nodes: DevnetNode[] = [];
  #phase: 'starting' | 'going on' | 'stopping' = 'starting';
  /** Rejects with the end of a node before all are set up, and when the user wants to stop. */
  readonly #interrupted: Promise<never>;
  #interrupt: (error: Error) => void = () => {};

  constructor(options: DevnetOptions, { penny, display, random, clock, signal, insist }: Dependencies) {
    this.#options = options;
    this.#parameters = devnetParameters(penny, options);
    this.#display = display;
    this.#clock = clock;
    this.#signal = signal;
    this.#insist = insist;
    const tell = (event: string): void => display.event(event);
    this.#patience = { signal, say: tell, clock };
    this.#economy = new Economy(this.#nodes, { random, patience: this.#patience, tell });
    this.#keeper = new Keeper(options.restart, {
      clock,
      tell,
      start: (node) => void this.#revive(node),
      stop: (node) => void node.stop(insist),
    });
    this.#interrupted = new Promise((_, reject) => {
      this.#interrupt = reject;
    });
    this.#interrupted.catch(() => {});
    signal.addEventListener('abort', () => this.#interrupt(signal.reason));
  }

  /** Runs until the signal (or the first confirmation, if so wished), and stops every node. @throws Error why not */
  async run(): Promise<void> {
    const { directory, keep, nodes } = this.#options;
    this.#display.event(`a devnet of ${nodes} node${nodes === 1 ? '' : 's'} in ${directory}`);
    const home = await DevnetDirectory.take(directory, (event) => this.#display.event(event));
    let cause: Error | undefined;
    try {
      await Promise.race([this.#live(home), this.#interrupted]);
    } catch (error) {
      if (!this.#signal.aborted) cause = await this.#firstCause(error as Error);
    }
    const faults = await this.#stop();
    await home.release(keep);
    // The first cause is what the user needs; what went wrong after it is told, but never in its place.
    for (const fault of faults) this.#display.event(fault);
    if (cause !== undefined) throw cause;
    if (faults.length > 0) throw new Error('not every node stopped as it should');
    if (this.#nodes.length > 0) this.#display.event('every node has stopped');
  }

  /** What the user says of a node. @param number from 1 */
  obey(verb: Verb, number: number): void {
    const node = this.#nodes[number - 1];
    if (node === undefined) this.#display.event(`there is no node${number}`);
    else if (this.#phase !== 'going on') this.#display.event(`not now: the devnet is ${this.#phase}`);
    else this.#keeper.obey(verb, node);
  }

  async #live(home: DevnetDirectory): Promise<void> {
    await this.#start(home);
    await Promise.all(this.#nodes.map((node) => this.#economy.openWallet(node)));
    await this.#economy.meet();
    await this.#economy.fund(this.#parameters.coinbaseMaturity);
    await this.#economy.payAndConfirm();
    for (const node of this.#nodes) this.#display.print(await describeNode(node));
    this.#display.print(tryLine(this.#nodes[0]!));
    if (this.#options.exitWhenConfirmed) return;
    for (const node of this.#nodes) await this.#economy.mineCalmly(node, this.#options.blockTime);
    this.#phase = 'going on';
    this.#display.print('Ctrl-C stops it all; "stop 2" and Enter stops node2, "start 2" starts it again.\n');
    await this.#goOn();
  }

  /** A call fails where a node has died: that is told a moment later. */
  #firstCause(error: Error): Promise<Error> {
    const asItIs = sleep(CAUSE_TIMEOUT, this.#clock).then(() => error);
    return Promise.race([this.#interrupted, asItIs]).catch((cause) => cause);
  }

  async #start(home: DevnetDirectory): Promise<void> {
    const plans = planNodes(this.#options);
    for (const { name, peerPort, rpcPort } of plans) {
      for (const port of [peerPort, rpcPort]) {
        if (!(await isPortFree(port))) {
          throw new UsageError(
            `Port ${port}, which ${name} would take, is in use: choose others by --base-port`,
          );
        }
      }
    }
    if (this.#phase === 'stopping') return;
    const file = home.prepare(this.#options.keep, networkFile(this.#parameters));
    // All know the first node only, and learn of each other from it.
    const first = `-addnode=127.0.0.1:${plans[0]!.peerPort}`;
    const listener = {
      onStart: (node: DevnetNode): void => {
        home.noteNodes(this.#nodes.map((one) => one.identity));
        this.#keeper.started(node);
      },
      onEnd: (node: DevnetNode, how: string): void => {
        if (this.#phase === 'starting') this.#interrupt(new Error(how));
        else if (this.#phase === 'going on') this.#keeper.ended(node, how);
      },
    };
    for (const plan of plans) {
      const options = [`-genesis=${file}`, ...(plan.number === 1 ? [] : [first])];
      this.#nodes.push(new DevnetNode(plan, options, listener));
    }
    await Promise.all(this.#nodes.map((node) => this.#startNode(node)));
  }

  /** Resolves when it answers, or has ended. */
  async #startNode(node: DevnetNode): Promise<void> {
    const { name } = node.plan;
    const began = this.#clock.monotonic();
    node.start();
    this.#display.event(`starting ${name}`);
    await waitFor(`${name} to start`, () => node.look(), this.#patience);
    const seconds = ((this.#clock.monotonic() - began) / 1000).toFixed(1);
    if (node.isReady) this.#display.event(`${name} answers after ${seconds} s`);
  }

  /** Starts a node again, and what it did before. */
  async #revive(node: DevnetNode): Promise<void> {
    try {
      await this.#startNode(node);
      if (!node.isReady) return;
      await this.#economy.openWallet(node);
      await this.#economy.mineCalmly(node, this.#options.blockTime);
    } catch (error) {
      if (this.#phase === 'going on') this.#display.event((error as Error).message);
    }
  }

  async #goOn(): Promise<void> {
    const { paymentsPerMinute } = this.#options;
    let tip = '';
    for (let nextPayment = this.#clock.monotonic(); this.#phase === 'going on'; ) {
      const states = await Promise.all(this.#nodes.map(statusOf));
      this.#display.status(states);
      const best = states.reduce((a, b) => (b.height > a.height ? b : a));
      if (best.tip !== '') {
        if (tip !== '' && best.tip !== tip) this.#display.event(`block ${best.height} ${best.tip}`);
        tip = best.tip;
      }
      if (paymentsPerMinute > 0 && this.#clock.monotonic() >= nextPayment) {
        nextPayment = this.#clock.monotonic() + 60_000 / paymentsPerMinute;
        await this.#economy.payAtRandom();
      }
      await sleep(STATUS_INTERVAL, this.#clock);
    }
  }

  /** @returns what went wrong */
  async #stop(): Promise<string[]> {
    this.#phase = 'stopping';
    this.#keeper.close();
    const running = this.#nodes.filter((node) => node.isRunning).map((node) => node.plan.name);
    if (running.length > 0) this.#display.event(`stopping ${running.join(', ')}`);
    const faults = await Promise.all(this.#nodes.map((node) => node.stop(this.#insist)));
    return faults.filter((fault) => fault !== null);
  }
}
