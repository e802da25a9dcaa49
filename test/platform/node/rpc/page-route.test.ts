import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryNode } from '../../../../scripts/conformance/memory-node.ts';
import { buildPage } from '../../../../scripts/package/build-page.ts';
import { REGTEST } from '../../../../src/core/parameters/presets.ts';
import { Authentication } from '../../../../src/platform/node/rpc/authentication.ts';
import { pageRoute } from '../../../../src/platform/node/rpc/page-route.ts';
import { RpcServer } from '../../../../src/platform/node/rpc/server.ts';
import { silentLogger } from '../../../support/memory-chain.ts';

/** Bytes of the first view as it is sent. */
const BUDGET = 60_000;

const directory = mkdtempSync(join(tmpdir(), 'penny-page-'));
let memory: MemoryNode;
let server: RpcServer;
let port: number;

beforeAll(async () => {
  await buildPage(directory);
  writeFileSync(join(directory, 'secret.txt'), 'not a part of it');
  memory = await MemoryNode.open(REGTEST);
  const authentication = new Authentication();
  authentication.addPassword('user', 'password');
  const { rpc: dispatcher } = memory.node;
  const options = {
    ...{ bind: [{ host: '127.0.0.1', port: 0 }], allowIp: [], allowHost: [], allowOrigin: [] },
    ...{ whitelist: new Map(), whitelistDefault: false, servesPage: true },
  };
  const routes = [await pageRoute({ directory })];
  server = new RpcServer(options, { dispatcher, authentication, logger: silentLogger, routes });
  port = await server.start();
});
afterAll(async () => {
  await server.stop();
  await memory.stop();
  rmSync(directory, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, { headers, redirect: 'manual' });

test('the first view keeps within its budget', () => {
  const files = readdirSync(directory).filter((name) => /^(index|page)/.test(name));
  expect(files).toHaveLength(3);
  const size = files.reduce((sum, name) => sum + gzipSync(readFileSync(join(directory, name))).length, 0);
  expect(size).toBeLessThan(BUDGET);
  expect(size).toBeGreaterThan(10_000);
});

test('the files of the page are served without a password, and nothing else', async () => {
  const first = await get('/web/');
  const html = await first.text();
  expect([first.status, first.headers.get('cache-control')]).toEqual([200, 'no-store']);
  expect(html).not.toMatch(/<script>|style=|APP\./);
  for (const [, name] of html.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)) {
    const { status, headers } = await get(`/web/${name}`);
    expect([status, headers.get('cache-control')]).toEqual([200, 'private, max-age=31536000, immutable']);
  }
  expect((await get('/web')).headers.get('location')).toBe('/web/');
  for (const path of [
    '/web/secret.txt',
    '/web/../package.json',
    '/web/%2e%2e/package.json',
    '/website',
    '/web/x/',
    '/web//',
  ])
    expect((await get(path)).status, path).toBe(404);
});

test('nothing may run in the page but its files, and nobody may frame it', async () => {
  const { headers } = await get('/web/');
  const policy = headers.get('content-security-policy')!;
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
  expect(policy).toContain("connect-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain('unsafe');
  expect([headers.get('x-content-type-options'), headers.get('referrer-policy')]).toEqual([
    'nosniff',
    'no-referrer',
  ]);
  const devnet = await pageRoute({ directory, isDevnet: true });
  const answer = await devnet.answer({ originalUrl: '/web/' } as never);
  expect(Buffer.from(answer.body).toString()).toContain('data-of="devnet"');
  expect(answer.headers['content-security-policy']).toContain(
    "connect-src 'self' http://127.0.0.1:* ws://127.0.0.1:*;",
  );
});

test('its own page may call, with the password; others may not even with it, nor by another name', async () => {
  const call = async (origin: string, password = 'password', host = `127.0.0.1:${port}`): Promise<number> => {
    const { request } = await import('node:http');
    return new Promise((resolve, reject) => {
      const headers = { host, origin, authorization: `Basic ${btoa(`user:${password}`)}` };
      const sent = request(
        { port, host: '127.0.0.1', method: 'POST', path: '/', headers },
        ({ statusCode }) => resolve(statusCode!),
      );
      sent.on('error', reject);
      sent.end('{"method":"getblockcount","id":1}');
    });
  };
  const own = `http://127.0.0.1:${port}`;
  expect(await call(own)).toBe(200);
  expect(await call(own, 'wrong')).toBe(401);
  for (const other of [
    'http://evil.example',
    `http://127.0.0.1:${port + 1}`,
    `https://127.0.0.1:${port}`,
    'null',
    `http://localhost:${port}`,
  ])
    expect(await call(other), other).toBe(403);
  // By DNS rebinding the names agree, but are none of this node's.
  expect(await call(`http://evil.example:${port}`, 'password', `evil.example:${port}`)).toBe(403);
});

test('a page that was not built is missed at the start', async () => {
  await expect(pageRoute({ directory: join(directory, 'nothing') })).rejects.toThrow(
    'npm run build makes it',
  );
});
