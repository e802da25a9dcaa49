/**
 * Who calls the node and is told of events: a page by its port, or another tab by the channel. Owns calls and sockets
 * of one of them, bounded as over a real connection; what is answered is the dispatcher's.
 */
import { LocalSocket } from '../../events/local-socket.ts';
import type { Dispatcher } from '../../rpc/dispatcher.ts';
import { LIMITS } from '../../rpc/limits.ts';
import type { Reply, Request } from './protocol.ts';
import { FILE_PATH, type TabFiles } from './tab-files.ts';

const USER = 'tab';

export class Caller {
  readonly #rpc: Dispatcher;
  readonly #files: TabFiles;
  readonly #reply: (reply: Reply) => void;
  readonly #calls = new Map<number, AbortController>();
  readonly #sockets = new Map<number, Socket>();

  constructor(rpc: Dispatcher, files: TabFiles, reply: (reply: Reply) => void) {
    this.#rpc = rpc;
    this.#files = files;
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
    if (path.startsWith(FILE_PATH)) {
      const file = this.#files.answer(path.slice(FILE_PATH.length), text);
      return this.#reply({ answer: call, status: file === undefined ? 404 : 200, body: file ?? '' });
    }
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

class Socket extends LocalSocket {
  /** Told of each message, and with undefined of the end. */
  readonly #tell: (text: string | undefined) => void;
  /** Characters that the other side has not taken yet. */
  #onTheWay = 0;

  constructor(rpc: Dispatcher, path: string, tell: (text: string | undefined) => void) {
    super(() => rpc, { path, user: USER });
    this.#tell = tell;
  }

  get hasRoom(): boolean {
    return this.#onTheWay < LIMITS.eventsUnsent;
  }

  protected deliver(message: string): void {
    this.#onTheWay += message.length;
    this.#tell(message);
  }

  taken(length: number): void {
    this.#onTheWay -= length;
    this.wake();
  }

  protected ended(): void {
    this.#tell(undefined);
  }
}
