import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryNode } from '../../../../scripts/conformance/memory-node.ts';
import { buildPage } from '../../../../scripts/package/build-page.ts';
import { REGTEST } from '../../../../src/core/parameters/presets.ts';
import { onLoopback, type RpcEndpoint, serveRpc } from '../../../../src/platform/node/create-node.ts';
import { pageRoutes } from '../../../../src/platform/node/rpc/page-route.ts';
import { networkNamed, type TabNetwork } from '../../../../src/platform/node/rpc/tab-route.ts';
import { READ_METHODS } from '../../../../src/rpc/read-methods.ts';
import { silentLogger } from '../../../support/memory-chain.ts';

/** Bytes of the first view as it is sent. */
const BUDGET = 60_000;
/** The same of what is loaded at once later: the rules of scripts, when one is first looked at, are the most of it. */
const STEPPER_BUDGET = 20_000;

const directory = mkdtempSync(join(tmpdir(), 'penny-page-'));
let memory: MemoryNode;
let page: RpcEndpoint;
let readOnly: RpcEndpoint;
let key: string;
let network: TabNetwork | null = null;

beforeAll(async () => {
  await buildPage(directory);
  writeFileSync(join(directory, 'secret.txt'), 'not a part of it');
  memory = await MemoryNode.open(REGTEST);
  const serve = (options: object) =>
    serveRpc(
      { server: onLoopback(0), cookieFile: null, user: { name: 'user', password: 'password' }, rpcAuth: [] },
      memory.node.rpc,
      null,
      silentLogger,
      { directory, ...options },
    );
  page = await serve({ isDevnet: true, tab: async () => network });
  readOnly = await serve({ readOnly: true });
  key = new URL(page.pageLink!).hash.slice('#key='.length);
});
afterAll(async () => {
  await page.stop();
  await readOnly.stop();
  await memory.stop();
  rmSync(directory, { recursive: true });
});

const get = (path: string, { port } = page) => fetch(`http://127.0.0.1:${port}${path}`);

interface Sent {
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly to?: RpcEndpoint;
}

/** As a browser's page could send it, and more. */
function post({ path = '/', headers = {}, body, to = page }: Sent): Promise<{
  status: number;
  body: string;
  cookie: string | undefined;
}> {
  return new Promise((resolve, reject) => {
    const all = { 'content-type': 'application/json', ...headers };
    const options = { port: to.port, host: '127.0.0.1', method: 'POST', path, headers: all };
    const sent = request(options, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode!, body: text, cookie: response.headers['set-cookie']?.[0] }),
      );
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}

const login = (given: unknown, headers: Record<string, string> = {}, to = page) =>
  post({ path: '/login', body: { key: given }, headers, to });
/** Both halves. */
async function enter(to = page): Promise<{ cookie: string; authorization: string }> {
  const { cookie, body } = await login(new URL(to.pageLink!).hash.slice('#key='.length), {}, to);
  return {
    cookie: cookie!.split(';', 1)[0]!,
    authorization: `Basic ${btoa(`page:${JSON.parse(body).token}`)}`,
  };
}
const count = { method: 'getblockcount', id: 1 };

const sizeOf = (names: readonly string[]) =>
  names.reduce((sum, name) => {
    const path = join(directory, name);
    return sum + readFileSync(existsSync(`${path}.gz`) ? `${path}.gz` : path).length;
  }, 0);

test('the first view keeps within its budget, and what is loaded later within its own', () => {
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
  const named = (text: string, by: RegExp) => [...text.matchAll(by)].map(([, name]) => name!);
  const first = named(read('index.html'), /(?:src|href)="([^"]+\.(?:js|css))"/g);
  const code = first.filter((name) => name.endsWith('.js'));
  const partsOf = (name: string): string[] => named(read(name), /(?:from|import)"\.\/([^"]+)"/g);
  for (const name of code) expect(code).toEqual(expect.arrayContaining(partsOf(name)));
  expect(sizeOf(first) + readFileSync(join(directory, 'index.html')).length).toBeLessThan(BUDGET);
  expect(sizeOf(first)).toBeGreaterThan(10_000);
  const known = new Set(code);
  const later = code.flatMap((name) => named(read(name), /import\("\.\/([^"]+)"\)/g));
  expect(later).toHaveLength(2);
  for (const name of later) {
    const parts = [name, ...partsOf(name)].filter((part) => !known.has(part));
    expect(sizeOf(parts), name).toBeLessThan(STEPPER_BUDGET);
    for (const part of parts) known.add(part);
    // The curve, where the first signature is met.
    later.push(...named(read(name), /import\("\.\/([^"]+)"\)/g));
  }
  expect(later).toHaveLength(3);
});

