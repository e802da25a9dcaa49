/**
 * From the text of a request to the text of its answer: single calls, batches, who may call what. Owns no HTTP
 * beyond naming the status, no dialect of JSON-RPC, and no method.
 */
import { Invalid } from '../core/encoding/errors.ts';
import { JsonObject, type JsonRead } from '../core/encoding/json.ts';
import { JsonError, JsonReading } from '../core/encoding/json-reader.ts';
import type { JsonWritable } from '../core/encoding/json-writer.ts';
import type { Clock, Logger } from '../seams.ts';
import { turnsOf } from '../wallet/turns.ts';
import { callMethod } from './arguments.ts';
import type { RpcContext } from './context.ts';
import { type Call, Envelope, toRpcError } from './envelope.ts';
import { RpcCode, type RpcError, refuse, UsageError } from './errors.ts';
import { helpText } from './help.ts';
import { LIMITS } from './limits.ts';
import { refusalOf } from './refusals.ts';
import type { RpcRequest, RpcServerView } from './registry.ts';
import { findMethod, type Registry } from './registry.ts';

export class Answer {
  /** HTTP status; with 204 there is no body. */
  readonly status: number;
  readonly pieces: readonly string[];
  /** With 403: the same in an answer, for who has no status. */
  readonly refusal?: string;

  constructor(status: number, pieces: readonly string[] = [], refusal?: string) {
    this.status = status;
    this.pieces = pieces;
    if (refusal !== undefined) this.refusal = refusal;
  }

  get body(): string {
    return this.pieces.join('');
  }
}

export interface Caller {
  /** Path of the request, with its query: `/` or `/wallet/<name>`. */
  readonly path: string;
  readonly user: string;
  /** Asked for by methods that wait, and perhaps made only then. */
  readonly signal: AbortSignal;
  /** Methods this user may call; absent allows all. */
  readonly allowed?: ReadonlySet<string> | undefined;
  readonly events?: object;
}

const WALLET_PATH = '/wallet/';

interface ActiveCall {
  readonly method: string;
  /** Monotonic milliseconds. */
  readonly start: number;
}

interface DispatcherDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Loads all methods, where only some are there from the start. @throws Error if it cannot now */
  readonly loadMethods?: (() => Promise<Registry>) | undefined;
}

export class Dispatcher implements RpcServerView {
  #registry: Registry;
  #loadMethods: DispatcherDependencies['loadMethods'];
  readonly scans: RpcServerView['scans'] = new Map();
  /** Told of each call of a method that is there, and why it failed if it did. */
  answered: ((method: string, error?: unknown) => void) | undefined;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #active = new Set<ActiveCall>();
  #context: RpcContext | undefined;
  #status = 'RPC server started';

  constructor(registry: Registry, dependencies: DispatcherDependencies) {
    this.#registry = registry;
    this.#loadMethods = dependencies.loadMethods;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
  }

  get registry(): Registry {
    return this.#registry;
  }

  /** All methods, where only some are there yet. @throws Error if they cannot be loaded now */
  async loadMethods(): Promise<void> {
    if (this.#loadMethods !== undefined) this.#registry = await this.#loadMethods();
    this.#loadMethods = undefined;
  }

  /** What start-up is doing, for the error that every call gets until `attach`. */
  setWarmUpStatus(status: string): void {
    this.#status = status;
  }

  /** Ends the warm-up: from now on methods run. */
  attach(context: RpcContext): void {
    this.#context = context;
  }

  /** What methods run with. @throws RpcError -28 during the warm-up */
  get context(): RpcContext {
    if (this.#context === undefined) throw refuse.in_warmup(this.#status);
    return this.#context;
  }

  activeCalls(): readonly { readonly method: string; readonly duration: number }[] {
    const now = this.#clock.monotonic();
    return Array.from(this.#active, (call) => ({
      method: call.method,
      duration: Math.round((now - call.start) * 1000),
    }));
  }

  /** @param body null if it was not even text (UTF-8). */
  async handle(body: string | null, caller: Caller): Promise<Answer> {
    try {
      if (body === null) throw notJson();
      const reading = new JsonReading(body, LIMITS);
      const rest = turnsOf(this.#clock, LIMITS.turn);
      const members: Members = { count: 0, forbidden: undefined };
      while (!reading.advance(LIMITS.piece)) {
        look(reading.takeItems(), caller, members);
        await rest();
      }
      const request = reading.value;
      if (request instanceof JsonObject) return await this.#handleOne(request, caller);
      if (!Array.isArray(request)) throw refuse.parse_error('Top-level object parse error');
      look(request, caller, members);
      if (members.forbidden !== undefined) return this.#forbid(members.forbidden, caller, new Envelope());
      if (members.count > LIMITS.batch) throw tooMuch(`A batch has at most ${LIMITS.batch} calls`);
      const isShort = members.count === request.length;
      return await this.#handleBatch(isShort ? [request] : readAgain(body), caller);
    } catch (error) {
      // Only reading it fails here: what becomes of calls is answered with their ids.
      return failure(error instanceof JsonError ? notJson() : error, new Envelope());
    }
  }

  async #handleOne(request: JsonObject, caller: Caller): Promise<Answer> {
    const envelope = new Envelope();
    try {
      const call = envelope.open(request);
      if (caller.allowed?.has(call.method) === false) return this.#forbid(call.method, caller, envelope);
      let pieces: readonly string[];
      try {
        const result = this.#execute(call, caller);
        pieces = envelope.successInPieces(result instanceof Promise ? await result : result);
      } catch (error) {
        // 1.x tells failures by the HTTP status as well; 2.0 only in the answer.
        if (envelope.version === 1) throw error;
        pieces = [envelope.failure(error)];
      }
      return envelope.isNotification ? new Answer(204) : new Answer(200, [...pieces, '\n']);
    } catch (error) {
      return failure(error, envelope);
    }
  }

