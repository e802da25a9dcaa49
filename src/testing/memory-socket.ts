/** Events of a node in this process, as its client would have them over a WebSocket: calls and events, and no socket. */
import type { WebSocketClass, WebSocketLike } from '../client/events.ts';
import { LocalSocket } from '../events/local-socket.ts';
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

class MemorySocket extends LocalSocket implements WebSocketLike {
  onopen: Handler = null;
  onmessage: Handler = null;
  onerror: Handler = null;
  onclose: Handler = null;
  #isPaused = false;

  constructor(host: Host) {
    super(() => host.node.rpc, { path: '/', user: 'penny' });
    queueMicrotask(() => {
      if (!host.isRunning) this.close();
      else (this.onopen as (() => void) | null)?.();
    });
    host.attend(this.signal, () => this.close());
  }

  send(text: string): void {
    void this.call(text);
  }

  get hasRoom(): boolean {
    return !this.#isPaused;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.wake();
  }

  protected deliver(data: string): void {
    (this.onmessage as ((event: { data: string }) => void) | null)?.({ data });
  }

  protected ended(): void {
    (this.onclose as (() => void) | null)?.();
  }
}
