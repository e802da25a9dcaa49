/**
 * The RPC over HTTP, as Bitcoin Core serves it: `POST /` and `POST /wallet/<name>`. Owns who may
 * connect and how bytes become text; what a request means is the dispatcher's.
 */
import { isUtf8 } from 'node:buffer';
import { createServer, type Server } from 'node:http';
import { type BlockList, isIP, isIPv6, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Dispatcher } from '../../../rpc/dispatcher.ts';
import type { Logger } from '../../../seams.ts';
import { allowedPeers } from './allowed-peers.ts';
import type { Authentication } from './authentication.ts';

/** Bitcoin Core's MAX_SIZE. A block of 4 MB is 8 MB of hex. */
const BODY_LIMIT = 0x02000000;
/** Milliseconds that a wrong password costs, against guessing. */
const WRONG_PASSWORD_DELAY = 250;
/** Milliseconds in which a whole request must arrive (Core's -rpcservertimeout). */
const REQUEST_TIMEOUT = 30_000;
/** Milliseconds between looks for connections that may be closed, while stopping. */
const CLOSE_INTERVAL = 20;
/** Milliseconds that a stop waits for requests under way. */
const STOP_TIMEOUT = 3_000;

export interface RpcServerOptions {
  /** Addresses to listen on; the first one's port is used for all if theirs is 0. */
  readonly bind: readonly { readonly host: string; readonly port: number }[];
  /** IP addresses and subnets besides loopback that may connect. */
  readonly allowIp: readonly string[];
  /** Names by which a `Host` header may call this node, besides localhost and plain IP addresses. */
  readonly allowHost: readonly string[];
  /** Web pages that may call, as browsers write their `Origin`. */
  readonly allowOrigin: readonly string[];
  /** Methods by user; users without an entry may call all, or none if `whitelistDefault`. */
  readonly whitelist: ReadonlyMap<string, ReadonlySet<string>>;
  readonly whitelistDefault: boolean;
}

interface RpcServerDependencies {
  readonly dispatcher: Dispatcher;
  readonly authentication: Authentication;
  readonly logger: Logger;
}

const NO_METHODS: ReadonlySet<string> = new Set();

export class RpcServer {
  readonly #options: RpcServerOptions;
  readonly #dispatcher: Dispatcher;
  readonly #authentication: Authentication;
  readonly #logger: Logger;
  readonly #app: FastifyInstance;
  readonly #servers: Server[] = [];
  readonly #stopping = new AbortController();
  readonly #allowedPeers: BlockList;
  readonly #hosts: ReadonlySet<string>;
  /** Whether the peer of each open connection may call. */
  readonly #peers = new WeakMap<Socket, boolean>();
  /** The user of each request under way. */
  readonly #users = new WeakMap<FastifyRequest, string>();

