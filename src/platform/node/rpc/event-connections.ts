/**
 * `GET /events`: connections that are told of events, and how many there are. A WebSocket carries calls as well; a
 * plain request is answered by a stream of events (SSE). Owns how bytes go out; what is told is `events/`.
 */
import { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Dispatcher } from '../../../rpc/dispatcher.ts';
import { LIMITS } from '../../../rpc/limits.ts';
import { EventSocket } from './event-socket.ts';
import { EventStream } from './event-stream.ts';

export const EVENTS = '/events';
/** The subprotocol of clients that ask for one, as those must that send their password in another one's place. */
const PROTOCOL = 'penny';
/** Milliseconds in which a client may say goodbye. */
const GOODBYE = 500;
const GOING_AWAY = 1001;

/** A connection that was asked for is told in the request that came by it. */
const upgrades = new WeakMap<IncomingMessage, { readonly socket: Duplex; readonly head: Buffer }>();

/**
 * Only here is a request to change the protocol one to Node: it would take every such request for none of HTTP's,
 * also those of clients that ask for HTTP/2 in passing.
 */
export class UpgradableRequest extends IncomingMessage {
  declare wantsUpgrade: boolean | null;

  get upgrade(): boolean | null {
    if (this.wantsUpgrade !== true || this.method === 'CONNECT') return this.wantsUpgrade;
    const { upgrade = '' } = this.headers;
    return upgrade.toLowerCase() === 'websocket' && this.url?.split('?', 1)[0] === EVENTS;
  }

  set upgrade(wanted: boolean | null) {
    this.wantsUpgrade = wanted;
  }
}

interface EventConnectionsDependencies {
  readonly dispatcher: Dispatcher;
  /** Headers for a page that may read the answer. */
  readonly originHeaders: (request: FastifyRequest) => Record<string, string>;
  /** It does not count as a visitor any more. */
  readonly release: (request: FastifyRequest) => void;
}

export class EventConnections {
  readonly #dependencies: EventConnectionsDependencies;
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: LIMITS.frame,
    maxFragments: LIMITS.fragments,
    handleProtocols: (protocols) => protocols.has(PROTOCOL) && PROTOCOL,
  });
  readonly #open = new Set<{ close(code?: number): void; terminate(): void }>();

  constructor(dependencies: EventConnectionsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Requests to become a WebSocket go the way of all others. */
  attach({ server, routing }: Pick<FastifyInstance, 'server' | 'routing'>): void {
    server.on('upgrade', (request, socket, head) => {
      const response = new ServerResponse(request);
      socket.on('error', () => socket.destroy());
      response.shouldKeepAlive = false;
      response.assignSocket(socket as never);
      response.once('finish', () => socket.end());
      upgrades.set(request, { socket, head });
      request.headers.authorization ??= passwordIn(request.headers['sec-websocket-protocol']);
      routing(request, response);
    });
  }

  /** Answers who is allowed to come. */
  answer(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (this.#open.size >= LIMITS.eventConnections) return reply.code(503).send('Too many event connections');
    const upgrade = upgrades.get(request.raw);
    if (upgrade === undefined) this.#stream(request, reply);
    else {
      reply.hijack();
      reply.raw.removeAllListeners('finish');
      reply.raw.detachSocket(upgrade.socket as never);
      this.#server.handleUpgrade(request.raw, upgrade.socket, upgrade.head, (socket) =>
        this.#accept(socket, request, upgrade.socket),
      );
    }
    return reply;
  }

  #stream(request: FastifyRequest, reply: FastifyReply): void {
    const { dispatcher, originHeaders } = this.#dependencies;
    const stream = new EventStream(request, reply, { dispatcher, headers: originHeaders(request) });
    this.#keep(stream, request);
    stream.onClose(() => this.#open.delete(stream));
  }

  #accept(socket: WebSocket, request: FastifyRequest, raw: Duplex): void {
    const wallet = new URLSearchParams(request.originalUrl.split('?')[1]).get('wallet');
    const path = wallet === null ? '/' : `/wallet/${encodeURIComponent(wallet)}`;
    const { permission } = request;
    new EventSocket(socket, raw, { path, permission, dispatcher: this.#dependencies.dispatcher });
    this.#keep(socket, request);
    socket.once('close', () => this.#open.delete(socket));
  }

  #keep(connection: { close(): void; terminate(): void }, request: FastifyRequest): void {
    this.#open.add(connection);
    this.#dependencies.release(request);
  }

  /** Ends all of them. */
  async stop(): Promise<void> {
    for (const connection of this.#open) connection.close(GOING_AWAY);
    if (this.#open.size === 0) return;
    await new Promise((resolve) => setTimeout(resolve, GOODBYE));
    for (const connection of this.#open) connection.terminate();
  }
}

/** A browser's page cannot send headers: its password comes as a subprotocol, `authorization.` and base64url. */
function passwordIn(protocols: string | undefined): string | undefined {
  const found = /(?:^|[, ])authorization\.([\w-]+)/.exec(protocols ?? '')?.[1];
  return found && `Basic ${Buffer.from(found, 'base64url').toString('base64')}`;
}
