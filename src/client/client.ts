/**
 * A client of the RPC, for scripts, tests and pages: one call, one promise. Owns the transport; every
 * method's types come from the method itself. Amounts are numbers of bitcoin, exact in a double.
 */

import type { Topic } from '../events/event-types.ts';
import { RpcCode, RpcError, type RpcErrorCode } from '../rpc/errors.ts';
import { type EventOf, type EventSource, type SubscribeOptions, subscribe } from './events.ts';
import type { CallOptions, Methods } from './methods.ts';

export type { CallOptions, Methods };
export { RpcCode, RpcError };

export interface ClientOptions extends CallOptions, Pick<EventSource, 'WebSocket'> {
  /** `http://127.0.0.1:8332/` */
  readonly url: string;
  /** `user:password`, such as the content of the cookie file; asked at each call, since a restart renews it. */
  readonly cookie: () => string | Promise<string>;
  /** Another way to the node than HTTP, such as to one in this very process. */
  readonly exchange?: (request: ClientRequest) => Promise<ClientAnswer>;
  /** How often a call that has certainly not run is made again: the node does not listen, or starts; default 0. */
  readonly retries?: number;
  /** Milliseconds between such attempts; default 500. */
  readonly retryDelay?: number;
}

export interface ClientRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal | undefined;
}

export interface ClientAnswer {
  /** As of HTTP. */
  readonly status: number;
  readonly body: string;
}

/** A parameter as JSON has it; amounts may also be text, which keeps every digit. */
export type RpcArgument =
  | null
  | boolean
  | number
  | string
  | readonly RpcArgument[]
  | { readonly [key: string]: RpcArgument };

interface Base {
  /** The same node, with calls that mean one of its wallets. */
  wallet(name: string): RpcClient;
  /** The same node, with other limits. */
  with(options: CallOptions & Pick<ClientOptions, 'retries'>): RpcClient;
  /** Any method, by position. */
  call<T = unknown>(method: string, ...parameters: readonly RpcArgument[]): Promise<T>;
  /** Any method, by name. */
  callNamed<T = unknown>(method: string, parameters: Readonly<Record<string, RpcArgument>>): Promise<T>;
  /**
   * What happens, one event after the other, over a connection that is made again by itself:
   * `for await (const event of client.subscribe({ topics: ['chain'], from: { block } }))`.
   * @throws Error if the node cannot be reached at first; RpcError if it refuses, or cannot tell any further
   */
  subscribe<T extends Topic, H extends boolean = false>(
    options: SubscribeOptions<T, H>,
  ): AsyncGenerator<EventOf<T, H>, void, undefined>;
  /**
   * Several calls in one request: `client.batch((c) => [c.getblockcount(), c.uptime()])`. Each promise is that
   * of its own call; all run, whatever becomes of the others.
   * @throws RpcError of the first that failed
   */
  batch<const T extends readonly Promise<unknown>[]>(
    calls: (client: RpcClient) => T,
  ): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>;
}

/** Events have a connection of their own. */
export type RpcClient = Omit<Methods, 'subscribe' | 'unsubscribe'> & Base;

interface Request {
  readonly method: string;
  readonly params: unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: RpcErrorCode; readonly message: string } | null;
}

/** The call reached no node that could have run it. */
class NotRun extends Error {
  override readonly name = 'NotRun';
}

export function createClient(options: ClientOptions): RpcClient {
  return clientOf(options, (request, limits) => void settle(options, [request], limits));
}

type Send = (request: Request, limits: CallOptions) => void;

