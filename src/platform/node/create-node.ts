/**
 * A node on the real parts of a Node process: files, sockets, workers, an RPC server. Owns which
 * implementation stands behind each seam, and the order around the node's own start and stop.
 */
import { resolve } from 'node:path';
import type { ScriptVerifier } from '../../chain/script-verifier.ts';
import { ThreadSearcher } from '../../mining/thread-searcher.ts';
import {
  createDispatcher,
  createNode,
  type Node,
  type NodeDependencies,
  type NodeOptions,
} from '../../node.ts';
import type { Dispatcher } from '../../rpc/dispatcher.ts';
import { READ_METHODS } from '../../rpc/read-methods.ts';
import type { AdjustableClock, Logger } from '../../seams.ts';
import { WorkerSearcher } from '../shared/mining/worker-searcher.ts';
import { bindFastHashes } from './hashes.ts';
import type { NodeLogger } from './logger.ts';
import { NodeTransport } from './network/node-transport.ts';
import { CommandRunner } from './notifications/command-runner.ts';
import { Commands, type NotifyOptions } from './notifications/commands.ts';
import { feedZmq } from './notifications/zmq-feed.ts';
import { type ZmqOptions, ZmqPublisher } from './notifications/zmq-publisher.ts';
import { systemRandom } from './random.ts';
import { Authentication, removeCookie, writeCookie } from './rpc/authentication.ts';
import type { Metrics, MetricsOptions } from './rpc/metrics.ts';
import { type PageOptions, pageHeaders, pageLink, pageRoutes } from './rpc/page-route.ts';
import { PAGE_USER, PageSession } from './rpc/page-session.ts';
import { restRoute } from './rpc/rest-route.ts';
import { RpcServer, type RpcServerOptions } from './rpc/server.ts';
import { healthRoute, metricsRoute } from './rpc/state-routes.ts';
import { networkNamed, type TabNetwork } from './rpc/tab-route.ts';
import { systemScrypt } from './scrypt.ts';
import { readPieces } from './storage/file-source.ts';
import { writeNewFile } from './storage/new-file.ts';
import { NodeStorage } from './storage/node-storage.ts';
import { NodeWalletStorage } from './storage/node-wallet-storage.ts';
import { readWholeFile } from './storage/regular-file.ts';
import { readIfThere, replaceFile } from './storage/small-files.ts';
import { createScriptVerifier, type ScriptVerifierOptions } from './verification/create-script-verifier.ts';
import { startSearcher } from './worker.ts';

export interface RpcOptions {
  readonly server: RpcServerOptions;
  /** Serve the REST interface too, without a password. */
  readonly rest?: boolean;
  /** Serve figures for Prometheus, without a password; null does not. */
  readonly metrics?: MetricsOptions | null;
  /** Written anew at each start; null for none. */
  readonly cookieFile: string | null;
  readonly user: { readonly name: string; readonly password: string } | null;
  readonly rpcAuth: readonly string[];
}

/** What its page calls the node that serves it. */
const OWN_NAME = 'this node';

/** The page, on a port of its own. */
interface WebOptions {
  /** 0 for a free one. */
  readonly port: number;
  readonly readOnly: boolean;
}

export interface ProcessOptions {
  readonly node: NodeOptions;
  /** Where this network's files are. */
  readonly directory: string;
  /** Whether block files are XORed, if they are new; default true. */
  readonly blocksXor?: boolean;
  readonly scripts: ScriptVerifierOptions;
  /** Commands that are run when something happens. */
  readonly notify?: NotifyOptions;
  /** Absent publishes nothing. */
  readonly zmq?: ZmqOptions;
  /** Null serves no RPC. */
  readonly rpc: RpcOptions | null;
  /** Null serves no page. */
  readonly web: WebOptions | null;
  /** Whose pages may be peers: that of `web`, and those of these origins. */
  readonly peerOrigins?: { readonly ownPage: boolean; readonly others: readonly string[] };
  /** Seconds since the epoch at which the clock stands; 0 lets it run. */
  readonly mockTime: number;
}

interface StartDependencies extends Pick<NodeDependencies, 'signal' | 'onReindex' | 'importBlocks'> {
  readonly logger: NodeLogger;
  readonly clock: AdjustableClock;
}

export interface NodeProcess {
  readonly node: Node;
  /** Port of the RPC server; null without one. */
  readonly rpcPort: number | null;
  /** Where its page is; null without one. */
  readonly pageLink: string | null;
  /** Stops everything, in order, and frees the data directory. */
  stop(): Promise<void>;
}

/**
 * The RPC server answers from the first moment on ("warming up"); resolves when the node serves.
 * @throws what a part throws, after what was opened by then is closed again
 */
