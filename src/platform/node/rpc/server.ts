/**
 * The RPC server: where it listens, and how it stops. Calls are the business of the `CallEndpoint`; Fastify
 * answers everything else.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from '../../../seams.ts';
import {
  CallEndpoint,
  type CallEndpointDependencies,
  type CallEndpointOptions,
  isCallPath,
} from './call-endpoint.ts';
import { QuickCalls } from './quick-calls.ts';

/** Milliseconds in which a whole request must arrive (Core's -rpcservertimeout). */
const REQUEST_TIMEOUT = 30_000;
/** Milliseconds between looks for connections that may be closed, while stopping. */
const CLOSE_INTERVAL = 20;
/** Milliseconds that a stop waits for requests under way. */
const STOP_TIMEOUT = 3_000;

export interface RpcServerOptions extends CallEndpointOptions {
  /** Addresses to listen on; the first one's port is used for all if theirs is 0. */
  readonly bind: readonly { readonly host: string; readonly port: number }[];
}

export class RpcServer {
  readonly #options: RpcServerOptions;
  readonly #logger: Logger;
  readonly #calls: CallEndpoint;
  readonly #quick: QuickCalls;
  readonly #app: FastifyInstance;
  readonly #servers: Server[] = [];

  constructor(options: RpcServerOptions, dependencies: CallEndpointDependencies) {
    this.#options = options;
    this.#logger = dependencies.logger;
    this.#calls = new CallEndpoint(options, dependencies);
    this.#quick = new QuickCalls(this.#calls, REQUEST_TIMEOUT);
    this.#app = fastify({
      exposeHeadRoutes: false,
      // Only routes with a schema need them, and to load them is a fifth of a node's start.
      schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
      serverFactory: (rest) => {
        const listener: RequestListener = (request, response) =>
          request.method === 'POST' && isCallPath(request.url!)
            ? this.#calls.serve(request, response)
            : rest(request, response);
        for (const _ of options.bind) this.#servers.push(createHttpServer(listener));
        return this.#servers[0]!;
      },
    });
    this.#route();
  }

  /** Starts listening; resolves with the port of the first address. */
  async start(): Promise<number> {
    await this.#app.ready();
    for (const server of this.#servers) this.#quick.attach(server);
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
    this.#calls.stop();
    this.#quick.stop();
    await Promise.all(this.#servers.map((server) => closeServer(server, this.#quick)));
    await this.#app.close();
  }

  #route(): void {
    // Whatever else a client sends is refused for where it goes, not for what it is.
    this.#app.removeAllContentTypeParsers();
    this.#app.addContentTypeParser('*', (_request, _body, done) => done(null));
    this.#app.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
      void reply.code(error.statusCode ?? 500).send();
    });
    this.#app.setNotFoundHandler((request, reply) =>
      isCallPath(request.url) ? refuseMethod(reply) : reply.code(404).send(),
    );
    for (const url of ['/', '/wallet/*'])
      this.#app.options(url, (request, reply) => this.#preflight(request, reply));
  }

  /** What a browser asks first for a page that may call (CORS). */
  #preflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const headers = this.#calls.originHeaders(request.headers.origin);
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
}

function noCompiler(): never {
  throw new Error('no route here has a schema');
}

function refuseMethod(reply: FastifyReply): FastifyReply {
  return reply.code(405).header('allow', 'POST').send('JSONRPC server handles only POST requests');
}

function createHttpServer(listener: RequestListener): Server {
  return createServer(
    { requestTimeout: REQUEST_TIMEOUT, headersTimeout: REQUEST_TIMEOUT, keepAliveTimeout: REQUEST_TIMEOUT },
    listener,
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
function closeServer(server: Server, quick: QuickCalls): Promise<void> {
  return new Promise((resolve) => {
    const closing = setInterval(() => server.closeIdleConnections(), CLOSE_INTERVAL);
    const impatience = setTimeout(() => {
      server.closeAllConnections();
      quick.abort();
    }, STOP_TIMEOUT);
    server.close(() => {
      clearInterval(closing);
      clearTimeout(impatience);
      resolve();
    });
  });
}
