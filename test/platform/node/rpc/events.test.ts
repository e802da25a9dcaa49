/** `GET /events` of a real server: who may come, calls and events on one socket, streams, slow readers. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { LIMITS } from '../../../../src/rpc/limits.ts';
import { ADDRESS, COOKIE, type EventNode, startEventNode } from '../../../support/event-node.ts';

const RIGHT = `Basic ${Buffer.from(COOKIE).toString('base64')}`;
const LIMITED = `Basic ${Buffer.from('limited:x').toString('base64')}`;

let node: EventNode;
beforeAll(async () => {
  node = await startEventNode();
  await node.client.generatetoaddress(3, ADDRESS);
});
afterAll(() => node.stop());

interface Reply {
  readonly id?: unknown;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string };
  readonly method?: string;
  readonly params?: Record<string, unknown>;
}

class TestSocket {
  readonly socket: WebSocket;
  readonly messages: Reply[] = [];
  #wake = (): void => {};

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      this.messages.push(JSON.parse(String(data)) as Reply);
      this.#wake();
    });
  }

  /** @throws Error with the status that refuses it */
  static open(
    headers: Record<string, string> = { authorization: RIGHT },
    path = '/events',
  ): Promise<TestSocket> {
    const { protocols = '', ...sent } = headers;
    const asked = protocols === '' ? [] : protocols.split(' ');
    const socket = new WebSocket(`ws://127.0.0.1:${node.port}${path}`, asked, { headers: sent });
    return new Promise((resolve, reject) => {
      socket.on('unexpected-response', (_, { statusCode }) => {
        socket.terminate();
        reject(new Error(String(statusCode)));
      });
      socket.on('error', reject);
      const opened = new TestSocket(socket);
      socket.on('open', () => resolve(opened));
    });
  }

  async next(): Promise<Reply> {
    while (this.messages.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.messages.shift()!;
  }

  async call(method: string, params: unknown = []): Promise<Reply> {
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }));
    return this.next();
  }
}

const statusOf = (headers: Record<string, string>): Promise<string> =>
  TestSocket.open(headers).then(
    ({ socket }) => {
      socket.terminate();
      return 'open';
    },
    ({ message }: Error) => message,
  );

test('a socket is let in as a call is', async () => {
  expect(await statusOf({ authorization: RIGHT })).toBe('open');
  expect(await statusOf({})).toBe('401');
  expect(await statusOf({ authorization: `Basic ${btoa('user:wrong')}` })).toBe('401');
  expect(await statusOf({ authorization: RIGHT, origin: 'http://evil.example' })).toBe('403');
  expect(await statusOf({ authorization: RIGHT, host: 'evil.example' })).toBe('403');
  expect(await statusOf({ authorization: RIGHT, origin: 'http://page.example' })).toBe('open');
  const password = Buffer.from(COOKIE).toString('base64url');
  expect(await statusOf({ protocols: `penny authorization.${password}` })).toBe('open');
  expect(await statusOf({ protocols: 'penny authorization.AAAA' })).toBe('401');
});

test('a request that offers another protocol in passing is an ordinary call', async () => {
  const body = JSON.stringify({ id: 1, method: 'getblockcount' });
  const headers = {
    authorization: RIGHT,
    connection: 'Upgrade, HTTP2-Settings',
    upgrade: 'h2c',
    'http2-settings': 'AAMAAABkAAQCAAAAAAIAAAAA',
    'content-length': body.length,
  };
  const status = await new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: node.port, method: 'POST', headers, agent: false };
    const call = request(options, (response) => resolve(response.resume().statusCode));
    call.on('error', reject).end(body);
  });
  expect(status).toBe(200);
});

test('calls go over the socket, of a wallet too, and only those that the user may make', async () => {
  const all = await TestSocket.open();
  expect(await all.call('getblockcount')).toEqual({ jsonrpc: '2.0', id: 7, result: 3 });
  expect(await all.call('getblok')).toMatchObject({ id: 7, error: { code: -32601 } });
  all.socket.send('nonsense');
  expect(await all.next()).toMatchObject({ id: null, error: { code: -32700 } });
  await node.client.createwallet('a b');
  await node.client.createwallet('other');
  const own = await TestSocket.open(undefined, '/events?wallet=a%20b');
  expect(await own.call('getwalletinfo')).toMatchObject({ result: { walletname: 'a b' } });
  const limited = await TestSocket.open({ authorization: LIMITED });
  expect(await limited.call('getblockcount')).toMatchObject({ result: 3 });
  expect(await limited.call('stop')).toMatchObject({
    id: 7,
    error: { code: -1, message: 'RPC User limited not allowed to call method stop' },
  });
  expect(await limited.call('subscribe', [['chain']])).toMatchObject({ result: { subscription: 's1' } });
  // Who may not read a wallet is not told of it.
  expect(await limited.call('subscribe', [['chain', 'wallet:w']])).toMatchObject({
    error: { code: -1, message: 'RPC User limited not allowed to call method listtransactions' },
  });
  for (const { socket } of [all, own, limited]) socket.terminate();
});

