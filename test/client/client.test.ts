/** The typed client: what compiles, and what goes over the wire of a real server. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest';
import { MemoryNode } from '../../scripts/conformance/memory-node.ts';
import { createClient, type RpcClient, RpcError } from '../../src/client/client.ts';
import { REGTEST } from '../../src/core/parameters/presets.ts';

let memory: MemoryNode;
let server: Server;
let client: RpcClient;
let cookie = 'user:right';
const refusals: number[] = [];
const bodies: string[] = [];

beforeAll(async () => {
  memory = await MemoryNode.open(REGTEST, 1_600_000_000);
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    bodies.push(body);
    const status =
      refusals.shift() ?? (request.headers.authorization === `Basic ${btoa('user:right')}` ? 200 : 401);
    if (status !== 200) return response.writeHead(status).end();
    const answer = await memory.node.rpc.handle(body, {
      path: request.url!,
      user: 'user',
      signal: new AbortController().signal,
    });
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = createClient({ url: `http://127.0.0.1:${port}/`, cookie: () => cookie, retryDelay: 1 });
});
afterAll(async () => {
  server.close();
  await memory.stop();
});

test('parameters and answers are typed, by name and by position', async () => {
  const best = await client.getbestblockhash();
  expectTypeOf(best).toEqualTypeOf<string>();
  const hex = await client.getblock({ blockhash: best, verbosity: 0 });
  expectTypeOf(hex).toEqualTypeOf<string>();
  expect(hex).toMatch(/^01000000/);
  const plain = await client.getblock({ blockhash: best });
  expectTypeOf(plain.tx).toEqualTypeOf<readonly string[]>();
  const full = await client.getblock({ blockhash: best, verbosity: 2 });
  expectTypeOf(full.tx[0]!.vout[0]!.value).toEqualTypeOf<number>();
  expect(full.tx[0]!.vout[0]!.value).toBe(50);
  expect(await client.getblockhash(0)).toBe(best);
  expectTypeOf((await client.getmempoolinfo()).mempoolminfee).toEqualTypeOf<number>();
});

test('what does not fit does not compile', () => {
  const never = (): void => {
    // @ts-expect-error no such method
    void client.getblok();
    // @ts-expect-error an argument is missing
    void client.getblock({ verbosity: 1 });
    // @ts-expect-error an unknown argument
    void client.getblock({ blockhash: '', verbose2: 1 });
    // @ts-expect-error of a wrong type
    void client.getblock({ blockhash: 1 });
    // @ts-expect-error no type of any parameter
    void client.getblockhash(true);
    // @ts-expect-error the height is required
    void client.getblockhash();
  };
  expect(never).toBeTypeOf('function');
});

test('an error has code, message and method', async () => {
  const error = await client.getblockhash({ height: 7 }).catch((each: unknown) => each);
  expect(error).toBeInstanceOf(RpcError);
  expect(error).toMatchObject({ code: -8, message: 'Block height out of range', method: 'getblockhash' });
});

test('a batch is one request, with a tuple of answers', async () => {
  bodies.length = 0;
  const [height, hash] = await client.batch((c) => [c.getblockcount(), c.getblockhash({ height: 0 })]);
  expectTypeOf(height).toEqualTypeOf<number>();
  expectTypeOf(hash).toEqualTypeOf<string>();
  expect([height, hash.length, bodies.length]).toEqual([0, 64, 1]);
  await expect(client.batch((c) => [c.uptime(), c.getblockhash(9)])).rejects.toMatchObject({
    method: 'getblockhash',
  });
  expect(await client.batch(() => [])).toEqual([]);
});

test('only a call that has not run is made again', async () => {
  refusals.push(503, 401);
  expect(await client.with({ retries: 2 }).getblockcount()).toBe(0);
  refusals.push(500);
  await expect(client.with({ retries: 2 }).getblockcount()).rejects.toThrow('HTTP status 500');
  refusals.push(503);
  await expect(client.getblockcount()).rejects.toThrow('busy');
  cookie = 'user:wrong';
  await expect(client.getblockcount()).rejects.toThrow('wrong user or password');
  cookie = 'user:right';
});

test('a call ends when its time is up, or when it is told to', async () => {
  await expect(client.with({ timeout: 20 }).waitfornewblock()).rejects.toThrow(/timeout|aborted/);
  const stop = new AbortController();
  const waiting = client.waitfornewblock({ timeout: 0 }, { signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

test('a wallet is part of the address, and a client no promise', async () => {
  await client.call('createwallet', 'of mine');
  const wallet = client.wallet('of mine');
  expect(await wallet.call('getwalletinfo')).toMatchObject({ walletname: 'of mine' });
  expect(await Promise.resolve(wallet)).toBe(wallet);
});
