/** A node in a process of its own, for a test: its directory, its ports, and what it costs to wait for it. */
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RpcClient } from '../client/client.ts';
import type { NetworkParameters } from '../core/parameters/network.ts';
import { networkFile } from '../core/parameters/network-file.ts';
import { SystemClock } from '../platform/node/clock.ts';
import { DevnetNode } from '../platform/node/devnet/devnet-node.ts';
import { takeState, writeState } from '../platform/node/devnet/network-state.ts';
import { waitFor } from '../platform/node/devnet/patience.ts';
import { freePort } from '../platform/node/devnet/ports.ts';
import type { NodeOptions, TestNode } from './api.ts';
import type { Body } from './body.ts';
import { parametersOf } from './memory-world.ts';
import { DEFAULT_TIMEOUT } from './pace.ts';
import { BodyNode } from './test-node.ts';

/** Removed when the test's process ends: until then a node may be started again. */
const directories = new Set<string>();

function removeAll(): void {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
}

export async function startProcess(options: NodeOptions): Promise<TestNode> {
  const { name = 'node1', wallets = {}, rpcPort = 0 } = options;
  const parameters = parametersOf(options.network);
  const directory = await mkdtemp(join(tmpdir(), 'penny-test-'));
  if (directories.size === 0) process.once('exit', removeAll);
  directories.add(directory);
  const plan = {
    number: 1,
    name,
    directory,
    networkDirectory: join(directory, parameters.dataSubdirectory),
    peerPort: await freePort(),
    rpcPort: rpcPort === 0 ? await freePort() : rpcPort,
    mnemonic: '',
    wallet: '',
  };
  const file = join(directory, 'network.json');
  const isPreset = parameters.name === 'regtest';
  if (!isPreset) await writeFile(file, JSON.stringify(networkFile(parameters)));
  const words = [isPreset ? '-regtest' : `-genesis=${file}`, '-txindex', '-fallbackfee=0.0001', '-dnsseed=0'];
  const body: ProcessBody = new ProcessBody(
    new DevnetNode(plan, () => words, { onStart: () => {}, onEnd: (_, how) => body.ended(how) }),
    parameters,
  );
  const node = new BodyNode(body, parameters);
  try {
    await body.start();
    if (options.time !== undefined) await node.rpc.call('settime', options.time);
    for (const [wallet, coins] of Object.entries(wallets)) await node.wallet(wallet, coins);
    return node;
  } catch (error) {
    await body.stop();
    throw error;
  }
}

class ProcessBody implements Body {
  readonly #node: DevnetNode;
  readonly #parameters: NetworkParameters;
  readonly #clock = new SystemClock();
  /** Why it does not run. */
  #how = '';
  #taken = 0;

  constructor(node: DevnetNode, parameters: NetworkParameters) {
    this.#node = node;
    this.#parameters = parameters;
  }

  get name(): string {
    return this.#node.plan.name;
  }

  get rpc(): RpcClient {
    return this.#node.rpc;
  }

  get http(): Body['http'] {
    if (!this.#node.isReady) return null;
    return { url: this.#node.url, cookie: readFileSync(this.#node.cookieFile, 'utf8') };
  }

  ended(how: string): void {
    this.#how = how;
  }

  /** @throws Error with what its process said on its way out */
  async start(): Promise<void> {
    if (this.#node.isRunning) return;
    this.#node.start();
    const patience = { say: () => {}, signal: new AbortController().signal, clock: this.#clock };
    await waitFor(`${this.name} to start`, () => this.#node.look(), patience);
    if (!this.#node.isReady) throw new Error(this.#how);
  }

  async stop(): Promise<void> {
    const fault = await this.#node.stop(new AbortController().signal);
    if (fault !== null) throw new Error(fault);
  }

  async advance(seconds: number): Promise<void> {
    await this.rpc.call('increasetime', seconds);
  }

  async wait(what: () => string, look: () => Promise<boolean>, timeout = DEFAULT_TIMEOUT): Promise<void> {
    const signal = AbortSignal.timeout(timeout);
    // The mempool as it is comes first: so it looks at once.
    for await (const _ of this.rpc.subscribe({ topics: ['chain', 'mempool'], signal }))
      if (await look()) return;
    throw new Error(`waited ${timeout} ms in vain for ${what()}`);
  }

  async snapshot(): Promise<string> {
    const name = String(++this.#taken);
    await this.rpc.call('snapshot', name);
    return name;
  }

  async revert(snapshot = String(this.#taken)): Promise<void> {
    await this.rpc.call('revert', snapshot);
  }

  async dump(path: string): Promise<void> {
    const { name, rpc } = this;
    const { time } = await rpc.getblockheader(await rpc.getbestblockhash());
    const backup = (wallet: string): Promise<Uint8Array> => this.#node.backup(wallet);
    await writeState(
      path,
      await takeState([{ name, rpc, backup }], { parameters: this.#parameters, time, links: [] }),
    );
  }
}
