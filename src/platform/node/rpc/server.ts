/**
 * JSON-RPC over HTTP, as Bitcoin Core serves it: `POST /` and `POST /wallet/<name>`, on Fastify. Owns where it
 * listens, how bytes become text, what one caller can cost, and how it stops; what a request means is the
 * dispatcher's.
 */
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { joinHostPort } from '../../../network/network-address.ts';
import type { Answer, Caller, Dispatcher } from '../../../rpc/dispatcher.ts';
import { LIMITS } from '../../../rpc/limits.ts';
import type { Logger } from '../../../seams.ts';
import { Access, type AccessOptions, type Permission } from './access.ts';
import type { Authentication } from './authentication.ts';
import { EVENTS, EventConnections, UpgradableRequest } from './event-connections.ts';
import { payloadOf, textOf } from './long-texts.ts';
import type { Route } from './route.ts';
import { Visitors } from './visitors.ts';

/** Milliseconds between looks for connections that may be closed, while stopping. */
const CLOSE_INTERVAL = 20;

const WALLETS = '/wallet/';

export interface RpcServerOptions extends AccessOptions {
  /** Addresses to listen on; the first one's port is used for all if theirs is 0. */
  readonly bind: readonly {
    readonly host: string;
    readonly port: number;
    /** The others do without it. */
    readonly optional?: boolean;
  }[];
  /** Seconds in which a whole request must arrive, and that a connection may be idle; 0 waits for ever. */
  readonly timeout?: number;
  /** Calls under way are no more than both together. */
  readonly threads?: number;
  readonly queue?: number;
  /** Of every answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

interface RpcServerDependencies {
  readonly routes?: readonly Route[];
  readonly dispatcher: Dispatcher;
  readonly authentication: Authentication;
  readonly logger: Logger;
}

declare module 'fastify' {
  interface FastifyRequest {
    permission: Permission;
    /** How far a call under way is; undefined before it counts as one. */
    phase: 'arriving' | 'answered' | undefined;
  }
}

export class RpcServer {
  readonly #options: RpcServerOptions;
  readonly #dispatcher: Dispatcher;
  readonly #logger: Logger;
  readonly #visitors = new Visitors();
  readonly #access: Access;
  readonly #events: EventConnections;
  readonly #routes: readonly Route[];
  readonly #apps: readonly FastifyInstance[];
  readonly #maximumCalls: number;
  readonly #stopping = new AbortController();
  #calls = 0;
  #departing: Promise<void> | undefined;

