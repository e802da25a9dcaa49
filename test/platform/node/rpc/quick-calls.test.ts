import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Authentication } from '../../../../src/platform/node/rpc/authentication.ts';
import { RpcServer } from '../../../../src/platform/node/rpc/server.ts';
import { createTestDispatcher } from '../../../support/rpc.ts';

let server: RpcServer;
let port: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  const authentication = new Authentication();
  authentication.addPassword('user', 'password');
  authentication.addPassword('guest', 'password');
  const bind = [{ host: '127.0.0.1', port: 0 }];
  const whitelist = new Map([['guest', new Set(['nothing'])]]);
  server = new RpcServer(
    { bind, allowIp: [], allowHost: [], allowOrigin: [], whitelist, whitelistDefault: false },
    { dispatcher: createTestDispatcher().dispatcher, authentication, logger: { log: () => {} } },
  );
  port = await server.start();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.stop();
});

interface RequestOptions {
  readonly path?: string;
  readonly user?: string;
  readonly headers?: string;
}

function request(body: string, { path = '/', user = 'user', headers = '' }: RequestOptions = {}): Buffer {
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic ${btoa(`${user}:password`)}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`,
  );
}

/** With a header that is not ordinary the request is one for Node's server. */
const SLOW: RequestOptions = { headers: 'X-Other: 1\r\n' };

/** All that is answered, in one text, until this many answers are there or the connection ends. */
async function exchange(pieces: readonly Buffer[], answers = 1): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  sockets.push(socket);
  let text = '';
  const done = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.split('HTTP/1.1 ').length > answers && isWhole(text)) resolve();
    });
    socket.on('close', () => resolve());
  });
  await once(socket, 'connect');
  for (const piece of pieces) {
    socket.write(piece);
    if (pieces.length > 1) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await done;
  return text.replaceAll(/Date: .*\r\n/g, 'Date: then\r\n');
}

function isWhole(text: string): boolean {
  const last = text.slice(text.lastIndexOf('HTTP/1.1 '));
  const end = last.indexOf('\r\n\r\n');
  const length = Number(/content-length: (\d+)/i.exec(last)?.[1] ?? 0);
  return end >= 0 && Buffer.byteLength(last.slice(end + 4)) === length;
}

const SUM = JSON.stringify({ method: 'sum', params: [1, 2], id: 'é' });

test.each([
  ['a call', SUM, {}],
  ['a call of a wallet', SUM, { path: '/wallet/a%20b?c' }],
  ['a batch', `[${SUM},${SUM}]`, {}],
  ['a method that is not there', '{"method":"absent","id":1}', {}],
  ['what is no JSON', '{', {}],
  ['what is empty', '', {}],
  ['a notification', '{"jsonrpc":"2.0","method":"sum","params":[1]}', {}],
  ['a method that is forbidden', SUM, { user: 'guest' }],
])("answers %s with the bytes of Node's server", async (_name, body, options) => {
  const quick = await exchange([request(body, options)]);
  expect(quick).toBe(await exchange([request(body, { ...options, ...SLOW })]));
  expect(quick).toMatch(/^HTTP\/1\.1 \d+ .*\r\n(.*\r\n)*Connection: keep-alive\r\n/);
});

test.each([
  ['another user', SUM, { user: 'nobody' }, 401],
  ['another path', SUM, { path: '/other' }, 404],
  ['a page', SUM, { headers: 'Origin: http://page.example\r\n' }, 403],
  ['a length given twice', SUM, { headers: 'Content-Length: 3\r\n' }, 400],
  ['a header of no form', SUM, { headers: 'Accept\r\n' }, 400],
])('leaves %s to it', async (_name, body, options, status) => {
  expect(await exchange([request(body, options)])).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
});

test('a request may come in pieces', async () => {
  const whole = request(SUM);
  const expected = await exchange([whole]);
  for (let at = 1; at < whole.length; at += 13) {
    const [first, second] = [whole.subarray(0, at), whole.subarray(at)];
    expect(await exchange([first, second])).toBe(expected);
    expect(await exchange([first, second.subarray(0, 1), second.subarray(1)])).toBe(expected);
  }
});

test('many requests on one connection, the next before the last answer', async () => {
  const expected = await exchange([request(SUM)]);
  expect(await exchange([Buffer.concat([request(SUM), request(SUM), request(SUM, SLOW)])], 3)).toBe(
    expected.repeat(3),
  );
  expect(await exchange([request(SUM), request(SUM, { path: '/wallet/w' }), request(SUM)], 3)).toBe(
    expected.repeat(3),
  );
});

test('answers of any size are whole, and a stop ends connections that are idle', async () => {
  const echo = JSON.stringify({ method: 'echo', params: ['é'.repeat(20_000)], id: 1 });
  const quick = await exchange([request(echo)]);
  expect(quick).toContain('é'.repeat(20_000));
  const closed = once(sockets[0]!, 'close');
  const begun = performance.now();
  await server.stop();
  await closed;
  expect(performance.now() - begun).toBeLessThan(1_000);
});
