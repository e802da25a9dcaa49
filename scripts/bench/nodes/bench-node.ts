/** One contender's node: a data directory and ports that outlive its processes, and what these have used. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient, type RpcClient } from '../../../src/client/client.ts';
import { freePort } from '../../../test/functional/support/node-process.ts';
import type { CommandLine, Contender } from './contender.ts';
import { readUsage, type Usage } from './process-usage.ts';

/** The same for all: the regression test network, nothing but what is asked for, every script verified. */
const COMMON = [
  '-regtest',
  '-server',
  '-disablewallet',
  '-dnsseed=0',
  '-fixedseeds=0',
  '-discover=0',
  '-natpmp=0',
  '-listenonion=0',
  '-persistmempool=0',
  '-assumevalid=0',
  '-printtoconsole=0',
];
/** Milliseconds between questions whether it answers yet. */
const PATIENCE = 10;

export class BenchNode {
  readonly contender: Contender;
  readonly rpc: RpcClient;
  readonly rpcPort: number;
  readonly #peerPort: number;
  readonly #directory: string;
  readonly #dbcache: number;
  #child: ChildProcess | undefined;
  #output = '';
  #usage: Usage = { cpuSeconds: Number.NaN, peakMegabytes: Number.NaN };

  private constructor(contender: Contender, dbcache: number, rpcPort: number, peerPort: number) {
    this.contender = contender;
    this.rpcPort = rpcPort;
    this.#peerPort = peerPort;
    this.#dbcache = dbcache;
    this.#directory = mkdtempSync(join(tmpdir(), 'penny-bench-'));
    this.rpc = createClient({ url: `http://127.0.0.1:${rpcPort}/`, cookie: () => this.cookie });
  }

  /** @param dbcache MiB */
  static async create(contender: Contender, dbcache: number): Promise<BenchNode> {
    return new BenchNode(contender, dbcache, await freePort(), await freePort());
  }

  /** `user:password` of its RPC. */
  get cookie(): string {
    return readFileSync(join(this.#directory, 'regtest/.cookie'), 'utf8').trim();
  }

  /** What another node of this kind gives to `-connect`. */
  get address(): string {
    return this.contender.peerAt(this.#peerPort);
  }

  /** What `tcp://` of Penny and Bitcoin Core's own `-connect` want. */
  get tcpPort(): number {
    return this.#peerPort;
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** What its process has used up to now, or had when it was last asked for before its end. */
  get usage(): Usage {
    this.#usage = readUsage(this.#child?.pid ?? -1) ?? this.#usage;
    return this.#usage;
  }

  /** Starts a node and waits until it serves. @param peers values of `-connect` */
  async start(peers: readonly string[] = [], ...options: readonly string[]): Promise<this> {
    const connect = peers.length === 0 ? ['-noconnect'] : peers.map((peer) => `-connect=${peer}`);
    this.#launch(this.contender.running([...this.#options, ...connect, ...options]));
    while (this.isRunning) {
      const height = await this.rpc.getblockcount().catch(() => undefined);
      if (height !== undefined) return this;
      await delay(PATIENCE);
    }
    throw this.#failure();
  }

  /** Starts a process that takes in a file of blocks and ends. */
  startImport(file: string): ChildProcess {
    return this.#launch(this.contender.importing(file, [...this.#options, '-noconnect']));
  }

  async import(file: string): Promise<void> {
    this.startImport(file);
    await this.ended();
  }

  get #options(): string[] {
    return [
      ...COMMON,
      `-datadir=${this.#directory}`,
      `-rpcport=${this.rpcPort}`,
      `-bind=127.0.0.1:${this.#peerPort}`,
      `-dbcache=${this.#dbcache}`,
    ];
  }

  #launch([program, ...words]: CommandLine): ChildProcess {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output = `${this.#output}${chunk}`.slice(-4_000);
      });
    }
    this.#child = child;
    return child;
  }

  #failure(): Error {
    return new Error(`${this.#child?.spawnargs.join(' ')} has ended:\n${this.#output}`);
  }

  /** Resolves when the process has ended. @throws Error if it failed */
  async ended(): Promise<void> {
    const child = this.#child!;
    if (this.isRunning) await once(child, 'exit');
    if (child.exitCode !== 0) throw this.#failure();
  }

  /** Bytes of the files of a folder of its data. */
  bytesOf(folder: string): number {
    const path = join(this.#directory, 'regtest', folder);
    return readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
  }

  async stop(): Promise<void> {
    this.#child!.kill('SIGTERM');
    await this.ended();
  }

  /** The same chain for another node of this kind; neither may be running. */
  copyTo(other: BenchNode): void {
    cpSync(this.#directory, other.#directory, { recursive: true });
  }

  async remove(): Promise<void> {
    if (this.isRunning) {
      this.#child!.kill('SIGKILL');
      await once(this.#child!, 'exit');
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** A node for as long as the task takes. */
export async function withNode<T>(
  contender: Contender,
  dbcache: number,
  task: (node: BenchNode) => Promise<T>,
): Promise<T> {
  const node = await BenchNode.create(contender, dbcache);
  try {
    return await task(node);
  } finally {
    await node.remove();
  }
}