  /** Always 200: each member's failure is told in its own answer. */
  async #handleBatch(parts: Iterable<readonly JsonRead[]>, caller: Caller): Promise<Answer> {
    const pieces: string[] = [];
    let isEmpty = true;
    let size = 0;
    let answers: string[] = [];
    let begun = 0;
    const putTogether = (): void => {
      pieces.push(pieces.length === 0 ? '[' : ',', answers.join(','));
      answers = [];
      begun = size;
    };
    // Most methods wait for nothing: without this a long batch would stop the whole node.
    const rest = turnsOf(this.#clock, LIMITS.turn);
    for (const requests of parts)
      for (const request of requests) {
        isEmpty = false;
        const member = this.#answerMember(request, caller, size > LIMITS.batchAnswers);
        const answer = member instanceof Promise ? await member : member;
        if (answer !== null) answers.push(answer);
        size += answer?.length ?? 0;
        if (size - begun > LIMITS.piece) putTogether();
        const pause = rest();
        if (pause !== undefined) await pause;
      }
    // An empty batch carries no version, so clients of 1.x expect an empty array and not silence.
    if (size === 0 && !isEmpty) return new Answer(204);
    if (answers.length > 0 || pieces.length === 0) putTogether();
    return new Answer(200, [...pieces, ']\n']);
  }

  /**
   * The answer to one member of a batch, or null to a notification. Most methods have their result at once:
   * to wait for it all the same took as long as everything else about a small call.
   */
  #answerMember(
    request: JsonRead,
    caller: Caller,
    isTooMuch: boolean,
  ): string | null | Promise<string | null> {
    const envelope = new Envelope();
    const told = (body: string) => (envelope.isNotification ? null : body);
    try {
      const call = envelope.open(request);
      if (isTooMuch) throw tooMuch('The answers of this batch are too large: ask for less at a time');
      const result = this.#execute(call, caller);
      if (!(result instanceof Promise)) return told(envelope.success(result));
      return result
        .then((value) => envelope.success(value))
        .catch((error) => envelope.failure(error))
        .then(told);
    } catch (error) {
      return told(envelope.failure(error));
    }
  }

  /** @throws what the method throws, or its promise is rejected with it. */
  #execute(call: Call, caller: Caller): JsonWritable | Promise<JsonWritable> {
    const { context } = this;
    const method = findMethod(this.#registry, call.method);
    if (method === undefined) {
      if (this.#loadMethods !== undefined) return this.loadMethods().then(() => this.#execute(call, caller));
      throw refuse.method_not_found('Method not found');
    }
    const active = { method: call.method, start: this.#clock.monotonic() };
    this.#active.add(active);
    try {
      this.#logger.log('debug', 'rpc', `ThreadRPCServer method=${call.method} user=${caller.user}`);
      const request: RpcRequest = {
        walletName: walletNameIn(caller.path),
        caller,
        server: this,
      };
      const result = callMethod(method, call.parameters, context, request);
      const end = (value: JsonWritable): JsonWritable => {
        this.#active.delete(active);
        this.answered?.(call.method);
        return value;
      };
      if (!(result instanceof Promise)) return end(result);
      return result.then(end, (error) => this.#fail(active, error));
    } catch (error) {
      return this.#fail(active, error);
    }
  }

  /** Logs what no caller is to blame for. @throws the error itself */
  #fail(active: ActiveCall, error: unknown): never {
    const { method } = active;
    this.#active.delete(active);
    this.answered?.(method, error);
    if (error instanceof UsageError) throw refuse.misc(helpText(findMethod(this.#registry, method)!));
    if (!(error instanceof Invalid || refusalOf(error) !== undefined))
      this.#logger.log('error', 'rpc', `${method} failed`, { error });
    throw error;
  }

  #forbid(method: string, caller: Caller, envelope: Envelope): Answer {
    const text = `RPC User ${caller.user} not allowed to call method ${method}`;
    this.#logger.log('warn', 'rpc', text);
    return new Answer(403, [], envelope.failure(refuse.misc(text)));
  }
}

/** What a batch is found to hold before any of it is answered. */
interface Members {
  count: number;
  /** The first method that its caller may not call. */
  forbidden: string | undefined;
}

function look(requests: readonly JsonRead[], { allowed }: Caller, members: Members): void {
  members.count += requests.length;
  for (const request of allowed === undefined ? [] : requests) {
    const method = request instanceof JsonObject ? request.get('method') : undefined;
    if (typeof method !== 'string' || !allowed!.has(method)) members.forbidden ??= String(method);
  }
}

/**
 * The members of a long batch, some at a time. All of them at once would be half a gigabyte of objects, and the
 * collector stop everything for as long as it takes to move them.
 */
function* readAgain(body: string): Generator<readonly JsonRead[]> {
  const reading = new JsonReading(body, LIMITS);
  while (!reading.advance(LIMITS.piece)) yield reading.takeItems();
  yield reading.value as readonly JsonRead[];
}

const tooMuch = (text: string): RpcError => refuse.out_of_memory(text);
const notJson = (): RpcError => refuse.parse_error('Parse error');

/** The wallet that the endpoint names; null on `/`. */
function walletNameIn(path: string): string | null {
  if (!path.startsWith(WALLET_PATH)) return null;
  const name = path.slice(WALLET_PATH.length);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function failure(error: unknown, envelope: Envelope): Answer {
  const { code } = toRpcError(error);
  const status = code === RpcCode.INVALID_REQUEST ? 400 : code === RpcCode.METHOD_NOT_FOUND ? 404 : 500;
  return new Answer(status, [envelope.failure(error), '\n']);
}
