/**
 * The page at `/web/`: files that `npm run build` has made, read once. It is given to whoever may connect; what it shows
 * it asks by RPC, with a password that its user brings.
 */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Route } from './server.ts';

const DIRECTORY = fileURLToPath(new URL('../../../web/', import.meta.url));
const PATH = '/web';
const FIRST = 'index.html';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

const NOTHING = new Uint8Array();

export interface PageOptions {
  /** Of a devnet, whose page calls nodes at other ports of this machine. */
  readonly isDevnet?: boolean;
  readonly directory?: string;
}

/**
 * Nothing from elsewhere is loaded, and nothing that is put into the page runs: all scripts and styles are files. The
 * page cannot be framed, and tells nobody where it is.
 */
function headersOf(isDevnet: boolean): Readonly<Record<string, string>> {
  const nodes = isDevnet ? ' http://127.0.0.1:* ws://127.0.0.1:*' : '';
  const policy = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self' data:",
    'connect-src': `'self'${nodes}`,
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'require-trusted-types-for': "'script'",
  };
  return {
    'content-security-policy': Object.entries(policy)
      .map(([name, value]) => `${name} ${value}`)
      .join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
}

/** @throws Error if the page was not built */
export async function pageRoute({
  isDevnet = false,
  directory = DIRECTORY,
}: PageOptions = {}): Promise<Route> {
  const files = await readFiles(directory);
  const first = files.get(FIRST);
  if (first === undefined) throw new Error(`There is no page in ${directory}: npm run build makes it`);
  if (isDevnet) files.set(FIRST, Buffer.from(first.toString().replace('data-of="node"', 'data-of="devnet"')));
  const headers = headersOf(isDevnet);
  return {
    path: PATH,
    isPrefix: true,
    methods: ['GET', 'HEAD'],
    bodyLimit: 1,
    async answer({ originalUrl }) {
      const path = originalUrl.split('?', 1)[0]!;
      if (path === PATH) return { status: 302, headers: { ...headers, location: `${PATH}/` }, body: NOTHING };
      const name = path.slice(PATH.length + 1) || FIRST;
      const body = path.startsWith(`${PATH}/`) ? files.get(name) : undefined;
      if (body === undefined) return { status: 404, headers, body: NOTHING };
      // All but the first are named by what is in them.
      const cache = name === FIRST ? 'no-store' : 'private, max-age=31536000, immutable';
      return {
        status: 200,
        headers: { ...headers, 'content-type': TYPES[extname(name)]!, 'cache-control': cache },
        body,
      };
    },
  };
}

async function readFiles(directory: string): Promise<Map<string, Buffer>> {
  const names = await readdir(directory).catch(() => []);
  const served = names.filter((name) => TYPES[extname(name)] !== undefined);
  return new Map(
    await Promise.all(served.map(async (name) => [name, await readFile(join(directory, name))] as const)),
  );
}

/** Where the page is, with what opens it: a browser sends nothing behind the `#`. */
export const pageLink = (port: number, password: string): string =>
  `http://127.0.0.1:${port}${PATH}/#key=${password}`;
