/**
 * A node on the real parts of a Node process: files, sockets, workers, an RPC server. Owns which
 * implementation stands behind each seam, and the order around the node's own start and stop.
 */
import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  createDispatcher,
  createNode,
  type Node,
  type NodeDependencies,
  type NodeOptions,
} from '../../node.ts';
import type { Dispatcher } from '../../rpc/dispatcher.ts';
import type { AdjustableClock } from '../../seams.ts';
import type { NodeLogger } from './logger.ts';
import { systemRandom } from './random.ts';
import { Authentication, removeCookie, writeCookie } from './rpc/authentication.ts';
import { RpcServer, type RpcServerOptions } from './rpc/server.ts';
import { NodeStorage } from './storage/node-storage.ts';

export interface RpcOptions {
  readonly server: RpcServerOptions;
  /** Written anew at each start; null for none. */
  readonly cookieFile: string | null;
  readonly user: { readonly name: string; readonly password: string } | null;
  readonly rpcAuth: readonly string[];
}

export interface ProcessOptions {
  readonly node: NodeOptions;
  /** Where this network's files are. */
  readonly directory: string;
  readonly verifierThreads: number;
  readonly signatureEngine?: string;
  /** Null serves no RPC. */
  readonly rpc: RpcOptions | null;
  /** Seconds since the epoch at which the clock stands; 0 lets it run. */
  readonly mockTime: number;
}

export interface NodeProcess {
  readonly node: Node;
  /** Port of the RPC server; null without one. */
  readonly rpcPort: number | null;
  /** Stops everything, in order, and frees the data directory. */
  stop(): Promise<void>;
}

/**
 * The RPC server answers from the first moment on ("warming up"); resolves when the node serves.
 * @throws what a part throws, after what was opened by then is closed again
 */
export async function startNode(
  options: ProcessOptions,
  { logger, clock }: { readonly logger: NodeLogger; readonly clock: AdjustableClock },
): Promise<NodeProcess> {
  clock.setMockTime(options.mockTime);
  const closers: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const storage = await NodeStorage.open(options.directory, options.node.parameters);
    closers.push(() => storage.close());
    const rpc = createDispatcher({ logger, clock });
    const rpcPort = options.rpc === null ? null : await serveRpc(options.rpc, rpc, logger, closers);
    const dependencies: NodeDependencies = {
      clock,
      random: systemRandom,
      logger,
      storage,
      rpc,
      writeFile: (path, chunks) => writeNewFile(resolve(options.directory, path), chunks),
    };
    const node = await createNode(options.node, dependencies);
    closers.push(() => node.stop());
    return { node, rpcPort, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The server is the last to be asked and the first to be closed, but for the node behind it. */
async function serveRpc(
  options: RpcOptions,
  dispatcher: Dispatcher,
  logger: NodeLogger,
  closers: (() => Promise<void>)[],
): Promise<number> {
  const authentication = new Authentication();
  for (const entry of options.rpcAuth) authentication.addRpcAuth(entry);
  if (options.user !== null) authentication.addPassword(options.user.name, options.user.password);
  const server = new RpcServer(options.server, { dispatcher, authentication, logger });
  const port = await server.start();
  closers.push(() => server.stop());
  const { cookieFile } = options;
  if (cookieFile !== null) {
    // After the port is ours: a second node that fails here must not break the first one's cookie.
    const { user, password } = await writeCookie(cookieFile, systemRandom);
    authentication.addPassword(user, password);
    closers.push(() => removeCookie(cookieFile));
  }
  return port;
}

/** @throws if the file exists */
async function writeNewFile(path: string, chunks: AsyncIterable<Uint8Array>): Promise<{ path: string }> {
  await pipeline(chunks, createWriteStream(path, { flags: 'wx' }));
  return { path };
}