test('many calls at once are all answered', async () => {
  const { socket, messages } = await TestSocket.open();
  const count = 2_000;
  for (let id = 0; id < count; id++)
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'getblockhash', params: [1] }));
  while (messages.length < count) await new Promise((resolve) => setImmediate(resolve));
  expect(new Set(messages.map(({ id }) => id)).size).toBe(count);
  socket.terminate();
});

test('what is no text, or too large, ends the connection and nothing else', async () => {
  for (const [data, code] of [
    [Buffer.from('{}'), 1003],
    ['x'.repeat(LIMITS.frame + 1), 1009],
  ] as const) {
    const { socket } = await TestSocket.open();
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.send(data);
    expect(await closed).toBe(code);
  }
  expect(await node.client.getblockcount()).toBe(3);
});

test('a subscription answers before its first event, and ends', async () => {
  const socket = await TestSocket.open();
  const from = { block: await node.client.getblockhash(1) };
  const { result } = await socket.call('subscribe', { topics: ['chain', 'peers'], from });
  expect(result).toMatchObject({
    subscription: 's1',
    replay: { disconnect: 0, connect: 2 },
    reset: ['peers'],
  });
  expect((await socket.next()).params).toMatchObject({ s: 's1', n: 1, topic: 'chain', type: 'connected' });
  expect((await socket.next()).params).toMatchObject({ n: 2, block: { height: 3 } });
  expect((await socket.next()).params).toMatchObject({ n: 3, topic: 'peers', type: 'snapshot', peers: [] });
  expect(await socket.call('unsubscribe', ['s1'])).toMatchObject({ result: true });
  expect(await socket.call('unsubscribe', ['s1'])).toMatchObject({ result: false });
  for (let i = 0; i < 16; i++)
    expect(await socket.call('subscribe', [['chain']])).toMatchObject({
      result: { subscription: `s${i + 2}` },
    });
  expect(await socket.call('subscribe', [['chain']])).toMatchObject({ error: { code: -8 } });
  socket.socket.terminate();
});

interface Stream {
  readonly status: number;
  readonly type: string;
  /** Resolves when the text has this in it. */
  until(text: string): Promise<string>;
  end(): void;
}

function stream(path: string, headers: Record<string, string> = {}): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: node.port, path, agent: false };
    const call = request({ ...options, headers: { authorization: RIGHT, ...headers } }, (response) => {
      let text = '';
      let wake = (): void => {};
      response.on('data', (chunk: Buffer) => {
        text += chunk;
        wake();
      });
      response.on('end', () => wake());
      resolve({
        status: response.statusCode!,
        type: response.headers['content-type']!,
        async until(wanted) {
          while (!text.includes(wanted) && !response.complete)
            await new Promise<void>((again) => (wake = again));
          return text;
        },
        end: () => call.destroy(),
      });
    });
    call.on('error', reject).end();
  });
}

test('a stream goes on after the last event that was read', async () => {
  const hashes = await Promise.all([1, 2, 3].map((height) => node.client.getblockhash(height)));
  const whole = await stream(`/events?topics=chain&from=${await node.client.getblockhash(0)}&detail=headers`);
  expect([whole.status, whole.type]).toEqual([200, 'text/event-stream']);
  const text = await whole.until(hashes[2]!);
  expect([...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id)).toEqual(hashes);
  const data = [...text.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json!));
  expect(data[0]).toMatchObject({
    n: 1,
    topic: 'chain',
    type: 'connected',
    block: { hash: hashes[0], height: 1 },
  });
  whole.end();
  const rest = await stream('/events', { 'last-event-id': hashes[1]! });
  expect([...(await rest.until(hashes[2]!)).matchAll(/^id: (.*)$/gm)].map(([, id]) => id)).toEqual([
    hashes[2],
  ]);
  rest.end();
});

test('a stream that cannot be is refused', async () => {
  const unknown = await stream(`/events?from=${'ab'.repeat(32)}`);
  expect(unknown.status).toBe(400);
  expect(JSON.parse(await unknown.until('}\n'))).toMatchObject({
    error: { code: -5, message: 'Block not found' },
  });
  expect((await stream('/events?topics=nothing')).status).toBe(400);
  expect((await stream('/events?colour=red')).status).toBe(400);
  expect((await stream('/events', { authorization: 'Basic AAAA' })).status).toBe(401);
  expect((await stream('/event')).status).toBe(404);
});

test('who hangs up in the middle of asking leaves nothing behind', async () => {
  const socket = connect(node.port, '127.0.0.1');
  socket.on('error', () => {});
  const lines = [
    'GET /events HTTP/1.1',
    'host: localhost',
    'connection: upgrade',
    'upgrade: websocket',
    'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
    'sec-websocket-version: 13',
    '',
    '',
  ];
  socket.write(lines.join('\r\n'));
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.destroy();
  expect(await node.client.getblockcount()).toBe(3);
});
