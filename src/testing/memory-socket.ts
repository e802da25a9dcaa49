/** Events of a node in this process, as its client would have them over a WebSocket: calls and events, and no socket. */
import type { WebSocketClass, WebSocketLike } from '../client/events.ts';
import { type Outlet, Session, SOCKET_FRAMING } from '../events/session.ts';
import type { Node } from '../node.ts';

type Handler = ((event: never) => void) | null;

/** Whose events are told. */
interface Host {
  readonly node: Pick<Node, 'rpc'>;
  readonly isRunning: boolean;
  /** Calls `ended` when it stops, unless the signal was before. */
  attend(signal: AbortSignal, ended: () => void): void;
}

/** The class of sockets that end at this node. */
export function memorySocket(node: Host): WebSocketClass {
  return class extends MemorySocket {
    constructor() {
      super(node);
    }
  };
}

class MemorySocket implements WebSocketLike, Outlet {
  onopen: Handler = null;
  onmessage: Handler = null;
  onerror: Handler = null;
  onclose: Handler = null;
  isOpen = true;
  readonly #node: Host;
  readonly #session = new Session(this, SOCKET_FRAMING);
  readonly #gone = new AbortController();
  #message = '';
  #isPaused = false;
  #waiting: (() => void)[] = [];

  constructor(node: Host) {
    this.#node = node;
    queueMicrotask(() => {
      if (!node.isRunning) this.close();
      else (this.onopen as (() => void) | null)?.();
    });
    node.attend(this.#gone.signal, () => this.close());
  }

  send(text: string): void {
    const caller = { path: '/', user: 'penny', signal: this.#gone.signal, events: this.#session };
    void this.#node.node.rpc.handle(text, caller).then(({ body }) => {
      this.#session.send(body);
      this.#session.begin();
    });
  }

  write(piece: string | Uint8Array, isLast: boolean): void {
    this.#message += typeof piece === 'string' ? piece : Buffer.from(piece).toString('utf8');
    if (!isLast) return;
    const data = this.#message;
    this.#message = '';
    if (this.isOpen) (this.onmessage as ((event: { data: string }) => void) | null)?.({ data });
  }

  get hasRoom(): boolean {
    return !this.#isPaused;
  }

  async room(): Promise<void> {
    if (this.isOpen && this.#isPaused) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#gone.abort();
    this.#session.close();
    this.resume();
    (this.onclose as (() => void) | null)?.();
  }
}
