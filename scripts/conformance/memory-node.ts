/** A node on memory parts, driven by the text of JSON-RPC calls as over HTTP. */
import { Readable } from 'node:stream';
import { concatBytes } from '../../src/core/encoding/bytes.ts';
import type { NetworkParameters } from '../../src/core/parameters/network.ts';
import { ThreadSearcher } from '../../src/mining/thread-searcher.ts';
import { createNode, type Node, type NodeOptions } from '../../src/node.ts';
import { InlineScriptVerifier } from '../../src/platform/memory/inline-script-verifier.ts';
import { MemoryStorage } from '../../src/platform/memory/memory-storage.ts';
import { MemoryNetwork } from '../../src/platform/memory/memory-transport.ts';
import { MemoryWalletStorage } from '../../src/platform/memory/memory-wallet-storage.ts';
import { SystemClock } from '../../src/platform/node/clock.ts';
import { systemRandom } from '../../src/platform/node/random.ts';
import { conformanceEngine } from './engine.ts';
import { settings } from './settings.ts';

export class MemoryNode {
  readonly node: Node;
  /** What RPCs wrote, by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;

  private constructor(node: Node, files: ReadonlyMap<string, Uint8Array>) {
    this.node = node;
    this.files = files;
  }

  /** @param mockTime seconds; 0 lets the clock run @param kept what outlives the node */
  static async open(
    parameters: NetworkParameters,
    mockTime = 0,
    more: Partial<NodeOptions> = {},
    kept = { storage: new MemoryStorage(), walletStorage: new MemoryWalletStorage() },
  ): Promise<MemoryNode> {
    const clock = new SystemClock();
    const files = new Map<string, Uint8Array>();
    clock.setMockTime(mockTime);
    const logger = {
      log: () => {},
      categories: [],
      isEnabled: () => false,
      setEnabled: () => {},
      path: '',
    };
    const options = {
      parameters,
      indexes: { transactions: true, filters: true, coinStatistics: true },
      ...(settings.dbcache !== undefined && { chain: { dbcache: settings.dbcache } }),
      network: { bind: [], addNodes: [], connect: [], userAgent: '/Penny:0.1.0/', dnsSeed: false },
      ...more,
      // To derive a thousand keys of each kind takes seconds where no native code does it.
      wallet: { keypool: 20, ...more.wallet },
    };
    const node = await createNode(options, {
      clock,
      random: systemRandom,
      logger,
      ...kept,
      scriptVerifier: new InlineScriptVerifier(await conformanceEngine(), clock),
      searcher: new ThreadSearcher(clock),
      createSearcher: () => new ThreadSearcher(clock),
      transport: new MemoryNetwork({}, { clock, random: systemRandom }).transport('127.0.0.1'),
      files: {
        readFile: (path) => readFile(files, path),
        readPieces: async (path) => ({ path, pieces: Readable.from([await readFile(files, path)]) }),
        writeFile: (path, chunks) => writeNewFile(files, path, chunks),
      },
    });
    return new MemoryNode(node, files);
  }

  /** @param parameters JSON text of the `params` */
  async call(method: string, parameters: string): Promise<RpcReply> {
    const body = `{"jsonrpc":"2.0","id":0,"method":${JSON.stringify(method)},"params":${parameters}}`;
    const { signal } = new AbortController();
    const answer = await this.node.rpc.handle(body, { path: '/', user: '', signal });
    return JSON.parse(answer.body) as RpcReply;
  }

  stop(): Promise<void> {
    return this.node.stop();
  }
}

/** @throws as a file system does if there is none */
async function readFile(files: Map<string, Uint8Array>, path: string): Promise<Uint8Array> {
  const bytes = files.get(path);
  if (bytes === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT', path });
  return bytes;
}

/** @throws as a file system does if the file exists */
async function writeNewFile(
  files: Map<string, Uint8Array>,
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ path: string }> {
  if (files.has(path)) throw Object.assign(new Error('file exists'), { code: 'EEXIST', path });
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  files.set(path, concatBytes(...parts));
  return { path };
}

export interface RpcReply {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}
