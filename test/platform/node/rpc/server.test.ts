import { createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Access } from '../../../../src/platform/node/rpc/access.ts';
import { Authentication } from '../../../../src/platform/node/rpc/authentication.ts';
import { RpcServer, type RpcServerOptions } from '../../../../src/platform/node/rpc/server.ts';
import { Visitors } from '../../../../src/platform/node/rpc/visitors.ts';
import { createTestDispatcher, type LoggedLine } from '../../../support/rpc.ts';

const OPTIONS: RpcServerOptions = {
  bind: [{ host: '127.0.0.1', port: 0 }],
  allowIp: [],
  allowHost: ['node.example'],
  allowOrigin: ['http://explorer.example'],
  whitelist: new Map(),
  whitelistDefault: false,
};

let server: RpcServer;
let port: number;
let lines: LoggedLine[];

async function start(options: Partial<RpcServerOptions> = {}): Promise<void> {
  const test = createTestDispatcher();
  lines = test.lines;
  const authentication = new Authentication();
  authentication.addPassword('user', 'pass:word');
  const hash = createHmac('sha256', 'salt').update('secret').digest('hex');
  authentication.addRpcAuth(`alice:salt$${hash}`);
  const logger = {
    log: (level: string, _category: string, message: string) => lines.push({ level, message }),
  };
  server = new RpcServer({ ...OPTIONS, ...options }, { dispatcher: test.dispatcher, authentication, logger });
  port = await server.start();
}

beforeEach(() => start());
afterEach(() => server.stop());

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;
const SUM = JSON.stringify({ method: 'sum', params: [1], id: 1 });

/** `headers` may take a standard header away with undefined. */
function send(
  body: string | Buffer,
  {
    method = 'POST',
    path = '/',
    headers = {},
  }: { method?: string; path?: string; headers?: Record<string, string | undefined> } = {},
): Promise<Reply> {
  const all = {
    authorization: basic('user:pass:word'),
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  };
  const given = Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, method, path, headers: given, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

describe('requests', () => {
  test('are answered with exactly application/json', async () => {
    const { status, headers, body } = await send(SUM, { headers: { 'content-type': 'application/json' } });
    expect([status, headers['content-type'], body]).toEqual([
      200,
      'application/json',
      '{"result":11,"error":null,"id":1}\n',
    ]);
  });

  test('are answered whole where the answer is in pieces, short or long, ASCII or not', async () => {
    for (const [each, count] of [
      ['ab', 3],
      ['ab', 50_000],
      ['é', 50_000],
      ['\u20ac', 30_000],
    ] as const) {
      const call = { method: 'pieces', params: [each, count], id: 1 };
      const { body, headers } = await send(JSON.stringify(call));
      expect(JSON.parse(body)).toEqual({ result: each.repeat(count), error: null, id: 1 });
      expect(Number(headers['content-length'])).toBe(Buffer.byteLength(body));
      const [member] = JSON.parse((await send(JSON.stringify([call]))).body);
      expect(member.result).toBe(each.repeat(count));
    }
  });

  test('may have any content type, or none', async () => {
    for (const type of [
      undefined,
      'text/plain',
      'application/json; charset=utf-8',
      'application/x-www-form-urlencoded',
    ])
      expect((await send(SUM, { headers: { 'content-type': type } })).status, type).toBe(200);
  });

  test('go to / and /wallet/<name> only', async () => {
    const named = JSON.stringify({ method: 'walletname', id: 1 });
    expect(JSON.parse((await send(named, { path: '/wallet/my%20wallet' })).body)).toMatchObject({
      result: 'my wallet',
    });
    expect(JSON.parse((await send(named, { path: '/wallet/a/b?x=1' })).body)).toMatchObject({
      result: 'a/b',
    });
    expect((await send(named, { path: '/?x=1' })).status).toBe(200);
    for (const type of ['application/x-www-form-urlencoded', 'application/json', undefined]) {
      const options = { path: '/elsewhere', headers: { 'content-type': type } };
      expect((await send('{', options)).status, type).toBe(404);
      expect((await send('{', { ...options, path: '/', method: 'PUT' })).status, type).toBe(405);
    }
  });

  test('must be POST', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const { status, body, headers } = await send('', { method, headers: { authorization: undefined } });
      expect([method, status, body, headers.allow]).toEqual([
        method,
        405,
        'JSONRPC server handles only POST requests',
        'POST',
      ]);
    }
    expect((await send('', { method: 'GET', path: '/wallet/x' })).status).toBe(405);
  });

  test('have the HTTP statuses of the dialects', async () => {
    const status = async (body: unknown) =>
      (await send(typeof body === 'string' ? body : JSON.stringify(body))).status;
    expect(await status({ method: 'nothing', id: 1 })).toBe(404);
    expect(await status({ jsonrpc: '2.0', method: 'nothing', id: 1 })).toBe(200);
    expect(await status({ id: 1 })).toBe(400);
    expect(await status({ method: 'refuse', id: 1 })).toBe(500);
    expect(await status('no json')).toBe(500);
    expect(await status('')).toBe(500);
    expect(await status([{ method: 'nothing', id: 1 }])).toBe(200);
    expect(await status([])).toBe(200);
  });

  test('a notification is answered 204 without a body', async () => {
    const { status, body } = await send(JSON.stringify({ jsonrpc: '2.0', method: 'sum', params: [1] }));
    expect([status, body]).toEqual([204, '']);
  });

  test('that are not UTF-8 are parse errors', async () => {
    const body = Buffer.concat([
      Buffer.from('{"method":"echo","params":["'),
      Buffer.of(0xff, 0xfe),
      Buffer.from('"],"id":1}'),
    ]);
    expect(JSON.parse((await send(body)).body)).toMatchObject({ error: { code: -32700 } });
  });
});

