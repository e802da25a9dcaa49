/** A WebSocket at the RPC: calls in text frames, a bounded number of them at a time, and events between the answers. */
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { Piece } from '../../../events/block-texts.ts';
import { type Outlet, Session, SOCKET_FRAMING } from '../../../events/session.ts';
import type { Caller, Dispatcher } from '../../../rpc/dispatcher.ts';
import { LIMITS } from '../../../rpc/limits.ts';
import type { Permission } from './access.ts';

/** What comes in a binary frame is no text. */
const UNSUPPORTED = 1003;

export class EventSocket implements Outlet {
  readonly #socket: WebSocket;
  readonly #dispatcher: Dispatcher;
  readonly #session = new Session(this, SOCKET_FRAMING);
  readonly #caller: Caller;
  /** Calls that arrived; more than may be under way come only where they arrived together. */
  readonly #calls: RawData[] = [];
  #underWay = 0;
  #waiting: (() => void)[] = [];

  constructor(
    socket: WebSocket,
    raw: Duplex,
    { path, permission, dispatcher }: { path: string; permission: Permission; dispatcher: Dispatcher },
  ) {
    this.#socket = socket;
    this.#dispatcher = dispatcher;
    const gone = new AbortController();
    this.#caller = { path, ...permission, signal: gone.signal, events: this.#session };
    raw.on('drain', () => this.#drained());
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      gone.abort();
      this.#session.close();
      this.#calls.length = 0;
      this.#drained();
    });
    socket.on('message', (data, isBinary) => {
      if (isBinary) return socket.close(UNSUPPORTED, 'JSON-RPC comes in text frames');
      this.#calls.push(data);
      this.#answerSome();
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  get hasRoom(): boolean {
    return this.#socket.bufferedAmount < LIMITS.eventsUnsent;
  }

  async room(): Promise<void> {
    if (this.isOpen && !this.hasRoom) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  write(piece: Piece, isLast: boolean): void {
    if (this.isOpen) this.#socket.send(piece, { binary: false, fin: isLast });
  }

  close(): void {
    this.#socket.terminate();
  }

  #drained(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
    this.#answerSome();
  }

  /** Who does not read answers, or sends more calls than are answered at a time, is not read either. */
  #answerSome(): void {
    while (this.#underWay < LIMITS.callsOfSocket && this.#calls.length > 0 && this.#isRead)
      void this.#answer(this.#calls.shift()!);
    if (!this.isOpen) return;
    const isFull = this.#underWay >= LIMITS.callsOfSocket || !this.#isRead;
    if (isFull !== this.#socket.isPaused) this.#socket[isFull ? 'pause' : 'resume']();
  }

  get #isRead(): boolean {
    return this.#socket.bufferedAmount < LIMITS.answersUnsent && !this.#session.isHolding;
  }

  async #answer(call: RawData): Promise<void> {
    this.#underWay++;
    const { body, refusal = body } = await this.#dispatcher.handle(call.toString(), this.#caller);
    this.#underWay--;
    if (refusal !== '') this.#session.send(refusal);
    this.#session.begin();
    this.#answerSome();
  }
}
