import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryNode } from '../../../../scripts/conformance/memory-node.ts';
import { REGTEST } from '../../../../src/core/parameters/presets.ts';
import { Authentication } from '../../../../src/platform/node/rpc/authentication.ts';
import { restRoute } from '../../../../src/platform/node/rpc/rest-route.ts';
import { RpcServer } from '../../../../src/platform/node/rpc/server.ts';
import { silentLogger } from '../../../support/memory-chain.ts';

let memory: MemoryNode;
let server: RpcServer;
let base: string;

beforeAll(async () => {
  memory = await MemoryNode.open(REGTEST);
  const options = {
    ...{
      bind: [{ host: '127.0.0.1', port: 0 }],
      allowIp: [],
      allowHost: [],
      allowOrigin: ['http://page.example'],
    },
    ...{ whitelist: new Map(), whitelistDefault: false },
  };
  const routes = [restRoute(memory.node.rpc)];
  const { rpc: dispatcher } = memory.node;
  const dependencies = { dispatcher, authentication: new Authentication(), logger: silentLogger, routes };
  server = new RpcServer(options, dependencies);
  base = `http://127.0.0.1:${await server.start()}`;
});
afterAll(async () => {
  await server.stop();
  await memory.stop();
});

test('needs no password, and says what may be kept', async () => {
  const { hash } = memory.node.chain.genesis;
  const block = await fetch(`${base}/rest/block/${hash}.bin`);
  expect([block.status, block.headers.get('cache-control'), block.headers.get('content-type')]).toEqual([
    200,
    'public, immutable, max-age=86400',
    'application/octet-stream',
  ]);
  expect(new Uint8Array(await block.arrayBuffer())).toHaveLength(Number(block.headers.get('content-length')));
  const info = await fetch(`${base}/rest/chaininfo.json?x=%`, { headers: { origin: 'http://page.example' } });
  expect([
    info.status,
    info.headers.get('cache-control'),
    info.headers.get('access-control-allow-origin'),
  ]).toEqual([200, 'no-store', 'http://page.example']);
  const text = await fetch(`${base}/rest/blockhashbyheight/0.hex`);
  expect([text.headers.get('content-type'), await text.text()]).toEqual(['text/plain', `${hash}\n`]);
});

test('takes a body, of some size', async () => {
  const post = (body: string) => fetch(`${base}/rest/getutxos.hex`, { method: 'POST', body });
  expect((await post(`0001${'00'.repeat(36)}`)).status).toBe(200);
  expect((await post('00'.repeat(40_000))).status).toBe(413);
});

test('keeps out other pages, and names that are not the node', async () => {
  const status = async (headers: Record<string, string>) =>
    (await fetch(`${base}/rest/chaininfo.json`, { headers })).status;
  expect(await status({ origin: 'http://elsewhere.example' })).toBe(403);
  expect((await fetch(`${base}/rest`)).status).toBe(404);
  expect((await fetch(`${base}/rest/chaininfo.json`, { method: 'DELETE' })).status).toBe(405);
  // The RPC beside it goes on asking.
  expect((await fetch(base, { method: 'POST', body: '{}' })).status).toBe(401);
});