describe('passwords', () => {
  const status = async (authorization: string | undefined) =>
    (await send(SUM, { headers: { authorization } })).status;

  test('of the cookie, rpcuser and rpcauth are accepted', async () => {
    expect(await status(basic('user:pass:word'))).toBe(200);
    expect(await status(basic('alice:secret'))).toBe(200);
  });

  test('wrong or absent: 401 after 250 ms', async () => {
    for (const authorization of [
      undefined,
      basic('user:wrong'),
      basic('alice:pass:word'),
      basic('user'),
      'Bearer x',
      basic('bob:secret'),
    ]) {
      const before = performance.now();
      const { status: got, headers, body } = await send(SUM, { headers: { authorization } });
      expect([got, headers['www-authenticate'], body]).toEqual([401, 'Basic realm="jsonrpc"', '']);
      expect(performance.now() - before).toBeGreaterThanOrEqual(240);
    }
    expect(lines).toContainEqual({
      level: 'warn',
      message: 'ThreadRPCServer incorrect password attempt from 127.0.0.1',
    });
  });

  test('guessed many at once are answered one after the other; who called before does not wait', async () => {
    expect(await status(basic('user:pass:word'))).toBe(200);
    const before = performance.now();
    const guesses = Array.from({ length: 5 }, (_, i) => status(basic(`user:${i}`)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    // What is right, but not known yet, tells a guesser no sooner than what is wrong.
    const first = status(basic('alice:secret')).then((code) => [code, performance.now() - before]);
    const last = guesses.at(-1)!.then(() => 'the last guess');
    const known = status(basic('user:pass:word'));
    expect(await Promise.race([known, last])).toBe(200);
    expect(await Promise.all(guesses)).toEqual([401, 401, 401, 401, 401]);
    expect(performance.now() - before).toBeGreaterThanOrEqual(5 * 245);
    const [code, time] = await first;
    expect(code).toBe(200);
    expect(time).toBeGreaterThanOrEqual(6 * 245);
  });
});

describe('browsers', () => {
  const status = async (headers: Record<string, string>) => (await send(SUM, { headers })).status;

  test('may call from pages that were allowed only', async () => {
    expect(await status({ origin: 'http://evil.example' })).toBe(403);
    expect(await status({ origin: 'null' })).toBe(403);
    expect(await status({ origin: 'http://explorer.example' })).toBe(200);
  });

  test('are told which pages may call', async () => {
    const origin = 'http://explorer.example';
    const { status: got, headers } = await send('', {
      method: 'OPTIONS',
      headers: { origin, authorization: undefined },
    });
    expect([got, headers['access-control-allow-origin'], headers['access-control-allow-methods']]).toEqual([
      204,
      origin,
      'POST',
    ]);
    expect((await send(SUM, { headers: { origin } })).headers['access-control-allow-origin']).toBe(origin);
    const evil = await send('', { method: 'OPTIONS', headers: { origin: 'http://evil.example' } });
    expect([evil.status, evil.headers['access-control-allow-origin']]).toEqual([405, undefined]);
  });

  test('may not call by a name that somebody made point here', async () => {
    expect(await status({ host: `rebound.example:${port}` })).toBe(403);
    for (const host of [`localhost:${port}`, '127.0.0.1', `[::1]:${port}`, 'NODE.example'])
      expect(await status({ host }), host).toBe(200);
  });

  test('may call by a name without dots where others than this machine may', async () => {
    const told = async (allowIp: string[], host: string) => {
      await server.stop();
      await start({ allowIp });
      return status({ host });
    };
    for (const [allowed, host, expected] of [
      ['172.17.0.0/16', 'bitcoin:18443', 200],
      ['::/0', 'my_node-1', 200],
      ['127.0.0.0/7', 'bitcoin', 200],
      ['172.17.0.0/16', 'bitcoin.', 403],
      ['172.17.0.0/16', 'rebound.example', 403],
      ['172.17.0.0/16', 'x@bitcoin', 403],
      ['127.0.0.1', 'bitcoin', 403],
      ['127.0.0.0/8', 'bitcoin', 403],
      ['::1/128', 'bitcoin', 403],
    ] as const)
      expect(await told([allowed], host), `${allowed} ${host}`).toBe(expected);
    expect(await told([], 'bitcoin')).toBe(403);
  });
});

test('who may not connect is not listened to', () => {
  const access = new Access({ ...OPTIONS, allowIp: ['192.0.2.0/24'] }, new Authentication(), new Visitors());
  const isAllowed = (remoteAddress?: string) => access.isPeerAllowed({ remoteAddress } as Socket);
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '192.0.2.7', '::ffff:192.0.2.7'])
    expect(isAllowed(address), address).toBe(true);
  for (const address of ['192.0.3.1', '::ffff:192.0.3.1', '2001:db8::1', undefined])
    expect(isAllowed(address), address).toBe(false);
});

