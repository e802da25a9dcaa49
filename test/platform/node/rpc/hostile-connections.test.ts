/** Thousands of strangers stand at the RPC port, and come again when they are hung up on: callers are served meanwhile. */
import { type ChildProcess, fork } from 'node:child_process';
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Authentication } from '../../../../src/platform/node/rpc/authentication.ts';
import { RpcServer } from '../../../../src/platform/node/rpc/server.ts';
import { createTestDispatcher } from '../../../support/rpc.ts';

/** `npm run test:hostile` makes it 10,000 that are idle and 2,000 that are slow. */
const SCALE = Number(process.env.PENNY_HOSTILE_SCALE ?? 1);
const IDLE = 2_000 * SCALE;
const SLOW = 400 * SCALE;
/** Connections that stand at most. */
const PLACES = 1_000;
/** Milliseconds in which half of the calls are answered; a quiet machine takes two. */
const FAST = 50;
const CALL = JSON.stringify({ method: 'sum', params: [1], id: 1 });

const authentication = new Authentication();
authentication.addPassword('user', 'secret');
const server = new RpcServer(
  {
    bind: [{ host: '127.0.0.1', port: 0 }],
    allowIp: [],
    allowHost: [],
    allowOrigin: [],
    whitelist: new Map(),
    whitelistDefault: false,
  },
  { dispatcher: createTestDispatcher().dispatcher, authentication, logger: { log: () => {} } },
);
let port: number;
let strangers: ChildProcess | undefined;
let reused = 0;

beforeAll(async () => {
  port = await server.start();
});
afterAll(async () => {
  strangers?.kill();
  await server.stop();
});

/** Milliseconds until the answer. @param agent keeps its connection for all its calls; false makes a new one. */
function call(agent: Agent | false): Promise<number> {
  const begun = performance.now();
  const headers = { authorization: `Basic ${btoa('user:secret')}`, 'content-length': CALL.length };
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', method: 'POST', agent, headers }, (reply) => {
      expect(reply.statusCode).toBe(200);
      if (sent.reusedSocket) reused++;
      reply.resume().on('end', () => resolve(performance.now() - begun));
    });
    sent.on('error', reject).end(CALL);
  });
}

test('strangers by the thousand keep no caller out, and end no connection of one', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await call(agent);
  const runner = new URL('strangers.ts', import.meta.url).pathname;
  const child = fork(runner, [port, IDLE, SLOW].map(String), { execArgv: ['--import', 'tsx'] });
  strangers = child;
  let state = { dialled: 0, open: 0 };
  child.on('message', (told) => {
    state = told as typeof state;
  });
  const times: { kept: number[]; fresh: number[] } = { kept: [], fresh: [] };
  for (let after = 0; after < 50; after += state.dialled < IDLE + SLOW ? 0 : 1) {
    times.kept.push(await call(agent));
    times.fresh.push(await call(false));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(reused).toBe(times.kept.length);
  // Some wait to be admitted, some to hear that they are not.
  await expect.poll(() => state.open).toBeLessThan(2 * PLACES);
  expect(state.open).toBeGreaterThan(PLACES / 2);
  if (SCALE > 1)
    for (const [kind, each] of Object.entries(times))
      expect(each.toSorted((a, b) => a - b)[each.length >> 1], kind).toBeLessThan(FAST);
  agent.destroy();
});