function clientOf(options: ClientOptions, send: Send): RpcClient {
  const call = (method: string, params: unknown, limits: CallOptions = {}): Promise<never> =>
    new Promise((resolve, reject) => send({ method, params, resolve, reject }, limits));
  const base: Base = {
    wallet: (name) =>
      createClient({ ...options, url: new URL(`/wallet/${encodeURIComponent(name)}`, options.url).href }),
    with: (limits) => createClient({ ...options, ...limits }),
    call: (method, ...parameters) => call(method, parameters),
    callNamed: (method, parameters) => call(method, parameters),
    subscribe: (wanted) => subscribe(options, wanted),
    async batch(calls) {
      const requests: Request[] = [];
      const promises = calls(clientOf(options, (request) => requests.push(request)));
      if (requests.length > 0) void settle(options, requests, {});
      const settled = await Promise.allSettled(promises);
      for (const each of settled) if (each.status === 'rejected') throw each.reason;
      return Promise.all(promises) as never;
    },
  };
  return new Proxy(base, {
    get(_, name) {
      if (name in base) return base[name as keyof Base];
      // A client is no promise, and no symbol or `toJSON` names a method.
      if (typeof name !== 'string' || name === 'then' || name === 'toJSON') return undefined;
      return (...given: readonly unknown[]) => {
        const [first, limits] = given;
        const isNamed =
          given.length <= 2 && typeof first === 'object' && first !== null && !Array.isArray(first);
        return isNamed ? call(name, first, limits as CallOptions) : call(name, given);
      };
    },
  }) as RpcClient;
}

/** Makes one request of one or more calls, and settles each. */
async function settle(
  options: ClientOptions,
  requests: readonly Request[],
  limits: CallOptions,
): Promise<void> {
  const isBatch = requests.length > 1;
  const calls = requests.map(({ method, params }, id) => ({ jsonrpc: '2.0', id, method, params }));
  try {
    const answer = await exchange(options, JSON.stringify(isBatch ? calls : calls[0]), limits);
    const answers = new Map(
      (isBatch ? (answer as readonly Answer[]) : [answer as Answer]).map((each) => [each.id, each]),
    );
    for (const [id, { method, resolve, reject }] of requests.entries()) {
      const each = answers.get(id);
      if (each === undefined) reject(new Error(`${method} was not answered`));
      else if (each.error) reject(new RpcError(each.error.code, each.error.message, method));
      else resolve(each.result);
    }
  } catch (error) {
    for (const { reject } of requests) reject(error);
  }
}

async function exchange(options: ClientOptions, body: string, limits: CallOptions): Promise<unknown> {
  const { retries = 0, retryDelay = 500 } = options;
  const signal = signalOf({ ...options, ...limits });
  for (let attempt = 0; ; attempt++) {
    try {
      return await attemptOf(options, body, signal);
    } catch (error) {
      if (!(error instanceof NotRun)) throw error;
      if (attempt >= retries) throw error.cause;
      await new Promise((resolve) => setTimeout(resolve, retryDelay));
      signal?.throwIfAborted();
    }
  }
}

function signalOf({ timeout, signal }: CallOptions): AbortSignal | undefined {
  if (timeout === undefined) return signal;
  const limit = AbortSignal.timeout(timeout);
  return signal === undefined ? limit : AbortSignal.any([signal, limit]);
}

async function post({ url, signal, ...request }: ClientRequest): Promise<ClientAnswer> {
  const response = await fetch(url, { method: 'POST', ...request, ...(signal && { signal }) });
  return { status: response.status, body: await response.text() };
}

/** @throws NotRun, or what went wrong */
async function attemptOf(
  { url, cookie, exchange: ask = post }: ClientOptions,
  body: string,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const authorization = `Basic ${btoa((await cookie()).trim())}`;
  const headers = { authorization, 'content-type': 'application/json' };
  let answered: ClientAnswer;
  try {
    answered = await ask({ url, headers, body, signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    const { message, code } = ((error as Error).cause ?? error) as { message: string; code?: string };
    const cause = new Error(`${url}: no answer (${message || code})`, { cause: error });
    throw code === 'ECONNREFUSED' ? new NotRun('', { cause }) : cause;
  }
  // A cookie that was read just before a restart is wrong, and a busy node says so before it runs anything.
  const { status, body: text } = answered;
  if (status === 401) throw new NotRun('', { cause: new Error(`${url}: wrong user or password`) });
  if (status === 503) throw new NotRun('', { cause: new Error(`${url}: ${text || 'busy'}`) });
  if (text === '') throw new Error(`${url}: HTTP status ${status}`);
  const answer: unknown = JSON.parse(text);
  const { error } = answer as Answer;
  if (error?.code === RpcCode.IN_WARMUP)
    throw new NotRun('', { cause: new RpcError(error.code, error.message) });
  // A batch as a whole may be refused.
  if (error && !('id' in (answer as object) && (answer as Answer).id !== null))
    throw new RpcError(error.code, error.message);
  return answer;
}
