/** One node of a devnet: its process, which can be started again, and the way to ask it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createClient, type RpcClient } from '../../../client/client.ts';
import { RpcError } from '../../../rpc/errors.ts';
import { identify, type ProcessIdentity } from '../process-identity.ts';
import type { Sight } from './patience.ts';
import type { NodePlan } from './plan.ts';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));
/** Milliseconds that a node has to end by itself. */
const STOP_TIMEOUT = 60_000;
/** Characters of what a process wrote on its way out: the first cause comes first. */
const MAX_ERRORS = 4_096;

/** Told of the start and the end of each process of a node. */
interface ProcessListener {
  onStart(node: DevnetNode): void;
  onEnd(node: DevnetNode, how: string): void;
  /** Of its log, for whoever wants them. */
  readonly onLine?: ((node: DevnetNode, line: string) => void) | undefined;
}

/** A page may call and be a peer, and finds what it looks up. */
const pageOptions = (origin: string) => [
  ...['-txindex', '-addressindex'],
  ...[`-rpcalloworigin=${origin}`, `-p2palloworigin=${origin}`],
];

export class DevnetNode {
  readonly plan: NodePlan;
  readonly url: string;
  readonly cookieFile: string;
  readonly rpc: RpcClient;
  /** Names of those that it is known to have loaded. */
  wallets: readonly string[] = [];
  readonly #words: () => readonly string[];
  readonly #listener: ProcessListener;
  #child: ChildProcess | undefined;
  #isReady = false;
  #startTime: number | undefined;

  /** @param options of `penny node` that say the network, and whatever the plan does not; asked at each start */
  constructor(plan: NodePlan, options: () => readonly string[], listener: ProcessListener) {
    this.plan = plan;
    this.url = `http://127.0.0.1:${plan.rpcPort}/`;
    this.cookieFile = join(plan.networkDirectory, '.cookie');
    this.rpc = createClient({ url: this.url, cookie: () => this.#cookie() });
    this.#listener = listener;
    this.#words = () => [
      `-datadir=${plan.directory}`,
      `-bind=127.0.0.1:${plan.peerPort}`,
      `-rpcport=${plan.rpcPort}`,
      `-printtoconsole=${listener.onLine === undefined ? 0 : 1}`,
      '-keypool=20',
      ...(plan.pageOrigin === undefined ? [] : pageOptions(plan.pageOrigin)),
      ...options(),
    ];
  }

  get name(): string {
    return this.plan.name;
  }

  #cookie(): string {
    try {
      return readFileSync(this.cookieFile, 'utf8');
    } catch (error) {
      throw new Error(`${this.name} does not ${this.isRunning ? 'answer yet' : 'run'}`, { cause: error });
    }
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** It runs, and has answered. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** The process, for whoever has to end it if we cannot; null if none runs. */
  get identity(): ProcessIdentity | null {
    return this.#child?.pid === undefined ? null : identify(this.#child.pid);
  }

  /** @param time of its clock then, in seconds, if it is not ours: what it has is not of the future to it */
  start(time?: number): void {
    this.#startTime = time;
    const clock = time === undefined ? [] : [`-mocktime=${time}`];
    // Over the channel a node learns that this process is gone, however it went.
    const { onLine } = this.#listener;
    const child = spawn(process.execPath, [MAIN, 'node', ...this.#words(), ...clock], {
      stdio: ['ignore', onLine === undefined ? 'ignore' : 'pipe', 'pipe', 'ipc'],
    });
    if (child.stdout) createInterface(child.stdout).on('line', (line) => onLine?.(this, line));
    this.#child = child;
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString('utf8')).slice(0, MAX_ERRORS);
    });
    const ended = (how: string): void => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#isReady = false;
      this.#listener.onEnd(
        this,
        `${this.plan.name} ended (${how})${errors === '' ? '' : `: ${errors.trim()}`}`,
      );
    };
    child.on('error', (error) => ended(error.message));
    child.on('close', (code, signal) => ended(signal ?? `exit code ${code}`));
    this.#listener.onStart(this);
  }

  /** What it does while it starts; null once it answers, or has ended, which it is told of otherwise. */
  async look(): Promise<Sight | null> {
    if (!this.isRunning) return null;
    try {
      await this.rpc.getblockcount();
      if (this.#startTime !== undefined) await this.rpc.resumetime();
      this.#isReady = this.isRunning;
      return null;
    } catch (error) {
      const text = error instanceof RpcError ? error.message : 'no answer yet';
      return { text, mark: `${text} ${this.#logSize()}` };
    }
  }

  /**
   * Asks it to stop, and insists if it does not, or at once when told to.
   * @returns what was wrong with its end; null if it ended as it should
   */
  async stop(insist: AbortSignal): Promise<string | null> {
    const child = this.#child;
    if (child === undefined) return null;
    const wasReady = this.#isReady;
    const kill = (): void => {
      child.kill('SIGKILL');
    };
    const closed = once(child, 'close');
    const timeout = setTimeout(kill, STOP_TIMEOUT);
    insist.addEventListener('abort', kill);
    if (insist.aborted) kill();
    else child.kill('SIGTERM');
    const [code, signal] = await closed;
    clearTimeout(timeout);
    insist.removeEventListener('abort', kill);
    if (signal !== null) return `${this.plan.name} had to be killed`;
    return code === 0 || !wasReady ? null : `${this.plan.name} did not stop cleanly (exit code ${code})`;
  }

  /** A wallet as `backupwallet` writes it. */
  readonly backup = async (wallet: string): Promise<Uint8Array> => {
    const file = join(this.plan.directory, 'export.backup');
    await this.rpc.wallet(wallet).backupwallet(file);
    const bytes = await readFile(file);
    await rm(file);
    return bytes;
  };

  #logSize(): number {
    return statSync(join(this.plan.networkDirectory, 'debug.log'), { throwIfNoEntry: false })?.size ?? 0;
  }
}