export async function startNode(
  options: ProcessOptions,
  { logger, clock, ...rest }: StartDependencies,
): Promise<NodeProcess> {
  bindFastHashes();
  clock.setMockTime(options.mockTime);
  const { parameters } = options.node;
  const open: {
    storage?: NodeStorage;
    zmq?: ZmqPublisher | null;
    scriptVerifier?: ScriptVerifier;
    server?: RpcEndpoint;
    web?: RpcEndpoint;
    node?: Node;
  } = {};
  const runner = new CommandRunner(logger);
  const commands = new Commands(options.notify ?? {}, runner);
  // Nobody may ask a node that is closing, and nothing may be closed that it still uses.
  const stop = async (): Promise<void> => {
    await commands.stopping();
    await Promise.all([open.server?.stop(), open.web?.stop()]);
    await open.node?.stop();
    await open.scriptVerifier?.close();
    open.zmq?.close();
    runner.close();
    await open.storage?.close();
  };
  try {
    open.storage = await NodeStorage.open(options.directory, parameters, options.blocksXor);
    if (options.zmq) open.zmq = await ZmqPublisher.open(options.zmq, logger);
    const { zmq } = open;
    const rpc = createDispatcher({ logger, clock }, options.node);
    // Loaded only where it is asked for: it would be a part of every start.
    const wanted = options.rpc?.metrics ?? null;
    const metrics = wanted && (await import('./rpc/metrics.ts')).createMetrics(wanted);
    if (options.rpc !== null) open.server = await serveRpc(options.rpc, rpc, metrics, logger);
    if (options.web !== null) {
      const tab = async () => tabNetwork(options, open.node);
      open.web = await serveRpc(
        { server: onLoopback(options.web.port), cookieFile: null, user: null, rpcAuth: [] },
        rpc,
        null,
        logger,
        { readOnly: options.web.readOnly, tab },
      );
    }
    open.scriptVerifier = await createScriptVerifier(options.scripts, {
      clock,
      random: systemRandom,
      logger,
    });
    open.node = await createNode(options.node, {
      clock,
      random: systemRandom,
      logger,
      storage: open.storage,
      walletStorage: await NodeWalletStorage.open(options.directory),
      scrypt: systemScrypt,
      scriptVerifier: open.scriptVerifier,
      searcher: new ThreadSearcher(clock),
      createSearcher: (threads) => new WorkerSearcher(threads, startSearcher),
      transport: new NodeTransport({
        magic: parameters.magic,
        allowedOrigins: originsOf(options, open.web),
        ...(options.node.network.reach && { reach: options.node.network.reach }),
      }),
      rpc,
      noted: commands.noted,
      ...(zmq && { zmq: zmq.notifications }),
      onOpened: (parts) => {
        if (zmq) feedZmq(parts, zmq.publish);
        commands.attach(parts);
        metrics?.attach(parts);
      },
      ...rest,
      files: {
        readFile: (path) => readWholeFile(resolve(options.directory, path)),
        readPieces: (path) => readPieces(resolve(options.directory, path)),
        writeFile: (path, chunks) => writeNewFile(resolve(options.directory, path), chunks),
      },
    });
    commands.started();
    const { node, server, web } = open;
    return { node, rpcPort: server?.port ?? null, pageLink: web?.pageLink ?? null, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export interface RpcEndpoint {
  readonly port: number;
  /** Where the page is, if the server has one, with the key that opens it. */
  readonly pageLink: string | null;
  stop(): Promise<void>;
}

export async function serveRpc(
  options: RpcOptions,
  dispatcher: Dispatcher,
  metrics: Metrics | null,
  logger: Logger,
  page: PageOptions | null = null,
): Promise<RpcEndpoint> {
  const authentication = new Authentication();
  for (const entry of options.rpcAuth) authentication.addRpcAuth(entry);
  if (options.user !== null) authentication.addPassword(options.user.name, options.user.password);
  const session = page && new PageSession(authentication, systemRandom);
  metrics?.watch(dispatcher);
  const routes = [
    healthRoute(dispatcher),
    ...(metrics ? [metricsRoute(metrics)] : []),
    ...(options.rest ? [restRoute(dispatcher)] : []),
    ...(session ? [session.route, ...(await pageRoutes(page!))] : []),
  ];
  const server = new RpcServer(
    {
      ...options.server,
      ...(session && { page: session, headers: pageHeaders(page!) }),
      ...(page?.readOnly && { whitelist: new Map([...options.server.whitelist, [PAGE_USER, READ_METHODS]]) }),
    },
    { dispatcher, authentication, logger, routes },
  );
  const { cookieFile } = options;
  const others = cookieFile === null ? undefined : await readIfThere(cookieFile).catch(() => undefined);
  // Before the port is open: who waits for it has looked for the cookie.
  if (cookieFile !== null) {
    const { user, password } = await writeCookie(cookieFile, systemRandom);
    authentication.addPassword(user, password);
  }
  const port = await server.start().catch(async (error: Error) => {
    // The port is another node's, and so may be the cookie that was there.
    if (others !== undefined) await replaceFile(cookieFile!, others);
    else if (cookieFile !== null) await removeCookie(cookieFile);
    throw error;
  });
  return {
    port,
    pageLink: session && pageLink(port, session.key),
    stop: async () => {
      await server.stop();
      if (cookieFile !== null) await removeCookie(cookieFile);
    },
  };
}

/** Of a server that only this machine may call, by no other name. @param port 0 for a free one */
export const onLoopback = (port: number): RpcServerOptions => ({
  bind: [{ host: '127.0.0.1', port }],
  allowIp: [],
  allowHost: [],
  allowOrigin: [],
  whitelist: new Map(),
  whitelistDefault: false,
});

/** A tab of our own page dials us. */
function tabNetwork({ node: { parameters }, peerOrigins }: ProcessOptions, node?: Node): TabNetwork | null {
  if (node === undefined) return null;
  const [address] = peerOrigins?.ownPage ? node.network.boundAddresses : [];
  const peers =
    address === undefined ? {} : { [OWN_NAME]: `127.0.0.1${address.slice(address.lastIndexOf(':'))}` };
  return { network: networkNamed(parameters), peers };
}

function originsOf({ peerOrigins }: ProcessOptions, web: RpcEndpoint | undefined): string[] {
  const hosts = peerOrigins?.ownPage ? ['127.0.0.1', 'localhost'] : [];
  return [...hosts.map((host) => `http://${host}:${web?.port}`), ...(peerOrigins?.others ?? [])];
}
