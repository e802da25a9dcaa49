/**
 * Who calls the node and is told of events: a page by its port, or another tab by the channel. Owns calls and sockets
 * of one of them, bounded as over a real connection; what is answered is the dispatcher's.
 */
import type { Piece } from '../../events/block-texts.ts';
import { type Outlet, Session, SOCKET_FRAMING } from '../../events/session.ts';
import type { Dispatcher } from '../../rpc/dispatcher.ts';
import { LIMITS } from '../../rpc/limits.ts';
import type { Reply, Request } from './protocol.ts';

const USER = 'tab';

export class Caller {
  readonly #rpc: Dispatcher;
  readonly #reply: (reply: Reply) => void;
  readonly #calls = new Map<number, AbortController>();
  readonly #sockets = new Map<number, Socket>();

  constructor(rpc: Dispatcher, reply: (reply: Reply) => void) {
    this.#rpc = rpc;
    this.#reply = reply;
  }

  take(request: Exclude<Request, { readonly stop: true }>): void {
    if ('call' in request) void this.#answer(request.call, request.path, request.body);
    else if ('cancel' in request) this.#calls.get(request.cancel)?.abort();
    else if ('open' in request) this.#open(request.open, request.path);
    else if ('to' in request) void this.#sockets.get(request.to)?.call(request.text);
    else if ('taken' in request) this.#sockets.get(request.of)?.taken(request.taken);
    else this.#sockets.get(request.close)?.close();
  }

  async #answer(call: number, path: string, text: string): Promise<void> {
    const gone = new AbortController();
    this.#calls.set(call, gone);
    const { status, body } = await this.#rpc.handle(text, { path, user: USER, signal: gone.signal });
    this.#calls.delete(call);
    this.#reply({ answer: call, status, body });
  }

  #open(number: number, path: string): void {
    const socket = new Socket(this.#rpc, path, (reply) => {
      if (reply === undefined) this.#sockets.delete(number);
      this.#reply(reply === undefined ? { closed: number } : { from: number, text: reply });
    });
    this.#sockets.set(number, socket);
  }

  /** Nobody listens any more, or the node stops. */
  close(): void {
    for (const gone of this.#calls.values()) gone.abort();
    for (const socket of this.#sockets.values()) socket.close();
  }
}

class Socket implements Outlet {
  isOpen = true;
  readonly #rpc: Dispatcher;
  readonly #path: string;
  /** Told of each message, and with undefined of the end. */
  readonly #tell: (text: string | undefined) => void;
  readonly #session = new Session(this, SOCKET_FRAMING);
  readonly #gone = new AbortController();
  readonly #decoder = new TextDecoder();
  #message = '';
  /** Characters that the other side has not taken yet. */
  #onTheWay = 0;
  #waiting: (() => void)[] = [];

  constructor(rpc: Dispatcher, path: string, tell: (text: string | undefined) => void) {
    this.#rpc = rpc;
    this.#path = path;
    this.#tell = tell;
  }

  async call(text: string): Promise<void> {
    const caller = { path: this.#path, user: USER, signal: this.#gone.signal, events: this.#session };
    const { body } = await this.#rpc.handle(text, caller);
    this.#session.send(body);
    this.#session.begin();
  }

  write(piece: Piece, isLast: boolean): void {
    this.#message += typeof piece === 'string' ? piece : this.#decoder.decode(piece, { stream: true });
    if (!isLast || !this.isOpen) return;
    this.#onTheWay += this.#message.length;
    this.#tell(this.#message);
    this.#message = '';
  }

  get hasRoom(): boolean {
    return this.#onTheWay < LIMITS.eventsUnsent;
  }

  async room(): Promise<void> {
    if (this.isOpen && !this.hasRoom) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  taken(length: number): void {
    this.#onTheWay -= length;
    if (this.isOpen && !this.hasRoom) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#gone.abort();
    this.#session.close();
    this.taken(0);
    this.#tell(undefined);
  }
}
