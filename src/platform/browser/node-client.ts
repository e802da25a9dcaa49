/**
 * The page's side of a node in this tab: starts its worker, and is a client of it like those of any other node. Owns
 * how calls and events go over the port; runs nothing of the node.
 */
import { type ClientAnswer, type ClientRequest, createClient, type RpcClient } from '../../client/client.ts';
import type { Reply, Request, TabNodeOptions, TabNodeState } from './protocol.ts';
import { startWorker } from './start-worker.ts';
import { FILE_PATH } from './tab-files.ts';

export interface TabNode {
  /** Calls, `wallet(name)`, `subscribe(…)`. While the node starts, calls get the usual error -28. */
  readonly client: RpcClient;
  readonly state: TabNodeState;
  /** What a method of the node has written under this name. @throws Error if there is nothing */
  takeFile(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** For a method of the node that reads a file of this name. */
  giveFile(name: string, bytes: Uint8Array): Promise<void>;
  /** Ends it in order; of a viewer only its view. What is kept is on the disk then. Resolves once `stopped`. */
  stop(): Promise<void>;
}

/**
 * @param script where the worker's script is: `npm run build` names it in the page's `data-worker`
 * @param onState told of each change, the first time before this returns
 * @param onWallet told that a wallet is made: a page may ask then that what is stored is kept when the disk is full
 */
export function startTabNode(
  script: string,
  options: TabNodeOptions,
  onState: (state: TabNodeState) => void,
  onWallet: () => void = () => {},
): TabNode {
  const { worker, port } = startWorker(script, 'node', options);
  const calls = new Map<number, (answer: ClientAnswer) => void>();
  const sockets = new Map<number, TabSocket>();
  let state: TabNodeState = { phase: 'starting', text: 'Starting…' };
  let stopped: () => void = () => {};
  const ended = new Promise<void>((resolve) => (stopped = resolve));
  const send = (request: Request): void => port.postMessage(request);
  const become = (next: TabNodeState): void => {
    if (state.phase === 'stopped') return;
    state = next;
    onState(state);
    if (state.phase !== 'stopped') return;
    for (const answer of calls.values()) answer(GONE);
    for (const socket of sockets.values()) socket.ended();
    worker.terminate();
    port.close();
    stopped();
  };
  port.onmessage = ({ data }: MessageEvent<Reply>) => {
    if ('state' in data) become(data.state);
    else if ('answer' in data) calls.get(data.answer)?.(data);
    else if ('from' in data) sockets.get(data.from)?.receive(data.text);
    else if ('closed' in data) sockets.get(data.closed)?.ended();
    else onWallet();
  };
  worker.onerror = ({ message }) =>
    become({ phase: 'stopped', error: message || 'the worker failed to load' });
  onState(state);

  let last = 0;
  const ask = (path: string, body: string, signal?: AbortSignal): Promise<ClientAnswer> => {
    if (state.phase === 'stopped') return Promise.resolve(GONE);
    const call = ++last;
    return new Promise<ClientAnswer>((resolve, reject) => {
      calls.set(call, resolve);
      signal?.addEventListener('abort', () => {
        send({ cancel: call });
        reject(signal.reason);
      });
      send({ call, path, body });
    }).finally(() => calls.delete(call));
  };
  const exchange = ({ url, body, signal }: ClientRequest): Promise<ClientAnswer> =>
    ask(new URL(url).pathname, body, signal);

  /** What the client uses of a WebSocket. */
  class TabSocket {
    onopen: (() => void) | null = null;
    onmessage: ((event: { readonly data: string }) => void) | null = null;
    onerror: ((event: { readonly message: string }) => void) | null = null;
    onclose: (() => void) | null = null;
    readonly #number = ++last;
    #isPaused = false;
    /** Characters that came and were not told to be taken. */
    #held = 0;

    constructor() {
      sockets.set(this.#number, this);
      queueMicrotask(() => {
        if (state.phase === 'stopped') return this.ended();
        send({ open: this.#number, path: '/' });
        this.onopen?.();
      });
    }

    send(text: string): void {
      send({ to: this.#number, text });
    }

    receive(text: string): void {
      this.#take(text.length);
      this.onmessage?.({ data: text });
    }

    /** Of who does not take what it is told, the node does not send more than a megabyte. */
    #take(length: number): void {
      this.#held += length;
      if (this.#isPaused) return;
      send({ taken: this.#held, of: this.#number });
      this.#held = 0;
    }

    pause(): void {
      this.#isPaused = true;
    }

    resume(): void {
      this.#isPaused = false;
      this.#take(0);
    }

    ended(): void {
      if (sockets.delete(this.#number)) this.onclose?.();
    }

    close(): void {
      send({ close: this.#number });
      this.ended();
    }
  }

  return {
    client: createClient({ url: 'http://tab/', cookie: () => '', exchange, WebSocket: TabSocket as never }),
    get state() {
      return state;
    },
    async takeFile(name) {
      const { status, body } = await ask(FILE_PATH + name, '');
      if (status !== 200) throw new Error(`The node has no file ${name}`);
      return Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0));
    },
    async giveFile(name, bytes) {
      const body = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
      const { status } = await ask(FILE_PATH + name, body);
      if (status !== 200) throw new Error('The node does not run');
    },
    stop: () => {
      send({ stop: true });
      return ended;
    },
  };
}

const GONE: ClientAnswer = { status: 503, body: 'the node in this tab was stopped' };
