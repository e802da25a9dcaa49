/** Many nodes on memory parts in this process, and the page of their devnet, served as a devnet's is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryNode } from '../../../scripts/conformance/memory-node.ts';
import { buildPage } from '../../../scripts/package/build-page.ts';
import { REGTEST } from '../../../src/core/parameters/presets.ts';
import { SystemClock } from '../../../src/platform/node/clock.ts';
import { serveRpc } from '../../../src/platform/node/create-node.ts';
import type { RpcContext } from '../../../src/rpc/context.ts';
import { Dispatcher } from '../../../src/rpc/dispatcher.ts';
import { group, method } from '../../../src/rpc/method.ts';
import type { Registry } from '../../../src/rpc/registry.ts';
import * as t from '../../../src/rpc/schema.ts';

const LOGGER = { log: () => {} };

interface Member {
  readonly name: string;
  readonly memory: MemoryNode;
  readonly url: string;
  readonly password: string;
}

type Endpoint = Awaited<ReturnType<typeof serveRpc>>;

const serving = (origins: readonly string[], password: string | null) => ({
  server: {
    bind: [{ host: '127.0.0.1', port: 0 }],
    ...{ allowIp: [], allowHost: [], allowOrigin: origins, whitelist: new Map(), whitelistDefault: false },
  },
  ...{ cookieFile: null, rpcAuth: [], page: null },
  user: password === null ? null : { name: 'page', password },
});

export class Crowd {
  readonly members: readonly Member[];
  /** With the key. */
  readonly link: string;
  readonly #endpoints: readonly Endpoint[];
  readonly #directory: string;

  private constructor(members: readonly Member[], endpoints: readonly Endpoint[], directory: string) {
    this.members = members;
    this.#endpoints = endpoints;
    this.link = endpoints[0]!.pageLink!;
    this.#directory = directory;
  }

  static async open(count: number, parameters = REGTEST): Promise<Crowd> {
    const directory = mkdtempSync(join(tmpdir(), 'penny-crowd-'));
    await buildPage(directory);
    const members: Member[] = [];
    const control = new Dispatcher(controlOf(members), { clock: new SystemClock(), logger: LOGGER });
    control.attach({} as RpcContext);
    const page = { isDevnet: true, directory };
    const endpoints = [await serveRpc(serving([], null) as never, control, null, LOGGER as never, page)];
    const { origin } = new URL(endpoints[0]!.pageLink!);
    for (let i = 1; i <= count; i++) {
      const memory = await MemoryNode.open(parameters);
      const options = serving([origin], 'secret') as never;
      const endpoint = await serveRpc(options, memory.node.rpc, null, LOGGER as never);
      endpoints.push(endpoint);
      const url = `http://127.0.0.1:${endpoint.port}/`;
      members.push({ name: `node${i}`, memory, url, password: 'page:secret' });
    }
    return new Crowd(members, endpoints, directory);
  }

  /** As JSON has it. @throws Error as the node says it */
  async call<T>(member: Member, name: string, ...parameters: readonly unknown[]): Promise<T> {
    const { result, error } = await member.memory.call(name, JSON.stringify(parameters));
    if (error !== undefined) throw new Error(error.message);
    return result as T;
  }

  /** The first mines, and all others are handed its blocks. @returns the hashes */
  async mine(count: number, address: string): Promise<string[]> {
    const [first, ...others] = this.members;
    const hashes: string[] = [];
    while (hashes.length < count) {
      const some = Math.min(500, count - hashes.length);
      hashes.push(...(await this.call<string[]>(first!, 'generatetoaddress', some, address)));
    }
    for (const hash of others.length > 0 ? hashes : []) {
      const hex = await this.call<string>(first!, 'getblock', hash, 0);
      for (const other of others) await this.call(other, 'submitblock', hex);
    }
    return hashes;
  }

  async stop(): Promise<void> {
    for (const endpoint of this.#endpoints) await endpoint.stop();
    for (const { memory } of this.members) await memory.stop();
    rmSync(this.#directory, { recursive: true });
  }
}

/** What the page asks a devnet. */
function controlOf(members: readonly Member[]): Registry {
  return group('Control', {
    list: method({
      help: '',
      result: t.anything(),
      handler: async () =>
        ({
          nodes: await Promise.all(
            members.map(async ({ name, url, memory }) => {
              const { result: height } = await memory.call('getblockcount', '[]');
              const { result: wallets } = await memory.call('listwallets', '[]');
              return { name, url, height, wallets, state: 'running' };
            }),
          ),
          links: members.map(({ name }, i) => ({
            between: [name, members[(i + 1) % members.length]!.name],
          })),
        }) as never,
    }),
    passwords: method({
      help: '',
      result: t.anything(),
      handler: () => members.map(({ name, url, password }) => ({ name, url, password })),
    }),
  }) as Registry;
}
