/** What a node in a tab needs around it: a page that starts it, served as a node serves pages, and a peer to dial. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { buildWorker, ONE_CURVE } from '../../../scripts/package/build-page.ts';
import { createClient, type RpcClient } from '../../../src/client/client.ts';
import { REGTEST } from '../../../src/core/parameters/presets.ts';
import { ThreadSearcher } from '../../../src/mining/thread-searcher.ts';
import { createNode, type Node } from '../../../src/node.ts';
import type { TabNodeOptions, TabNodeState } from '../../../src/platform/browser/protocol.ts';
import { InlineScriptVerifier } from '../../../src/platform/memory/inline-script-verifier.ts';
import { MemoryStorage } from '../../../src/platform/memory/memory-storage.ts';
import { MemoryWalletStorage } from '../../../src/platform/memory/memory-wallet-storage.ts';
import { SystemClock } from '../../../src/platform/node/clock.ts';
import { NodeTransport } from '../../../src/platform/node/network/node-transport.ts';
import { systemRandom } from '../../../src/platform/node/random.ts';
import { loadSignatureEngine } from '../../../src/platform/node/signatures/load-engine.ts';
import type { Harness, SuiteResults } from './in-page/harness-interface.ts';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };
const POLICY =
  "default-src 'none'; img-src data:; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' ws:; require-trusted-types-for 'script'";

export interface SiteOptions {
  /** Shared memory: COOP and COEP. */
  readonly isIsolated?: boolean;
  readonly allowsWasm?: boolean;
}

/** A page with `harness.ts`, and the worker's script. */
export class Site {
  readonly origin: string;
  /** Of the worker. */
  readonly script: string;
  readonly #server: Server;

  private constructor(server: Server, script: string) {
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.script = script;
    this.#server = server;
  }

  /** @param directory for what is built */
  static async open(
    directory: string,
    { isIsolated = true, allowsWasm = true }: SiteOptions = {},
  ): Promise<Site> {
    mkdirSync(directory, { recursive: true });
    const inPage = (name: string): string => fileURLToPath(new URL(`in-page/${name}.ts`, import.meta.url));
    await build({
      entryPoints: [inPage('harness'), inPage('suites')],
      outdir: directory,
      ...{ bundle: true, splitting: true, format: 'esm', platform: 'browser', external: ['ws'] },
      alias: { ...ONE_CURVE, vitest: inPage('vitest-in-page') },
      define: { PENNY_VERSION: '"0"' },
    });
    const script = await buildWorker(directory);
    const headers = {
      'content-security-policy': allowsWasm ? POLICY : POLICY.replace(" 'wasm-unsafe-eval'", ''),
      ...(isIsolated && {
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
      }),
    };
    const server = createServer((request, response) => {
      const name = request.url === '/' ? 'index.html' : request.url!.slice(1);
      const body =
        name === 'index.html'
          ? '<!doctype html><link rel="icon" href="data:,"><script type="module" src="harness.js"></script>'
          : readFileSync(join(directory, name));
      response.writeHead(200, { 'content-type': TYPES[extname(name)]!, ...headers }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Site(server, script);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A node in memory that lets pages of one origin in. */
export class PeerNode {
  readonly node: Node;
  readonly client: RpcClient;
  readonly address: string;

  private constructor(node: Node) {
    this.node = node;
    this.address = `ws://${node.network.boundAddresses[0]}`;
    const user = { user: 'test', signal: new AbortController().signal };
    this.client = createClient({
      url: 'http://peer/',
      cookie: () => '',
      exchange: ({ url, body }) => node.rpc.handle(body, { path: new URL(url).pathname, ...user }),
    });
  }

  static async open(origin: string, storage = new MemoryStorage(), port = 0): Promise<PeerNode> {
    const clock = new SystemClock();
    const none = () => Promise.reject(new Error('no files'));
    const { engine } = await loadSignatureEngine();
    const node = await createNode(
      {
        parameters: REGTEST,
        network: { bind: [`127.0.0.1:${port}`], addNodes: [], connect: [], userAgent: '/peer/' },
        wallet: { keypool: 20 },
      },
      {
        ...{ clock, storage, random: systemRandom, walletStorage: new MemoryWalletStorage() },
        logger: { log: () => {}, categories: [], isEnabled: () => false, setEnabled: () => {}, path: '' },
        scriptVerifier: new InlineScriptVerifier(engine, clock),
        searcher: new ThreadSearcher(clock),
        createSearcher: () => new ThreadSearcher(clock),
        transport: new NodeTransport({ magic: REGTEST.magic, allowedOrigins: [origin] }),
        files: { readFile: none, readPieces: none, writeFile: none },
      },
    );
    return new PeerNode(node);
  }

  /** Blocks with some payments in each, so that there are scripts to verify. */
  async grow(blocks: number, payments: number): Promise<void> {
    const { client } = this;
    if ((await client.listwallets()).length === 0) await client.createwallet('peer');
    const wallet = client.wallet('peer');
    const address = await wallet.getnewaddress();
    if ((await client.getblockcount()) < 101) await client.generatetoaddress(110, address);
    for (let i = 0; i < blocks; i++) {
      for (let j = 0; j < payments; j++) await wallet.sendtoaddress({ address, amount: 0.5, fee_rate: 2 });
      await client.generatetoaddress(1, address);
    }
  }
}

/** A page's node, from outside. */
export class Tab {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly #site: Site;

  constructor(page: Page, site: Site, complaints: readonly string[]) {
    this.page = page;
    this.complaints = complaints;
    this.#site = site;
  }

  async open(): Promise<void> {
    await this.page.goto(this.#site.origin);
    await this.page.waitForFunction(() => 'harness' in globalThis);
  }

  async start(options: Partial<TabNodeOptions> = {}): Promise<void> {
    await this.open();
    const given = { network: 'regtest' as const, peers: [], ...options };
    await this.page.evaluate(
      ([script, chosen]) => (globalThis as unknown as { harness: Harness }).harness.start(script, chosen),
      [this.#site.script, given] as const,
    );
  }

  states(): Promise<TabNodeState[]> {
    return this.page.evaluate(() => (globalThis as unknown as { harness: Harness }).harness.states);
  }

  /** Waits until it runs, or cannot. */
  async running(): Promise<TabNodeState> {
    for (;;) {
      const state = (await this.states()).at(-1)!;
      if (state.phase === 'stopped') throw new Error(state.error);
      if (state.phase === 'running') return state;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  call<T>(method: string, ...parameters: readonly unknown[]): Promise<T> {
    return this.callAt('/', method, ...parameters);
  }

  callAt<T>(path: string, method: string, ...parameters: readonly unknown[]): Promise<T> {
    return this.page.evaluate(
      ([at, name, given]) => (globalThis as unknown as { harness: Harness }).harness.call(at, name, ...given),
      [path, method, parameters] as const,
    ) as Promise<T>;
  }

  blocks(count: number): Promise<string[]> {
    return this.page.evaluate(
      (n) => (globalThis as unknown as { harness: Harness }).harness.blocks(n),
      count,
    );
  }

  suites(url: string): Promise<SuiteResults> {
    return this.page.evaluate(
      (at) => (globalThis as unknown as { harness: Harness }).harness.suites(at),
      url,
    );
  }

  stop(): Promise<void> {
    return this.page.evaluate(() => (globalThis as unknown as { harness: Harness }).harness.stop());
  }
}
