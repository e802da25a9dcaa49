/** Events as a stream that `curl -N` and browsers read (Server-Sent Events): one subscription, said in the URL. */
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Piece } from '../../../events/block-texts.ts';
import { type Framing, type Outlet, Session } from '../../../events/session.ts';
import type { Dispatcher } from '../../../rpc/dispatcher.ts';
import { LIMITS } from '../../../rpc/limits.ts';

/** Where the reader stands goes before each event of a block, and comes back as `Last-Event-ID`. */
const FRAMING: Framing = {
  open: ({ n, block }) => `${block === undefined ? '' : `id: ${block}\n`}data: {"n":${n},`,
  close: '}\n\n',
};
const LISTS = ['topics', 'addresses', 'scripts'];
/** The connection is not used again: it does not count as a caller's. */
const LAST = { connection: 'close' };

export class EventStream implements Outlet {
  readonly #response: ServerResponse;
  readonly #session = new Session(this, FRAMING);
  #waiting: (() => void)[] = [];

  constructor(
    request: FastifyRequest,
    reply: FastifyReply,
    { dispatcher, headers }: { dispatcher: Dispatcher; headers: Readonly<Record<string, string>> },
  ) {
    this.#response = reply.raw;
    reply.hijack();
    const gone = new AbortController();
    const release = (): void => {
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
    this.#response.on('drain', release);
    this.#response.on('close', () => {
      gone.abort();
      this.#session.close();
      release();
    });
    const caller = { ...request.permission, path: '/', signal: gone.signal, events: this.#session };
    void dispatcher.handle(callOf(request), caller).then(({ status, body, refusal }) => {
      if (this.#session.isEmpty) {
        // A reader that were told 200 would come again and again.
        const code = status === 200 ? 400 : status;
        this.#response.writeHead(code, { ...headers, ...LAST, 'content-type': 'application/json' });
        this.#response.end(refusal ?? body);
        return;
      }
      const type = { ...LAST, 'content-type': 'text/event-stream', 'cache-control': 'no-store' };
      this.#response.writeHead(200, { ...headers, ...type }).flushHeaders();
      this.#session.begin();
    });
  }

  onClose(task: () => void): void {
    this.#response.once('close', task);
  }

  get isOpen(): boolean {
    return !this.#response.destroyed && !this.#response.writableEnded;
  }

  get hasRoom(): boolean {
    return this.#response.writableLength < LIMITS.eventsUnsent;
  }

  async room(): Promise<void> {
    if (this.isOpen && !this.hasRoom) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  write(piece: Piece, isLast: boolean): void {
    if (!this.isOpen) return;
    this.#response.write(piece);
    // It has no more to tell: the reader is told so, and not to come again.
    if (isLast && this.#session.isEmpty) this.#response.end();
  }

  close(): void {
    this.#response.end();
  }

  terminate(): void {
    this.#response.destroy();
  }
}

/** The URL's parameters as a call of `subscribe`; `from` is a block, and the reader's memory goes before it. */
function callOf({ originalUrl, headers }: FastifyRequest): string {
  const query = new URLSearchParams(originalUrl.split('?')[1]);
  const parameters = new Map<string, unknown>([['topics', ['chain']]]);
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    // A descriptor has commas of its own.
    if (name === 'descriptors') parameters.set(name, values);
    else parameters.set(name, LISTS.includes(name) ? values.join().split(',') : values.at(-1));
  }
  const block = headers['last-event-id'] || parameters.get('from');
  if (block !== undefined) parameters.set('from', { block });
  const params = Object.fromEntries(parameters);
  return JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'subscribe', params });
}
