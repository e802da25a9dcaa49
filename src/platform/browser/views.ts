/**
 * Tabs that show the node of another one: what they ask and are told goes over a channel that all of them hear. Each end
 * knows by a lock that the other one is gone, which a browser takes from a tab that crashes as from one that is closed.
 */
import type { Dispatcher } from '../../rpc/dispatcher.ts';
import { Caller } from './callers.ts';
import type { Reply, Request, TabNodeState } from './protocol.ts';
import type { TabFiles } from './tab-files.ts';

/** What goes over the channel; the owner of the node is whoever has no name. */
type Message =
  | { readonly from: string; readonly request: Exclude<Request, { readonly stop: true }> | null }
  | { readonly to: string; readonly reply: Reply }
  /** To all: an owner has begun. */
  | { readonly owner: true };

const lockOf = (channel: string, viewer: string): string => `${channel}/view/${viewer}`;

/** A tab's own end. */
export class View {
  readonly #name = crypto.randomUUID();
  readonly #channel: BroadcastChannel;
  readonly #tell: (reply: Reply) => void;
  /** Asked, and not answered or ended yet: nobody will, once the owner is another one. */
  readonly #calls = new Set<number>();
  readonly #sockets = new Set<number>();
  #leave: () => void = () => {};

  private constructor(name: string, tell: (reply: Reply) => void) {
    this.#tell = tell;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
  }

  static async open(name: string, tell: (reply: Reply) => void): Promise<View> {
    const view = new View(name, tell);
    await new Promise<void>((held) => {
      const left = new Promise<void>((resolve) => (view.#leave = resolve));
      void navigator.locks.request(lockOf(name, view.#name), () => {
        held();
        return left;
      });
    });
    view.#post(null);
    return view;
  }

  #post(request: Exclude<Request, { readonly stop: true }> | null): void {
    const message: Message = { from: this.#name, request };
    this.#channel.postMessage(message);
  }

  send(request: Exclude<Request, { readonly stop: true }>): void {
    if ('call' in request) this.#calls.add(request.call);
    else if ('open' in request) this.#sockets.add(request.open);
    this.#post(request);
  }

  #hear(message: Message): void {
    if ('owner' in message) {
      this.#lose();
      this.#post(null);
    } else if ('to' in message && message.to === this.#name) {
      const { reply } = message;
      if ('answer' in reply) this.#calls.delete(reply.answer);
      else if ('closed' in reply) this.#sockets.delete(reply.closed);
      this.#tell(reply);
    }
  }

  #lose(): void {
    for (const answer of this.#calls)
      this.#tell({ answer, status: 503, body: 'the tab with the node was closed' });
    for (const closed of this.#sockets) this.#tell({ closed });
    this.#calls.clear();
    this.#sockets.clear();
  }

  close(): void {
    this.#lose();
    this.#channel.close();
    this.#leave();
  }
}

/** All others, as the owner of the node has them. */
export class Viewers {
  readonly #name: string;
  readonly #channel: BroadcastChannel;
  readonly #callers = new Map<string, Caller>();
  readonly #files: TabFiles;
  #rpc: Dispatcher | undefined;
  #isClosed = false;
  #state: TabNodeState = { phase: 'starting', text: '' };

  constructor(name: string, files: TabFiles) {
    this.#name = name;
    this.#files = files;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
    this.#post({ owner: true });
  }

  #post(message: Message): void {
    if (!this.#isClosed) this.#channel.postMessage(message);
  }

  /** Who asked before comes again. */
  serve(rpc: Dispatcher): void {
    this.#rpc = rpc;
    this.#post({ owner: true });
  }

  become(state: TabNodeState): void {
    this.#state = state.phase === 'running' ? { ...state, role: 'viewer' } : state;
    for (const to of this.#callers.keys()) this.#post({ to, reply: { state: this.#state } });
  }

  #hear(message: Message): void {
    if (!('from' in message) || this.#rpc === undefined) return;
    const { from, request } = message;
    let caller = this.#callers.get(from);
    if (caller === undefined) {
      const added = new Caller(this.#rpc, this.#files, (reply) => this.#post({ to: from, reply }));
      caller = added;
      this.#callers.set(from, added);
      void navigator.locks.request(lockOf(this.#name, from), () => {
        added.close();
        this.#callers.delete(from);
      });
    }
    if (request === null) this.#post({ to: from, reply: { state: this.#state } });
    else caller.take(request);
  }

  close(): void {
    for (const caller of this.#callers.values()) caller.close();
    this.#callers.clear();
    this.#rpc = undefined;
    this.#isClosed = true;
    this.#channel.close();
  }
}
