/** Who may call: by where a request comes from, what it says of itself, and its password. Owns no password. */
import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6, type Socket } from 'node:net';
import { LIMITS } from '../../../rpc/limits.ts';
import { type AllowedPeers, allowedPeers } from './allowed-peers.ts';
import type { Authentication } from './authentication.ts';
import { PAGE_USER, type PageSession } from './page-session.ts';
import type { Visitors } from './visitors.ts';

export interface AccessOptions {
  /** IP addresses and subnets besides loopback that may connect. */
  readonly allowIp: readonly string[];
  /** Names by which a `Host` header may call this node, besides localhost, IP addresses and, by `allowIp`, single labels. */
  readonly allowHost: readonly string[];
  /** Web pages that may call, as browsers write their `Origin`. */
  readonly allowOrigin: readonly string[];
  /** Of the page that it serves itself, which may call. */
  readonly page?: PageSession;
  /** Methods by user; users without an entry may call all, or none if `whitelistDefault`. */
  readonly whitelist: ReadonlyMap<string, ReadonlySet<string>>;
  readonly whitelistDefault: boolean;
}

export interface Permission {
  readonly user: string;
  /** Methods that may be called; undefined allows all. */
  readonly allowed: ReadonlySet<string> | undefined;
}

/** Said twice, one of them would be believed here and perhaps the other by a proxy before (request smuggling). */
const ONCE = new Set(['host', 'authorization', 'content-length', 'transfer-encoding', 'origin']);

/**
 * What containers call each other: a name without dots is not one that a stranger can have on the internet and make
 * resolve to this address.
 */
const SINGLE_LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

export class Access {
  readonly #options: AccessOptions;
  readonly #authentication: Authentication;
  readonly #visitors: Visitors;
  readonly #allowedPeers: AllowedPeers;
  readonly #hosts: ReadonlySet<string>;

  /** @throws Error that names the option */
  constructor(options: AccessOptions, authentication: Authentication, visitors: Visitors) {
    this.#options = options;
    this.#authentication = authentication;
    this.#visitors = visitors;
    this.#allowedPeers = allowedPeers(options.allowIp);
    this.#hosts = new Set(['localhost', ...options.allowHost.map((host) => host.toLowerCase())]);
  }

  /**
   * What the sender of a request may do, or the status that refuses it. 429: somebody at its address is guessing
   * passwords, so that it has to wait for its turn.
   * @param inTurn it has waited
   */
  permit(request: IncomingMessage, inTurn: boolean): Permission | 400 | 401 | 403 | 429 {
    const refused = this.refuse(request);
    if (refused !== null) return refused;
    const { socket, headers } = request;
    const { authorization } = headers;
    if (!inTurn && authorization !== undefined && this.#visitors.isSuspect(socket))
      if (!this.#authentication.knows(authorization)) return 429;
    const user = this.#authentication.authenticate(authorization);
    if (user === null || (user === PAGE_USER && this.#options.page?.isHeldBy(headers) === false)) return 401;
    this.#visitors.welcome(socket);
    const allowed = this.#options.whitelist.get(user);
    return allowed === undefined && this.#options.whitelistDefault ? 403 : { user, allowed };
  }

  /** The status that refuses a request whoever sends it; null lets it in where nobody is asked for a password. */
  refuse({ headers, rawHeaders, httpVersionMajor }: IncomingMessage): 400 | 403 | null {
    // Node passes over the headers behind the last that it counts: one of them might be what is looked for.
    const isWhole = rawHeaders.length < 2 * LIMITS.headerCount;
    if (httpVersionMajor !== 1 || !isWhole || hasDoubles(rawHeaders)) return 400;
    const { origin, host } = headers;
    // A page in a browser must not reach the node through its user: neither directly nor by a name
    // that it made resolve to this address (DNS rebinding).
    const isOwn = this.#options.page !== undefined && origin === `http://${host}`;
    const isOriginAllowed = origin === undefined || isOwn || this.mayRead(origin);
    return isOriginAllowed && this.#isHostAllowed(host) ? null : 403;
  }

  /** Whether a page of this origin may read answers. */
  mayRead(origin: string): boolean {
    return this.#options.allowOrigin.includes(origin);
  }

  /** Whether who has connected may be there at all; asked once a connection. */
  isPeerAllowed(socket: Socket): boolean {
    const address = socket.remoteAddress ?? '';
    const mapped = address.startsWith('::ffff:') ? address.slice(7) : address;
    return this.#allowedPeers.list.check(mapped, isIPv6(mapped) ? 'ipv6' : 'ipv4');
  }

  #isHostAllowed(header: string | undefined): boolean {
    if (header === undefined) return true;
    // Some clients leave the brackets out.
    if (isIP(header) !== 0) return true;
    const name = header.replace(/:\d+$/, '').toLowerCase();
    if (this.#hosts.has(name) || isIP(name.replace(/^\[|\]$/g, '')) !== 0) return true;
    return this.#allowedPeers.others && SINGLE_LABEL.test(name);
  }
}

/** @param headers names and values in turn */
function hasDoubles(headers: readonly string[]): boolean {
  let seen: Set<string> | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!.toLowerCase();
    if (!ONCE.has(name)) continue;
    if (seen?.has(name)) return true;
    seen ??= new Set();
    seen.add(name);
  }
  return false;
}