test("only methods on a user's whitelist may be called", async () => {
  await server.stop();
  await start({ whitelist: new Map([['user', new Set(['sum'])]]), whitelistDefault: true });
  expect((await send(SUM)).status).toBe(200);
  expect((await send(JSON.stringify({ method: 'uptime', id: 1 }))).status).toBe(403);
  expect((await send(SUM, { headers: { authorization: basic('alice:secret') } })).status).toBe(403);
});

describe('calls under way', () => {
  const WAIT = JSON.stringify({ method: 'wait', id: 1 });
  const request = (body: string, length = body.length): string =>
    `POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic('user:pass:word')}\r\nContent-Length: ${length}\r\n\r\n${body}`;
  const begin = async (text: string): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    await new Promise((resolve) => socket.write(text, resolve));
    return socket;
  };
  /** Statuses of calls that are made until one is as it should be. */
  const until = async (wanted: number): Promise<void> => {
    while ((await send(SUM)).status !== wanted) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  test('are as many as threads and queue together; beyond them 503', async () => {
    await server.stop();
    await start({ threads: 1, queue: 2 });
    const waiting = await Promise.all([WAIT, WAIT, WAIT].map((body) => begin(request(body))));
    await until(503);
    const { status, headers, body } = await send(SUM);
    expect([status, headers['content-type'], body]).toEqual([
      503,
      'text/plain; charset=utf-8',
      'Work queue depth exceeded',
    ]);
    expect(lines.at(-1)).toMatchObject({ level: 'warn', message: expect.stringContaining('-rpcworkqueue') });
    // Who hangs up makes room: what waited for it ends.
    waiting[0]!.destroy();
    await until(200);
    for (const socket of waiting) socket.destroy();
  });

  test('are counted before a large body is read; small ones may be slow', async () => {
    await server.stop();
    await start({ threads: 1, queue: 1 });
    const slow = await Promise.all(Array.from({ length: 9 }, () => begin(request('{', 100))));
    expect((await send(SUM)).status).toBe(200);
    const large = await Promise.all([1, 2].map(() => begin(request('{', 1_000_000))));
    await until(503);
    large[1]!.destroy();
    await until(200);
    for (const socket of [...slow, ...large]) socket.destroy();
  });

  test('and connections end when they take longer than -rpcservertimeout', async () => {
    await server.stop();
    await start({ timeout: 1 });
    const before = performance.now();
    const idle = await begin(request(SUM));
    const slow = await begin(request('{', 100));
    const silent = await begin('POST');
    for (const socket of [idle, slow, silent])
      if (!socket.closed) await new Promise((resolve) => socket.resume().once('close', resolve));
    expect(performance.now() - before).toBeGreaterThan(900);
    expect(performance.now() - before).toBeLessThan(10_000);
  });
});

