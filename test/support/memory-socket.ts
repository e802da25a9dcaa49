/** WebSockets to a node in this process: the real session and dispatcher, and a wire that a test makes slow or cuts. */
import type { WebSocketClass, WebSocketLike } from '../../src/client/events.ts';
import { type Outlet, Session } from '../../src/events/session.ts';
import type { Node } from '../../src/node.ts';

export class MemoryWire {
  /** Who answers; undefined while it is away. */
  node: Node | undefined;
  /** Characters on their way beyond which nothing is written. */
  capacity = 1 << 20;
  /** Turns of the event loop that a message takes. */
  delay = 0;
  /** The most that was ever on its way to one reader. */
  mostUnsent = 0;
  readonly open = new Set<MemorySocket>();

  cut(): void {
    for (const socket of [...this.open]) socket.cut();
  }

  get WebSocket(): WebSocketClass {
    const wire = this;
    return class extends MemorySocket {
      constructor() {
        super(wire);
      }
    };
  }
}

class MemorySocket implements WebSocketLike, Outlet {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  readonly #wire: MemoryWire;
  readonly #node: Node | undefined;
  readonly #session = new Session(this, {
    open: ({ subscription, n }) => `{"method":"event","params":{"s":"${subscription}","n":${n},`,
    close: '}}',
  });
  readonly #gone = new AbortController();
  readonly #messages: string[] = [];
  #unsent = 0;
  #part = '';
  #isDelivering = false;
  #isPaused = false;
  #waiting: (() => void)[] = [];

  constructor(wire: MemoryWire) {
    this.#wire = wire;
    this.#node = wire.node;
    wire.open.add(this);
    setImmediate(() => {
      if (this.#node === undefined) this.cut();
      else this.onopen?.({} as never);
    });
  }

  get isOpen(): boolean {
    return !this.#gone.signal.aborted;
  }

  get hasRoom(): boolean {
    return this.#unsent < this.#wire.capacity;
  }

  async room(): Promise<void> {
    if (this.isOpen && !this.hasRoom) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  write(piece: string | Uint8Array, isLast: boolean): void {
    if (!this.isOpen) return;
    const text = typeof piece === 'string' ? piece : new TextDecoder().decode(piece);
    this.#unsent += text.length;
    this.#wire.mostUnsent = Math.max(this.#wire.mostUnsent, this.#unsent);
    this.#part += text;
    if (!isLast) return void this.#deliver();
    this.#messages.push(this.#part);
    this.#part = '';
    void this.#deliver();
  }

  async #deliver(): Promise<void> {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    while (this.isOpen && !this.#isPaused && (this.#messages.length > 0 || this.#part !== '')) {
      for (let i = 0; i <= this.#wire.delay; i++) await new Promise((resolve) => setImmediate(resolve));
      if (!this.isOpen || this.#isPaused) break;
      const message = this.#messages.shift();
      this.#unsent = this.#messages.reduce((sum, { length }) => sum + length, 0);
      for (const resolve of this.#waiting.splice(0)) resolve();
      if (message === undefined) break;
      this.onmessage?.({ data: message } as never);
    }
    this.#isDelivering = false;
  }

  send(text: string): void {
    const caller = { path: '/', user: '', signal: this.#gone.signal, events: this.#session };
    void this.#node?.rpc.handle(text, caller).then(({ body }) => {
      this.#session.send(body);
      this.#session.begin();
    });
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    void this.#deliver();
  }

  /** By the node or by the client, who is not told then. */
  close(): void {
    this.cut();
  }

  cut(): void {
    if (!this.isOpen) return;
    this.#gone.abort();
    this.#wire.open.delete(this);
    this.#session.close();
    for (const resolve of this.#waiting.splice(0)) resolve();
    this.onclose?.({} as never);
  }
}
