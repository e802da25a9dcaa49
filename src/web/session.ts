/**
 * Who calls, and whom: the password that the link brought, and the clients made with it. A password in a header instead
 * of a cookie: no other page can make this browser send it.
 */
import { signal } from '@preact/signals';
import { createClient, type RpcClient } from '../client/client.ts';
import { Watched } from './watched-socket.ts';

const STORED = 'key';
export const isDevnet = document.documentElement.dataset.of === 'devnet';
const origin = `${location.origin}/`;

export const hasKey = signal(sessionStorage.getItem(STORED) !== null);

/** From the fragment, which is dropped: nobody is to read it in the address or the history. */
export function takeKey(): void {
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (key === null) return;
  history.replaceState(null, '', location.pathname);
  if (key !== '') keepKey(key);
}

/** @param key the cookie's password, or `user:password` */
export function keepKey(key: string): void {
  sessionStorage.setItem(STORED, key.includes(':') ? key : `__cookie__:${key}`);
  hasKey.value = true;
}

export function forgetKey(): void {
  sessionStorage.removeItem(STORED);
  hasKey.value = false;
}

const ownPassword = (): string => sessionStorage.getItem(STORED) ?? '';

/** The server that the page is from: a node, or a devnet's control API. */
export const server: RpcClient = createClient({ url: origin, cookie: ownPassword });

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
}

/** The devnet's nodes and links; of a single node only itself. */
export async function list(): Promise<{ nodes: readonly NodeFacts[]; links: readonly LinkFacts[] }> {
  if (isDevnet) return server.call('list');
  const wallets = await server.listwallets().catch(() => []);
  return { nodes: [{ name: 'this node', state: 'running', url: origin, wallets }], links: [] };
}

/** @param onConnection told whether its events come */
export function clientOf({ name, url }: NodeFacts, onConnection: (isOpen: boolean) => void): RpcClient {
  const cookie = async (): Promise<string> => {
    if (!isDevnet) return ownPassword();
    const passwords = await server.call<readonly { name: string; password: string }[]>('passwords');
    const own = passwords.find((each) => each.name === name);
    if (own === undefined) throw new Error(`${name} does not run`);
    return own.password;
  };
  class Socket extends Watched {
    override told(isOpen: boolean): void {
      onConnection(isOpen);
    }
  }
  return createClient({ url, cookie, WebSocket: Socket as never });
}
