/** Real `penny node` processes for functional tests: each with a directory and free ports of its own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createClient, type RpcClient } from '../../../src/client/client.ts';
import { isPortFree } from '../../../src/platform/node/devnet/ports.ts';

/** What `npm run build` made. */
export const PENNY = fileURLToPath(new URL('../../../dist/platform/node/cli/main.js', import.meta.url));

export interface Finished {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs a command of `penny` to its end. */
export function penny(...words: readonly string[]): Promise<Finished> {
  return run(process.execPath, [PENNY, ...words]);
}

export function run(program: string, words: readonly string[], input = ''): Promise<Finished> {
  return new Promise((resolve) => {
    const child = execFile(program, words, (error, output, errors) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, output, errors });
    });
    child.stdin?.end(input);
  });
}

/** Seconds after which what has not happened will not: a quiet machine takes one or two. */
const PATIENCE = 90;

/** Of each worker's own ports, as many. */
const PORTS = 2_000;
const FIRST_PORT = 10_000 + ((Number(process.env.VITEST_POOL_ID ?? 1) - 1) % 8) * PORTS;
const given = new Set<number>();

/**
 * Below the ports that systems lend to outgoing connections, which would take it while its node restarts; nor does
 * another test get it meanwhile, in this worker or in another.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, FIRST_PORT + PORTS);
    if (given.has(port) || !(await isPortFree(port))) continue;
    given.add(port);
    return port;
  }
}

/** A data directory and ports that outlive the processes that use them in turn. */
export class TestNode {
  readonly directory: string;
  readonly peerPort: number;
  readonly rpcPort: number;
  readonly rpc: RpcClient;
  readonly #network: readonly string[];
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #closed: Promise<unknown> | undefined;
  #output = '';

  private constructor(peerPort: number, rpcPort: number, network: readonly string[], folder: string) {
    this.directory = mkdtempSync(join(tmpdir(), 'penny-node-'));
    this.peerPort = peerPort;
    this.rpcPort = rpcPort;
    this.#network = network;
    this.#folder = folder;
    this.rpc = createClient({
      url: `http://127.0.0.1:${rpcPort}/`,
      cookie: () => readFileSync(this.cookieFile, 'utf8'),
    });
  }

  /** @param network words that choose it, and the name of its folder in the data directory */
  static async create(network: readonly string[] = ['-regtest'], folder = 'regtest'): Promise<TestNode> {
    return new TestNode(await freePort(), await freePort(), network, folder);
  }

  get networkDirectory(): string {
    return join(this.directory, this.#folder);
  }

  get cookieFile(): string {
    return join(this.networkDirectory, '.cookie');
  }

  /** What the last process wrote on the terminal. */
  get output(): string {
    return this.#output;
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  /** Words for `penny node` or `penny rpc` to mean this node. */
  get words(): readonly string[] {
    return [...this.#network, `-datadir=${this.directory}`, `-rpcport=${this.rpcPort}`];
  }

  /** Starts a process and waits until it serves. @throws Error with its output if it does not */
  async start(...options: readonly string[]): Promise<this> {
    this.launch(...options);
    const child = this.#child!;
    for (
      const end = performance.now() + PATIENCE * 1000;
      child.exitCode === null && child.signalCode === null;
    ) {
      try {
        await this.rpc.getblockcount();
        return this;
      } catch (error) {
        if (performance.now() > end) throw new Error(`the node does not answer: ${error}\n${this.#output}`);
        await delay(50);
      }
    }
    throw new Error(`the node has ended (${child.exitCode ?? child.signalCode})\n${this.#output}`);
  }

  /** Starts a process. */
  launch(...options: readonly string[]): void {
    this.#output = '';
    // Few addresses in advance: deriving keys is most of what starting a wallet costs.
    const words = [
      PENNY,
      'node',
      ...this.words,
      '-keypool=10',
      `-bind=127.0.0.1:${this.peerPort}`,
      ...options,
    ];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString('utf8');
      });
    }
    this.#child = child;
    this.#closed = once(child, 'close');
  }

  /** Resolves with the exit code, or the signal, of the process, whose output is whole then. */
  async ended(): Promise<number | NodeJS.Signals> {
    const child = this.#child!;
    await this.#closed;
    return child.exitCode ?? child.signalCode!;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals> {
    this.#child!.kill(signal);
    return this.ended();
  }

  /** Ends what runs and deletes the directory. */
  async remove(): Promise<void> {
    if (this.#child !== undefined) await this.stop('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Asks until the answer is yes. @throws Error that says what was waited for */
export async function until(what: string, isSo: () => Promise<boolean>, seconds = PATIENCE): Promise<void> {
  for (const end = performance.now() + seconds * 1000; !(await isSo()); await delay(50)) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
  }
}

/** All nodes have the same tip. */
export function inSync(...nodes: readonly TestNode[]): Promise<void> {
  return until('all nodes have the same tip', async () => {
    const tips = await Promise.all(nodes.map((node) => node.rpc.getbestblockhash()));
    return new Set(tips).size === 1;
  });
}
