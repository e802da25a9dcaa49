/**
 * A connection that needs no wire, as a WebSocket is one: its caller is in this process, or a message away. Owns its
 * session and whole messages; how they are handed on, and what that caller has not taken yet, is the subclass's.
 */
import type { Caller, Dispatcher } from '../rpc/dispatcher.ts';
import type { Piece } from './block-texts.ts';
import { type Outlet, Session, SOCKET_FRAMING } from './session.ts';

export abstract class LocalSocket implements Outlet {
  isOpen = true;
  readonly #rpc: () => Pick<Dispatcher, 'handle'>;
  readonly #caller: Pick<Caller, 'path' | 'user'>;
  readonly #session = new Session(this, SOCKET_FRAMING);
  readonly #gone = new AbortController();
  readonly #decoder = new TextDecoder();
  #message = '';
  #waiting: (() => void)[] = [];

  /** @param rpc whoever answers calls when one is made */
  constructor(rpc: () => Pick<Dispatcher, 'handle'>, caller: Pick<Caller, 'path' | 'user'>) {
    this.#rpc = rpc;
    this.#caller = caller;
  }

  abstract get hasRoom(): boolean;
  protected abstract deliver(message: string): void;
  /** Once. */
  protected abstract ended(): void;

  /** Aborted when it is closed. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  async call(text: string): Promise<void> {
    const caller = { ...this.#caller, signal: this.signal, events: this.#session };
    const { body } = await this.#rpc().handle(text, caller);
    this.#session.send(body);
    this.#session.begin();
  }

  write(piece: Piece, isLast: boolean): void {
    this.#message += typeof piece === 'string' ? piece : this.#decoder.decode(piece, { stream: true });
    if (!isLast) return;
    const message = this.#message;
    this.#message = '';
    if (this.isOpen) this.deliver(message);
  }

  async room(): Promise<void> {
    if (this.isOpen && !this.hasRoom) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** There may be room again. */
  protected wake(): void {
    if (this.isOpen && !this.hasRoom) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#gone.abort();
    this.#session.close();
    this.wake();
    this.ended();
  }
}