  /** @throws Error that names an option which makes no sense */
  constructor(
    options: RpcServerOptions,
    { dispatcher, authentication, logger, routes = [] }: RpcServerDependencies,
  ) {
    this.#options = options;
    this.#routes = routes;
    this.#dispatcher = dispatcher;
    this.#logger = logger;
    this.#maximumCalls = (options.threads ?? LIMITS.threads) + (options.queue ?? LIMITS.queue);
    this.#access = new Access(options, authentication, this.#visitors);
    this.#events = new EventConnections({
      dispatcher,
      originHeaders: (request) => this.#originHeaders(request),
      release: ({ socket }) => this.#visitors.release(socket),
    });
    this.#apps = options.bind.map(() => this.#createApp());
  }

  /** Starts listening; resolves with the port of the first address. */
  async start(): Promise<number> {
    let port = 0;
    for (const [i, { host, port: wanted, optional }] of this.#options.bind.entries()) {
      const { server } = this.#apps[i]!;
      try {
        await this.#apps[i]!.listen({ host, port: wanted === 0 ? port : wanted });
      } catch (error) {
        if (!optional) throw error;
        const { message } = error as Error;
        this.#logger.log('info', 'http', `RPC server does not listen on ${host}: ${message}`);
        continue;
      }
      const address = server.address();
      if (i === 0 && address !== null && typeof address === 'object') port = address.port;
      this.#logger.log('info', 'http', `RPC server listening on ${joinHostPort(host, port)}`);
    }
    return port;
  }

  /** Ends long waits, finishes the answers under way, closes idle connections. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#events.stop(), ...this.#apps.map(close)]);
  }

  #createApp(): FastifyInstance {
    const timeout = (this.#options.timeout ?? LIMITS.timeout) * 1000;
    const app = fastify({
      exposeHeadRoutes: false,
      bodyLimit: LIMITS.body,
      requestTimeout: timeout,
      keepAliveTimeout: timeout,
      http: {
        // Said here too: Node compares the two before Fastify says it.
        requestTimeout: timeout,
        IncomingMessage: UpgradableRequest,
        headersTimeout: timeout,
        maxHeaderSize: LIMITS.headers,
        // Node looks only so often for requests that take too long.
        connectionsCheckingInterval: Math.min(timeout || Infinity, LIMITS.timeout * 1000),
      },
      // While it stops, what was sent before is answered still.
      return503OnClosing: false,
      // A wallet's name is read by the dispatcher.
      rewriteUrl: ({ url = '' }) => {
        const path = url.split('?', 1)[0]!;
        if (path.startsWith(WALLETS)) return WALLETS;
        const route = this.#routes.find((each) => each.isPrefix && path.startsWith(each.path));
        if (route !== undefined) return route.path;
        // The URL of another server (a proxy's request) is no path of this one.
        return path.startsWith('/') ? path : `/${path}`;
      },
      // Only routes with a schema need them, and to load them is a fifth of a node's start.
      schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    });
    app.server.on('connection', (socket) => {
      if (this.#access.isPeerAllowed(socket)) this.#visitors.admit(socket);
      else socket.destroy();
    });
    const always = Object.entries(this.#options.headers ?? {});
    // Before Fastify looks: some it answers itself.
    if (always.length > 0)
      app.server.prependListener('request', (_request, response) => {
        for (const [name, value] of always) response.setHeader(name, value);
      });
    app.server.maxHeadersCount = LIMITS.headerCount;
    app.removeAllContentTypeParsers();
    // The first by its name: Fastify takes the header of all others apart for each request.
    app.addContentTypeParser(['application/json', '*'], { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    app.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
      void reply.code(error.statusCode ?? 500).send();
    });
    app.setNotFoundHandler((request, reply) =>
      request.url === '/' || request.url === WALLETS ? refuseMethod(reply) : reply.code(404).send(),
    );
    for (const name of ['permission', 'phase']) app.decorateRequest(name);
    for (const url of ['/', WALLETS]) {
      app.options(url, (request, reply) => this.#preflight(request, reply));
      app.post(url, {
        onRequest: (request, reply, done) => this.#permit(request, reply, done),
        handler: (request, reply) => this.#answer(request, reply),
      });
    }
    app.options(EVENTS, (request, reply) => this.#preflight(request, reply));
    app.get(EVENTS, {
      onRequest: (request, reply, done) => this.#permit(request, reply, done),
      handler: (request, reply) => this.#events.answer(request, reply),
    });
    this.#events.attach(app);
    for (const route of this.#routes)
      app.route({
        method: route.methods,
        url: route.path,
        bodyLimit: route.bodyLimit,
        onRequest: (request, reply, done) => {
          const status = this.#access.refuse(request.raw);
          if (status === null) done();
          else refuseRequest(reply, status);
        },
        handler: (request, reply) => this.#serve(route, request, reply),
      });
    return app;
  }

  /** Whoever may not call is refused before the body is read. */
  #permit(request: FastifyRequest, reply: FastifyReply, done: () => void, inTurn = false): void {
    const permission = this.#access.permit(request.raw, inTurn);
    if (typeof permission === 'object') {
      request.permission = permission;
      // A large body counts while it arrives; small ones may be slow, and keep nobody out.
      if (bodySize(request) > LIMITS.smallBody) {
        if (!this.#begin(reply)) return;
        request.phase = 'arriving';
        reply.raw.once('close', () => {
          if (request.phase === 'arriving') this.#calls--;
        });
      }
      done();
    } else if (!inTurn && (permission === 429 || permission === 401)) {
      const isGuess = request.headers.authorization !== undefined;
      const wait = isGuess ? this.#visitors.turn(request.socket) : LIMITS.guess;
      void delay(wait).then(() => this.#permit(request, reply, done, true));
    } else if (permission === 401) this.#refuseUser(request, reply);
    else refuseRequest(reply, permission);
  }

  /** Counts a call as under way; or refuses it, since there are too many. */
  #begin(reply: FastifyReply): boolean {
    if (this.#calls < this.#maximumCalls) {
      this.#calls++;
      return true;
    }
    const hint = 'it can be increased with the -rpcworkqueue= setting';
    this.#logger.log('warn', 'http', `Request rejected because http work queue depth exceeded, ${hint}`);
    void reply.code(503).send('Work queue depth exceeded');
    return false;
  }

  /** Aborted when the node stops, or the caller hangs up. */
  #hangUp(request: FastifyRequest, reply: FastifyReply): AbortSignal {
    const { signal: stopping } = this.#stopping;
    const controller = new AbortController();
    const end = (): void => controller.abort();
    if (stopping.aborted || request.socket.destroyed) end();
    stopping.addEventListener('abort', end);
    reply.raw.once('close', () => {
      end();
      stopping.removeEventListener('abort', end);
    });
    return controller.signal;
  }

  #refuseUser(request: FastifyRequest, reply: FastifyReply): void {
    if (request.headers.authorization !== undefined)
      this.#logger.log('warn', 'rpc', `ThreadRPCServer incorrect password attempt from ${request.ip}`);
    // A browser would ask its user for a password, and the page would wait for that.
    if (this.#options.page === undefined) reply.header('www-authenticate', 'Basic realm="jsonrpc"');
    void reply.code(401).send();
  }

  async #answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (request.phase === undefined && !this.#begin(reply)) return reply;
    request.phase = 'answered';
    const {
      status,
      pieces: answer,
      refusal,
    } = await this.#dispatch(request, reply).finally(() => this.#calls--);
    // Bitcoin Core says nothing with 403; a page tells its user why.
    const pieces = refusal !== undefined && this.#options.page !== undefined ? [refusal] : answer;
    await this.#departure();
    reply.code(status).headers(this.#originHeaders(request));
    // A serializer keeps the type without a charset: clients compare with exactly this.
    if (pieces.length === 0) return reply.send();
    const payload = await payloadOf(pieces);
    return reply.header('content-type', 'application/json').serializer(asItIs).send(payload);
  }

  async #serve(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (!this.#begin(reply)) return reply;
    const { status, headers, body } = await route.answer(request).finally(() => this.#calls--);
    const own = this.#originHeaders(request);
    const vary = [headers.vary, own.vary].filter((each) => each !== undefined).join(', ');
    return reply
      .code(status)
      .headers({ ...headers, ...own, ...(vary !== '' && { vary }) })
      .send(body.length === 0 ? undefined : Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  }

  /**
   * Answers of one turn of the event loop go out together, for to wake a sleeping caller takes longer than a short
   * call: of 16 callers the first answer wakes one that then reads them all, and twice as many calls are answered.
   */
  #departure(): Promise<void> {
    this.#departing ??= nextTurn().then(() => {
      this.#departing = undefined;
    });
    return this.#departing;
  }

  async #dispatch(request: FastifyRequest, reply: FastifyReply): Promise<Answer> {
    const bytes = (request.body ?? Buffer.alloc(0)) as Buffer;
    const path = request.originalUrl.split('?', 1)[0]!;
    const caller = new HttpCaller(path, request.permission, () => this.#hangUp(request, reply));
    return this.#dispatcher.handle(await textOf(bytes), caller);
  }

  /** Tells a browser that the page may read the answer. */
  #originHeaders({ headers: { origin } }: FastifyRequest): Record<string, string> {
    if (origin === undefined || !this.#access.mayRead(origin)) return {};
    return { 'access-control-allow-origin': origin, vary: 'origin' };
  }

  /** What a browser asks first for a page that may call (CORS). */
  #preflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { origin } = request.headers;
    if (origin === undefined || !this.#access.mayRead(origin)) return refuseMethod(reply);
    return reply
      .code(204)
      .headers({
        ...this.#originHeaders(request),
        'access-control-allow-methods': request.url === EVENTS ? 'GET' : 'POST',
        'access-control-allow-headers': 'authorization, content-type',
        'access-control-max-age': '600',
      })
      .send();
  }
}

