/**
 * Calls over HTTP, as Bitcoin Core serves them: `POST /` and `POST /wallet/<name>`. Owns who may call, how
 * bytes become text, and the HTTP of the answer; what a request means is the dispatcher's. It stands on
 * Node's own server: a router, hooks and a body parser took as long as a small call itself.
 */
import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type BlockList, isIP, isIPv6, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Dispatcher } from '../../../rpc/dispatcher.ts';
import type { Logger } from '../../../seams.ts';
import { allowedPeers } from './allowed-peers.ts';
import type { Authentication } from './authentication.ts';

/** Bitcoin Core's MAX_SIZE. A block of 4 MB is 8 MB of hex. */
const BODY_LIMIT = 0x02000000;
/** Milliseconds that a wrong password costs, against guessing. */
const WRONG_PASSWORD_DELAY = 250;

export interface CallEndpointOptions {
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

export interface CallEndpointDependencies {
  readonly dispatcher: Dispatcher;
  readonly authentication: Authentication;
  readonly logger: Logger;
}

export interface Permission {
  readonly user: string;
  /** Methods that may be called; undefined allows all. */
  readonly allowed: ReadonlySet<string> | undefined;
}

export class CallEndpoint {
  readonly #options: CallEndpointOptions;
  readonly #dispatcher: Dispatcher;
  readonly #authentication: Authentication;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  readonly #allowedPeers: BlockList;
  readonly #hosts: ReadonlySet<string>;
  /** Whether the peer of each open connection may call. */
  readonly #peers = new WeakMap<Socket, boolean>();

  constructor(options: CallEndpointOptions, dependencies: CallEndpointDependencies) {
    this.#options = options;
    this.#dispatcher = dependencies.dispatcher;
    this.#authentication = dependencies.authentication;
    this.#logger = dependencies.logger;
    this.#allowedPeers = allowedPeers(options.allowIp);
    this.#hosts = new Set(['localhost', ...options.allowHost.map((host) => host.toLowerCase())]);
  }

  /** Ends long waits. */
  stop(): void {
    this.#stopping.abort();
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const permission = this.permit(request.socket, request.headers);
    // Whoever may not call is refused before the body is read.
    if (permission === 401) void this.#refuseUser(request, response);
    else if (permission === 403) refuse(response, 403);
    else receive(request, response, (body) => void this.#answer(body, permission, request, response));
  }

  /** What the sender of these headers may do, or the status that refuses it. */
  permit(socket: Socket, { origin, host, authorization }: IncomingHttpHeaders): Permission | 401 | 403 {
    // A page in a browser must not reach the node through its user: neither directly nor by a name
    // that it made resolve to this address (DNS rebinding).
    const isOriginAllowed = origin === undefined || this.#options.allowOrigin.includes(origin);
    if (!(this.#isPeerAllowed(socket) && isOriginAllowed && this.#isHostAllowed(host))) return 403;
    const user = this.#authentication.authenticate(authorization);
    if (user === null) return 401;
    const allowed = this.#options.whitelist.get(user);
    return allowed === undefined && this.#options.whitelistDefault ? 403 : { user, allowed };
  }

  /** @param url path and query */
  call(body: Buffer, url: string, { user, allowed }: Permission): Promise<Answer> {
    const caller = { path: pathOf(url), user, signal: this.#stopping.signal, allowed };
    return this.#dispatcher.handle(isUtf8(body) ? body.toString() : null, caller);
  }

  /** Tells a browser that the page may read the answer; undefined if it may not, or is no page. */
  originHeaders(origin: string | undefined): Record<string, string> | undefined {
    if (origin === undefined || !this.#options.allowOrigin.includes(origin)) return undefined;
    return { 'access-control-allow-origin': origin, vary: 'origin' };
  }

  async #refuseUser(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.authorization !== undefined) {
      const from = request.socket.remoteAddress;
      this.#logger.log('warn', 'rpc', `ThreadRPCServer incorrect password attempt from ${from}`);
    }
    await delay(WRONG_PASSWORD_DELAY);
    refuse(response, 401, { 'www-authenticate': 'Basic realm="jsonrpc"' });
  }

  async #answer(
    bytes: Buffer,
    permission: Permission,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { status, body } = await this.call(bytes, request.url!, permission);
    if (body === '') return refuse(response, status);
    response.writeHead(status, {
      ...this.originHeaders(request.headers.origin),
      // Without a charset: clients compare with exactly this.
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  }

  /** Asked once a connection. */
  #isPeerAllowed(socket: Socket): boolean {
    let allowed = this.#peers.get(socket);
    if (allowed === undefined) {
      const address = socket.remoteAddress ?? '';
      const mapped = address.startsWith('::ffff:') ? address.slice(7) : address;
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

/** An answer without a body. */
function refuse(response: ServerResponse, status: number, headers: OutgoingHttpHeaders = {}): void {
  const length = status === 204 ? {} : { 'content-length': 0 };
  response.writeHead(status, { ...headers, ...length }).end();
}

/** Hands over the whole body, or answers 413 as soon as it is too large. */
function receive(request: IncomingMessage, response: ServerResponse, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  const announced = Number(request.headers['content-length'] ?? 0);
  let size = 0;
  const isTooLarge = (length: number): boolean => {
    if (length > BODY_LIMIT && !response.headersSent) refuse(response, 413, { connection: 'close' });
    return length > BODY_LIMIT;
  };
  if (isTooLarge(announced)) return;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (!isTooLarge(size)) chunks.push(chunk);
  });
  request.on('end', () => {
    if (size <= BODY_LIMIT) done(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size));
  });
}

export const isCallPath = (url: string): boolean => {
  const path = pathOf(url);
  return path === '/' || path.startsWith('/wallet/');
};

const pathOf = (url: string): string => url.split('?', 1)[0]!;
