/**
 * Who calls, and whom: the token that the link's key was exchanged for, and the clients made with it. The server wants
 * its cookie besides: another page can make this browser send that, but not the token, and cannot read either.
 */
import { signal } from '@preact/signals';
import { type ClientAnswer, type ClientRequest, createClient, type RpcClient } from '../client/client.ts';
import { Watched } from './watched-socket.ts';

const STORED = 'token';
const { of, may } = document.documentElement.dataset;
export const isDevnet = of === 'devnet';
/** Whoever may only look is not shown what would be refused. */
export const mayWrite = may === 'all';
const origin = `${location.origin}/`;

export const isOpen = signal(localStorage.getItem(STORED) !== null);

/** From the fragment, which is dropped: nobody is to read it in the address or the history. */
export async function takeKey(): Promise<void> {
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (key === null) return;
  history.replaceState(null, '', location.pathname);
  await login(key).catch(() => {});
}

/** @throws Error if it is not the key of this run */
export async function login(key: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch('/login', { method: 'POST', headers, body: JSON.stringify({ key }) });
  if (!response.ok) throw new Error('That is not the key: a restart renews it.');
  localStorage.setItem(STORED, (await response.json()).token);
  isOpen.value = true;
}

const token = (): string | null => localStorage.getItem(STORED);
const ownPassword = (): string => `page:${token() ?? ''}`;
// Another tab of the page.
addEventListener('storage', () => (isOpen.value = token() !== null));

/** @param onRefused told that the password is not, or no more, the right one */
const exchangeOf =
  (onRefused: (used: string | null) => void) =>
  async ({ url, signal, ...request }: ClientRequest): Promise<ClientAnswer> => {
    const used = token();
    const response = await fetch(url, { method: 'POST', ...request, ...(signal && { signal }) });
    if (response.status === 401) onRefused(used);
    return { status: response.status, body: await response.text() };
  };

/** A node that was started again has another key. */
const exchange = exchangeOf((used) => {
  if (token() !== used) return;
  localStorage.removeItem(STORED);
  isOpen.value = false;
});

/** The server that the page is from: a node, or a devnet's control API. */
export const server: RpcClient = createClient({ url: origin, cookie: ownPassword, exchange });

export interface LinkFacts {
  readonly between: readonly [string, string];
  readonly delay?: number;
  readonly cut?: boolean;
}

export interface NodeFacts {
  readonly name: string;
  readonly state: string;
  readonly url: string;
  readonly wallets: readonly string[];
  readonly height?: number;
}

/** The devnet's nodes and links; of a single node only itself. */
export async function list(): Promise<{ nodes: readonly NodeFacts[]; links: readonly LinkFacts[] }> {
  if (isDevnet) return server.call('list');
  const wallets = mayWrite ? await server.listwallets().catch(() => []) : [];
  return { nodes: [{ name: 'this node', state: 'running', url: origin, wallets }], links: [] };
}

type Passwords = readonly { readonly name: string; readonly password: string }[];
/** Of a devnet's nodes: all are asked for at once, again when one is started again. */
let passwords: Promise<Passwords> | undefined;

async function passwordOf(name: string): Promise<string> {
  passwords ??= server.call<Passwords>('passwords');
  const all = await passwords.catch(() => []);
  const own = all.find((each) => each.name === name);
  if (own !== undefined) return own.password;
  passwords = undefined;
  throw new Error(`${name} does not run`);
}

/** @param onConnection told whether its events come */
export function clientOf({ name, url }: NodeFacts, onConnection: (isOpen: boolean) => void): RpcClient {
  // A view may have one of its own: that this is closed says nothing of the others.
  const open = new Set<Watched>();
  class Socket extends Watched {
    override told(isOpen: boolean): void {
      if (isOpen) open.add(this);
      else open.delete(this);
      onConnection(open.size > 0);
      if (open.size > 0) return;
      passwords = undefined;
      // A socket does not say why it was refused; a call does.
      if (!isDevnet) server.uptime().catch(() => {});
    }
  }
  const own = isDevnet
    ? { cookie: () => passwordOf(name), exchange: exchangeOf(() => (passwords = undefined)) }
    : { cookie: ownPassword, exchange };
  return createClient({ url, WebSocket: Socket as never, ...own });
}
