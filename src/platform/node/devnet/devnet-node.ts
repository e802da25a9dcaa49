/** One node of a devnet: a process of its own, and the way to ask it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RpcClient } from '../../../rpc/client.ts';
import type { NodePlan } from './plan.ts';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));
/** Milliseconds. */
const START_TIMEOUT = 30_000;
const START_POLL = 50;
/** Milliseconds that a node has to end by itself. */
const STOP_TIMEOUT = 20_000;

export class DevnetNode {
  readonly plan: NodePlan;
  readonly url: string;
  readonly cookieFile: string;
  readonly rpc: RpcClient;
  /** The RPC of its wallet. */
  readonly wallet: RpcClient;
  /** Resolves with what to tell of the end of its process. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  #hasEnded = false;
  #errors = '';

  /** @param options of `penny node` besides those that the plan says */
  constructor(plan: NodePlan, networkFile: string, options: readonly string[]) {
    this.plan = plan;
    this.url = `http://127.0.0.1:${plan.rpcPort}/`;
    this.cookieFile = join(plan.directory, 'devnet', '.cookie');
    this.rpc = new RpcClient({ url: this.url, cookie: () => readFileSync(this.cookieFile, 'utf8') });
    this.wallet = this.rpc.wallet(plan.wallet);
    const words = [
      `-genesis=${networkFile}`,
      `-datadir=${plan.directory}`,
      `-bind=127.0.0.1:${plan.peerPort}`,
      `-rpcport=${plan.rpcPort}`,
      '-printtoconsole=0',
      '-keypool=20',
      ...options,
    ];
    // Over the channel a node learns that this process is gone, however it went.
    this.#child = spawn(process.execPath, [MAIN, 'node', ...words], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString('utf8');
    });
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      this.#hasEnded = true;
      return `${plan.name} ended (${signal ?? `exit code ${code}`})${this.#errors === '' ? '' : `: ${this.#errors.trim()}`}`;
    });
  }

  get isRunning(): boolean {
    return !this.#hasEnded;
  }

  /** Resolves when it answers. @throws Error if it ends or takes too long */
  async ready(): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT;
    while (this.isRunning) {
      try {
        await this.rpc.call('getblockcount');
        return;
      } catch (error) {
        if (performance.now() > deadline) throw new Error(`${this.plan.name} does not answer: ${error}`);
      }
      await delay(START_POLL);
    }
    throw new Error(await this.ended);
  }

  /** Asks it to stop, and insists if it does not. False if it had to be killed or failed on its way. */
  async stop(): Promise<boolean> {
    if (!this.isRunning) return true;
    this.#child.kill('SIGTERM');
    const timeout = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT);
    await this.ended;
    clearTimeout(timeout);
    return this.#child.exitCode === 0;
  }
}