test('options that make no sense are refused by name', () => {
  const dependencies = {
    dispatcher: createTestDispatcher().dispatcher,
    authentication: new Authentication(),
    logger: { log: () => {} },
  };
  for (const entry of ['x', '1.2.3.4/33', '1.2.3.4/255.0.255.0', '::1/129'])
    expect(() => new RpcServer({ ...OPTIONS, allowIp: [entry] }, dependencies)).toThrow('-rpcallowip');
  expect(() => new Authentication().addRpcAuth('alice:salt')).toThrow('Invalid -rpcauth argument: alice');
  expect(
    () =>
      new RpcServer({ ...OPTIONS, allowIp: ['10.0.0.0/255.0.0.0', 'fe80::/10', '1.2.3.4'] }, dependencies),
  ).not.toThrow();
});

describe('hostile bodies', () => {
  const errorCode = async (body: string) =>
    (JSON.parse((await send(body)).body) as { error: { code: number } }).error.code;

  test('nested without end', async () => {
    expect(await errorCode('['.repeat(10_000_000))).toBe(-32700);
    expect(await errorCode('{"a":'.repeat(1_000_000))).toBe(-32700);
  });

  test('with numbers of a million digits', async () => {
    const digits = '9'.repeat(1_000_000);
    expect(await errorCode(`{"method":"sum","params":[${digits}],"id":1}`)).toBe(-1);
    expect(await errorCode(`{"method":"options","params":["",1e${digits}],"id":1}`)).toBe(-3);
  });

  test('of more than 32 MiB are refused, 32 MiB are not', async () => {
    const body = (size: number) => {
      const frame = '{"method":"sum","params":[1],"id":""}';
      return `${frame.slice(0, -2)}${'x'.repeat(size - frame.length)}"}`;
    };
    const limit = 32 * 1024 * 1024;
    expect((await send(body(limit))).status).toBe(200);
    const outcome = await send(body(limit + 1024 * 1024)).then(
      ({ status }) => status,
      (error: { code: string }) => error.code,
    );
    expect([413, 'ECONNRESET', 'EPIPE']).toContain(outcome);
    expect((await send(SUM)).status).toBe(200);
  });

  test('that trickle in keep nobody else waiting', async () => {
    const sockets: Socket[] = [];
    for (let i = 0; i < 50; i++) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(
        `POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic('user:pass:word')}\r\nContent-Length: 1000\r\n\r\n{`,
      );
      sockets.push(socket);
    }
    expect((await send(SUM)).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });
});

test('stop ends what waits and lets it answer', async () => {
  const waiting = send(JSON.stringify({ method: 'wait', id: 1 }));
  await expect
    .poll(async () => (await send(JSON.stringify({ method: 'getrpcinfo', id: 1 }))).body)
    .toContain('"wait"');
  await server.stop();
  expect(JSON.parse((await waiting).body)).toMatchObject({ result: 'stopped' });
  await expect(send(SUM)).rejects.toThrow();
});

test('stop does not wait for bodies that never end', async () => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    `POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic('user:pass:word')}\r\nContent-Length: 9\r\n\r\n{`,
  );
  await send(SUM);
  const before = performance.now();
  await server.stop();
  expect(performance.now() - before).toBeLessThan(8_000);
  socket.destroy();
});