test('the files of the page are served without a password, and nothing else', async () => {
  const first = await get('/');
  const html = await first.text();
  expect([first.status, first.headers.get('cache-control')]).toEqual([200, 'no-store']);
  expect(html).not.toMatch(/<script>|style=|APP\./);
  for (const [, name] of html.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)) {
    const { status, headers } = await get(`/${name}`);
    expect([status, headers.get('cache-control')]).toEqual([200, 'private, max-age=31536000, immutable']);
  }
  for (const path of ['/secret.txt', '/../package.json', '/%2e%2e/package.json', '/web/', '/x/', '//'])
    expect((await get(path)).status, path).toBe(404);
});

/** As it is on the wire. */
function fetched(path: string, accepted: string): Promise<{ headers: IncomingHttpHeaders; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const own = `http://127.0.0.1:${page.port}`;
    const headers = { 'accept-encoding': accepted };
    const sent = request(`${own}${path}`, { headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(pieces) }));
    });
    sent.on('error', reject).end();
  });
}

test('they are sent as short as who asks can read them', async () => {
  const { body: html } = await fetched('/', 'identity');
  const names = [...html.toString().matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map(([, name]) => name!);
  for (const path of ['/', ...names.map((name) => `/${name}`)]) {
    const plain = await fetched(path, '');
    const isTiny = plain.body.length < 200;
    for (const [accepted, coding, read] of [
      ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
      ['gzip;q=1.0, br;q=0', 'gzip', gunzipSync],
      ['GZIP', 'gzip', gunzipSync],
      ['br;q=0.000, gzip;q=0, *', undefined, (body: Buffer) => body],
      ['brotli, x-gzip', undefined, (body: Buffer) => body],
    ] as const) {
      const { headers, body } = await fetched(path, accepted);
      const isCoded = coding !== undefined && !(isTiny && headers['content-encoding'] === undefined);
      expect([path, accepted, headers['content-encoding']]).toEqual([
        path,
        accepted,
        isCoded ? coding : undefined,
      ]);
      expect(headers.vary).toBe('accept-encoding');
      expect(headers['content-length']).toBe(String(body.length));
      expect(headers['content-type']).toBe(plain.headers['content-type']);
      for (const name of [
        'content-security-policy',
        'x-content-type-options',
        'cross-origin-embedder-policy',
      ])
        expect(headers[name], name).toBe(plain.headers[name]);
      expect((isCoded ? read(body) : body).equals(plain.body)).toBe(true);
      if (isCoded) expect(body.length).toBeLessThan(plain.body.length);
    }
  }
  for (const suffix of ['.gz', '.br']) expect((await get(`/${names[0]}${suffix}`)).status).toBe(404);
});

test('nothing may run in the page but its files, and nobody may frame it', async () => {
  const { headers } = await get('/', readOnly);
  const policy = headers.get('content-security-policy')!;
  expect(policy).toContain("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self';");
  expect(policy).toContain("style-src 'self'; img-src 'self' data:; connect-src 'self' ws://127.0.0.1:*;");
  expect(policy).toContain("frame-ancestors 'none'; require-trusted-types-for 'script'");
  expect(policy).not.toMatch(/unsafe-(inline|eval)(?<!wasm-unsafe-eval)/);
  for (const [name, value] of [
    ['x-content-type-options', 'nosniff'],
    ['referrer-policy', 'no-referrer'],
    ['cross-origin-opener-policy', 'same-origin'],
    ['cross-origin-embedder-policy', 'require-corp'],
  ] as const)
    expect(headers.get(name)).toBe(value);
  const devnet = await get('/');
  expect(await devnet.text()).toContain('data-of="devnet" data-may="all"');
  expect(devnet.headers.get('content-security-policy')).toContain(
    "connect-src 'self' ws://127.0.0.1:* http://127.0.0.1:*;",
  );
});

test('whatever the server of a page answers, it can be taken for no other thing, nor framed, nor kept', async () => {
  for (const [path, method, status] of [
    ['/', 'GET', 200],
    ['/', 'POST', 401],
    ['/', 'OPTIONS', 405],
    ['/', 'PUT', 405],
    ['/wallet/w', 'POST', 401],
    ['/events', 'GET', 401],
    ['/login', 'POST', 415],
    ['/network.json', 'GET', 503],
    ['/health', 'GET', 503],
    ['/nothing', 'GET', 404],
    ['/%', 'GET', 400],
  ] as const) {
    const { status: got, headers } = await fetch(`http://127.0.0.1:${page.port}${path}`, { method });
    const name = `${method} ${path}`;
    expect([name, got]).toEqual([name, status]);
    expect(headers.get('content-security-policy'), name).toContain("default-src 'none'");
    expect(headers.get('content-security-policy'), name).toContain("frame-ancestors 'none'");
    for (const [header, value] of [
      ['x-content-type-options', 'nosniff'],
      ['referrer-policy', 'no-referrer'],
      ['cross-origin-opener-policy', 'same-origin'],
      ['cross-origin-embedder-policy', 'require-corp'],
      ['cross-origin-resource-policy', 'same-origin'],
      ['cache-control', 'no-store'],
    ] as const)
      expect(headers.get(header), `${header} of ${name}`).toBe(value);
  }
});

test('its key gives two halves of a password, of which neither opens anything alone', async () => {
  const { status, cookie } = await login(key);
  expect([status, cookie]).toEqual([
    200,
    expect.stringMatching(new RegExp(`^penny-${page.port}=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Strict$`)),
  ]);
  const halves = await enter();
  const other = await enter(readOnly);
  const call = async (headers: Record<string, string>, to = page) =>
    (await post({ headers, body: count, to })).status;
  expect(await call(halves)).toBe(200);
  expect(await call({ ...halves, cookie: `a=b; ${halves.cookie}; c` })).toBe(200);
  const { authorization } = halves;
  for (const headers of [
    { authorization },
    { cookie: halves.cookie },
    { authorization, cookie: other.cookie },
    { authorization, cookie: `penny=${key}` },
    { authorization: `Basic ${btoa(`page:${key}`)}`, cookie: halves.cookie },
    { authorization: `Basic ${btoa(`__cookie__:${key}`)}`, cookie: halves.cookie },
  ] as Record<string, string>[])
    expect(await call(headers), JSON.stringify(headers)).toBe(401);
  // No browser asks its user for a password.
  expect(
    (await fetch(`http://127.0.0.1:${page.port}/`, { method: 'POST' })).headers.has('www-authenticate'),
  ).toBe(false);
  // Nor at another port, where another run serves.
  expect(await call(halves, readOnly)).toBe(401);
  // Others have a password of their own, and need no cookie.
  expect(await call({ authorization: `Basic ${btoa('user:password')}` })).toBe(200);
});

test('only its own page is let in, by JSON, with the key of this run', async () => {
  const own = `http://127.0.0.1:${page.port}`;
  expect((await login(key, { origin: own })).status).toBe(200);
  const others = ['http://evil.example', `http://127.0.0.1:${page.port + 1}`, own.replace('http', 'https')];
  for (const origin of [...others, 'null', own.replace('127.0.0.1', 'localhost')]) {
    expect((await login(key, { origin })).status, origin).toBe(403);
    expect((await post({ headers: { ...(await enter()), origin }, body: count })).status, origin).toBe(403);
  }
  // By DNS rebinding the names agree, but are none of this machine's.
  const rebound = { origin: `http://evil.example:${page.port}`, host: `evil.example:${page.port}` };
  expect((await login(key, rebound)).status).toBe(403);
  expect((await post({ headers: { ...(await enter()), ...rebound }, body: count })).status).toBe(403);
  expect((await login(key, { 'content-type': 'text/plain' })).status).toBe(415);
  for (const wrong of [
    `${key}0`,
    key.toUpperCase(),
    '',
    null,
    [key],
    new URL(readOnly.pageLink!).hash.slice(5),
  ])
    expect((await login(wrong)).status, String(wrong)).toBe(401);
  expect((await post({ path: '/login', body: 'x'.repeat(300) })).status).toBe(413);
  expect((await get('/login')).status).toBe(404);
});

test('a tab is told which network it is of, as soon as that is known', async () => {
  expect((await get('/network.json')).status).toBe(503);
  network = { network: networkNamed(REGTEST), peers: { node1: '127.0.0.1:1' } };
  const answer = await get('/network.json');
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { network: 'regtest', peers: { node1: '127.0.0.1:1' } },
  ]);
  expect((await get('/network.json', readOnly)).status).toBe(404);
  expect(networkNamed({ ...REGTEST, name: 'own' })).toMatchObject({ name: 'own' });
});

test('who may only look is told what is refused, one by one and in a batch', async () => {
  const headers = await enter(readOnly);
  const call = async (body: unknown) => {
    const { status, body: text } = await post({ headers, body, to: readOnly });
    return [status, JSON.parse(text).error?.message ?? null];
  };
  expect(await (await get('/', readOnly)).text()).toContain('data-may="read"');
  expect(await call(count)).toEqual([200, null]);
  for (const method of ['stop', 'listwallets', 'sendtoaddress', 'setmining', 'addnode', 'logging', 'mine']) {
    const refused = [403, `RPC User page not allowed to call method ${method}`];
    expect(await call({ method, id: 1 })).toEqual(refused);
    expect(await call([count, { method, id: 2 }])).toEqual(refused);
  }
});

test('what may be looked at is there, and is of no wallet', () => {
  const { registry } = memory.node.rpc;
  for (const name of READ_METHODS) expect(registry[name]?.category, name).toMatch(/^(?!Wallet)./);
});

test('a page that was not built is missed at the start', async () => {
  await expect(pageRoutes({ directory: join(directory, 'nothing') })).rejects.toThrow(
    'npm run build makes it',
  );
});