/** Few methods wait, and to make a signal takes a tenth of a short call. */
class HttpCaller implements Caller {
  readonly path: string;
  readonly user: string;
  readonly allowed: ReadonlySet<string> | undefined;
  readonly #hangUp: () => AbortSignal;

  constructor(path: string, { user, allowed }: Permission, hangUp: () => AbortSignal) {
    this.path = path;
    this.user = user;
    this.allowed = allowed;
    this.#hangUp = hangUp;
  }

  get signal(): AbortSignal {
    return this.#hangUp();
  }
}

const asItIs = <T>(payload: T): T => payload;

/** As declared; a body in pieces may become as large as it can. */
const bodySize = ({ headers }: FastifyRequest): number =>
  headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : LIMITS.body;

function noCompiler(): never {
  throw new Error('no route here has a schema');
}

function refuseRequest(reply: FastifyReply, status: number): void {
  // What is behind a request that can be read in two ways may be part of it.
  void reply
    .code(status)
    .headers(status === 400 ? { connection: 'close' } : {})
    .send();
}

function refuseMethod(reply: FastifyReply): FastifyReply {
  return reply.code(405).header('allow', 'POST').send('JSONRPC server handles only POST requests');
}

/** A connection that is kept alive becomes idle only when its last answer is out. */
async function close(app: FastifyInstance): Promise<void> {
  const closing = setInterval(() => app.server.closeIdleConnections(), CLOSE_INTERVAL);
  const impatience = setTimeout(() => app.server.closeAllConnections(), LIMITS.stop);
  await app.close();
  clearInterval(closing);
  clearTimeout(impatience);
}