  constructor(options: RpcServerOptions, dependencies: RpcServerDependencies) {
    this.#options = options;
    this.#dispatcher = dependencies.dispatcher;
    this.#authentication = dependencies.authentication;
    this.#logger = dependencies.logger;
    this.#allowedPeers = allowedPeers(options.allowIp);
    this.#hosts = new Set(['localhost', ...options.allowHost.map((host) => host.toLowerCase())]);
    this.#app = fastify({
      bodyLimit: BODY_LIMIT,
      exposeHeadRoutes: false,
      serverFactory: (handler) => {
        for (const _ of options.bind) this.#servers.push(createHttpServer(handler));
        return this.#servers[0]!;
      },
    });
    this.#route();
  }

  /** Starts listening; resolves with the port of the first address. */
  async start(): Promise<number> {
    await this.#app.ready();
    let port = 0;
    for (const [i, { host, port: wanted }] of this.#options.bind.entries()) {
      await listen(this.#servers[i]!, host, wanted === 0 ? port : wanted);
      const address = this.#servers[i]!.address();
      if (i === 0 && address !== null && typeof address === 'object') port = address.port;
      this.#logger.log('info', 'http', `RPC server listening on ${host}:${port}`);
    }
    return port;
  }

  /** Ends long waits, finishes the answers under way, closes idle connections. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#servers.map(closeServer));
    await this.#app.close();
  }

  #route(): void {
    const app = this.#app;
    app.removeAllContentTypeParsers();
    // Whatever a client calls its body, it is JSON (Core does not look at the type either).
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    app.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
      void reply.code(error.statusCode ?? 500).send();
    });
    app.setNotFoundHandler((request, reply) => {
      if (!isRpcPath(request.url)) return reply.code(404).send();
      return refuseMethod(reply);
    });
    const onRequest = (request: FastifyRequest, reply: FastifyReply) => this.#admit(request, reply);
    const handler = (request: FastifyRequest, reply: FastifyReply) => this.#answer(request, reply);
    for (const url of ['/', '/wallet/*']) {
      app.route({ method: 'POST', url, onRequest, handler });
      app.route({ method: 'OPTIONS', url, handler: (request, reply) => this.#preflight(request, reply) });
    }
  }

  /** What a browser asks first for a page that may call (CORS). */
  #preflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const headers = this.#originHeaders(request);
    if (headers === undefined) return refuseMethod(reply);
    return reply
      .code(204)
      .headers({
        ...headers,
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'authorization, content-type',
        'access-control-max-age': '600',
      })
      .send();
  }

  /** Tells a browser that the page may read the answer; undefined if it may not, or is no page. */
  #originHeaders({ headers: { origin } }: FastifyRequest): Record<string, string> | undefined {
    if (origin === undefined || !this.#options.allowOrigin.includes(origin)) return undefined;
    return { 'access-control-allow-origin': origin, vary: 'origin' };
  }

  /** Refuses before the body is read. */
  async #admit(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    if (!this.#isPeerAllowed(request)) return reply.code(403).send();
    const { origin, host, authorization } = request.headers;
    // A page in a browser must not reach the node through its user: neither directly nor by a name
    // that it made resolve to this address (DNS rebinding).
    if (origin !== undefined && !this.#options.allowOrigin.includes(origin)) return reply.code(403).send();
    if (!this.#isHostAllowed(host)) return reply.code(403).send();
    const user = this.#authentication.authenticate(authorization);
    if (user !== null) {
      this.#users.set(request, user);
      return undefined;
    }
    if (authorization !== undefined)
      this.#logger.log('warn', 'rpc', `ThreadRPCServer incorrect password attempt from ${request.ip}`);
    await delay(WRONG_PASSWORD_DELAY);
    return reply.code(401).header('www-authenticate', 'Basic realm="jsonrpc"').send();
  }

  async #answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const user = this.#users.get(request) ?? '';
    const allowed = this.#options.whitelist.get(user);
    if (allowed === undefined && this.#options.whitelistDefault) return reply.code(403).send();
    const bytes = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
    const body = isUtf8(bytes) ? bytes.toString('utf8') : null;
    const caller = {
      path: request.url.split('?', 1)[0]!,
      user,
      signal: this.#stopping.signal,
      allowed: allowed ?? (this.#options.whitelistDefault ? NO_METHODS : undefined),
    };
    const answer = await this.#dispatcher.handle(body, caller);
    if (answer.body === '') return reply.code(answer.status).send();
    // Past Fastify: it would add a charset to the type, which clients compare with exactly this one; and
    // text goes out in one write with its headers.
    reply.hijack();
    reply.raw.writeHead(answer.status, {
      ...this.#originHeaders(request),
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(answer.body),
    });
    reply.raw.end(answer.body);
    return reply;
  }

  /** Asked once a connection. */
  #isPeerAllowed({ ip, socket }: FastifyRequest): boolean {
    let allowed = this.#peers.get(socket);
    if (allowed === undefined) {
      const mapped = ip.startsWith('::ffff:') ? ip.slice(7) : ip;
      allowed = this.#allowedPeers.check(mapped, isIPv6(mapped) ? 'ipv6' : 'ipv4');
      this.#peers.set(socket, allowed);
    }
    return allowed;
  }

  #isHostAllowed(header: string | undefined): boolean {
    if (header === undefined) return true;
    const name = header.replace(/:\d+$/, '').toLowerCase();
    return this.#hosts.has(name) || isIP(name.replace(/^\[|\]$/g, '')) !== 0;
  }
}

function refuseMethod(reply: FastifyReply): FastifyReply {
  return reply.code(405).header('allow', 'POST').send('JSONRPC server handles only POST requests');
}

function createHttpServer(handler: Parameters<typeof createServer>[1]): Server {
  return createServer(
    { requestTimeout: REQUEST_TIMEOUT, headersTimeout: REQUEST_TIMEOUT, keepAliveTimeout: REQUEST_TIMEOUT },
    handler,
  );
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** A connection that is kept alive becomes idle only when its last answer is out. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const closing = setInterval(() => server.closeIdleConnections(), CLOSE_INTERVAL);
    const impatience = setTimeout(() => server.closeAllConnections(), STOP_TIMEOUT);
    server.close(() => {
      clearInterval(closing);
      clearTimeout(impatience);
      resolve();
    });
  });
}

function isRpcPath(url: string): boolean {
  const path = url.split('?', 1)[0]!;
  return path === '/' || path.startsWith('/wallet/');
}
