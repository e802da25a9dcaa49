/**
 * The page: files that `npm run build` has made and compressed, read once. It is given to whoever may connect; what it shows it asks
 * by RPC, as the user that its key makes it.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Route } from './route.ts';
import { type TabNetwork, tabRoute } from './tab-route.ts';

const DIRECTORY = fileURLToPath(new URL('../../../web/', import.meta.url));
const FIRST = 'index.html';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** How a file may be sent (RFC 9110, 8.4), the shortest first, and what its name then ends with. */
const CODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

export interface PageOptions {
  /** Of a devnet, whose page calls nodes at other ports of this machine. */
  readonly isDevnet?: boolean;
  /** It may look at everything, and change nothing. */
  readonly readOnly?: boolean;
  /** Of a node in its tab. */
  readonly tab?: () => Promise<TabNetwork | null>;
  readonly directory?: string;
}

/**
 * Nothing from elsewhere is loaded, and nothing that is put into the page runs: all scripts and styles are files. The
 * page cannot be framed, and tells nobody where it is. A node in a tab dials nodes of this machine, its hashes and
 * signatures are WebAssembly, and its threads share memory. For all that its server answers: what is no part of the page
 * must not be taken for one either.
 */
export function pageHeaders({ isDevnet = false }: PageOptions): Readonly<Record<string, string>> {
  const nodes = isDevnet ? ' http://127.0.0.1:*' : '';
  const policy = {
    'default-src': "'none'",
    'script-src': "'self' 'wasm-unsafe-eval'",
    'worker-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self' data:",
    'connect-src': `'self' ws://127.0.0.1:*${nodes}`,
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'require-trusted-types-for': "'script'",
  };
  return {
    'content-security-policy': Object.entries(policy)
      .map(([name, value]) => `${name} ${value}`)
      .join('; '),
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    // But for files that are named by what is in them.
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
}

/** @throws Error if the page was not built */
export async function pageRoutes({
  isDevnet = false,
  readOnly = false,
  tab,
  directory = DIRECTORY,
}: PageOptions = {}): Promise<Route[]> {
  const files = await readFiles(directory);
  const first = files.get(FIRST);
  if (first === undefined) throw new Error(`There is no page in ${directory}: npm run build makes it`);
  const said = `data-of="${isDevnet ? 'devnet' : 'node'}" data-may="${readOnly ? 'read' : 'all'}"`;
  const html = Buffer.from(first.toString().replace('data-of="node" data-may="all"', said));
  files.set(FIRST, html).set(`${FIRST}.br`, brotliCompressSync(html)).set(`${FIRST}.gz`, gzipSync(html));
  const routes = [...files.keys()]
    .filter((name) => TYPES[extname(name)] !== undefined)
    .map(
      (name): Route => ({
        path: name === FIRST ? '/' : `/${name}`,
        methods: ['GET', 'HEAD'],
        bodyLimit: 1,
        async answer({ headers: { 'accept-encoding': accepted = '' } }) {
          const [coding, end = ''] =
            CODINGS.find(([each, suffix]) => files.has(name + suffix) && accepts(`${accepted}`, each)) ?? [];
          return {
            status: 200,
            headers: {
              'content-type': TYPES[extname(name)]!,
              ...(coding && { 'content-encoding': coding }),
              vary: 'accept-encoding',
              // All but the first are named by what is in them.
              'cache-control': name === FIRST ? 'no-store' : 'private, max-age=31536000, immutable',
            },
            body: files.get(name + end)!,
          };
        },
      }),
    );
  return tab === undefined ? routes : [...routes, tabRoute(tab)];
}

/** @param accepted as `Accept-Encoding` says it: only what is named there, and not with a weight of nothing */
const accepts = (accepted: string, coding: string): boolean =>
  accepted
    .toLowerCase()
    .split(',')
    .map((each) => each.split(';').map((part) => part.trim()))
    .some(([name, weight = '']) => name === coding && !/^q=0(\.0*)?$/.test(weight));

async function readFiles(directory: string): Promise<Map<string, Buffer>> {
  const names = await readdir(directory).catch(() => []);
  const served = names.filter((name) => TYPES[extname(basename(basename(name, '.br'), '.gz'))] !== undefined);
  return new Map(
    await Promise.all(served.map(async (name) => [name, await readFile(join(directory, name))] as const)),
  );
}

/** Where the page is, with what opens it: a browser sends nothing behind the `#`. */
export const pageLink = (port: number, key: string): string => `http://127.0.0.1:${port}/#key=${key}`;
